"""Each signal that a call shows by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect import marks
from secretwatch.detect.tuning import parse_rules
from tests.records import ACCOUNT, Record, record, role, secret_arn
from tests.unit.detect.course import DENIED, Course, at, signals

ROOT = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
OWN = f"arn:aws:iam::{ACCOUNT}:role/secretwatch-rotator"
TUNING = replace(parse_rules('{"decoys": ["honey/*"]}'), own_principals=frozenset({OWN}))
THEIRS = "arn:aws:lambda:us-east-1:999988887777:function:theirs"
OURS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ours"


def call(name: str, **parameters: Any) -> Record:
    return record(name, requestParameters={"secretId": "prod/db", **parameters})


def created(**parameters: Any) -> Record:
    return record("CreateSecret", requestParameters={"name": "x", **parameters})


def policy(principal: Any, **statement: Any) -> Record:
    grant = {"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue", **statement}
    return call("PutResourcePolicy", resourcePolicy=json.dumps({"Statement": [grant]}))


ON_LAMBDA: dict[str, Any] = {"userIdentity": role("secretwatch-rotator", "secretwatch-rotator"),
             "userAgent": "Boto3/1.40 exec-env/AWS_Lambda_python3.13"}  # fmt: skip

SHOWS: list[tuple[str, Record]] = [
    ("decoy_touched", at(0, secret="honey/vault")),
    ("decoy_touched", at(0, secret="honey/vault", **DENIED)),
    ("decoy_touched", record(requestParameters=None, errorCode="AccessDenied",
                             errorMessage="not authorized to perform: x on resource: honey/vault because no")),
    ("decoy_touched", at(0, secret=secret_arn("honey/vault", "abcdef"))),
    ("decoy_touched", at(0, "DeleteSecret", secret="honey/vault")),
    ("root", at(0, userIdentity=ROOT)),
    ("own_role_elsewhere", at(0, userIdentity=role("secretwatch-rotator"))),
    ("own_role_elsewhere", at(0, "ListSecrets", userIdentity=role("secretwatch-rotator"))),
    ("secret_shared", policy("*")),
    ("secret_shared", policy({"AWS": "*"})),
    ("secret_shared", policy({"AWS": "arn:aws:iam::999988887777:root"})),
    ("secret_shared", policy({"AWS": ["999988887777", f"arn:aws:iam::{ACCOUNT}:root"]})),
    ("secret_shared", policy({"Federated": "accounts.example.com"})),
    ("secret_shared", policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
    ("secret_shared", policy("*", Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}})),
    ("secret_shared", policy("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}})),
    ("secret_shared", policy("*", Condition={"StringLike": {"aws:PrincipalArn": "*"}})),
    ("secret_shared", call("PutResourcePolicy", resourcePolicy="{not JSON")),
    ("policy_removed", call("DeleteResourcePolicy")),
    ("rotation_cancelled", call("CancelRotateSecret")),
    ("rotation_function_changed", call("RotateSecret", rotationLambdaARN=OURS)),
    ("rotation_function_foreign", call("RotateSecret", rotationLambdaARN=THEIRS)),
    ("restored", call("RestoreSecret")),
    ("version_stage_moved", call("UpdateSecretVersionStage")),
    ("deletion", call("DeleteSecret", recoveryWindowInDays=7)),
    ("deletion_forced", call("DeleteSecret", forceDeleteWithoutRecovery=True)),
    ("kms_key_changed", call("UpdateSecret", kmsKeyId="alias/other")),
    ("replica_created", call("ReplicateSecretToRegions", addReplicaRegions=[{"region": "ap-south-1"}])),
    ("replica_created", created(addReplicaRegions=[{"region": "r"}])),
    ("replica_shared", call("AssociateCrossAccountReplica", crossAccountReplicaARN=secret_arn("copy"))),
    ("foreign_primary", created(crossAccountPrimaryARN=secret_arn("p"))),
    ("replica_promoted", call("StopReplicationToReplica")),
    ("replica_promoted", call("RemoveRegionsFromReplication", removeReplicaRegions=["ap-south-1"])),
    ("rotation_failed", record("RotationFailed", eventType="AwsServiceEvent", additionalEventData={"SecretId": "x"})),
]  # fmt: skip

SHOWS_NOT: list[tuple[str, Record]] = [
    ("decoy_touched", at(0, secret="prod/honey")),
    ("root", at(0)),
    ("own_role_elsewhere", record(**ON_LAMBDA)),
    ("secret_shared", policy({"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"})),
    ("secret_shared", policy("*", Effect="Deny")),
    ("secret_shared", policy({"Service": "rds.amazonaws.com"})),
    ("secret_shared", policy("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})),
    ("policy_removed", call("PutResourcePolicy", resourcePolicy="{}")),
    ("rotation_cancelled", call("RotateSecret")),
    ("rotation_function_changed", call("RotateSecret", rotationLambdaARN=THEIRS)),
    ("rotation_function_foreign", call("RotateSecret", rotationLambdaARN=OURS)),
    ("rotation_function_foreign", call("RotateSecret")),
    ("restored", call("DeleteSecret")),
    ("version_stage_moved", call("UpdateSecret")),
    ("deletion", call("DeleteSecret", forceDeleteWithoutRecovery=True)),
    ("deletion_forced", call("DeleteSecret", forceDeleteWithoutRecovery="yes")),
    ("kms_key_changed", call("UpdateSecret", description="x")),
    ("replica_created", created()),
    ("replica_shared", call("ReplicateSecretToRegions")),
    ("foreign_primary", created()),
    ("replica_promoted", call("ReplicateSecretToRegions")),
    ("rotation_failed", record("RotationSucceeded", eventType="AwsServiceEvent")),
]


def shown(made: Record) -> set[str]:
    return signals(made, tuning=TUNING)


@pytest.mark.parametrize(("signal", "made"), SHOWS, ids=[f"{s}-{n}" for n, (s, _) in enumerate(SHOWS)])
def test_a_call_shows_it(signal: str, made: Record) -> None:
    assert signal in shown(made)


@pytest.mark.parametrize(("signal", "made"), SHOWS_NOT, ids=[f"{s}-{n}" for n, (s, _) in enumerate(SHOWS_NOT)])
def test_a_call_does_not_show_it(signal: str, made: Record) -> None:
    assert signal not in shown(made)


def test_every_mark_is_tried_both_ways() -> None:
    assert {signal for signal, _ in SHOWS} == {signal for signal, _ in SHOWS_NOT} == marks.names()


@pytest.mark.parametrize(
    ("grantee", "condition", "named"),
    [
        ("*", None, "everybody"),
        ({"AWS": ["arn:aws:iam::999988887777:root", "arn:aws:iam::111122223333:user/x"]}, None,
         "account 111122223333, account 999988887777"),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, "organization o-abc"),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::999988887777:role/x*"}}, "account 999988887777"),
        ({"Federated": "cognito-identity.amazonaws.com"}, None, "whoever cognito-identity.amazonaws.com signs in"),
    ],
)  # fmt: skip
def test_it_is_said_with_whom_a_secret_was_shared(grantee: Any, condition: Any, named: str) -> None:
    statement = {"Effect": "Allow", "Principal": grantee, "Condition": condition}
    assert marks.shared_with({"Statement": statement}, ACCOUNT) == named


@pytest.mark.parametrize("made", [record(**ON_LAMBDA), record("PutSecretValue", **ON_LAMBDA)])
def test_our_own_roles_work_is_no_news(made: Record) -> None:
    assert shown(made) == set()


def test_our_own_role_on_a_decoy_is() -> None:
    assert shown(record(**ON_LAMBDA, requestParameters={"secretId": "honey/x"})) == {"decoy_touched"}


def test_a_mark_of_a_denied_call_says_so() -> None:
    course = Course()
    (found,) = course.deliver(record("DeleteResourcePolicy", errorCode="AccessDenied"))
    (news,) = found.decision.news
    assert news.fresh[0].sentence == "The resource policy of prod/db was removed (denied)."


def shared_with(account: str, day: float, secret: str = "prod/db") -> Record:
    grant = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "secretsmanager:GetSecretValue"}
    asked = {"secretId": secret, "resourcePolicy": json.dumps({"Statement": [grant]})}
    return at(day * 24 * 60, "PutResourcePolicy", requestParameters=asked)


def test_what_an_actor_did_on_earlier_days_is_told_lower() -> None:
    course = Course()
    for day in (0, 1, 7):
        course.deliver(at(day * 24 * 60, "CancelRotateSecret"))
    course.deliver(at(8 * 24 * 60, "DeleteResourcePolicy"))
    assert [severity for _, severity in course.news()] == ["high", "low", "low", "high"]
    course.deliver(at(60 * 24 * 60, "CancelRotateSecret"))
    assert course.news()[-1][1] == "high", "after history_days it is as new"
    again = Course(parse_rules('{"rotation_cancelled": {"severity": "critical"}}'))
    for day in (0, 1):
        again.deliver(at(day * 24 * 60, "CancelRotateSecret"))
    assert [severity for _, severity in again.news()] == ["critical", "critical"], (
        "who says how severe it is, says it of all"
    )


def test_each_grant_is_one_of_its_own() -> None:
    course = Course()
    for day, account, secret in ((0, "999988887777", "prod/db"), (1, "999988887777", "prod/db"),
                                 (2, "999988887777", "prod/api"), (3, "111122223333", "prod/db")):  # fmt: skip
        course.deliver(shared_with(account, day, secret))
    assert [severity for _, severity in course.news()] == ["critical", "low", "critical", "critical"]
