"""A large payload says the same as a small one, in little memory."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from itertools import islice
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secretwatch.record import log_events as module
from secretwatch.record.envelopes import Decoded, Unreadable, unwrap
from secretwatch.record.log_events import is_large, log_events
from tests.records import Record, record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
HEAD = '{"messageType": "DATA_MESSAGE", "logEvents": ['


@settings(deadline=None)
@given(
    st.lists(JSON, max_size=6),
    st.dictionaries(st.text(max_size=12), JSON, max_size=3),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_wherever_a_piece_ends_the_events_are_those_of_the_document(
    events: list[Any], more: dict[str, Any], piece: int, ascii_only: bool, indent: int | None, first: bool
) -> None:
    more = {name: value for name, value in more.items() if name not in ("messageType", "logEvents")}
    payload = {"logEvents": events, **more} if first else {**more, "logEvents": events}
    document = json.dumps(payload, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    with mock.patch.object(module, "_CHUNK", piece):
        assert list(log_events(document)) == json.loads(document)["logEvents"]


def test_a_control_message_has_none() -> None:
    assert list(log_events(b'{"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "{}"}]}')) == []


@pytest.mark.parametrize(
    ("rest", "good"),
    [
        ("1, 2", 2),
        ("1, 2]", 2),
        ("1, 2}", 2),
        ("1 2]}", 1),
        ("1, 2,]}", 2),
        ("1, 2]} {}", 2),
        ("1, {broken}, 3]}", 1),
        ("[" * 100_000, 0),
    ],
    ids=["cut", "not closed", "wrongly closed", "no comma", "nothing after a comma", "more after it", "broken", "deep"],
)
def test_what_is_no_json_is_said_after_what_is(rest: str, good: int) -> None:
    found = log_events((HEAD + rest).encode())
    assert list(islice(found, good)) == [1, 2][:good]
    with pytest.raises((ValueError, RecursionError)):
        list(found)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "'{' expected"),
        (b"[]", "'{' expected"),
        (b"{}", "no logEvents"),
        (b'{"logEvents": 5}', "no logEvents"),
        (b"{5: []}", "no logEvents"),
        (b'{"logEvents" []}', "':' expected"),
        (b"\xff", "can't decode"),
    ],
)
def test_what_has_no_log_events_is_an_error(document: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(log_events(document))


@pytest.mark.parametrize("end", ["", '"]}'])
def test_a_value_that_hardly_ends_is_given_up(end: str) -> None:
    """Waiting for it would take the memory of the whole document."""
    document = (HEAD + '"' + "x" * 300_000 + end).encode()
    with mock.patch.multiple(module, _CHUNK=1000, _LONGEST=10_000), pytest.raises(ValueError, match="Unterminated"):
        list(log_events(document))


def payload(events: list[Record]) -> tuple[Record, bytes]:
    document = json.dumps({"messageType": "DATA_MESSAGE", "logEvents": events}).encode()
    return {"awslogs": {"data": base64.b64encode(gzip.compress(document, 1)).decode()}}, document


@pytest.mark.parametrize("message", ["{}", "not json", json.dumps({"eventSource": "s3.amazonaws.com"})])
def test_very_many_tiny_events_are_read_in_little_memory_and_none_is_lost(message: str) -> None:
    number = 12_000
    event, document = payload([{"id": "0", "timestamp": 0, "message": message}] * number)
    with mock.patch.multiple(module, _MANY=10_000, _CHUNK=10_000):
        assert is_large(document)
        assert sum(1 for _ in unwrap(event)) == number
        tracemalloc.start()
        assert sum(1 for _ in log_events(document)) == number
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < len(document) / 10


def test_a_large_payload_is_understood_like_a_small_one() -> None:
    events = [{"id": str(n), "message": json.dumps(record(eventID=f"e{n}")) if n % 3 else "broken"} for n in range(30)]
    event, document = payload(events)
    assert not is_large(document)
    small = list(unwrap(event))
    with mock.patch.multiple(module, _LARGE=10, _CHUNK=700):
        assert is_large(document)
        assert list(unwrap(event)) == small
    assert sum(isinstance(content, Unreadable) for content in small) == 10


def test_of_a_large_payload_that_breaks_off_the_start_is_kept() -> None:
    _, document = payload([{"message": json.dumps(record(eventID=f"e{n}"))} for n in range(30)])
    cut = base64.b64encode(gzip.compress(document[:-200])).decode()
    with mock.patch.multiple(module, _LARGE=10, _CHUNK=700):
        *records, last = unwrap({"awslogs": {"data": cut}})
    assert len(records) == 29
    assert all(isinstance(content, Decoded) for content in records)
    assert isinstance(last, Unreadable)
