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
