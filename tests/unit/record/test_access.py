from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secretwatch.record import access as access_module
from secretwatch.record.access import Activity, Call, Ignored, Malformed, Outcome, SecretAccess, parse
from tests.records import ACCOUNT, record, role, secret_arn, user


def parsed(**changes: Any) -> Call:
    access = parse(record(**changes))
    assert isinstance(access, SecretAccess)
    return access.call


def test_a_plain_call() -> None:
    found = parse(record(eventID="e1"))
    assert isinstance(found, SecretAccess)
    assert found.event_id == "e1"
    access = found.call
    assert access.activity is Activity.READ
    assert access.outcome is Outcome.ALLOWED
    assert found.time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert access.secret_names == ("prod/db",)
    assert access.principal.key == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert access.is_read


def test_a_batch_by_list_names_its_secrets_once_each() -> None:
    ids = ["a", secret_arn("b"), "a", 5, ""]
    access = parsed(name="BatchGetSecretValue", requestParameters={"secretIdList": ids})
    assert access.secret_names == ("a", "b")


def test_a_batch_by_filters_names_none_and_keeps_the_filters() -> None:
    parameters = {"filters": [{"key": "tag-key", "values": ["!x"]}]}
    access = parsed(name="BatchGetSecretValue", requestParameters=parameters)
    assert access.secrets == ()
    assert access.parameters == parameters


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_denied_read_finds_its_secret_in_the_message(code: str) -> None:
    message = f"User: x is not authorized to perform: y on resource: {secret_arn('prod/db')} because no policy allows"
    access = parsed(requestParameters=None, errorCode=code, errorMessage=message)
    assert access.outcome is Outcome.DENIED
    assert access.secret_names == ("prod/db",)
    assert not access.is_read


def test_another_error_is_a_failed_read() -> None:
    assert parsed(errorCode="ResourceNotFoundException").outcome is Outcome.FAILED


@pytest.mark.parametrize("key", ["arn", "aRN"])
def test_the_answer_names_the_secret_where_the_request_does_not(key: str) -> None:
    access = parsed(name="DeleteSecret", requestParameters=None, responseElements={key: secret_arn("gone")})
    assert access.activity is Activity.TAMPERING
    assert access.secret_names == ("gone",)


def test_a_service_event_names_its_secret_in_additional_data() -> None:
    access = parsed(
        name="RotationSucceeded",
        eventType="AwsServiceEvent",
        userIdentity={"accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"},
        requestParameters=None,
        additionalEventData={"SecretId": secret_arn("prod/db")},
    )
    assert access.activity is Activity.ROTATION
    assert access.secret_names == ("prod/db",)


LOWER = secret_arn("honey/vault", "agquim")


@pytest.mark.parametrize(
    "changes",
    [
        {"responseElements": {"arn": LOWER}},
        {"responseElements": {"ARN": LOWER, "name": "other"}},
        {"additionalEventData": {"ARN": LOWER}},
        {"additionalEventData": {"arn": LOWER}},
        {"additionalEventData": {"SecretId": LOWER}},
        {"additionalEventData": {"secretId": LOWER, "Name": "other"}},
        {"additionalEventData": {"secretArn": LOWER}},
        {"additionalEventData": {"Name": "honey/vault", "VersionId": "v"}},
        {"additionalEventData": {"name": "honey/vault"}},
        {"resources": [{"ARN": LOWER, "accountId": ACCOUNT, "type": "AWS::SecretsManager::Secret"}]},
        {"resources": [None, {"ARN": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"}, {"arn": LOWER}]},
        {"serviceEventDetails": {"secretId": LOWER}},
        {"serviceEventDetails": {"SecretARN": LOWER}},
        {"additionalEventData": {"Name": "other"}, "resources": [{"ARN": LOWER}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["StartSecretVersionDelete", "RotationFailed", "EndSecretVersionDelete"])
def test_a_secret_is_named_wherever_aws_wrote_it(name: str, changes: dict[str, Any]) -> None:
    access = parsed(name=name, eventType="AwsServiceEvent", requestParameters=None, **changes)
    assert access.secret_names == ("honey/vault",)


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": "x"},
        {"resources": [5, [], {"ARN": 5}]},
        {"additionalEventData": [LOWER]},
        {"additionalEventData": {"ARN": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"}},
        {"serviceEventDetails": {"other": LOWER}},
        {"responseElements": {"arn": None, "name": ""}},
    ],
    ids=str,
)
def test_what_names_no_secret_is_not_taken_for_one(changes: dict[str, Any]) -> None:
    assert parsed(name="RotationFailed", requestParameters=None, **changes).secrets == ()


@pytest.mark.parametrize(
    ("about", "names"),
    [
        ("honey/vault", ("honey/vault",)),
        ("db-secret", ("db-secret",)),
        ("prod/db.v1", ("prod/db.v1",)),
        (secret_arn("db-secret"), ("db-secret",)),
        (secret_arn("db-secret")[:-7], ("db-secret",)),
        ("arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:app/config", ("app/config",)),
        ("*", ()),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", ()),
    ],
)
@pytest.mark.parametrize(
    "ending", [" because no identity-based policy allows it", " with an explicit deny in a resource-based policy", ""]
)
def test_a_refusal_names_its_secret_as_the_caller_typed_it(about: str, names: tuple[str, ...], ending: str) -> None:
    message = f"User: {user()['arn']} is not authorized to perform: secretsmanager:GetSecretValue on resource: {about}"
    access = parsed(requestParameters=None, errorCode="AccessDenied", errorMessage=message + ending)
    assert access.secret_names == names
    assert access.outcome is Outcome.DENIED


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "honey/vault-agquim"),
        ({"resources": [{"ARN": LOWER}]}, "honey/vault"),
        ({"responseElements": {"arn": LOWER}}, "honey/vault"),
        ({"responseElements": {"arn": LOWER + "-Ab12Cd"}}, "honey/vault-agquim"),
        ({"responseElements": {"arn": secret_arn("other")}}, "honey/vault-agquim"),
    ],
    ids=str,
)
def test_six_lower_case_letters_are_a_suffix_where_aws_wrote_the_same_arn(changes: dict[str, Any], name: str) -> None:
    made = record(requestParameters={"secretId": LOWER}, **changes)
    for _ in range(2):
        access = parse(made)
        assert isinstance(access, SecretAccess)
        assert access.call.secret_names == (name,)
        assert access.call.secrets[0].matches(["honey/vault-agquim" if "-Ab12Cd" in str(changes) else "honey/vault"])


@pytest.mark.parametrize("name", ["copy", "x-abcdef", "team/x-Ab12Cd"])
def test_a_created_secret_is_named_by_its_name(name: str) -> None:
    parameters = {"name": name, "addReplicaRegions": [{"region": "ap-south-1"}]}
    access = parsed(name="CreateSecret", requestParameters=parameters, responseElements=None)
    assert access.secret_names == (name,)
    assert access.activity is Activity.TAMPERING


@pytest.mark.parametrize(
    ("name", "activity"),
    [
        ("AssociateCrossAccountReplica", Activity.TAMPERING),
        ("RotateSecret", Activity.TAMPERING),
        ("StopReplicationToReplica", Activity.TAMPERING),
        ("RemoveRegionsFromReplication", Activity.TAMPERING),
        ("DescribeSecret", Activity.ENUMERATION),
        ("GetResourcePolicy", Activity.ENUMERATION),
        ("ListSecretVersionIds", Activity.ENUMERATION),
    ],
)
def test_the_other_doors_are_watched(name: str, activity: Activity) -> None:
    access = parsed(name=name)
    assert (access.activity, access.secret_names, access.is_read) == (activity, ("prod/db",), False)


@pytest.mark.parametrize(
    "parameters",
    [{"secretIdList": ["a", "prod/db"]}, {"filters": [{"key": "tag-key", "values": ["!x"]}]}, None],
    ids=["list", "filters", "nothing"],
)
def test_a_batch_returns_no_value_by_itself(parameters: Any) -> None:
    access = parsed(name="BatchGetSecretValue", requestParameters=parameters)
    assert (access.activity, access.outcome, access.is_read) == (Activity.READ, Outcome.ALLOWED, False)


def test_which_version_was_asked_for() -> None:
    access = parsed(requestParameters={"secretId": "a", "versionId": "v-1", "versionStage": "AWSPREVIOUS"})
    assert (access.version_id, access.version_stage) == ("v-1", "AWSPREVIOUS")
    assert (parsed().version_id, parsed().version_stage) == (None, None)


@pytest.mark.parametrize(
    ("identity", "invoked_by"),
    [
        ({**user(), "invokedBy": "cloudformation.amazonaws.com"}, "cloudformation.amazonaws.com"),
        ({**role(), "invokedBy": "ssm.amazonaws.com"}, "ssm.amazonaws.com"),
        (role(), None),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, None),
        ({"accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"}, None),
    ],
)
def test_a_service_that_called_for_somebody_is_kept(identity: Any, invoked_by: str | None) -> None:
    assert parsed(userIdentity=identity).invoked_by == invoked_by


@pytest.mark.parametrize(
    ("secret", "account"),
    [
        (secret_arn("prod/db"), ACCOUNT),
        ("prod/db", "999999999999"),
        ("arn:aws:secretsmanager:us-east-1:somebody:secret:prod/db-Ab12Cd", "999999999999"),
    ],
)
def test_the_account_is_the_secrets(secret: str, account: str) -> None:
    """The caller's account has a record of a read across accounts, too."""
    assert parsed(requestParameters={"secretId": secret}, recipientAccountId="999999999999").account == account


def test_an_access_has_the_id_that_the_records_of_its_call_share() -> None:
    one, other, alone = (
        parse(record(eventID=name, sharedEventID=shared)) for name, shared in (("e1", "s"), ("e2", "s"), ("e3", None))
    )
    assert isinstance(one, SecretAccess)
    assert isinstance(other, SecretAccess)
    assert isinstance(alone, SecretAccess)
    assert one.id == other.id == "s"
    assert (alone.id, alone.shared_event_id) == ("e3", None)


def test_a_console_read() -> None:
    assert parsed(sessionCredentialFromConsole="true").from_console
    assert not parsed().from_console


def test_empty_texts_are_missing() -> None:
    access = parsed(sourceIPAddress="", userAgent="", errorCode="", awsRegion="")
    assert (access.source_address, access.user_agent, access.region) == (None, None, None)
    assert access.outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"eventSource": "s3.amazonaws.com"}, "other event source"),
        ({"eventType": "AwsVpceEvent"}, "event type AwsVpceEvent"),
        ({"eventType": None}, "event type None"),
        ({"eventName": "TagResource"}, "event name not watched"),
    ],
)
def test_what_is_none_of_our_business_is_ignored_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    assert parse(record(**changes)) == Ignored(reason)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("text", "a record must be a JSON object, not str"),
        (None, "a record must be a JSON object, not NoneType"),
        (record(eventSource=None), "eventSource is missing"),
        (record(eventName=7), "eventName is missing"),
        (record(eventID=None), "eventID is missing"),
        (record(eventTime="yesterday"), "eventTime is not a time like 2026-01-31T12:00:00Z"),
        (record(eventTime="0001-01-01T00:00:00+23:00"), "eventTime is not a time like 2026-01-31T12:00:00Z"),
    ],
)
def test_what_should_be_understood_and_is_not_is_malformed(broken: object, reason: str) -> None:
    malformed = parse(broken)
    assert isinstance(malformed, Malformed)
    assert malformed.reason == reason


def test_a_malformed_record_is_named() -> None:
    assert parse(record(eventID="e9", eventTime=None)) == Malformed(
        "eventTime is not a time like 2026-01-31T12:00:00Z", "e9"
    )


def test_a_field_of_a_megabyte_is_cut() -> None:
    access = parsed(userAgent="x" * 1_000_000)
    assert len(access.user_agent or "") == 2048


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"userIdentity": role("deploy", "another-session")},
        {"requestParameters": {"secretId": "other"}},
        {"requestParameters": {"secretId": 5}, "responseElements": {"arn": secret_arn("answered")}},
        {"requestParameters": {"secretId": ""}, "responseElements": {"arn": secret_arn("answered")}},
        {"userIdentity": {**role(), "sessionContext": {"sessionIssuer": {"arn": ""}}}},
        {"userIdentity": {**user(), "arn": "", "userName": "", "principalId": "AIDAOTHER"}},
        {"requestParameters": None},
        {"sourceIPAddress": "203.0.113.66"},
        {"vpcEndpointId": "vpce-0aa"},
        {"sessionCredentialFromConsole": "true"},
        {"errorCode": "AccessDenied"},
        {"errorCode": ""},
        {"eventType": "AwsVpceEvent"},
        {"eventSource": "ssm.amazonaws.com"},
        {"eventID": ""},
        {"eventID": 5},
        {"eventTime": "never"},
        {"eventTime": "2026-01-31T12:00:00+01:00"},
        {"awsRegion": "eu-west-1"},
        {"userAgent": "another"},
        {"recipientAccountId": "999999999999"},
        {"userIdentity": {**role(), "accountId": "999999999999"}},
        {"userIdentity": {**user(), "userName": "bob"}},
        {"userIdentity": None},
    ],
)
@pytest.mark.parametrize("base", [role(), user()], ids=["role", "user"])
def test_a_call_that_was_seen_before_is_understood_like_the_first_time(base: Any, changes: dict[str, Any]) -> None:
    changed = record(**{"eventID": "e1", "userIdentity": base, **changes})
    access_module._CALLS.clear()
    cold = parse(changed)
    access_module._CALLS.clear()
    parse(record(userIdentity=base))
    parse({**changed, "responseElements": None})
    for _ in range(2):
        assert as_plain(parse(changed)) == as_plain(cold)


def as_plain(parsed: object) -> object:
    if not isinstance(parsed, SecretAccess):
        return parsed
    call = {name: getattr(parsed.call, name) for name in Call.__slots__}
    return parsed._replace(call=call)  # type: ignore[arg-type]


def test_repetitions_share_their_call_whatever_the_session() -> None:
    one, other = (parse(record(userIdentity=role("deploy", session))) for session in ("a", "b"))
    assert isinstance(one, SecretAccess)
    assert isinstance(other, SecretAccess)
    assert one.call is other.call
    assert (one.who, other.who) == ("role deploy (session a)", "role deploy (session b)")


# --- plain calls -----------------------------------------------------------------------------

Path = tuple[str, ...]
PLAIN = [record(eventID="e1", userIdentity=identity) for identity in (user(), role())]
# What CloudTrail may write besides (CloudTrail User Guide: "CloudTrail record contents", "userIdentity element").
UNUSED: list[Path] = [
    *((name,) for name in ("apiVersion", "sharedEventID", "tlsDetails", "addendum", "resources", "errorMessage",
                           "additionalEventData", "serviceEventDetails", "edgeDeviceDetails", "responseElements")),
    *(("userIdentity", name) for name in ("invokedBy", "principalId", "accessKeyId", "onBehalfOf", "identityProvider",
                                          "credentialId", "inScopeOf")),
    *(("userIdentity", "sessionContext", name) for name in ("attributes", "webIdFederationData", "ec2RoleDelivery")),
    *(("requestParameters", name) for name in ("versionId", "versionStage", "secretIdList", "filters")),
]  # fmt: skip


class Spy(dict[str, Any]):
    """A record that notes which of its fields are asked for, at any depth."""

    def __init__(self, values: dict[str, Any], asked: set[Path], path: Path = ()) -> None:
        inner = {name: Spy(value, asked, (*path, name)) if isinstance(value, dict) else value
                 for name, value in values.items()}  # fmt: skip
        super().__init__(inner)
        self._asked, self._path = asked, path

    def get(self, name: Any, default: Any = None) -> Any:
        self._asked.add((*self._path, name))
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._asked.add((*self._path, name))
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._asked.add((*self._path, str(name)))
        return super().__contains__(name)


def changed(made: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return the record with a field set, or removed for ``...``; as it is where the field has no place."""
    made = copy.deepcopy(made)
    place: Any = made
    for name in path[:-1]:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        if value is ...:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = value
    return made


def fully(made: object) -> object:
    """Return what the whole parser says of a record."""
    with mock.patch.object(access_module, "_plain_call", return_value=None):
        return parse(made)


def fields_asked() -> set[Path]:
    """Return every field that the whole parser asks of a plain read, also where another one is missing."""
    asked: set[Path] = set()
    known: set[Path] = {()}
    while known != asked:
        known = set(asked)
        for made in PLAIN:
            for path in [(), *known]:
                fully(Spy(changed(made, path, ...) if path else made, asked))
    return asked


ASKED = fields_asked()
TEXTS = ["", "x", "true", "IAMUser", "AssumedRole", "AccessDenied", "GetSecretValue", "2026-01-31T12:00:00+01:00",
         "x" * 3000, secret_arn("prod/db"), secret_arn("prod/db", "abcdef"),
         "arn:aws:sts::123456789012:assumed-role/deploy/s"]  # fmt: skip
VALUES = st.sampled_from([..., None, True, 5, [], {}, ["x"], {"arn": "x"}, {"arn": secret_arn("prod/db", "abcdef")},
                          [{"ARN": secret_arn("prod/db", "abcdef")}], *TEXTS])  # fmt: skip


def test_the_spy_sees_what_the_parser_reads() -> None:
    assert {("userAgent",), ("errorCode",), ("userIdentity", "sessionContext", "sessionIssuer", "arn"),
            ("requestParameters", "secretId"), ("sessionCredentialFromConsole",)} <= ASKED  # fmt: skip


@pytest.mark.parametrize("made", PLAIN, ids=["user", "role"])
def test_an_ordinary_read_is_a_plain_one(made: dict[str, Any]) -> None:
    assert as_plain(access_module._plain_call(made)) == as_plain(fully(made))


@settings(deadline=None)
@given(
    st.sampled_from(PLAIN),
    st.lists(st.tuples(st.sampled_from(sorted(ASKED | set(UNUSED))), VALUES), max_size=4),
    st.lists(st.tuples(st.sampled_from(sorted(ASKED | set(UNUSED))), VALUES), max_size=2),
)
def test_a_plain_call_says_what_the_whole_parser_says(
    base: dict[str, Any], changes: list[tuple[Path, Any]], more: list[tuple[Path, Any]]
) -> None:
    """A field that the parser reads and that plain reads do not look at would be lost, or another record's."""
    one = base
    for path, value in changes:
        one = changed(one, path, value)
    other = one
    for path, value in more:
        other = changed(other, path, value)
    for made in (one, other, one):
        plain = access_module._plain_call(made)
        if plain is not None:
            assert as_plain(plain) == as_plain(fully(made))


@pytest.mark.parametrize("path", sorted(ASKED | set(UNUSED)), ids=".".join)
def test_every_field_counts_also_where_another_is_missing(path: Path) -> None:
    for base in PLAIN:
        for missing in ASKED:
            for nothing in (None, ""):
                made = changed(changed(base, missing, nothing), path, "another")
                assert as_plain(parse(made)) == as_plain(fully(made))
