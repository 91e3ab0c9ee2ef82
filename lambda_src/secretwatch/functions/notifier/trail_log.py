"""The records that an alarm counted, asked of the trail's log group by the very patterns that counted them."""

from __future__ import annotations

import json
import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from secretwatch.record.event import Event, parse_event
from secretwatch.runtime.aws import error_code

MOST = 1_000
"""Most log events of one pattern that are looked at: the newest."""
WORKERS = 5
"""Most questions at once: CloudWatch Logs allows five a second in some regions."""

_NEWEST = "only the newest were looked at"
_NO_TIME = "there was no time to look at all"

LogEvent = Mapping[str, Any]


class Window(NamedTuple):
    """When the log events that an alarm counted were written.

    A log event has two times, its timestamp and when CloudWatch Logs took it in. Of CloudTrail's,
    AWS says of neither how long after the call it is. So the timestamps may be any of minutes
    before, and what counts is that it came when the alarm looked.
    """

    since: datetime
    until: datetime
    arrived_since: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """The events behind an alarm, newest first, and why there may be others."""

    events: tuple[Event, ...]
    gap: str | None = None
    """What was not looked at, and why; None where these are all."""


class TrailLog:
    """The log group that the trail delivers to."""

    def __init__(self, logs: Any, group: str) -> None:
        self._logs = logs
        self._group = group

    def counted(self, patterns: Sequence[str], window: Window, deadline: float) -> Counted:
        """Return the events that match one of the filter patterns, looking until ``deadline`` (epoch seconds).

        Never raises: whatever goes wrong is the gap.
        """
        try:
            ask = self._logs.filter_log_events  # the client is made here, before there are threads
            with ThreadPoolExecutor(max_workers=WORKERS) as pool:
                answers = list(pool.map(lambda pattern: self._answer(ask, pattern, window, deadline), patterns))
            arrived = _milliseconds(window.arrived_since)
            found = [e for events, _ in answers for e in events if (e.get("ingestionTime") or arrived) >= arrived]
            events = {event.id or number: event for number, event in enumerate(_parsed(found))}
            newest_first = tuple(sorted(events.values(), key=lambda event: event.time, reverse=True))
            return Counted(newest_first, next((gap for _, gap in answers if gap is not None), None))
        except Exception as error:
            return Counted((), _refusal(error))

    def _answer(
        self, ask: Callable[..., Any], pattern: str, window: Window, deadline: float
    ) -> tuple[list[LogEvent], str | None]:
        """Return the log events that match one pattern, and what of them was not looked at."""

        def matching(since: int, until: int) -> tuple[list[LogEvent], str | None]:
            found: list[LogEvent] = []
            more: dict[str, str] = {}
            while clock.time() < deadline:
                page = ask(logGroupName=self._group, filterPattern=pattern, startTime=since, endTime=until, **more)
                found += page["events"]
                if len(found) > MOST:
                    # The oldest come first. Of so many the newest are wanted, which are in the later half.
                    if since == until:
                        return found[-MOST:], _NEWEST
                    middle = (since + until) // 2
                    later, gap = matching(middle + 1, until)
                    earlier = matching(since, middle)[0] if gap is None else []
                    return [*earlier, *later][-MOST:], gap or _NEWEST
                if not page.get("nextToken"):
                    return found, None
                more = {"nextToken": page["nextToken"]}
            return found, _NO_TIME

        try:
            return matching(_milliseconds(window.since), _milliseconds(window.until))
        except Exception as error:
            return [], _refusal(error)


def _parsed(log_events: Iterable[LogEvent]) -> Iterable[Event]:
    for log_event in log_events:
        try:
            record = json.loads(log_event.get("message") or "null")
        except (TypeError, ValueError, RecursionError):
            continue
        if isinstance(record, Mapping):
            yield parse_event(record)


def _refusal(error: Exception) -> str:
    return f"CloudWatch Logs did not answer: {error_code(error)}"


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
