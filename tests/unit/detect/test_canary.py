from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.canary import Canary
from secretwatch.detect.tuning import Tuning
from secretwatch.record.access import Call, SecretAccess, parse
from secretwatch.record.secret_id import parse_secret_id
from tests.judging import decided
from tests.records import ACCOUNT, record, role, secret_arn

NAME = "watch/canary"
ARN = secret_arn(NAME).rpartition("-")[0]
CANARY = Canary(f"arn:aws:iam::{ACCOUNT}:role/watch-canary", parse_secret_id(ARN))
ITS_ROLE = role("watch-canary", "watch-canary")
ASKED = [NAME, ARN, secret_arn(NAME), secret_arn(NAME, suffix="abcdef")]
"""Every way in which a caller may name the secret."""


def call(name: str = "GetSecretValue", secret: str = NAME, **changes: Any) -> Call:
    access = parse(record(name, **{"requestParameters": {"secretId": secret}, "userIdentity": ITS_ROLE, **changes}))
    assert isinstance(access, SecretAccess)
    return access.call


def told(name: str = "GetSecretValue", secret: str = NAME, **changes: Any) -> tuple[str | None, set[str]]:
    """Return how severe the news of a call is, if it is any, and its signals."""
    made = record(name, **{"requestParameters": {"secretId": secret}, **changes})
    (found,) = decided(made, tuning=Tuning(canary_secret=CANARY.secret))
    severity = next((str(news.severity) for news in found.decision.news), None)
    return severity, {signal for story in found.decision.stories for signal in story.signals}


@pytest.mark.parametrize("asked", ASKED)
def test_its_own_calls_on_its_own_secret_are_its_own(asked: str) -> None:
    assert CANARY.made(call(secret=asked))
    assert CANARY.made(call("PutSecretValue", secret=asked))
    assert CANARY.made(call(secret=asked, errorCode="ThrottlingException"))


@pytest.mark.parametrize(
    "changes",
    [
        {"userIdentity": role("deploy")},
        {"secret": "prod/db"},
        {"secret": "watch/canary2"},
        {"awsRegion": "eu-west-1"},
        {"secret": secret_arn(NAME, region="eu-west-1")},
        {"recipientAccountId": "210987654321"},
        {"name": "BatchGetSecretValue", "requestParameters": {"secretIdList": [NAME, "prod/db"]}},
        {"name": "BatchGetSecretValue", "requestParameters": {"filters": []}},
    ],
    ids=["another-role", "another-secret", "like-it", "region", "region-of-arn", "account", "and-another", "filters"],
)
def test_anything_else_is_not(changes: dict[str, Any]) -> None:
    assert not CANARY.made(call(**changes))


@pytest.mark.parametrize("asked", ASKED)
def test_somebody_elses_read_is_critical_without_a_decoy_declared(asked: str) -> None:
    severity, signals = told(secret=asked)
    assert severity == "critical"
    assert "decoy_touched" in signals


def test_a_denied_read_is_critical_where_only_the_message_names_the_secret() -> None:
    severity, _ = told(
        requestParameters=None,
        errorCode="AccessDenied",
        errorMessage=f"User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: "
        f"{secret_arn(NAME, suffix='abcdef')} because no identity-based policy allows it",
    )
    assert severity == "critical"


@pytest.mark.parametrize("name", ["PutSecretValue", "DeleteSecret", "PutResourcePolicy", "UpdateSecret"])
def test_a_change_is_critical(name: str) -> None:
    severity, _ = told(name)
    assert severity == "critical"


def test_what_the_canarys_role_does_elsewhere_is_judged_as_anybodys() -> None:
    assert told(secret="prod/db", userIdentity=ITS_ROLE) == ("low", {"first_reader"})


@pytest.mark.parametrize(
    "changes", [{"awsRegion": "eu-west-1"}, {"recipientAccountId": "210987654321"}], ids=["region", "account"]
)
def test_the_canary_of_another_region_or_account_is_no_decoy_of_ours(changes: dict[str, Any]) -> None:
    assert "decoy_touched" not in told(**changes)[1]


def test_another_accounts_copy_of_a_read_by_arn_is_about_our_secret() -> None:
    """A caller of another account leaves a record there too, with that account as its recipient."""
    assert "decoy_touched" in told(secret=secret_arn(NAME), recipientAccountId="210987654321")[1]


def test_without_a_canary_its_name_is_a_name_like_others() -> None:
    assert not Tuning().is_canarys(call(), parse_secret_id(NAME))
