"""What a channel's queue hands over: SNS messages, and the queue that says which channel it is.

AWS: "Using Lambda with Amazon SQS", "Fanout to Amazon SQS queues" (the form of a message in the queue).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotifierError(Exception):
    """An event that is no batch of a channel's queue."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue."""

    id: str
    """SQS's id: what a partial batch answer names."""
    sns: Mapping[str, Any]
    """SNS's message: ``Message``, and ``MessageId``, ``Subject``, ``Timestamp`` where it has them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one invocation gets: messages of one queue."""

    queue: str
    """Name of the queue."""
    messages: tuple[Message, ...]


def read(event: object) -> Batch:
    """Return the batch in an event; raises NotifierError."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not records:
        raise NotifierError("not a batch of an SQS queue: no Records")
    if not all(isinstance(record, Mapping) for record in records):
        raise NotifierError("not a batch of an SQS queue: a record that is no object")
    queues = {str(record.get("eventSourceARN")) for record in records}
    if len(queues) != 1:
        raise NotifierError("not a batch of one SQS queue")
    return Batch(queues.pop().rsplit(":", 1)[-1], tuple(map(_message, records)))


def _message(record: Mapping[str, Any]) -> Message:
    identity, body = record.get("messageId"), record.get("body")
    if not isinstance(identity, str) or not isinstance(body, str):
        raise NotifierError("not a batch of an SQS queue: a record without messageId or body")
    return Message(identity, _sns(identity, body))


def _sns(identity: str, body: str) -> Mapping[str, Any]:
    """Return SNS's message; what carries no envelope of SNS's (raw delivery) is the message itself."""
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        envelope = None
    if isinstance(envelope, Mapping) and "TopicArn" in envelope and isinstance(envelope.get("Message"), str):
        return envelope
    return {"Message": body, "MessageId": identity}
