"""The first steps of every function that watches: event → records → accesses.

One bad record never stops the others: it is logged, the rest is handled, and in the end
the invocation fails (``IntakeError``) or, if the records came from a queue, hands the
messages back that hold what failed. AWS: "Implementing partial batch responses".
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from secretwatch.record.access import Call, Ignored, Malformed, SecretAccess, parse
from secretwatch.record.envelopes import RecordPath, Unreadable, unwrap

log = logging.getLogger(__name__)
_SHOWN = 5
_PATHS = {path: frozenset({path}) for path in RecordPath}
T = TypeVar("T")
_NAMED = 100
"""Most problems that are logged and kept one by one."""


class IntakeError(Exception):
    """Some records could not be handled; the message counts and names them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that could not be handled."""

    text: str
    messages: frozenset[str]
    """Ids of the queue messages that it came in; empty where there is no queue."""
    count: int = 1
    """How many such things it stands for: of very many the first few are named, the others counted."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What one event held."""

    accesses: tuple[SecretAccess, ...]
    """Each call once (``SecretAccess.id``), and what differs under one event id each."""
    ignored: int
    problems: tuple[Problem, ...]
    messages: Mapping[str, frozenset[str]]
    """Event id → the queue messages that hold it."""
    paths: Mapping[str, frozenset[RecordPath]]
    """Event id → the paths that brought it this time."""

    def problem(self, event_id: str, text: str) -> Problem:
        """Return the problem of an access."""
        return Problem(f"record {event_id}: {text}", self.messages.get(event_id, frozenset()))


def read(event: object) -> Intake:
    """Return what ``event`` holds; what cannot be understood is logged with its event id."""
    calls = _Calls()
    problems = _Problems()
    messages: dict[str, frozenset[str]] = {}
    paths: dict[str, frozenset[RecordPath]] = {}
    ignored = 0
    for content in unwrap(event):
        if isinstance(content, Unreadable):
            problems.add(content, content.message_id)
            continue
        parsed = parse(content.record)
        if isinstance(parsed, SecretAccess):
            calls.add(parsed)
            if content.message_id is not None:
                messages[parsed.event_id] = messages.get(parsed.event_id, frozenset()) | {content.message_id}
            if content.path is not None:
                path, before = _PATHS[content.path], paths.get(parsed.event_id)
                paths[parsed.event_id] = path if before is None else before | path
        elif isinstance(parsed, Ignored):
            ignored += 1
        else:
            problems.add(parsed, content.message_id)
    for ids in calls.recorded_twice():
        both, ways = _of_all(messages, ids), _of_all(paths, ids)
        messages.update((event_id, both) for event_id in ids if both)
        paths.update((event_id, ways) for event_id in ids if ways)
    return Intake(calls.accesses(), ignored, problems.found(), messages, paths)


def _of_all(known: Mapping[str, frozenset[T]], ids: Iterable[str]) -> frozenset[T]:
    return frozenset().union(*(known.get(event_id, frozenset()) for event_id in ids))


class _Calls:
    """The calls of an event, each once however many records tell of it."""

    def __init__(self) -> None:
        self._first: dict[str, SecretAccess] = {}
        self._others: dict[tuple[object, ...], SecretAccess] = {}
        self._ids: dict[str, set[str]] = {}

    def add(self, access: SecretAccess) -> None:
        """Take in an access."""
        known = self._first.setdefault(access.shared_event_id or access.event_id, access)
        if known is access:
            return
        if known.event_id != access.event_id:
            # The two records of a call across accounts; the caller's names who called.
            self._ids.setdefault(access.id, {known.event_id}).add(access.event_id)
            if known.call.principal.type == "AWSAccount" and access.call.principal.type != "AWSAccount":
                self._first[access.id] = access
        elif _content(known) != (content := _content(access)):
            # No trail writes that. Nothing of it must be lost, whoever did.
            self._others.setdefault((access.id, *content), access)

    def recorded_twice(self) -> Iterable[set[str]]:
        """Return the event ids of each call that records of two accounts tell of."""
        return self._ids.values()

    def accesses(self) -> tuple[SecretAccess, ...]:
        return (*self._first.values(), *self._others.values())


def _content(access: SecretAccess) -> tuple[object, ...]:
    """Return what an access says, such that two copies of one record say the same."""
    call = access.call
    said = tuple(getattr(call, name) for name in Call.__slots__ if name != "parameters")
    return access.time, access.session, said, json.dumps(call.parameters, sort_keys=True, default=str)


class _Problems:
    """What could not be understood: the first few one by one, the others counted, by queue message."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._more: Counter[str | None] = Counter()

    def add(self, found: Unreadable | Malformed, message_id: str | None) -> None:
        if len(self._found) >= _NAMED:
            self._more[message_id] += 1
            return
        if isinstance(found, Unreadable):
            log.error("unreadable", extra={"reason": found.reason})
            text = found.reason
        else:
            log.error("malformed record", extra={"event_id": found.event_id, "reason": found.reason})
            text = f"record {found.event_id or 'without eventID'}: {found.reason}"
        self._found.append(Problem(text, _ids(message_id)))

    def found(self) -> tuple[Problem, ...]:
        if self._more:
            log.error("more that cannot be understood", extra={"count": self._more.total()})
        return (*self._found, *(Problem("more of the kind", _ids(m), count) for m, count in self._more.items()))


def _ids(message_id: str | None) -> frozenset[str]:
    return frozenset(() if message_id is None else (message_id,))


def respond(event: object, problems: Iterable[Problem]) -> dict[str, list[dict[str, str]]] | None:
    """End an invocation: return what a queue gets back, or raise IntakeError if something else failed."""
    problems = list(problems)
    if _is_from_queue(event) and all(problem.messages for problem in problems):
        failed = sorted({message for problem in problems for message in problem.messages})
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
    if problems:
        shown = "; ".join(problem.text for problem in problems[:_SHOWN])
        number, named = sum(problem.count for problem in problems), len(problems[:_SHOWN])
        more = f" … and {number - named} more" if number > named else ""
        raise IntakeError(f"{number} not handled: {shown}{more}")
    return None


def _is_from_queue(event: object) -> bool:
    records = event.get("Records") if isinstance(event, Mapping) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, Mapping) and first.get("eventSource") == "aws:sqs"
