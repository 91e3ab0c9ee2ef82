from __future__ import annotations

import pytest

from secretwatch.runtime.formats import FORMATS, is_iam_principal, looks_like


@pytest.mark.parametrize(
    ("arn", "one"),
    [
        ("arn:aws:iam::123456789012:role/deploy", True),
        ("arn:aws-us-gov:iam::123456789012:user/security/alice", True),
        ("arn:aws:iam::123456789012:role/*", False),
        ("arn:aws:iam::123456789012:role/deploy ", False),
        ("arn:aws:iam::123456789012:role/deploy\n", False),
        ("arn:aws:iam::123456789012:role/", False),
        ("arn:aws:sts::123456789012:assumed-role/deploy/session", False),
        ("deploy", False),
    ],
)
def test_a_principal_is_one_role_or_user(arn: str, one: bool) -> None:
    assert is_iam_principal(arn) is one


@pytest.mark.parametrize(("name", "one"), [("prod/db", True), ("prod/db*", False), ("", False), ("a b", False)])
def test_the_whole_text_has_to_look_like_its_kind(name: str, one: bool) -> None:
    assert "secret_name" in FORMATS
    assert looks_like("secret_name", name) is one
