"""What a new value keeps of the old one, and what is left alone because it is not understood."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretwatch.functions.rotator.policy import Generation
from secretwatch.functions.rotator.values import ValueRefusedError, replace_value

GENERATION = Generation(("password",), 32, ("lowercase", "uppercase", "digits", "symbols"), "")
PLAIN = replace(GENERATION, json_keys=())
NEW = "brand-new-1"


def fixed(_: Generation) -> str:
    return NEW


def test_a_plain_password_is_replaced_whole() -> None:
    assert len(replace_value("hunter2", PLAIN)) == 32
    assert replace_value("12345", PLAIN) != "12345"


def test_a_json_object_without_keys_to_change_is_refused() -> None:
    with pytest.raises(ValueRefusedError, match="json_keys"):
        replace_value("{}", PLAIN)


NEAR_JSON = (
    '\ufeff{"password": "old"}', '{"password": "old",}', '{"password": "old"} // note', "{'password': 'old'}",
    '{"password": "o\tld"}', '{password: "old"}',
)  # fmt: skip
OTHER_TEXTS = {
    '["old"]': "a JSON list",
    "DB_USER=app\nDB_PASSWORD=old": "a .env file",
    "Server=db;Uid=app;Pwd=old;": "a connection string",
    "postgres://app:old@db/main": "a URL",
    "app:old@db/main": "a URL",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----": "PEM",
    "two words": "several words",
}


@pytest.mark.parametrize("generation", [GENERATION, PLAIN, replace(GENERATION, format="json")])
@pytest.mark.parametrize("current", NEAR_JSON)
def test_json_with_a_mistake_is_left_alone(current: str, generation: Generation) -> None:
    with pytest.raises(ValueRefusedError, match='format = "text"') as refused:
        replace_value(current, generation)
    assert "old" not in str(refused.value).replace("holds", "")


@pytest.mark.parametrize("current", OTHER_TEXTS)
def test_what_is_no_password_is_left_alone_unless_the_target_says_so(current: str) -> None:
    with pytest.raises(ValueRefusedError, match=OTHER_TEXTS[current]):
        replace_value(current, PLAIN)
    with pytest.raises(ValueRefusedError):
        replace_value(current, GENERATION)
    assert replace_value(current, replace(PLAIN, format="text"), fixed) == NEW


# --- the same password in other places --------------------------------------------------

SECRET = "s3cret/pass:word"


@pytest.mark.parametrize(
    "place",
    [
        {"url": f"postgres://app:{quote(SECRET, safe='')}@db/main"},
        {"odbc": f"UID=app;PWD={SECRET};"},
        {"replicas": [{"dsn": f"PWD={SECRET}"}, 1.50]},
    ],
    ids=["url", "connection string", "nested"],
)
def test_the_exposed_password_is_changed_wherever_it_stands(place: dict[str, Any]) -> None:
    current = json.dumps({"user": "app", **place, "password": SECRET, "big": 1})
    changed = replace_value(current, GENERATION, fixed)
    assert SECRET not in changed
    assert quote(SECRET, safe="") not in changed
    assert changed.count(NEW) == 2
    assert json.loads(changed)["user"] == "app"


def test_a_copy_of_the_password_is_refused_with_the_place_and_changes_when_it_is_listed() -> None:
    current = '{"user": "admin", "password": "admin", "other": 1}'
    with pytest.raises(ValueRefusedError, match="'user' holds the same text as the exposed password"):
        replace_value(current, GENERATION)
    changed = json.loads(replace_value(current, replace(GENERATION, json_keys=("user", "password"))))
    assert changed["user"] == changed["password"] != "admin"


@pytest.mark.parametrize(
    ("password", "url"),
    [("app", "postgres://app:app@db"), ("postgres", "postgres://app:x@db"), ("Pa55word", "x://Pa55word:Pa55word@db")],
)
def test_a_password_that_could_be_something_else_is_refused_with_the_place(password: str, url: str) -> None:
    with pytest.raises(ValueRefusedError, match="'url' holds the exposed password too"):
        replace_value(json.dumps({"url": url, "password": password}), GENERATION)


def test_a_text_that_merely_begins_like_the_password_stays() -> None:
    assert json.loads(replace_value('{"user": "application", "password": "apple"}', GENERATION, fixed)) == {
        "user": "application",
        "password": NEW,
    }


def test_a_new_password_that_a_url_would_break_is_refused_with_the_place() -> None:
    with pytest.raises(ValueRefusedError, match="'url' holds the exposed password too"):
        replace_value(json.dumps({"url": f"x://{SECRET}@", "password": SECRET}), GENERATION, lambda _: "a@b")


BYTE_FOR_BYTE = (
    '{"password":"old-one","n":1.50,"big":12345678901234567890123,"e":1e5}',
    '\n{ "host" : "db\\u00fc/é" ,\r\n\t"password" : {"nested": ["old"]}, "list": [1, 2,3 ] }  ',
    '{"a": "\\"password\\": 1", "password": null, "b": {"password": "inner"}}',
    '{"pass\\u0077ord": "old", "z": true}',
    '{"password": "one", "x": 0, "password": "two"}',
)


@pytest.mark.parametrize("current", BYTE_FOR_BYTE)
def test_all_but_the_listed_key_is_kept_byte_for_byte(current: str) -> None:
    replaced = replace_value(current, GENERATION, lambda _: "NEW")
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
    current = json.dumps(
        {**document, "password": "s3cret/pass:word"}, indent=indent or None, ensure_ascii=indent % 2 == 0
    )
    replaced = json.loads(replace_value(current, GENERATION))
    assert {**replaced, "password": "old"} == {**document, "password": "old"}
