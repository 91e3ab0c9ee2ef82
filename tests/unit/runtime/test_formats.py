"""Formats that Terraform's validations match with as well: tests/terraform/test_inputs.py keeps both in step."""

from __future__ import annotations

import re

import pytest

from secretwatch.runtime.formats import FORMATS, is_iam_principal, looks_like

ROLE = "arn:aws:iam::123456789012:role/x"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_format_is_what_both_engines_understand(kind: str) -> None:
    """RE2 has neither look-around nor back-references; \\d and \\w mean more in Python."""
    assert re.compile(FORMATS[kind])
    assert not re.search(r"\(\?[=!<P]|\\[0-9dwsbAZ]", FORMATS[kind])


@pytest.mark.parametrize("arn", [ROLE, "arn:aws-us-gov:iam::123456789012:user/team/ci:1/x@y.example"])
def test_roles_and_users_are_principals(arn: str) -> None:
    assert is_iam_principal(arn)


@pytest.mark.parametrize("arn", [f"{ROLE}\n", f"{ROLE} ", f"{ROLE}/", f"{ROLE}*", ROLE.replace("role", "policy"), "x"])
def test_what_no_principal_can_be_is_none(arn: str) -> None:
    assert not is_iam_principal(arn)


def test_the_whole_text_has_to_match() -> None:
    assert looks_like("secret_name", "prod/db")
    assert not looks_like("secret_name", "prod/db\n")
    assert not looks_like("secret_name", " prod/db")
