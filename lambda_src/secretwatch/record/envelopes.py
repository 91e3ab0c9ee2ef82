"""From the event that Lambda passes to the CloudTrail records inside.

Understood: a CloudWatch Logs subscription (``awslogs``), an EventBridge event, an SQS
batch and an SNS notification that carry one, a CloudTrail log file's ``Records``, and a
bare record. AWS: "Using Lambda with CloudWatch Logs", "AWS service events delivered via
CloudTrail", "Using Lambda with Amazon SQS", "Using Lambda with Amazon SNS".
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from secretwatch.record.log_events import is_large, log_events
from secretwatch.runtime.text import one_line

MAX_DECOMPRESSED = 64 * 1024 * 1024
"""Most bytes that one compressed envelope may unfold to; CloudWatch Logs sends far less."""


class RecordPath(StrEnum):
    """The way that a record came: its innermost envelope says it, whatever queue or topic is around that."""

    LOGS = "logs"
    """The complete path: the trail's log group."""
    EVENTS = "events"
    """The fast path: EventBridge."""


class Decoded(NamedTuple):
    """One decoded CloudTrail record, and the SQS message it came in, if it did."""

    record: object
    message_id: str | None = None
    path: RecordPath | None = None
    """None for a log file's record and for a bare one."""


class Unreadable(NamedTuple):
    """A part of an envelope that holds no record, and why."""

    reason: str
    message_id: str | None = None


_value_at = json.JSONDecoder().raw_decode
Content = Decoded | Unreadable


def unwrap(event: object, message_id: str | None = None) -> Iterator[Content]:
    """Yield every record inside ``event``, and every part that could not be read. Never raises."""
    if not isinstance(event, Mapping):
        yield Unreadable(f"an event must be a JSON object, not {type(event).__name__}", message_id)
    elif "awslogs" in event:
        yield from _awslogs(event["awslogs"], message_id)
    elif isinstance(records := event.get("Records"), list):
        for entry in records:
            yield from _entry(entry, message_id)
    elif isinstance(detail := event.get("detail"), Mapping) and "detail-type" in event:
        yield Decoded(detail, message_id, RecordPath.EVENTS)
    elif "eventSource" in event or "eventID" in event:
        yield Decoded(event, message_id)
    else:
        yield Unreadable("neither an awslogs, EventBridge, SQS nor SNS event, nor a CloudTrail record", message_id)


def _entry(entry: object, message_id: str | None) -> Iterator[Content]:
    """One of ``Records``: an SQS message, an SNS notification, or a CloudTrail record itself."""
    if not isinstance(entry, Mapping):
        yield Unreadable(f"an entry of Records must be a JSON object, not {type(entry).__name__}", message_id)
    elif entry.get("eventSource") == "aws:sqs":
        identity = entry.get("messageId")
        yield from _text(entry.get("body"), identity if isinstance(identity, str) else None)
    elif isinstance(entry.get("Sns"), Mapping):
        yield from _text(entry["Sns"].get("Message"), message_id)
    else:
        yield Decoded(entry, message_id)


def _text(body: object, message_id: str | None) -> Iterator[Content]:
    try:
        inner = json.loads(body) if isinstance(body, str) else None
    except (ValueError, RecursionError):
        inner = None
    if inner is None:
        yield Unreadable("the message body is not JSON", message_id)
    elif isinstance(inner, Mapping) and inner.get("Type") == "Notification":
        yield from _text(inner.get("Message"), message_id)
    else:
        yield from unwrap(inner, message_id)


def _awslogs(envelope: object, message_id: str | None) -> Iterator[Content]:
    data = envelope.get("data") if isinstance(envelope, Mapping) else None
    try:
        for event in _log_events(decompress(base64.b64decode(data if isinstance(data, str) else ""))):
            yield _log_event(event, message_id)
    except (binascii.Error, zlib.error, EOFError, ValueError, RecursionError) as error:
        yield Unreadable(f"awslogs.data cannot be decoded: {error}", message_id)


def _log_events(document: bytes) -> Iterable[object]:
    """Return the log events of a payload; raises ValueError or RecursionError."""
    if is_large(document):
        return log_events(document)
    payload = json.loads(document)
    if not isinstance(payload, Mapping):
        raise ValueError("it is not a JSON object")
    events = payload.get("logEvents")
    if payload.get("messageType") == "CONTROL_MESSAGE":
        return ()
    if not isinstance(events, list):
        raise ValueError("it has no logEvents")
    return events


def _log_event(event: object, message_id: str | None) -> Content:
    message = event.get("message") if isinstance(event, dict) else None
    try:
        return Decoded(_decoded(message if isinstance(message, str) else ""), message_id, RecordPath.LOGS)
    except (ValueError, RecursionError):
        identity = event.get("id") if isinstance(event, Mapping) else None
        return Unreadable(f"log event {one_line(str(identity), 80)} is not JSON", message_id)


def _decoded(text: str) -> object:
    """Return what json.loads returns: quickly where nothing stands around the document, as in CloudTrail's."""
    if text.startswith("{"):
        value, end = _value_at(text)
        if end == len(text):
            return value
    return json.loads(text)


def decompress(data: bytes) -> bytes:
    """Return gzip or zlib data unpacked; raises zlib.error, EOFError if cut short, ValueError if too large."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    unpacked = unpacker.decompress(data, MAX_DECOMPRESSED)
    if unpacker.unconsumed_tail:
        raise ValueError(f"more than {MAX_DECOMPRESSED} bytes when unpacked")
    if not unpacker.eof:
        raise EOFError("the compressed data is cut short")
    return unpacked
