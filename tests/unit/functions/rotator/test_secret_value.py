"""How a new value is made, and what is kept of the old one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretwatch.functions.rotator import secret_value
from secretwatch.functions.rotator.policy import Generation, Target
from secretwatch.functions.rotator.secret_value import (
    RotationError,
    Secret,
    SecretStore,
    new_password,
    replace_value,
    version_token,
)
from secretwatch.record.access import Call, SecretAccess, parse
from secretwatch.record.secret_id import parse_secret_id
from tests.records import record, secret_arn

GENERATION = Generation(("password",), 32, ("lowercase", "uppercase", "digits", "symbols"), "")


def _call() -> Call:
    read = parse(record())
    assert isinstance(read, SecretAccess)
    return replace(read.call, secrets=(parse_secret_id("prod/db"),))


CALL = _call()
SECRET = Secret(secret_arn("prod/db"), {"v1": ("AWSPREVIOUS",), "v2": ("AWSCURRENT",), "v3": ("AWSPENDING",)})


def test_a_plain_text_is_replaced_whole() -> None:
    assert len(replace_value("hunter2", GENERATION)) == 32
    assert replace_value("12345", GENERATION) != "12345"


def test_a_json_object_without_keys_to_change_is_refused() -> None:
    with pytest.raises(RotationError, match="json_keys"):
        replace_value("{}", replace(GENERATION, json_keys=()))


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
    with pytest.raises(RotationError, match="leaves nothing of a character class"):
        new_password(replace(GENERATION, character_classes=("digits",), exclude_characters="0123456789"))


BYTE_FOR_BYTE = (
    '{"password":"old","n":1.50,"big":12345678901234567890123,"e":1e5}',
    '\n{ "host" : "db\\u00fc/é" ,\r\n\t"password" : {"nested": ["old"]}, "list": [1, 2,3 ] }  ',
    '{"a": "\\"password\\": 1", "password": null, "b": {"password": "inner"}}',
    '{"pass\\u0077ord": "old", "z": true}',
    '{"password": "one", "x": 0, "password": "two"}',
)


@pytest.mark.parametrize("current", BYTE_FOR_BYTE)
def test_all_but_the_listed_key_is_kept_byte_for_byte(current: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_value, "new_password", lambda _: "NEW")
    replaced = replace_value(current, GENERATION)
    assert json.loads(replaced)["password"] == "NEW"
    before, after = json.loads(current), json.loads(replaced)
    assert {**before, "password": ""} == {**after, "password": ""}
    around = re.split(r'"NEW"', replaced)
    position = 0
    for piece in around:
        assert piece in current[position:], "what is not the value stands as it stood"
        position = current.index(piece, position) + len(piece)


@given(
    st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5)),
    st.integers(0, 4),
)
def test_any_object_keeps_its_other_keys(document: dict[str, Any], indent: int) -> None:
    current = json.dumps({**document, "password": "old"}, indent=indent or None, ensure_ascii=indent % 2 == 0)
    replaced = json.loads(replace_value(current, GENERATION))
    assert {**replaced, "password": "old"} == {**document, "password": "old"}


def test_a_version_is_found_by_its_stage() -> None:
    assert SECRET.version("AWSCURRENT") == "v2"
    assert SECRET.version("MINE") is None


def test_a_rotation_is_under_way_while_a_pending_version_is_not_current() -> None:
    assert SECRET.is_rotating("other")
    assert not SECRET.is_rotating("v3"), "our own"
    assert not Secret(SECRET.arn, {"v2": ("AWSCURRENT", "AWSPENDING")}).is_rotating("other")


@pytest.mark.parametrize(
    ("requested", "same"),
    [
        ("prod/db", True),
        (secret_arn("prod/db"), True),
        (secret_arn("prod/db")[:-7], True),
        ("prod/d", False),
        ("db", False),
        (secret_arn("prod/db", "XXXXXX"), False),
        (secret_arn("prod/db", region="eu-west-1"), False),
        (secret_arn("prod/db-secret")[:-7], False),
    ],
)
def test_a_record_names_this_secret_or_another(requested: str, same: bool) -> None:
    call = replace(CALL, secrets=(parse_secret_id("x"), parse_secret_id(requested)))
    assert SECRET.is_read_by(call) is same


def test_a_secret_of_the_same_name_elsewhere_is_another_one() -> None:
    assert SECRET.is_read_by(CALL)
    assert not SECRET.is_read_by(replace(CALL, region="eu-west-1"))
    assert not SECRET.is_read_by(replace(CALL, account="210987654321"))


def test_the_version_of_a_rotation_follows_from_event_and_target() -> None:
    assert version_token("e1", "prod/db") == version_token("e1", "prod/db")
    assert len({version_token(event, secret) for event in ("e1", "e2") for secret in ("a", "b")}) == 4


def test_a_strategy_that_changes_no_value_changes_none() -> None:
    with pytest.raises(RotationError, match="strategy notify_only changes no value"):
        SecretStore(None).rotate(SECRET, Target(parse_secret_id("prod/db"), "notify_only"), "t")


class Unmoved:
    """Secrets Manager, where a new version does not become the current one."""

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        return {"SecretString": "old", "VersionId": "v2"}

    def put_secret_value(self, **_: Any) -> None:
        return None

    def describe_secret(self, **_: Any) -> dict[str, Any]:
        return {"ARN": SECRET.arn, "VersionIdsToStages": {"v2": ["AWSCURRENT"]}}


def test_a_value_that_did_not_become_the_current_one_is_no_rotation() -> None:
    with pytest.raises(RotationError, match="the new version did not become AWSCURRENT"):
        SecretStore(Unmoved()).rotate(SECRET, Target(parse_secret_id("prod/db"), "generate", GENERATION), "t")
