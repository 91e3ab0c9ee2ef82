from __future__ import annotations

import base64
import json
import zlib

import pytest

from secretwatch.record.envelopes import MAX_DECOMPRESSED, Decoded, Unreadable, unwrap
from tests.records import awslogs, encode, eventbridge, record, sns, sqs

READ = record()


@pytest.mark.parametrize(
    "event",
    [
        awslogs(READ),
        eventbridge(READ),
        sqs(eventbridge(READ)),
        sqs(awslogs(READ)),
        sqs({"Type": "Notification", "Message": json.dumps(eventbridge(READ))}),
        sns(json.dumps(eventbridge(READ))),
        {"Records": [READ]},
        READ,
    ],
    ids=["awslogs", "eventbridge", "sqs", "sqs-awslogs", "sqs-sns", "sns", "log-file", "bare"],
)
def test_every_envelope_gives_the_record(event: object) -> None:
    assert [content.record for content in unwrap(event) if isinstance(content, Decoded)] == [READ]


def test_zlib_is_read_like_gzip() -> None:
    payload = json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": json.dumps(READ)}]}).encode()
    event = {"awslogs": {"data": base64.b64encode(zlib.compress(payload)).decode()}}
    assert list(unwrap(event)) == [Decoded(READ)]


def test_a_control_message_holds_nothing() -> None:
    assert list(unwrap({"awslogs": {"data": encode({"messageType": "CONTROL_MESSAGE", "logEvents": [{}]})}})) == []


def test_sqs_messages_keep_their_ids() -> None:
    contents = list(unwrap(sqs(eventbridge(READ), "not json")))
    assert contents == [Decoded(READ, "m0"), Unreadable("the message body is not JSON", "m1")]


def test_one_bad_log_event_does_not_hide_the_others() -> None:
    contents = list(unwrap(awslogs("{broken", READ)))
    assert contents == [Unreadable("log event 0 is not JSON"), Decoded(READ)]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"awslogs": None},
        {"awslogs": {"data": 5}},
        {"awslogs": {"data": "!!!"}},
        {"awslogs": {"data": base64.b64encode(b"neither").decode()}},
        {"awslogs": {"data": encode(READ)[:40]}},
        {"awslogs": {"data": encode([1])}},
        {"awslogs": {"data": encode({"messageType": "DATA_MESSAGE"})}},
        {"awslogs": {"data": encode({"messageType": "DATA_MESSAGE", "logEvents": [5]})}},
        {"Records": [5]},
        sqs(json.dumps([])),
        sqs("[" * 100_000),
    ],
    ids=range(14),
)
def test_what_cannot_be_read_is_named_and_never_raises(event: object) -> None:
    (content,) = unwrap(event)
    assert isinstance(content, Unreadable)
    assert content.reason


def test_a_decompression_bomb_is_refused() -> None:
    bomb = base64.b64encode(zlib.compress(b"0" * (MAX_DECOMPRESSED + 1))).decode()
    (content,) = unwrap({"awslogs": {"data": bomb}})
    assert isinstance(content, Unreadable)
    assert "more than" in content.reason
