"""What the canary remembers of one path: its reads that the path has not brought, and what was reported of it.

Reads are counted, not hours: a canary that did not run for a day, or a path that was
switched on just now, has nothing to be silent about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from secretwatch.runtime.text import timestamp

PERIODS = 3
"""Reads in a row, one a period, that a path may miss before it counts as silent."""
REPEAT = 86_400
"""Seconds after which a silence that lasts is reported again."""
SLACK = 10
"""Seconds: CloudTrail writes whole seconds, by a clock that is not ours."""
_AHEAD = 300
"""Seconds: no clock of AWS's is further ahead. A sighting that is was not written by a path."""
_UNSEEN = "no hop that can be seen"


@dataclass(frozen=True, slots=True)
class Watch:
    """One path; times are epoch seconds."""

    missed: tuple[int, ...] = ()
    """The canary's reads that the path has not brought, oldest first; the first PERIODS of them."""
    ran_at: int = 0
    """When the canary last ran; 0 if never."""
    reported: str = ""
    """What was reported of the silence that lasts; empty while nothing is wrong."""
    reported_at: int = 0

    def is_silent(self, period: int) -> bool:
        """Whether the path missed so many reads, over so many periods (of seconds), that people must know.

        Half a period less, since a schedule is not exact. Runs by hand, minutes apart, make no
        silence: their reads may be under way.
        """
        return len(self.missed) >= PERIODS and self.ran_at - self.missed[0] >= (PERIODS - 0.5) * period

    @property
    def is_back(self) -> bool:
        """Whether a reported silence is over."""
        return bool(self.reported) and not self.missed

    def begin(self, now: int, period: int, seen: int | None) -> Watch:
        """Return the watch as a run finds it: without the reads that the path has ``seen``.

        After a pause of the canary's own, longer than what makes a silence (``period`` is in
        seconds), it counts anew; a silence that was reported lasts until the path brings a
        read, and is not repeated at once.
        """
        if seen is not None and seen > now + _AHEAD:
            seen = None
        missed = tuple(read for read in self.missed if seen is None or read > seen + SLACK)
        if now - self.ran_at <= PERIODS * period + SLACK:
            return replace(self, missed=missed, ran_at=now)
        if self.reported:
            return replace(self, missed=missed, ran_at=now, reported_at=now)
        return replace(self, missed=(), ran_at=now)

    def is_due(self, cause: str, now: int) -> bool:
        """Whether a silence with this cause must be reported: it is new, has another cause, or is a day old.

        A cause that can no longer be seen (empty) is mostly one that was fixed: the path's next
        read will say so.
        """
        return not self.reported or cause not in ("", self.reported) or now - self.reported_at >= REPEAT

    def report(self, cause: str, now: int) -> Watch:
        """Return the watch after a silence was reported."""
        return replace(self, reported=cause or _UNSEEN, reported_at=now)

    def end(self, read_at: int | None) -> Watch:
        """Return the watch after the run's own read, or without one if it failed."""
        missed = self.missed if read_at is None else (*self.missed, read_at)[:PERIODS]
        return replace(self, missed=missed)

    def recovered(self) -> Watch:
        """Return the watch after its recovery was reported."""
        return replace(self, reported="", reported_at=0)

    def to_note(self) -> dict[str, str]:
        """Return the watch as the audit table keeps it."""
        return {
            "missed": " ".join(map(shown, self.missed)),
            "ran_at": shown(self.ran_at),
            "reported": self.reported,
            "reported_at": shown(self.reported_at),
        }

    @classmethod
    def from_note(cls, note: Mapping[str, str] | None) -> Watch:
        """Return the watch of a note, or a new one."""
        if note is None:
            return cls()
        return cls(
            missed=tuple(map(_seconds, note["missed"].split())),
            ran_at=_seconds(note["ran_at"]),
            reported=note["reported"],
            reported_at=_seconds(note["reported_at"]),
        )


def shown(seconds: int) -> str:
    """Return epoch seconds as people read them: 2026-01-31T12:00:00Z."""
    return timestamp(datetime.fromtimestamp(seconds, UTC))


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
