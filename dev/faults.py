"""One read of a secret through summarizer and notifier while one part of AWS or one webhook fails. ``make faults``.

As on AWS: an invocation of the summarizer has three attempts with one request id, then its event
goes to the dead-letter queue. Each channel has a queue of its own, which hands over again what the
channel did not take, here three times, each in an invocation of its own, before it goes to the
channel's dead-letter queue. From there all is sent again once the cause is fixed. A fault hits one
call (the n-th), or every call until it is fixed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from secretwatch.functions.notifier.handler import Notifier
from secretwatch.functions.notifier.sender import Parameters
from secretwatch.functions.summarizer.explainer import Explainer, ModelSettings
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.publisher import Publisher
from secretwatch.runtime.invocation import Invocation
from secretwatch.store import accesses, claims
from secretwatch.store.store import Store, open_store
from tests import documents
from tests.harness.audit_table import make_table
from tests.harness.webhooks import WebhookReceiver
from tests.records import awslogs, channel_batch, record

ATTEMPTS = 3
HOUR = 3600.0
VISIBLE_AGAIN = 360.0
"""Seconds until a queue hands over again what was not deleted: longer than the claims of a crashed invocation last."""
WEBHOOKS = tuple(CHANNELS)
PARTS = ("model", "S3", "audit table", "topic", *WEBHOOKS)
ONCE = dict.fromkeys(WEBHOOKS, 1)
MOST_CALLS = 12
TABLE = "audit"
FAULTS = ("throttle", "timeout", "5xx", "429 Retry-After", "crash after send", "duplicate delivery")

CELLS = [(fault, part) for fault in FAULTS for part in PARTS if fault != "429 Retry-After" or part in WEBHOOKS]


class Crash(BaseException):
    """The function ends here, as when Lambda kills it."""


class HandedBackError(Exception):
    """A message was not delivered: its queue keeps it."""


@dataclass
class Fault:
    """What goes wrong with the calls of one part."""

    kind: str
    at: int = 1
    """Which call it hits; 0: every one until it is fixed."""
    calls: int = 0
    fixed: bool = False

    def hits(self) -> bool:
        """Count a call and return whether the fault hits it."""
        self.calls += 1
        return not self.fixed and self.at in (0, self.calls)


class Faulty:
    """A client whose calls one fault may hit."""

    def __init__(self, client: Any, fault: Fault | None) -> None:
        self._client = client
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if self._fault is None or not callable(attribute) or name in ("exceptions", "get_paginator"):
            return attribute
        return lambda **request: self._call(attribute, request)

    def _call(self, call: Callable[..., Any], request: dict[str, Any]) -> Any:
        fault = self._fault
        assert fault is not None
        if not fault.hits():
            return call(**request)
        if fault.kind in ("throttle", "5xx"):
            code = "ThrottlingException" if fault.kind == "throttle" else "InternalServerError"
            raise ClientError({"Error": {"Code": code, "Message": "synthetic"}}, call.__name__)
        call(**request)  # what timed out or crashed afterwards has been done
        if fault.kind == "timeout":
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        raise Crash


class Model:
    """Bedrock, saying one plain sentence."""

    def converse(self, **_: Any) -> dict[str, Any]:
        return {"output": {"message": {"content": [{"text": "The user alice read prod/db."}]}}}


class Bucket:
    """S3, keeping the names of what was written."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def put_object(self, **request: Any) -> None:
        self.keys.add(request["Key"])


class Topic:
    """SNS, keeping what was published until the notifier takes it."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def publish(self, **message: Any) -> None:
        self.waiting.append(json.loads(message["Message"])["lambda"])


class System:
    """Both functions, with one fault somewhere."""

    def __init__(self, dynamodb: Any, ssm: Any, table: str, receiver: WebhookReceiver, part: str, fault: Fault) -> None:
        self._receiver = receiver
        self._part = part
        self._fault = fault
        self._dead_letters: list[tuple[Callable[[Any, str], None], Any]] = []
        self._later = 0.0
        self._receives = 0
        self.dead_lettered = 0
        self.topic = Topic()
        self.bucket = Bucket()

        def faulty(name: str, client: Any) -> Any:
            return Faulty(client, fault if name == part and fault.kind != "duplicate delivery" else None)

        store = open_store(faulty("audit table", dynamodb), table, now=self._now)
        self._summarizer = Summarizer(
            documents.summarizer_settings(trusted_cidrs=[]),
            store,
            Explainer(faulty("model", Model()), ModelSettings("m")),
            Summaries(faulty("S3", self.bucket), "b"),
            Publisher(faulty("topic", self.topic), "t"),
        )
        channels = {name: documents.channel(name, f"/{name}") for name in WEBHOOKS}
        for name in WEBHOOKS:
            ssm.put_parameter(Name=f"/{name}", Value=receiver.url(name), Type="SecureString", Overwrite=True)
        self._notifier = Notifier(documents.notifier_settings(channels), store, Parameters(ssm), None)  # no alarms
        if part in WEBHOOKS:
            self._break_webhook(store)

    def _break_webhook(self, store: Store) -> None:
        answers = {
            "throttle": (429, "slow down", {}),
            "timeout": (0, "", {}),
            "5xx": (503, "down", {}),
            "429 Retry-After": (429, "slow down", {"Retry-After": "2"}),
        }
        if answer := answers.get(self._fault.kind):
            times = 1 if self._fault.at else 1_000
            self._receiver.answers[self._part].extend([answer] * times)
        if self._fault.kind == "crash after send":
            settle = store.claims.settle

            def crash(action: str, subject: str) -> None:
                if action == f"CHANNEL#{self._part}" and self._fault.hits():
                    raise Crash
                settle(action, subject)

            store.claims.settle = crash  # type: ignore[method-assign]

    def fix(self) -> None:
        """Remove the cause and send again what is in the dead-letter queue, as ``make redrive`` does."""
        self._fault.fixed = True
        self._later += HOUR  # nobody fixes a cause faster than a function's lease ends
        for waiting in self._receiver.answers.values():
            waiting.clear()
        dead, self._dead_letters = self._dead_letters, []
        for number, (function, event) in enumerate(dead):
            self._invoke(function, event, f"redriven-{number}")
        self.drain()

    def read(self) -> None:
        """One read of a secret is recorded; it comes on both paths if the fault is duplicate delivery."""
        event = awslogs(record(eventID="e1"))
        self._invoke(self._summarize, event, "r1")
        if self._fault.kind == "duplicate delivery":
            self._invoke(self._summarize, event, "r2")
        self.drain()

    def drain(self) -> None:
        """Let the notifier have what was published, each message twice if the fault is duplicate delivery."""
        messages, self.topic.waiting = self.topic.waiting, []
        copies = 2 if self._fault.kind == "duplicate delivery" else 1
        for number, message in enumerate(messages * copies):
            for channel in WEBHOOKS:
                self._invoke(self._notify, channel_batch(message, channel=channel), f"{channel}-{number}")

    def _summarize(self, event: Any, request_id: str) -> None:
        self._summarizer.handle(event, self._invocation(request_id))

    def _notify(self, event: Any, request_id: str) -> None:
        """Raise where a message goes back to its queue: it is handed over again, in another invocation."""
        self._receives += 1
        if self._notifier.handle(event, self._invocation(f"{request_id}-{self._receives}"))["batchItemFailures"]:
            raise HandedBackError

    def _invocation(self, request_id: str) -> Invocation:
        return Invocation(request_id, self._now() + 60, self._now())

    def _invoke(self, function: Callable[[Any, str], None], event: Any, request_id: str) -> None:
        for _ in range(ATTEMPTS):
            try:
                function(event, request_id)
            except (Exception, Crash):
                self._later += VISIBLE_AGAIN if function == self._notify else 0.0
                continue
            return
        self._dead_letters.append((function, event))
        self.dead_lettered += 1

    def _now(self) -> float:
        return time.time() + self._later

    def delivered(self) -> Counter[str]:
        """How often each webhook took a notice."""
        return Counter(post["channel"] for post in self._receiver.posts)


Places = tuple[Any, Any, Path]
"""DynamoDB, SSM, and a folder for the webhooks' file."""


@contextlib.contextmanager
def no_waiting() -> Iterator[None]:
    """Let nobody wait for a retry or for another invocation, and DynamoDB be asked one call at a time."""
    with (
        mock.patch("secretwatch.notify.channels.webhook.clock.sleep"),
        mock.patch.object(claims, "PATIENCE", 0.0),
        mock.patch.object(accesses, "WORKERS", 1),
    ):
        yield


def play(places: Places, part: str, fault: Fault) -> tuple[dict[str, int], int, int]:
    """Return how often each webhook took a notice, how many dead letters there were, and how many calls of the part."""
    dynamodb, ssm, folder = places
    make_table(dynamodb, TABLE)
    with WebhookReceiver(folder / "notices.jsonl") as receiver:
        system = System(dynamodb, ssm, TABLE, receiver, part, fault)
        system.read()
        dead = system.dead_lettered
        system.fix()
        return dict(system.delivered()), dead, fault.calls


def cell(places: Places, part: str, kind: str) -> tuple[set[tuple[tuple[str, int], ...]], int]:
    """Return every outcome of a cell, and how many events became dead letters at most."""
    outcomes, most = set(), 0
    for at in range(MOST_CALLS + 1):
        delivered, dead, calls = play(places, part, Fault(kind, at))
        outcomes.add(tuple(sorted(delivered.items())))
        most = max(most, dead)
        if at and (calls < at or kind == "duplicate delivery" or (part in WEBHOOKS and kind != "crash after send")):
            break
    return outcomes, most


def main() -> None:
    """Print the matrix."""
    logging.disable()
    print("What becomes of one notice when one part fails: (attempts, then the dead-letter queue, then sent again)")
    print(f"{'':20}" + "".join(f"{part:>14}" for part in PARTS))
    with mock_aws(), no_waiting(), tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        clients = boto3.client("dynamodb"), boto3.client("ssm"), Path(folder)
        for kind in FAULTS:
            shown = [_shown(clients, kind, part) if (kind, part) in CELLS else "–" for part in PARTS]
            print(f"{kind:20}" + "".join(f"{text:>14}" for text in shown), flush=True)
    print("once: each channel got it once, whichever call the fault hit; +dlq: by way of the dead-letter queue.")
    print("again: a webhook that took a message in the instant before the function ended gets it again (same id).")


def _shown(places: Places, kind: str, part: str) -> str:
    outcomes, dead = cell(places, part, kind)
    once = outcomes == {tuple(sorted(ONCE.items()))}
    again = all({**dict(outcome), part: 1} == ONCE for outcome in outcomes)
    return ("once" if once else "again" if again else "WRONG") + ("+dlq" if dead else "")


if __name__ == "__main__":
    main()
