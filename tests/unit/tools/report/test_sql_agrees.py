"""The view says of every record what the parser says: principal, person, secret, outcome, activity."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from secretwatch.record.access import ACTIVITIES, Outcome, SecretAccess, parse
from secretwatch.record.actor import Actor, People
from tests.records import ACCOUNT, Record, record, role, secret_arn, user
from tools.report.__main__ import main
from tools.report.lake import Lake
from tools.report.sql import Declared

NUMBER = 3_000
PEOPLE_ROLES = ["arn:aws:iam::*:role/okta-*", "arn:aws:iam::123456789012:role/a.b+c"]
AUTOMATION = ["arn:aws:iam::*:user/jenkins", "arn:*:iam::*:role/team/deploy"]
COLUMNS = ("principal_arn", "session_name", "secret_name", "was_allowed", "error_code", "activity", "is_read",
           "is_person", "actor", "access_key_id")  # fmt: skip

TYPES = ("IAMUser", "AssumedRole", "Root", "AWSService", "AWSAccount", "FederatedUser", "IdentityCenterUser", "Unknown",
         "Role", "Directory", "SAMLUser", "WebIdentityUser", "", None)  # fmt: skip
ROLES = ("deploy", "team/deploy", "okta-engineers", "a.b+c", "axb+c", "AWSReservedSSO_Developers_0123456789abcdef",
         "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
         "not-AWSReservedSSO_x")  # fmt: skip
SESSIONS = (
    "release-42",
    "ann@corp.example",
    "Bo.Li@Corp.Example",
    "ann@localhost",
    "a@b@c.d",
    "i-0abc",
    "x/y@z.example",
)
USERS = ("alice", "jenkins", "division/jenkins", "AWSReservedSSO_alice")
NAMES = ("prod/db", "honey/vault", "prod/db-secret", "db-Ab12Cd", "a", "naïve/ключ", "with space", "-Ab12Cd")
SUFFIXES = ("Ab12Cd", "abcdef", "ABCDEF", "123456", "abcde", "abcdefg", "abc_ef")


def identity(dice: random.Random) -> Record | None:
    """A userIdentity of any type, of which any field may be missing, null or empty."""
    if dice.random() < 0.03:
        return None
    partition, name, session = dice.choice(("aws", "aws-cn", "aws-us-gov")), dice.choice(ROLES), dice.choice(SESSIONS)
    issuers: tuple[Record | None, ...] = ({"arn": f"arn:{partition}:iam::{ACCOUNT}:role/{name}"}, {"arn": ""}, {}, None)
    whole: Record = {
        "type": dice.choice(TYPES),
        "arn": dice.choice(
            (
                f"arn:{partition}:iam::{ACCOUNT}:user/{dice.choice(USERS)}",
                f"arn:{partition}:sts::{ACCOUNT}:assumed-role/{name.rpartition('/')[2]}/{session}",
                f"arn:{partition}:sts::{ACCOUNT}:assumed-role/{name.rpartition('/')[2]}",
                f"arn:{partition}:sts::{ACCOUNT}:federated-user/{session}",
                f"arn:{partition}:iam::{ACCOUNT}:root",
                f"arn:{partition}:iam::{ACCOUNT}:role/{name}",
                "assumed-role",
            )
        ),
        "accountId": ACCOUNT,
        "userName": dice.choice(USERS),
        "principalId": f"AROASYNTHETIC0000000:{session}",
        "accessKeyId": "ASIASYNTHETIC0000000",
        "invokedBy": dice.choice(("rds.amazonaws.com", "secretsmanager.amazonaws.com")),
        "onBehalfOf": dice.choice(({"userId": "u-1"}, {"userId": ""}, {}, None)),
        "sessionContext": {
            "sessionIssuer": dice.choice(issuers),
            "sourceIdentity": dice.choice(("alice", "", None, None)),
        },
    }
    rare = ("onBehalfOf", "invokedBy")
    return {
        field: dice.choice((None, ""))
        if dice.random() < 0.1 and field not in ("onBehalfOf", "sessionContext")
        else value
        for field, value in whole.items()
        if dice.random() < (0.2 if field in rare else 0.75)
    }


def named(dice: random.Random) -> str:
    """A secret as callers and AWS write it: name, full ARN, partial ARN, another service's ARN."""
    name = dice.choice(NAMES)
    return dice.choice(
        (
            name,
            f"{name}-{dice.choice(SUFFIXES)}",
            secret_arn(name, dice.choice(SUFFIXES)),
            secret_arn(name, dice.choice(SUFFIXES)),
            secret_arn(name)[:-7],
            f"arn:aws-cn:secretsmanager:cn-north-1:{ACCOUNT}:secret:{name}-{dice.choice(SUFFIXES)}",
            f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{name}",
            "",
        )
    )


def call(dice: random.Random, number: int) -> Record:
    """A call to Secrets Manager that may name its secret in any of the places where records do."""
    parameters: Record | None = dice.choice(
        (
            {"secretId": named(dice)}, {"secretId": named(dice)}, {"secretId": named(dice), "versionId": "v"}, {}, None,
            {"secretIdList": [named(dice) or "a", "other"]}, {"secretIdList": None}, {"filters": [{"key": "tag-key"}]},
        )
    )  # fmt: skip
    refused = dice.random() < 0.4
    about = dice.choice(
        (secret_arn("prod/db", dice.choice(SUFFIXES)), secret_arn("db-secret")[:-7], "honey/vault", "*")
    )
    event = dice.choice([name for name, activity in ACTIVITIES.items() if activity != "rotation"])
    if event == "CreateSecret" and parameters is not None and "secretId" not in parameters:
        parameters = {**parameters, "name": dice.choice(NAMES)}
    asked = str((parameters or {}).get("secretId") or "x")
    return record(
        event,
        eventID=f"e-{number}",
        userIdentity=identity(dice),
        requestParameters=parameters,
        responseElements=dice.choice(
            (None, None, None, {"arn": secret_arn("made")}, {"aRN": secret_arn("made", "abcdef")}, {"arn": asked},
             {"name": "made"})
        ),
        additionalEventData=dice.choice(
            (None, None, None, {"SecretId": secret_arn("by-service")}, {"secretId": "x"}, {"ARN": asked}, {},
             {"Name": "by-name", "VersionId": "v"})
        ),
        resources=dice.choice(
            (None, None, [], [{"ARN": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", "type": "AWS::KMS::Key"}],
             [{"accountId": ACCOUNT}, {"ARN": asked}], [{"ARN": secret_arn("listed", "abcdef")}])
        ),
        serviceEventDetails=dice.choice((None, None, None, {"secretArn": secret_arn("detail")}, {"secretId": asked})),
        **({"errorCode": dice.choice(("AccessDenied", "AccessDeniedException", "ResourceNotFoundException", "", None))}
           if refused else {}),
        **({"errorMessage": f"User: {ACCOUNT} is not authorized to perform it on resource: {about} because no policy"}
           if refused else {}),
        **({"sessionCredentialFromConsole": dice.choice(("true", "false", True, None))} if dice.random() < 0.1 else {}),
    )  # fmt: skip


def from_parser(made: Record, people_roles: Sequence[str] = (), automation: Sequence[str] = ()) -> tuple[Any, ...]:
    """What the package says of a record, as the view's columns."""
    access = parse(made)
    assert isinstance(access, SecretAccess)
    said, actor = access.call, actor_of(made, people_roles, automation)
    # A batch is one row of the view; its secrets have records and rows of their own.
    batch = bool((made["requestParameters"] or {}).get("secretIdList"))
    return (
        said.principal.key,
        access.session.name,
        said.secret_names[0] if said.secrets and not batch else None,
        said.outcome is Outcome.ALLOWED,
        said.error_code,
        str(said.activity),
        said.is_read,
        actor.is_person,
        actor.key,
        access.session.access_key_id,
    )


def actor_of(made: Record, people_roles: Sequence[str] = (), automation: Sequence[str] = ()) -> Actor:
    access = parse(made)
    assert isinstance(access, SecretAccess)
    return People(tuple(people_roles), tuple(automation)).actor(access)


def from_view(
    records: Sequence[Record], folder: Path, people_roles: Sequence[str] = (), automation: Sequence[str] = ()
) -> dict[str, tuple[Any, ...]]:
    """What the view says of each record, by event id."""
    file = folder / "records.json"
    file.write_text(json.dumps({"Records": list(records)}))
    lake = Lake(declared=Declared(tuple(people_roles), tuple(automation)))
    lake.load([file])
    return {row[0]: row[1:] for row in lake.ask(f"SELECT event_id, {', '.join(COLUMNS)} FROM secret_calls")}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
@pytest.mark.parametrize("patterns", [([], []), (PEOPLE_ROLES, AUTOMATION)], ids=["nothing declared", "declared"])
def test_the_view_says_of_every_record_what_the_parser_says(
    seed: int, patterns: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    dice = random.Random(seed)
    made = [call(dice, number) for number in range(NUMBER)]
    view = from_view(made, tmp_path, *patterns)
    assert len(view) == NUMBER
    wrong: Counter[str] = Counter()
    examples: dict[str, Any] = {}
    for entry in made:
        for column, sql, python in zip(COLUMNS, view[entry["eventID"]], from_parser(entry, *patterns), strict=True):
            if sql != python:
                wrong[column] += 1
                examples.setdefault(column, (sql, python, entry))
    assert not wrong, f"{dict(wrong)} differ, such as (SQL, Python, record): {next(iter(examples.values()))}"


def test_the_records_are_of_every_kind(tmp_path: Path) -> None:
    dice = random.Random(1)
    made = [call(dice, number) for number in range(NUMBER)]
    rows = [from_parser(entry) for entry in made]
    for column, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
        common = Counter(values).most_common(2)
        assert len(common) == 2, f"{column} is always {common[0][0]}"
    assert {(entry["userIdentity"] or {}).get("type") for entry in made} == set(TYPES)


SSO = {
    **role("AWSReservedSSO_Developers_0123456789abcdef", "ben"),
    "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/"
                                                "AWSReservedSSO_Developers_0123456789abcdef"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "person"),
    [
        (user("alice"), True),
        (user("jenkins"), False),
        (SSO, True),
        (role("okta-engineers", "cay"), True),
        (role("engineers", "cay@corp.example"), True),
        (role("deploy", "release-42"), False),
        ({**role("deploy", "x"), "sessionContext": {"sourceIdentity": "dan"}}, True),
        ({**role("deploy", "x"), "onBehalfOf": {"userId": "u-1"}}, True),
        ({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, True),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, False),
        ({"type": "AWSAccount", "accountId": "999999999999"}, False),
        (None, False),
    ],
)
def test_a_person_is_one_in_the_report_and_in_the_parser(who: Any, person: bool, tmp_path: Path) -> None:
    people_roles, automation = ["arn:aws:iam::*:role/okta-*"], ["arn:aws:iam::*:user/jenkins"]
    made = record(userIdentity=who)
    (row,) = from_view([made], tmp_path, people_roles, automation).values()
    assert actor_of(made, people_roles, automation).is_person is person
    assert row[COLUMNS.index("is_person")] is person


def test_whoever_comes_from_the_console_is_a_person(tmp_path: Path) -> None:
    made = record(userIdentity=role("deploy", "x"), sessionCredentialFromConsole="true")
    (row,) = from_view([made], tmp_path).values()
    assert row[COLUMNS.index("is_person")] is True
    assert actor_of(made).is_person


def test_users_of_identity_center_are_told_apart(tmp_path: Path) -> None:
    made = [
        record(eventID=name, userIdentity={"type": "IdentityCenterUser", "accountId": ACCOUNT,
                                           "onBehalfOf": {"userId": name}})
        for name in ("u-1", "u-2")
    ]  # fmt: skip
    assert [row[0] for row in from_view(made, tmp_path).values()] == ["u-1", "u-2"]


@pytest.mark.parametrize("option", ["--people-roles", "--automation"])
@pytest.mark.parametrize("pattern", ["okta-*", "*", "arn:aws:iam::*:role/[ab]", "arn:aws:iam::1:user/o'brien"])
def test_a_pattern_that_is_no_arn_is_refused_by_name(
    option: str, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["logs", option, "arn:*:iam::*:role/fine", pattern])
    said = capsys.readouterr().err
    assert option.strip("-").replace("-", "_") in said
    assert pattern in said


def test_people_are_declared_to_the_report_over_log_files_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--engine", "athena", "--automation", "arn:*:iam::*:user/jenkins"])
    assert "modules/analytics" in capsys.readouterr().err
