from __future__ import annotations

import json
from typing import Any

import pytest

from secretwatch.record.envelopes import Decoded, Unreadable
from tests.records import record
from tools.logs.envelopes import find

RECORD = record(eventID="e1", requestParameters={"secretId": "prod/db"})
RAW = json.dumps(RECORD)
COPY = {"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com", "eventID": "e1"}


@pytest.mark.parametrize("field", ["_raw", "@message", "message", "raw_data", "CloudTrailEvent", "eventJson"])
def test_the_record_as_it_came_goes_before_what_was_taken_out_of_it(field: str) -> None:
    assert list(find({**COPY, field: RAW})) == [Decoded(RECORD)]


def test_a_row_of_single_fields_is_one_record() -> None:
    row: list[Any] = [{key: value} for key, value in RECORD.items()]
    assert list(find([row])) == [Decoded(RECORD)]


def test_a_list_of_wrapped_records_is_no_row() -> None:
    assert list(find([{"a": RECORD}, {"a": RECORD}])) == [Decoded(RECORD)] * 2


def test_a_text_about_a_record_is_named() -> None:
    assert list(find({"note": 'what {"eventName" means'})) == [Unreadable("a text that should be a record is not JSON")]


def test_what_is_nested_without_end_is_left() -> None:
    value: Any = RECORD
    for _ in range(40):
        value = {"inner": value}
    assert list(find(value)) == []


def test_hostile_shapes_are_no_crash() -> None:
    values: tuple[Any, ...] = (
        {"event": 5, "aws": 5},
        {"userIdentity": 5, "eventName": []},
        [[], {}],
        {"class_uid": 1, "api": []},
    )
    for value in values:
        assert not any(isinstance(content, Unreadable) and not content.reason for content in find(value))


def test_a_list_in_a_text_is_read() -> None:
    assert list(find({"Message": json.dumps([RECORD, RECORD])})) == [Decoded(RECORD)] * 2
