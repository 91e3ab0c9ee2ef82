from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator import handler
from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.functions.rotator.secret_value import SecretStore
from secretwatch.functions.rotator.security_hub import SecurityHub
from secretwatch.notify.publisher import Publisher
from secretwatch.record.intake import IntakeError
from secretwatch.store.claims import Claim
from secretwatch.store.store import open_store
from secretwatch.store.table import decode
from tests.documents import FREEZE, GENERATE, MANAGED, NOTIFY_ONLY, TABLE, rotator_settings
from tests.records import awslogs, record, role
from tests.unit.conftest import aws_client
from tests.unit.doubles import Clock, Context, Topic, invocation, throttled
from tests.unit.functions.rotator.doubles import DatedSecrets

NOON = datetime(2026, 1, 31, 12, 10, tzinfo=UTC)
"""When the tests' clock starts, and when the reads are made."""
UNTRUSTED = {"sourceIPAddress": "203.0.113.66", "eventTime": "2026-01-31T12:10:00Z"}
OLD = {"host": "db", "username": "app", "password": "old"}


@pytest.fixture
def secrets(aws: None, later: Clock) -> Any:
    return DatedSecrets(aws_client("secretsmanager"), later, json.dumps(OLD))


class Hub:
    """Security Hub: keeps findings by id, as BatchImportFindings does, and may refuse."""

    def __init__(self) -> None:
        self.findings: dict[str, dict[str, Any]] = {}
        self.imports = 0
        self.refuses = False

    def batch_import_findings(self, Findings: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if self.refuses:
            return {"FailedCount": 1, "FailedFindings": [{"ErrorMessage": "not enabled"}]}
        self.imports += 1
        self.findings |= {finding["Id"]: finding for finding in Findings}
        return {"FailedCount": 0}


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def later() -> Clock:
    return Clock()


Maker = Callable[..., Rotator]


@pytest.fixture
def make(dynamodb: Any, topic: Topic, secrets: Any, hub: Hub, later: Clock) -> Maker:
    def maker(targets: dict[str, Any] | None = None, **changes: Any) -> Rotator:
        settings = rotator_settings(**({"rotation_targets": targets} if targets else {}), **changes)
        return Rotator(
            settings,
            open_store(dynamodb, TABLE, now=later),
            SecretStore(secrets),
            Publisher(topic, settings.topic),
            Freeze(aws_client("ssm"), settings.freeze_parameter),
            SecurityHub(hub) if settings.security_hub else None,
        )

    return maker


@pytest.fixture
def rotator(make: Maker) -> Rotator:
    return make()


def rotate(rotator: Rotator, *records: Any, owner: str = "r1") -> None:
    rotator.handle(awslogs(*records), invocation(owner))


def stranger(minutes: float, **changes: Any) -> Any:
    """A read from outside, some minutes after the tests' clock starts."""
    at = (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return record(**{**UNTRUSTED, "eventTime": at, **changes})


def value(secrets: Any, stage: str = "AWSCURRENT") -> dict[str, str]:
    found: dict[str, str] = json.loads(secrets.get_secret_value(SecretId="prod/db", VersionStage=stage)["SecretString"])
    return found


def versions(secrets: Any) -> int:
    return len(secrets.list_secret_version_ids(SecretId="prod/db", IncludeDeprecated=True)["Versions"])


@pytest.mark.parametrize("place", [{"awsRegion": "eu-west-1"}, {"recipientAccountId": "210987654321"}])
def test_a_read_of_the_same_name_elsewhere_rotates_nothing(
    rotator: Rotator, secrets: Any, topic: Topic, place: dict[str, str]
) -> None:
    rotate(rotator, record(**UNTRUSTED, **place))
    assert value(secrets) == OLD
    assert topic.notices == []


def test_the_listed_key_changes_and_the_others_stay(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    rotate(rotator, record(**UNTRUSTED))
    new = value(secrets)
    assert new["password"] != OLD["password"]
    assert {**new, "password": "old"} == OLD
    assert value(secrets, "AWSPREVIOUS") == OLD
    (notice,) = topic.notices
    assert notice.title == "prod/db rotated"
    assert notice.severity is Severity.HIGH
    assert new["password"] not in notice.to_json()


def test_the_same_record_rotates_once(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    read = record(**UNTRUSTED)
    for owner in ("r1", "r2", "r3"):
        rotate(rotator, read, owner=owner)
    assert versions(secrets) == 2
    assert len(topic.published) == 1


def test_a_burst_of_reads_in_one_batch_rotates_once(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    rotate(rotator, *(record(**UNTRUSTED) for _ in range(20)))
    assert versions(secrets) == 2
    assert len(topic.published) == 1


def test_an_invocation_ended_after_the_rotation_leaves_one_rotation_and_one_notice(
    rotator: Rotator, secrets: Any, topic: Topic
) -> None:
    read = record(**UNTRUSTED)
    topic.failures = [throttled()]
    with pytest.raises(IntakeError):
        rotate(rotator, read)
    rotate(rotator, read)
    assert versions(secrets) == 2
    assert len(topic.published) == 1


def test_another_secret_is_not_mistaken_for_the_target(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    secrets.create_secret(Name="prod/db-secret", SecretString="x")
    arn = secrets.describe_secret(SecretId="prod/db-secret")["ARN"]
    rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": arn[:-7]}))
    assert versions(secrets) == 1
    assert topic.published == []


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ({"SecretBinary": b"\x00"}, "the secret is binary"),
        ({"SecretString": '["a"]'}, "a JSON list, not an object"),
        ({"SecretString": '{"user": "x"}'}, "the value has no key 'password'"),
    ],
)
def test_what_cannot_be_generated_is_notified_and_left_as_it_is(
    rotator: Rotator, secrets: Any, topic: Topic, stored: dict[str, Any], reason: str
) -> None:
    secrets.put_secret_value(SecretId="prod/db", **stored)
    before = versions(secrets)
    rotate(rotator, record(**UNTRUSTED))
    assert versions(secrets) == before
    (notice,) = topic.notices
    assert notice.severity is Severity.CRITICAL
    assert notice.title == "prod/db was NOT rotated"
    assert reason in notice.facts[0].value
    rotate(rotator, record(**UNTRUSTED), owner="r2")
    assert len(topic.published) == 1, "once for each cooldown"


def test_one_bad_record_does_not_stop_the_rotation(rotator: Rotator, secrets: Any) -> None:
    with pytest.raises(IntakeError, match="record e9"):
        rotate(rotator, record(eventID="e9", eventTime=None), record(**UNTRUSTED))
    assert versions(secrets) == 2


def titles(topic: Topic) -> list[str]:
    return [notice.title for notice in topic.notices]


def facts(topic: Topic) -> dict[str, str]:
    return {fact.label: fact.value for fact in topic.notices[-1].facts}


# --- what keeps a rotation from being done ----------------------------------------------


def test_a_dry_run_says_what_would_be_done(make: Maker, secrets: Any, topic: Topic) -> None:
    rotate(make(rotation_mode="dry_run"), record(**UNTRUSTED))
    assert versions(secrets) == 1
    assert titles(topic) == ["prod/db would have been rotated"]
    assert facts(topic)["What was done"] == "nothing: the rotator is in dry run"


def test_a_secret_that_people_are_only_notified_of(make: Maker, secrets: Any, topic: Topic) -> None:
    rotate(make({"prod/db": NOTIFY_ONLY}), record(**UNTRUSTED))
    assert versions(secrets) == 1
    assert titles(topic) == ["prod/db would have been rotated"]
    assert topic.notices[0].severity is Severity.HIGH


def test_a_network_that_cannot_be_judged_is_notified_and_rotates_only_if_configured(
    make: Maker, secrets: Any, topic: Topic, later: Clock
) -> None:
    garbled = {"sourceIPAddress": "198.51.100.007"}
    rotate(make(), record(**garbled))
    assert versions(secrets) == 1
    assert titles(topic) == ["prod/db was NOT rotated"]
    later.later = 16 * 60
    rotate(make(rotate_unknown=True), record(**garbled))
    assert versions(secrets) == 2


def test_two_hundred_reads_in_a_minute_make_one_rotation_and_honest_counts(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    for delivery in range(10):
        rotate(rotator, *(record(**UNTRUSTED) for _ in range(20)), owner=f"r{delivery}")
    assert versions(secrets) == 2
    assert titles(topic) == ["prod/db rotated"]
    assert facts(topic)["How often"] == "20 reads came together"
    later.later = 16 * 60
    rotate(rotator, stranger(16), owner="later")
    assert versions(secrets) == 3
    assert facts(topic)["How often"] == "180 reads more since the last notice about it"


def test_our_own_reads_rotate_nothing(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    for number in range(50):
        rotate(rotator, record(**UNTRUSTED, userIdentity=role("secretwatch-rotator")), owner=f"r{number}")
    assert versions(secrets) == 1
    assert topic.published == []


@pytest.mark.parametrize(("value", "rotated"), [("on", 1), ("ON", 1), ("nonsense", 1), ("off", 2), (" Off ", 2)])
def test_the_freeze_stops_rotations(make: Maker, secrets: Any, topic: Topic, value: str, rotated: int) -> None:
    aws_client("ssm").put_parameter(Name=FREEZE, Value=value, Type="String")
    rotate(make(), record(**UNTRUSTED))
    assert versions(secrets) == rotated
    if rotated == 1:
        assert "rotations are frozen" in facts(topic)["What was done"]


def test_a_freeze_that_cannot_be_read_is_tried_again(
    make: Maker, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotator = make()
    monkeypatch.setattr(Freeze, "is_on", lambda _: (_ for _ in ()).throw(throttled()))
    with pytest.raises(IntakeError):
        rotate(rotator, record(**UNTRUSTED))
    assert versions(secrets) == 1


def test_beyond_the_limit_of_the_hour_the_rotator_says_so_loudly_and_stops(
    make: Maker, secrets: Any, topic: Topic, later: Clock
) -> None:
    names = [f"s{n}" for n in range(5)]
    for name in names:
        secrets.create_secret(Name=name, SecretString="plain")
    rotator = make({key: {**GENERATE, "json_keys": []} for key in names}, rotations_per_hour=3)
    for name in names:
        rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": name}), owner=name)
    assert titles(topic) == ["s0 rotated", "s1 rotated", "s2 rotated", "s3 was NOT rotated", "s4 was NOT rotated"]
    assert topic.notices[-1].severity is Severity.CRITICAL
    later.later = 3599
    rotate(rotator, stranger(59, requestParameters={"secretId": "s3"}), owner="early")
    assert titles(topic)[-1] == "s3 was NOT rotated", "the limit is of any hour, not of one by the clock"
    later.later = 3601
    rotate(rotator, stranger(60, requestParameters={"secretId": "s3"}), owner="later")
    assert titles(topic)[-1] == "s3 rotated"


def test_a_rotation_under_way_is_not_disturbed(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    secrets.put_secret_value(SecretId="prod/db", SecretString="half", VersionStages=["AWSPENDING"])
    rotate(rotator, record(**UNTRUSTED))
    assert value(secrets) == OLD
    assert "another rotation of it is under way" in facts(topic)["What was done"]


def test_a_target_that_does_not_exist_is_notified_once(make: Maker, topic: Topic) -> None:
    rotator = make({"gone": GENERATE})
    for owner in ("r1", "r2"):
        rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": "gone"}), owner=owner)
    assert titles(topic) == ["gone was NOT rotated"]
    assert "the secret does not exist: correct rotation_targets" in facts(topic)["What was done"]


def test_what_may_pass_by_itself_is_tried_again_and_not_notified(
    rotator: Rotator, secrets: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = record(**UNTRUSTED)
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "put_secret_value", lambda **_: (_ for _ in ()).throw(throttled()))
        with pytest.raises(IntakeError):
            rotate(rotator, read)
    assert topic.published == []
    rotate(rotator, read)
    assert titles(topic) == ["prod/db rotated"]


def test_no_permission_on_the_key_is_notified(
    rotator: Rotator, secrets: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "kms"}}, "GetSecretValue")
    monkeypatch.setattr(secrets, "get_secret_value", lambda **_: (_ for _ in ()).throw(refusal))
    rotate(rotator, record(**UNTRUSTED))
    assert "may not do this to the secret or its KMS key" in facts(topic)["What was done"]


# --- the right moment ---------------------------------------------------------------------


def do_due(rotator: Rotator) -> None:
    rotator.do_due(invocation("schedule"))


def test_a_read_of_an_older_version_is_notified_and_rotates_nothing(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    later.later = 3600
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "by an operator"}))
    rotate(rotator, stranger(30))
    assert value(secrets)["password"] == "by an operator"
    (notice,) = topic.notices
    assert "an older version of the value was read" in notice.facts[0].value
    assert notice.severity is Severity.MEDIUM


@pytest.mark.parametrize("asked", [{"versionStage": "AWSPREVIOUS"}, {"versionId": "previous"}])
def test_a_read_of_a_named_older_version_says_which_one(
    rotator: Rotator, secrets: Any, topic: Topic, asked: dict[str, str]
) -> None:
    first = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "second"}))
    asked = {name: first if text == "previous" else text for name, text in asked.items()}
    rotate(rotator, stranger(5, requestParameters={"secretId": "prod/db", **asked}))
    assert value(secrets)["password"] == "second"
    assert facts(topic)["Exposed version"] == first


def test_the_current_version_by_its_id_rotates(rotator: Rotator, secrets: Any) -> None:
    current = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    rotate(rotator, stranger(0, requestParameters={"secretId": "prod/db", "versionId": current}))
    assert versions(secrets) == 2


def test_reads_of_unknown_origin_keep_no_rotation_from_being_done(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    for number in range(4):
        rotate(rotator, stranger(number, sourceIPAddress="198.51.100.007"), owner=f"unknown {number}")
        assert titles(topic) == ["prod/db was NOT rotated"], "notified once in a while"
    rotate(rotator, stranger(5), owner="stranger")
    assert titles(topic) == ["prod/db was NOT rotated", "prod/db rotated"]


def test_a_thief_who_reads_again_within_the_cooldown_loses_that_value_when_it_ends(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    rotate(rotator, stranger(0))
    later.later = 5 * 60
    for minute in (3, 4, 5):
        rotate(rotator, stranger(minute), owner=f"again {minute}")
        do_due(rotator)
    assert versions(secrets) == 2, "not thrashed by reading"
    second = value(secrets)
    later.later = 15 * 60 + 1
    for _ in range(3):
        do_due(rotator)
    assert versions(secrets) == 3
    assert value(secrets)["password"] != second["password"]
    assert titles(topic) == ["prod/db rotated", "prod/db rotated"]
    later.later = 40 * 60
    do_due(rotator)
    assert versions(secrets) == 3, "nobody read the third"


def test_a_kept_read_of_a_value_that_is_gone_by_then_is_settled(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    rotate(rotator, stranger(0))
    later.later = 5 * 60
    rotate(rotator, stranger(4), owner="again")
    later.later = 10 * 60
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "by an operator"}))
    later.later = 16 * 60
    do_due(rotator)
    assert value(secrets)["password"] == "by an operator"
    assert len(topic.published) == 1


def test_what_is_due_stays_due_until_it_was_done(
    rotator: Rotator, secrets: Any, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(rotator, stranger(0))
    rotate(rotator, stranger(1), owner="again")
    later.later = 16 * 60
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "put_secret_value", lambda **_: (_ for _ in ()).throw(throttled()))
        with pytest.raises(IntakeError, match="1 not done, and due still: read of arn:aws"):
            do_due(rotator)
    do_due(rotator)
    assert versions(secrets) == 3


def test_an_operators_change_between_get_and_put_stays(
    make: Maker, secrets: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = secrets.put_secret_value

    def interrupted(**new: Any) -> Any:
        answer = put(**new)
        put(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "by an operator"}))
        return answer

    monkeypatch.setattr(secrets, "put_secret_value", interrupted)
    rotate(make(), stranger(0))
    assert value(secrets)["password"] == "by an operator"
    assert titles(topic) == ["prod/db was NOT rotated"]
    assert "somebody else gave the secret a new value meanwhile" in facts(topic)["What was done"]
    monkeypatch.undo()
    rotate(make(), stranger(1), owner="after")
    assert titles(topic)[-1] == "prod/db rotated", "what was not done took no cooldown"


def test_a_rotation_that_failed_takes_neither_the_cooldown_nor_the_limit(
    make: Maker, secrets: Any, topic: Topic
) -> None:
    rotator = make(rotations_per_hour=1)
    secrets.put_secret_value(SecretId="prod/db", SecretString='{"user": "x"}')
    rotate(rotator, stranger(1))
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps(OLD))
    rotate(rotator, stranger(2), owner="r2")
    assert titles(topic) == ["prod/db was NOT rotated", "prod/db rotated"]


def test_the_last_places_of_the_limit_are_for_secrets_that_had_none(
    make: Maker, secrets: Any, topic: Topic, later: Clock
) -> None:
    secrets.create_secret(Name="other", SecretString="plain")
    rotator = make({"prod/db": GENERATE, "other": {**GENERATE, "json_keys": []}}, rotations_per_hour=3,
                   rotation_cooldown_minutes=1)  # fmt: skip
    for minute in (0, 2, 4):
        later.later = minute * 60
        rotate(rotator, stranger(minute), owner=f"r{minute}")
    assert titles(topic) == ["prod/db rotated", "prod/db rotated", "prod/db was NOT rotated"]
    rotate(rotator, stranger(5, requestParameters={"secretId": "other"}), owner="other")
    assert titles(topic)[-1] == "other rotated"


def test_a_rotation_that_hangs_says_since_when_and_generate_goes_on(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    secrets.put_secret_value(SecretId="prod/db", SecretString="half", VersionStages=["AWSPENDING"])
    later.later = 600
    rotate(rotator, stranger(5))
    assert re.search(r"on version \S+ since 2026-01-31T12:10:00Z", facts(topic)["Rotation under way"])
    later.later = 3700
    rotate(rotator, stranger(61), owner="later")
    assert titles(topic) == ["prod/db was NOT rotated", "prod/db rotated"]


def test_two_targets_that_are_one_secret_act_once(make: Maker, secrets: Any, topic: Topic) -> None:
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    rotate(make({"prod/db": GENERATE, arn: GENERATE}), stranger(0))
    assert versions(secrets) == 2
    assert titles(topic) == ["prod/db rotated"]


def test_a_read_of_a_replica_rotates_its_primary(make: Maker, secrets: Any, topic: Topic) -> None:
    secrets.replicate_secret_to_regions(SecretId="prod/db", AddReplicaRegions=[{"Region": "eu-west-1"}])
    replica = secrets.describe_secret(SecretId="prod/db")["ARN"].replace("us-east-1", "eu-west-1")
    there = {"awsRegion": "eu-west-1", "requestParameters": {"secretId": replica}}
    rotate(make(), stranger(0, **there))
    assert titles(topic) == ["prod/db rotated"]
    elsewhere = replica.replace("eu-west-1", "eu-west-3")
    rotate(make(), stranger(20, awsRegion="eu-west-3", requestParameters={"secretId": elsewhere}), owner="r2")
    assert len(topic.published) == 1


# --- managed ------------------------------------------------------------------------------


class ManagedSecrets:
    """Secrets Manager, with RotateSecret as it is with a rotation function: AWSPENDING, and nothing more yet."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.started: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def rotate_secret(self, SecretId: str, ClientRequestToken: str, RotateImmediately: bool) -> None:  # noqa: N803
        assert RotateImmediately
        self.started.append(ClientRequestToken)
        self._client.put_secret_value(
            SecretId=SecretId, ClientRequestToken=ClientRequestToken, SecretString="new", VersionStages=["AWSPENDING"]
        )

    def finish(self) -> None:
        old = self._client.current("prod/db")
        self._client.update_secret_version_stage(
            SecretId="prod/db", VersionStage="AWSCURRENT", MoveToVersionId=self.started[-1], RemoveFromVersionId=old
        )


def service_event(name: str, arn: str) -> Any:
    """What CloudTrail records of a rotation's end."""
    return record(
        name, eventType="AwsServiceEvent", userIdentity={"accountId": "123456789012", "invokedBy": "secretsmanager"},
        requestParameters=None, additionalEventData={"SecretId": arn}, sourceIPAddress="secretsmanager.amazonaws.com",
    )  # fmt: skip


@pytest.fixture
def managed(make: Maker, secrets: Any) -> tuple[Rotator, ManagedSecrets, str]:
    managed = ManagedSecrets(secrets)
    rotator = replace(make({"prod/db": MANAGED}), secrets=SecretStore(managed))
    return rotator, managed, secrets.describe_secret(SecretId="prod/db")["ARN"]


def test_a_managed_rotation_is_confirmed_when_it_has_succeeded(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, store, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    store.finish()
    for owner in ("r2", "r3"):
        rotate(rotator, service_event("RotationSucceeded", arn), owner=owner)
    assert titles(topic) == ["prod/db is being rotated", "prod/db rotated: confirmed"]
    assert topic.notices[0].id[:12] in facts(topic)["Started"]
    assert facts(topic)["New version"] == store.started[0]


@pytest.mark.parametrize("name", ["RotationFailed", "RotationAbandoned"])
def test_a_managed_rotation_that_failed_says_what_to_do(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic, name: str
) -> None:
    rotator, _, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    rotate(rotator, service_event(name, arn), owner="r2")
    assert titles(topic) == ["prod/db is being rotated", "rotation of prod/db FAILED"]
    assert topic.notices[-1].severity is Severity.CRITICAL
    assert "still valid" in facts(topic)["Recommended action"]


def test_a_failure_that_aws_made_good_is_notified_of_twice(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, store, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    rotate(rotator, service_event("RotationFailed", arn), owner="r2")
    store.finish()
    for owner in ("r3", "r4"):
        rotate(rotator, service_event("RotationSucceeded", arn), owner=owner)
    assert titles(topic)[1:] == ["rotation of prod/db FAILED", "prod/db rotated: confirmed"]
    assert "after the failure that was notified before" in facts(topic)["What was done"]
    assert topic.notices[1].fact("Started") == topic.notices[2].fact("Started")


def test_a_success_that_changed_nothing_is_a_failure(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, _, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    rotate(rotator, service_event("RotationSucceeded", arn), owner="r2")
    assert titles(topic)[-1] == "rotation of prod/db FAILED"


def test_nobody_is_notified_of_other_peoples_rotations(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, _, arn = managed
    rotate(rotator, service_event("RotationFailed", arn))
    assert topic.published == []


def test_a_managed_rotation_is_started_once(managed: tuple[Rotator, ManagedSecrets, str], topic: Topic) -> None:
    rotator, store, _ = managed
    read = record(**UNTRUSTED)
    topic.failures = [throttled()]
    with pytest.raises(IntakeError):
        rotate(rotator, read)
    rotate(rotator, read)
    assert len(store.started) == 1
    assert titles(topic) == ["prod/db is being rotated"]


# --- evidence -----------------------------------------------------------------------------


def test_the_evidence_is_in_the_table_and_in_the_notice(
    rotator: Rotator, secrets: Any, dynamodb: Any, topic: Topic
) -> None:
    exposed = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    rotate(rotator, record(eventID="e1", **UNTRUSTED))
    (item,) = dynamodb.query(
        TableName=TABLE, KeyConditionExpression="pk = :k", ExpressionAttributeValues={":k": {"S": f"ROTATION#{arn}"}}
    )["Items"]
    kept = decode(item)
    new = secrets.current("prod/db")
    assert kept["principal"] == "arn:aws:iam::123456789012:user/alice"
    assert (kept["exposed_version"], kept["new_version"], kept["done"]) == (exposed, new, "rotated")
    assert kept["source_address"] == "203.0.113.66"
    assert kept["milliseconds_from_arrival"] >= 0
    assert facts(topic)["Exposed version"] == exposed
    assert facts(topic)["New version"] == new
    assert re.search(r"\d+ s after the read, \d+\.\d s after its record arrived", facts(topic)["What was done"])


def test_the_version_that_the_record_names_is_the_exposed_one(rotator: Rotator, topic: Topic) -> None:
    rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": "prod/db", "versionId": "the-read-version"}))
    assert facts(topic)["Exposed version"] == "the-read-version"


def test_a_story_has_one_finding_that_is_updated(make: Maker, hub: Hub, later: Clock) -> None:
    rotator = make(enable_security_hub_findings=True)
    for minute in (0, 16, 32):
        later.later = minute * 60
        rotate(rotator, stranger(minute), owner=f"r{minute}")
    assert hub.imports == 3
    (finding,) = hub.findings.values()
    assert finding["CreatedAt"] == "2026-01-31T12:10:00Z"
    assert finding["Severity"] == {"Label": "HIGH"}
    assert finding["Resources"][0]["Type"] == "AwsSecretsManagerSecret"
    assert finding["ProductArn"] == "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default"
    assert finding["Network"] == {"Direction": "IN", "SourceIpV4": "203.0.113.66"}
    assert len(finding["Description"]) <= 1024


def test_a_finding_that_was_refused_is_tried_again_and_the_notice_is_not(
    make: Maker, hub: Hub, topic: Topic, secrets: Any
) -> None:
    rotator, read = make(enable_security_hub_findings=True), record(**UNTRUSTED)
    hub.refuses = True
    with pytest.raises(IntakeError, match="Security Hub: not enabled"):
        rotate(rotator, read)
    hub.refuses = False
    rotate(rotator, read)
    assert (len(topic.published), hub.imports, versions(secrets)) == (1, 1, 2)


# --- what several invocations do to each other --------------------------------------------


def test_a_record_that_another_invocation_works_on_fails_visibly(rotator: Rotator, secrets: Any) -> None:
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    assert rotator.store.claims.claim(f"ROTATION#{arn}", "e1", invocation("other")) is Claim.TAKEN
    with pytest.raises(IntakeError, match="record e1: another invocation is at work on this record"):
        rotate(rotator, record(eventID="e1", **UNTRUSTED))
    assert versions(secrets) == 1


def test_the_end_of_a_rotation_that_another_invocation_works_on_fails_visibly(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, _, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    end = {**service_event("RotationSucceeded", arn), "eventID": "end"}
    rotator.store.claims.claim("ROTATION ENDED", "end", invocation("other"))
    with pytest.raises(IntakeError, match="record end: another invocation is at work"):
        rotate(rotator, end, owner="r2")
    assert titles(topic) == ["prod/db is being rotated"]


def test_without_a_freeze_parameter_nothing_is_frozen() -> None:
    assert not Freeze(None, None).is_on()


def test_the_entry_point_hands_the_context_on(monkeypatch: pytest.MonkeyPatch, rotator: Rotator, secrets: Any) -> None:
    monkeypatch.setattr(handler, "_rotator", lambda: rotator)
    handler.handler(awslogs(record(**UNTRUSTED)), Context())
    assert versions(secrets) == 2
