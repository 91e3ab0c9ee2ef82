"""The first steps of every function that watches: event → records → accesses.

One bad record never stops the others: it is logged, the rest is handled, and in the end
the invocation fails (``IntakeError``) or, if the records came from a queue, hands the
messages back that hold what failed. AWS: "Implementing partial batch responses".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from secretwatch.record.access import Ignored, Malformed, SecretAccess, parse
from secretwatch.record.envelopes import RecordPath, Unreadable, unwrap

log = logging.getLogger(__name__)
_SHOWN = 5


class IntakeError(Exception):
    """Some records could not be handled; the message counts and names them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that could not be handled."""

    text: str
    messages: frozenset[str]
    """Ids of the queue messages that it came in; empty where there is no queue."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What one event held."""

    accesses: tuple[SecretAccess, ...]
    """Each event id once."""
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
    accesses: dict[str, SecretAccess] = {}
    messages: dict[str, frozenset[str]] = {}
    paths: dict[str, frozenset[RecordPath]] = {}
    ignored = 0
    problems: list[Problem] = []
    for content in unwrap(event):
        if isinstance(content, Unreadable):
            problems.append(_problem(content, content.message_id))
            continue
        parsed = parse(content.record)
        if isinstance(parsed, SecretAccess):
            accesses.setdefault(parsed.event_id, parsed)
            if content.message_id is not None:
                messages[parsed.event_id] = messages.get(parsed.event_id, frozenset()) | {content.message_id}
            if content.path is not None:
                paths[parsed.event_id] = paths.get(parsed.event_id, frozenset()) | {content.path}
        elif isinstance(parsed, Ignored):
            ignored += 1
        else:
            problems.append(_problem(parsed, content.message_id))
    return Intake(tuple(accesses.values()), ignored, tuple(problems), messages, paths)


def _problem(found: Unreadable | Malformed, message_id: str | None) -> Problem:
    messages = frozenset(() if message_id is None else (message_id,))
    if isinstance(found, Unreadable):
        log.error("unreadable", extra={"reason": found.reason})
        return Problem(found.reason, messages)
    log.error("malformed record", extra={"event_id": found.event_id, "reason": found.reason})
    return Problem(f"record {found.event_id or 'without eventID'}: {found.reason}", messages)


def respond(event: object, problems: Iterable[Problem]) -> dict[str, list[dict[str, str]]] | None:
    """End an invocation: return what a queue gets back, or raise IntakeError if something else failed."""
    problems = list(problems)
    if _is_from_queue(event) and all(problem.messages for problem in problems):
        failed = sorted({message for problem in problems for message in problem.messages})
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
    if problems:
        shown = "; ".join(problem.text for problem in problems[:_SHOWN])
        more = f" … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise IntakeError(f"{len(problems)} not handled: {shown}{more}")
    return None


def _is_from_queue(event: object) -> bool:
    records = event.get("Records") if isinstance(event, Mapping) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, Mapping) and first.get("eventSource") == "aws:sqs"
