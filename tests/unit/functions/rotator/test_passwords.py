"""Passwords that can stand anywhere."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from secretwatch.functions.rotator.passwords import new_password
from secretwatch.functions.rotator.policy import Generation

GENERATION = Generation(("password",), 32, ("lowercase", "uppercase", "digits", "symbols"), "")


def test_a_password_has_every_class_and_nothing_else() -> None:
    for _ in range(50):
        password = new_password(replace(GENERATION, password_length=8))
        assert len(password) == 8
        assert any(map(str.islower, password))
        assert any(map(str.isupper, password))
        assert any(map(str.isdigit, password))
        assert not password.isalnum()
        assert not set(password) & set("\"'\\/@` $")
    plain = replace(GENERATION, character_classes=("lowercase", "digits"), exclude_characters="l1o0")
    for _ in range(50):
        assert set(new_password(plain)) <= set("abcdefghijkmnpqrstuvwxyz23456789")


def test_a_password_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves nothing of a character class"):
        new_password(replace(GENERATION, character_classes=("digits",), exclude_characters="0123456789"))


def test_a_password_stands_as_it_is_in_a_url_pgpass_odbc_and_a_shell() -> None:
    for _ in range(2000):
        password = new_password(GENERATION)
        assert urlsplit(f"postgres://app:{password}@db:5432/main").password == password
        assert f"db:5432:main:app:{password}".split(":") == ["db", "5432", "main", "app", password]
        assert dict(part.split("=", 1) for part in f"UID=app;PWD={password};".split(";") if part)["PWD"] == password
        assert shlex.split(f"PASSWORD={password} # comment", comments=True) == [f"PASSWORD={password}"]
        assert re.match("[A-Za-z0-9]", password)
