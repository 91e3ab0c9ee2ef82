"""Some course of events, written in a line each, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from secretwatch.detect.memory import Memory
from secretwatch.detect.tuning import Tuning
from tests.judging import TRUST, Decided, decide_all, judged
from tests.records import Record, record

_NUMBERS = count(1)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
OUTSIDE: dict[str, Any] = {"sourceIPAddress": "203.0.113.66"}
DENIED: dict[str, Any] = {"errorCode": "AccessDenied"}


def at(minutes: float, name: str = "GetSecretValue", secret: str = "prod/db", **changes: Any) -> Record:
    """A call by alice from the office, some minutes after START, on one secret."""
    when = (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    parameters = {} if name == "ListSecrets" else {"secretId": secret}
    return record(
        name, **{"eventID": f"event-{next(_NUMBERS):06}", "eventTime": when, "requestParameters": parameters, **changes}
    )


def days(number: float, **changes: Any) -> Record:
    """A read of prod/db some days after START."""
    return at(number * 24 * 60, **changes)


class Course:
    """Deliveries, one after the other, to one memory for each actor."""

    def __init__(self, tuning: Tuning | None = None) -> None:
        self.tuning = tuning or Tuning()
        self.memories: dict[str, Memory] = {}
        self.decided: list[Decided] = []

    def deliver(self, *records: Record) -> list[Decided]:
        """Return what becomes of records that arrive together."""
        found = decide_all(judged(*records, trust=TRUST), self.tuning, self.memories)
        self.memories |= {each.actor.key: each.decision.memory for each in found}
        self.decided += found
        return found

    def news(self) -> list[tuple[str, str]]:
        """Return (actor, severity) of every message so far."""
        return [(each.actor.label, str(news.severity)) for each in self.decided for news in each.decision.news]


def signals(*records: Record, before: Iterable[Record] = (), tuning: Tuning | None = None) -> set[str]:
    """Return the signals of the stories that some records lead to, after others that came before them."""
    course = Course(tuning)
    for each in before:
        course.deliver(each)
    ids = {each["eventID"] for each in records}
    found = course.deliver(*records)
    return {f.signal for each in found for s in each.decision.stories for f in s.findings if f.event_id in ids}
