from __future__ import annotations

import io
from io import BufferedReader, BytesIO
from typing import cast

import pytest

from secretwatch.record.envelopes import Unreadable
from tools.logs import text


def values(content: bytes) -> list[tuple[int, object]]:
    return list(text.values(BufferedReader(cast(io.RawIOBase, BytesIO(content)))))


@pytest.mark.parametrize("chunk", [64, 1 << 18])
def test_values_have_their_lines(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(text, "_CHUNK", chunk)
    content = b'{"a": 1}\n\n{\n "b": "' + b"x" * 200 + b'"\n}\n2026-03-01 stream {"c": 3} rest {"d": 4}\n{"e": 5}'
    found = values(content)
    assert [(line, next(iter(value))) for line, value in found if isinstance(value, dict)] == [
        (1, "a"),
        (3, "b"),
        (6, "c"),
        (6, "d"),
        (7, "e"),
    ]


def test_a_field_of_a_table_may_go_over_lines() -> None:
    assert values(b'time,raw\n1,"a\nb"\n2,c\n') == [(2, {"time": "1", "raw": "a\nb"}), (4, {"time": "2", "raw": "c"})]


def test_a_prefix_does_not_hide_that_what_follows_is_broken() -> None:
    assert values(b'2026 {"a": {"b": 1}, c}\n')[-1] == (
        1,
        Unreadable("not JSON: Expecting property name enclosed in double quotes"),
    )


def test_yaml_runs_no_code() -> None:
    ((_, problem),) = values(b"Events:\n- !!python/object/apply:os.system ['true']\n")
    assert isinstance(problem, Unreadable)
    assert problem.reason.startswith("neither JSON nor YAML")


def test_a_number_of_thousands_of_digits_costs_its_own_line() -> None:
    found = values(b'{"a": 1}\n{"b": ' + b"9" * 5_000 + b'}\n{"c": 3}\n')
    assert [value for _, value in found if isinstance(value, dict)] == [{"a": 1}, {"c": 3}]
    assert [line for line, value in found if isinstance(value, Unreadable)] == [2]


def test_what_follows_a_record_behind_a_prefix_is_read_too() -> None:
    found = values(b'Jan 31 host app: {"a": 1}{"b": 2} and {"c": 3} end\n{"d": 4}')
    assert [value for _, value in found if isinstance(value, dict)] == [{"a": 1}, {"b": 2}, {"c": 3}, {"d": 4}]


def test_yaml_gives_times_as_they_are_written_and_follows_no_reference() -> None:
    assert values(b"Events:\n- eventTime: 2026-03-01T10:00:00Z\n") == [
        (1, {"Events": [{"eventTime": "2026-03-01T10:00:00Z"}]})
    ]
    ((_, problem),) = values(b"Events:\n- &a [x]\n- [*a, *a]\n")
    assert isinstance(problem, Unreadable)
