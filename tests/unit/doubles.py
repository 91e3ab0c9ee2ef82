"""What stands in for AWS and for time in several tests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from secretwatch.notify.notice import Notice
from secretwatch.runtime.invocation import Invocation
from tests.harness.filter_pattern import compile_pattern


class Clock:
    """The audit table's time: ten minutes past an hour, until a test moves it."""

    later = 0.0

    def __call__(self) -> float:
        return 1_769_861_400 + self.later


class Model:
    """Bedrock's Converse, answering what a test wants."""

    def __init__(self) -> None:
        self.answer: str | Exception = "The user alice read prod/db from a trusted network."
        self.stop_reason = "end_turn"
        self.questions: list[dict[str, Any]] = []

    def converse(self, **request: Any) -> dict[str, Any]:
        self.questions.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return {
            "output": {"message": {"content": [{"text": self.answer}]}},
            "stopReason": self.stop_reason,
            "usage": {"inputTokens": 300, "outputTokens": 20},
        }


class Topic:
    """The alerts topic: keeps what was published, and may be down."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.failures: list[Exception] = []

    def publish(self, **message: Any) -> None:
        if self.failures:
            raise self.failures.pop()
        self.published.append(message)

    @property
    def notices(self) -> list[Notice]:
        found = [Notice.from_json(json.loads(message["Message"])["lambda"]) for message in self.published]
        return [notice for notice in found if notice is not None]


class TrailLogs:
    """CloudWatch Logs with the trail's log group: a page of log events at a time, oldest first, by timestamp."""

    def __init__(self, page: int = 100) -> None:
        self._page = page
        self._events: list[dict[str, Any]] = []
        self.questions: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def add(self, record: Any, at: str, ingested: str | None = None) -> None:
        """Take a record in, or any other text; the times are ISO 8601."""
        message = record if isinstance(record, str) else json.dumps(record)
        self._events.append({"timestamp": _ms(at), "ingestionTime": _ms(ingested or at), "message": message})
        self._events.sort(key=lambda event: int(event["timestamp"]))

    def filter_log_events(self, **question: Any) -> dict[str, Any]:
        self.questions.append(question)
        if self.failure is not None:
            raise self.failure
        matches, span = (
            compile_pattern(question["filterPattern"]),
            range(question["startTime"], question["endTime"] + 1),
        )
        found = [event for event in self._events if event["timestamp"] in span and matches(event["message"])]
        first = int(question.get("nextToken", 0))
        last = first + self._page
        more = {"nextToken": str(last)} if len(found) > last else {}
        return {"events": found[first:last], **more}


def _ms(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)


def clock_at(year: int, month: int, day: int) -> type[datetime]:
    """Return a ``datetime`` whose now is a second after midnight (UTC) of a day, to put in a module's place."""

    class Fixed(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Fixed:
            return cls(year, month, day, 0, 0, 1, tzinfo=tz)

    return Fixed


def invocation(identity: str = "r1", seconds: float = 60) -> Invocation:
    """Return an invocation that began now and lasts some seconds more."""
    return Invocation(identity, time.time() + seconds, time.time())


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Op")


def raising(error: BaseException) -> Callable[..., Any]:
    """Return a function that raises, whatever it is called with."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


class Context:
    """What Lambda hands a function beside the event, with a minute left."""

    aws_request_id = "r1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000
