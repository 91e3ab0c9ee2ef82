"""The first steps of every function that watches: event → records → judged accesses.

One bad record never stops the others: it is logged, the rest is handled, and the
invocation fails in the end (``IntakeError``), so that the failure queue keeps the event.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from secretwatch.access import Malformed, SecretAccess, parse
from secretwatch.audit import Judged
from secretwatch.envelopes import Unreadable, unwrap
from secretwatch.trust import TrustPolicy

log = logging.getLogger(__name__)


class IntakeError(Exception):
    """Some records could not be understood or are held by another invocation; the message counts and names them."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What one event held."""

    accesses: tuple[SecretAccess, ...]
    """Each event id once."""
    ignored: int
    problems: tuple[str, ...]
    """What could not be understood, one sentence each."""


def read(event: object) -> Intake:
    """Return what ``event`` holds; every problem is logged with its event id."""
    accesses: dict[str, SecretAccess] = {}
    ignored = 0
    problems: list[str] = []
    for content in unwrap(event):
        parsed = None if isinstance(content, Unreadable) else parse(content.record)
        if isinstance(parsed, SecretAccess):
            accesses.setdefault(parsed.event_id, parsed)
        elif isinstance(content, Unreadable):
            problems.append(content.reason)
            log.error("unreadable", extra={"reason": content.reason})
        elif isinstance(parsed, Malformed):
            problems.append(f"record {parsed.event_id or 'without eventID'}: {parsed.reason}")
            log.error("malformed record", extra={"event_id": parsed.event_id, "reason": parsed.reason})
        else:
            ignored += 1
    return Intake(tuple(accesses.values()), ignored, tuple(problems))


def judge(accesses: Iterable[SecretAccess], trust: TrustPolicy) -> list[Judged]:
    """Return each access with the verdict on where it came from."""
    return [Judged(access, trust.judge(access.source_address, access.vpc_endpoint_id)) for access in accesses]


def fail_visibly(problems: Iterable[str]) -> None:
    """Raise IntakeError if there are problems: Lambda retries, then parks the event."""
    problems = list(problems)
    if problems:
        shown = "; ".join(problems[:5])
        more = f" … and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise IntakeError(f"{len(problems)} not handled: {shown}{more}")
