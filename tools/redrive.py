"""Hands parked events back to their functions: what three attempts could not handle.

Run as ``python -m tools.redrive`` (``make redrive``), once the cause is mended. Every
function has a failure queue, ``<name>-failures``. Lambda parks an event there with what it
failed with (AWS: "Asynchronous invocation records"); the fast path's queue parks plain
messages. A message is deleted only after the function, or the fast path's queue, took it:
an interrupted run loses nothing, and what was done already is not done again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_SUFFIX = "-failures"
_AT_ONCE = 10
_HELD = 120
"""Seconds that a received message is hidden from other runs."""
_WAIT = 1
"""Seconds to wait for messages: a short look may miss some (AWS: "Short and long polling")."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message."""

    function: str
    event: Mapping[str, Any] | None
    """The event to invoke with; None for a message of the fast path's queue."""
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

    def parked(self) -> Iterator[Parked]:
        """Receive every parked message once; what is not resent is seen again after two minutes."""
        for url in self._queues():
            function = url.rsplit("/", 1)[-1].removesuffix(_SUFFIX)
            while messages := self._receive(url):
                for message in messages:
                    yield _parse(function, url, message)

    def resend(self, parked: Parked) -> None:
        """Hand a message back and delete it."""
        if parked.event is None:
            queue = self._sqs.get_queue_url(QueueName=f"{self._prefix}-accesses")["QueueUrl"]
            self._sqs.send_message(QueueUrl=queue, MessageBody=parked.body)
        else:
            self._functions.invoke(
                FunctionName=parked.function, InvocationType="Event", Payload=json.dumps(parked.event).encode()
            )
        self._sqs.delete_message(QueueUrl=parked.queue_url, ReceiptHandle=parked.receipt)

    def put_back(self, parked: Parked) -> None:
        """Let other runs see a message at once."""
        self._sqs.change_message_visibility(
            QueueUrl=parked.queue_url, ReceiptHandle=parked.receipt, VisibilityTimeout=0
        )

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


def _parse(function: str, url: str, message: Mapping[str, Any]) -> Parked:
    body = str(message["Body"])
    try:
        record = json.loads(body)
    except ValueError:
        record = None
    event, cause = None, "the fast path's queue gave it up"
    if isinstance(record, Mapping) and isinstance(record.get("requestPayload"), Mapping):
        event = record["requestPayload"]
        response = record.get("responsePayload")
        told = response.get("errorMessage") if isinstance(response, Mapping) else None
        condition = record.get("requestContext", {}).get("condition", "unknown")
        cause = str(told or condition)
    return Parked(function, event, body, cause, url, str(message["ReceiptHandle"]))


def main(arguments: list[str] | None = None) -> int:
    """List what is parked, or send it again; return the exit code."""
    parser = argparse.ArgumentParser(prog="redrive", description="Send parked events to their functions again.")
    parser.add_argument("--prefix", default="secretwatch", help="name_prefix of the deployment (secretwatch)")
    parser.add_argument("--dry-run", action="store_true", help="only say what is parked and why")
    options = parser.parse_args(arguments)
    try:
        return _redrive(options.prefix, options.dry_run)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS did not do it: {error} Set AWS_PROFILE and AWS_REGION, or log in.", file=sys.stderr)
        return 1


def _redrive(prefix: str, dry_run: bool) -> int:
    import boto3

    redrive = Redrive(boto3.client("sqs"), boto3.client("lambda"), prefix)
    found = list(redrive.parked())
    for parked in found:
        print(f"{parked.function}: {parked.cause[:300]}")
        if dry_run:
            redrive.put_back(parked)
        else:
            redrive.resend(parked)
    done = "are parked" if dry_run else "were sent again; what fails again is parked again"
    print(f"{len(found)} events {done}" if found else f"nothing is parked in the queues {prefix}-*{_SUFFIX}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
