"""What a channel's queue hands over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secretwatch.functions.notifier.incoming import NotifierError, read

QUEUE = "arn:aws:sqs:us-east-1:123456789012:secretwatch-channel-slack"


def message(body: str, identity: str = "m1", queue: str = QUEUE) -> dict[str, Any]:
    return {"messageId": identity, "body": body, "eventSourceARN": queue}


def test_a_batch_says_which_queue_and_what_sns_said() -> None:
    envelope = {"Type": "Notification", "TopicArn": "arn:t", "MessageId": "s1", "Subject": "Budget", "Message": "{}"}
    batch = read({"Records": [message(json.dumps(envelope)), message("raw", "m2")]})
    assert batch.queue == "secretwatch-channel-slack"
    assert [(m.id, m.sns["Message"], m.sns["MessageId"]) for m in batch.messages] == [
        ("m1", "{}", "s1"),
        ("m2", "raw", "m2"),
    ]


@pytest.mark.parametrize("body", ["", "[]", "null", '{"Message": 5, "TopicArn": "t"}', "[" * 100_000])
def test_what_is_no_envelope_is_the_message_itself(body: str) -> None:
    (found,) = read({"Records": [message(body)]}).messages
    assert found.sns == {"Message": body, "MessageId": "m1"}


@pytest.mark.parametrize(
    "event",
    [None, [], {}, {"Records": []}, {"Records": "x"}, {"Records": [5]}, {"Records": [{}]},
     {"Records": [{"messageId": "m", "eventSourceARN": QUEUE}]},
     {"Records": [message("a"), message("b", queue=QUEUE + "2")]}],
)  # fmt: skip
def test_what_is_no_batch_of_one_queue_is_refused(event: object) -> None:
    with pytest.raises(NotifierError, match="not a batch of"):
        read(event)
