from __future__ import annotations

from typing import Any

import pytest

from secretwatch.record.principal import NO_SESSION, Session, parse_principal, parse_session
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
    assert (parse_session(role("deploy", "a")).name, parse_session(role("deploy", "b")).name) == ("a", "b")


@pytest.mark.parametrize(
    "identity", [user(), {"arn": 5}, {"arn": "arn:aws:sts::1:assumed-role/deploy"}, {"arn": ""}, {}]
)
def test_who_has_no_session_has_no_name_of_one(identity: Any) -> None:
    assert parse_session(identity).name is None


@pytest.mark.parametrize("identity", [None, "text", 5, [], {}, {"sessionContext": None, "onBehalfOf": "x"}])
def test_what_says_nothing_is_no_session(identity: Any) -> None:
    assert parse_session(identity) == NO_SESSION


def test_a_session_is_the_credentials_of_a_call() -> None:
    identity = {
        **role("deploy", "release-42"),
        "sessionContext": {"sourceIdentity": "ann", "sessionIssuer": {}},
        "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::123456789012:identitystore/d-1"},
    }
    assert parse_session(identity) == Session(
        "release-42", "ASIASYNTHETIC0000000", "ann", "u-1", "AROASYNTHETIC0000000:release-42"
    )


def test_a_federated_user_has_a_session() -> None:
    federated = {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/ann", "accessKeyId": "ASIAX"}
    assert parse_session(federated) == Session("ann", "ASIAX")


def test_a_session_of_hostile_size_is_cut() -> None:
    long = "x" * 100_000
    identity = {**role("deploy", long), "accessKeyId": long, "sessionContext": {"sourceIdentity": long},
                "onBehalfOf": {"userId": long}}  # fmt: skip
    assert all(len(part or "") <= 2048 for part in parse_session(identity))


def test_the_account_is_read_from_the_arn_where_it_is_not_given() -> None:
    assert parse_principal({"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/x"}).account == ACCOUNT
