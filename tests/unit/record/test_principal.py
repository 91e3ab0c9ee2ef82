from __future__ import annotations

from typing import Any

import pytest

from secretwatch.record.principal import parse_principal, session_of
from tests.records import ACCOUNT, role, user


@pytest.mark.parametrize(
    ("identity", "key", "name"),
    [
        (user("alice"), f"arn:aws:iam::{ACCOUNT}:user/alice", "alice"),
        (role("deploy", "s1"), f"arn:aws:iam::{ACCOUNT}:role/deploy", "deploy"),
        (
            {"type": "AssumedRole", "arn": f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/deploy/s1"},
            f"arn:aws-cn:iam::{ACCOUNT}:role/deploy",
            "deploy",
        ),
        ({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, f"arn:aws:iam::{ACCOUNT}:root", "root"),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, "rds.amazonaws.com", "rds.amazonaws.com"),
        ({"type": "AWSAccount", "accountId": "999999999999", "principalId": "AROAX:x"}, "999999999999", "999999999999"),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, "u-1", "u-1"),
        ({"accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"}, "secretsmanager.amazonaws.com", None),
        ({"type": "IAMUser", "userName": "bob", "arn": ""}, "bob", "bob"),
        ({"type": "Unknown"}, "unknown", "unknown"),
        ({}, "unknown", "unknown"),
        (None, "unknown", "unknown"),
        ("text", "unknown", "unknown"),
        ({"type": 5, "arn": [], "sessionContext": "x"}, "unknown", "unknown"),
    ],
)
def test_the_key_is_what_stays_the_same(identity: Any, key: str, name: str | None) -> None:
    principal = parse_principal(identity)
    assert principal.key == key
    assert principal.name == (name or key)


def test_two_sessions_of_a_role_are_one_principal() -> None:
    one, other = parse_principal(role("deploy", "a")), parse_principal(role("deploy", "b"))
    assert one.key == other.key
    assert one.label == "role deploy"
    assert (session_of(role("deploy", "a")), session_of(role("deploy", "b"))) == ("a", "b")


@pytest.mark.parametrize("identity", [user(), None, {"arn": 5}, {"arn": "arn:aws:sts::1:assumed-role/deploy"}])
def test_who_has_no_session_has_none(identity: Any) -> None:
    assert session_of(identity) is None


def test_the_account_is_read_from_the_arn_where_it_is_not_given() -> None:
    assert parse_principal({"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/x"}).account == ACCOUNT
