from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from secretwatch.runtime.settings import FILE, Document, Environment, SettingsError, packaged_settings

Ask = Callable[[Document], object]


def test_a_variable_is_read_without_what_is_around_it() -> None:
    environment = Environment({"NAME": " x ", "EMPTY": "  "})
    assert environment.text("NAME") == "x"
    assert environment.optional("EMPTY") is environment.optional("MISSING") is None


@pytest.mark.parametrize("name", ["EMPTY", "MISSING"])
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^environment variable {name} is missing or empty$"):
        Environment({"EMPTY": ""}).text(name)


@pytest.mark.parametrize(
    ("value", "ask", "found"),
    [
        (1, lambda d: d.whole("x", 1, 3), 1),
        (3, lambda d: d.whole("x", 1, 3), 3),
        (False, lambda d: d.flag("x"), False),
        ("a", lambda d: d.text("x"), "a"),
        ("a", lambda d: d.optional_text("x"), "a"),
        ("", lambda d: d.optional_text("x"), None),
        (None, lambda d: d.optional_text("x"), None),
        ("b", lambda d: d.choice("x", ("a", "b")), "b"),
        (["a", "b"], lambda d: d.texts("x"), ("a", "b")),
        ([], lambda d: d.texts("x"), ()),
        ({"a": ["b", "c"], "d": []}, lambda d: d.lists("x"), {"a": ("b", "c"), "d": ()}),
        ({}, lambda d: d.lists("x"), {}),
        (None, lambda d: d.value("x"), None),
        ({"a": 1}, lambda d: d.value("x"), {"a": 1}),
    ],
)
def test_a_setting_is_what_it_says(value: object, ask: Ask, found: object) -> None:
    document = Document({"x": value})
    assert ask(document) == found
    document.finish()


@pytest.mark.parametrize(
    ("value", "ask", "message"),
    [
        (0, lambda d: d.whole("x", 1, 3), "x must be a whole number from 1 to 3, not 0"),
        (4, lambda d: d.whole("x", 1, 3), "x must be a whole number from 1 to 3, not 4"),
        (1.0, lambda d: d.whole("x", 1, 3), "x must be a whole number from 1 to 3, not 1.0"),
        (True, lambda d: d.whole("x", 1, 3), "x must be a whole number from 1 to 3, not true"),
        ("2", lambda d: d.whole("x", 1, 3), 'x must be a whole number from 1 to 3, not "2"'),
        (None, lambda d: d.whole("x", 1, 3), "x must be a whole number from 1 to 3, not missing"),
        (1, lambda d: d.flag("x"), "x must be true or false, not 1"),
        ("", lambda d: d.text("x"), 'x must be a text, not ""'),
        (5, lambda d: d.optional_text("x"), "x must be a text, not 5"),
        (["a"], lambda d: d.choice("x", ("a", "b")), 'x must be one of a, b, not ["a"]'),
        ("a", lambda d: d.texts("x"), 'x must be a list of texts, not "a"'),
        (["a", ""], lambda d: d.texts("x"), 'x must be a list of texts, not ["a", ""]'),
        ([5], lambda d: d.texts("x"), "x must be a list of texts, not [5]"),
        (["a"], lambda d: d.lists("x"), 'x must be an object of lists of texts, not ["a"]'),
        ({"a": "b"}, lambda d: d.lists("x"), 'x: a must be a list of texts, not "b"'),
        (["a"], lambda d: d.parts("x", 2), 'x must be an object with at least one entry, not ["a"]'),
        ({}, lambda d: d.parts("x", 2), "x must be an object with at least one entry, not {}"),
        ({"a": {}, "b": {}, "c": {}}, lambda d: d.parts("x", 2), "x has 3 entries, 2 at most"),
        ({"a": 5}, lambda d: d.parts("x", 2), "x['a']: must be a JSON object, not 5"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_to_write(value: object, ask: Ask, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ask(Document({"x": value}))
    assert str(caught.value) == f"settings.json: {message}"


def test_a_long_value_is_cut() -> None:
    with pytest.raises(SettingsError) as caught:
        Document({"x": "v" * 1000}).flag("x")
    assert len(str(caught.value)) < 150


def test_a_part_is_named_with_its_place() -> None:
    part = Document({"channels": {"on call": {"type": 5}}}).parts("channels", 1)["on call"]
    with pytest.raises(SettingsError, match=r"^settings\.json: channels\['on call'\]: type must be one of a, not 5$"):
        part.choice("type", ("a",))


def test_what_nobody_asked_for_is_unknown_null_or_not() -> None:
    document = Document({"known": 1, "unknown": None})
    document.value("known")
    document.value("other")
    with pytest.raises(SettingsError, match="there is no setting 'unknown'; known are known, other"):
        document.finish()


@pytest.mark.parametrize("values", [None, [], "x", 5])
def test_a_document_is_an_object(values: object) -> None:
    with pytest.raises(SettingsError, match=r"^settings\.json: must be a JSON object"):
        Document(values)


def test_the_document_lies_beside_the_code(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"settings\.json is missing from the function's package"):
        packaged_settings(tmp_path)
    (tmp_path / FILE).write_text("{,")
    with pytest.raises(SettingsError, match=r"settings\.json is not JSON: .*line 1"):
        packaged_settings(tmp_path)
    (tmp_path / FILE).write_text('{"name": "名"}', encoding="utf-8")
    assert packaged_settings(tmp_path).text("name") == "名"
