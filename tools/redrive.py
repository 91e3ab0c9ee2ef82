"""Sends events from the dead-letter queues to their functions again: what three attempts could not handle.

Run as ``python -m tools.redrive`` (``make redrive``), once the cause is fixed. Every function
and every channel has a dead-letter queue, ``<name>-dead-letters``. Lambda sends an event there with
what it failed with; EventBridge and SNS what they could not deliver; the fast path's queue and the
channels' queues move plain messages there. A message is deleted only after the function, or the
queue that it was in, took it: an interrupted run loses nothing, and what was done already is not
done again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_SUFFIX = "-dead-letters"
_AT_ONCE = 10
_FAST_PATH = "the fast path's queue gave it up"
_CHANNEL = "the channel did not take it: the notifier's log says why"
_HELD = 120
"""Seconds that a received message is hidden from other runs."""
_WAIT = 1
"""Seconds to wait for messages: a short look may miss some (AWS: "Short and long polling")."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message of a dead-letter queue."""

    function: str
    """Name of the function, or of the channel's queue."""
    event: Mapping[str, Any] | None
    """The event to invoke with; None for a message that goes back into a queue."""
    body: str
    cause: str
    queue_url: str
    receipt: str


class Redrive:
    """Works on the queues of one name prefix."""

    def __init__(self, sqs: Any, functions: Any, prefix: str) -> None:
        self._sqs = sqs
        self._functions = functions
        self._prefix = prefix

    def messages(self) -> Iterator[DeadLetter]:
        """Receive every message once; what is not resent is seen again after two minutes."""
        for url in self._queues():
            function = url.rsplit("/", 1)[-1].removesuffix(_SUFFIX)
            while messages := self._receive(url):
                for message in messages:
                    yield _parse(function, self._is_channel(function), url, message)

    def resend(self, letter: DeadLetter) -> None:
        """Hand a message back and delete it."""
        if letter.event is None:
            queue = letter.function if self._is_channel(letter.function) else f"{self._prefix}-accesses"
            url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            self._sqs.send_message(QueueUrl=url, MessageBody=letter.body)
        else:
            self._functions.invoke(
                FunctionName=letter.function, InvocationType="Event", Payload=json.dumps(letter.event).encode()
            )
        self._sqs.delete_message(QueueUrl=letter.queue_url, ReceiptHandle=letter.receipt)

    def put_back(self, letter: DeadLetter) -> None:
        """Let other runs see a message at once."""
        self._sqs.change_message_visibility(
            QueueUrl=letter.queue_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def _is_channel(self, name: str) -> bool:
        return name.startswith(f"{self._prefix}-channel-")

    def _queues(self) -> list[str]:
        pages = self._sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"{self._prefix}-")
        urls = (url for page in pages for url in page.get("QueueUrls", []))
        return sorted(url for url in urls if url.endswith(_SUFFIX))

    def _receive(self, url: str) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=_HELD, WaitTimeSeconds=_WAIT
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found


def _parse(function: str, is_channel: bool, url: str, message: Mapping[str, Any]) -> DeadLetter:
    body = str(message["Body"])
    if is_channel:
        return DeadLetter(function, None, body, _CHANNEL, url, str(message["ReceiptHandle"]))
    try:
        record = json.loads(body)
    except ValueError:
        record = None
    event, cause = original_event(function, record) if isinstance(record, Mapping) else (None, _FAST_PATH)
    return DeadLetter(function, event, body, cause, url, str(message["ReceiptHandle"]))


def original_event(function: str, record: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    """Return what a function was, or would have been, invoked with, and why it is a dead letter.

    Two senders write to a function's dead-letter queue, each in its own form: Lambda (AWS: "Capturing
    records of Lambda asynchronous invocations") and EventBridge ("Using dead-letter queues to process
    undelivered events"). None for an event of the fast path, which goes through its queue.
    """
    if isinstance(record.get("requestPayload"), Mapping):
        response = record.get("responsePayload")
        said = response.get("errorMessage") if isinstance(response, Mapping) else None
        condition = record.get("requestContext", {}).get("condition", "unknown")
        return record["requestPayload"], str(said or condition)
    if "detail-type" in record and not function.endswith("-summarizer"):
        return record, "EventBridge could not reach the function"
    return None, _FAST_PATH


def main(arguments: list[str] | None = None) -> int:
    """List what is in the dead-letter queues, or send it again; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="redrive", description="Send events from the dead-letter queues to their functions again."
    )
    parser.add_argument("--prefix", default="secretwatch", help="name_prefix of the deployment (secretwatch)")
    parser.add_argument("--dry-run", action="store_true", help="only say what is there and why")
    options = parser.parse_args(arguments)
    try:
        return _redrive(options.prefix, options.dry_run)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS did not do it: {error} Set AWS_PROFILE and AWS_REGION, or log in.", file=sys.stderr)
        return 1


def _redrive(prefix: str, dry_run: bool) -> int:
    import boto3

    redrive = Redrive(boto3.client("sqs"), boto3.client("lambda"), prefix)
    found = list(redrive.messages())
    for letter in found:
        print(f"{letter.function}: {letter.cause[:300]}")
        if dry_run:
            redrive.put_back(letter)
        else:
            redrive.resend(letter)
    done = "are in dead-letter queues" if dry_run else "were sent again; what fails again comes back to its queue"
    if found:
        print(f"{len(found)} events {done}")
    else:
        print(f"the queues {prefix}-*{_SUFFIX} are empty")
    return 0


if __name__ == "__main__":
    sys.exit(main())
