"""What is expected, by whom and until when: reads and changes that people announced are counted, and nobody hears.

An expectation names an actor, secrets, a reason and an end. It never covers a place that is new for the
actor and not trusted, nor what is critical: a thief who comes at the right time is heard all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase

from secretwatch.record.actor import Actor
from secretwatch.runtime.formats import FORMATS, looks_like
from secretwatch.runtime.text import short_hash, timestamp

ANY = "*"
MOST_DAYS = 90
"""Most days ahead for which ``make expect`` announces something; what lasts is a setting."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
"""The latest end, epoch seconds: times beyond it cannot be written."""
_ACTOR = re.compile(rf"\*|(?:{FORMATS['principals']})( [!-~]+)?")
_PARTS = ("actor", "secret", "until", "why")
_RIGHT = {
    "actor": 'must be a role or user ARN, or a pattern with a name, such as "arn:*:iam::*:role/migration"; behind a '
    "space, whose session it is",
    "secret": 'must be the name of a secret, or a pattern with a letter or digit, such as "prod/*"',
    "until": 'must be a day, such as "2026-01-31" (UTC, to its end), or a time, such as "2026-01-31T18:00:00Z"',
    "why": "must say why, in one line of 200 characters at most",
}


class ExpectationError(ValueError):
    """An expectation is wrong; the message names the part and says what to write."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """That an actor reads or changes some secrets."""

    id: str
    actor: str
    """Pattern of principals (role or user ARNs), behind a space that of a person's name; ``*``: whoever it is."""
    secret: str
    """Pattern of names of secrets; ``*``: every secret, and calls that name none."""
    since: int
    """From when on it counts, epoch seconds."""
    until: int
    """From when on it counts no more, epoch seconds."""
    why: str
    by: str
    """Who declared it."""

    def is_of(self, actor: Actor) -> bool:
        """Whether it is about an actor."""
        principal, _, person = self.actor.partition(" ")
        return fnmatchcase(actor.principal.key, principal) and (not person or fnmatchcase(actor.person or "", person))

    def covers(self, secret: str, time: int) -> bool:
        """Whether it is about a secret (by name; "": a call that names none or several) at a time."""
        return self.since <= time < self.until and (
            self.secret == ANY or (secret != "" and fnmatchcase(secret, self.secret))
        )

    @property
    def end(self) -> str:
        """When it ends, for people: a day if that is the day's end, else a time."""
        end = datetime.fromtimestamp(self.until, UTC)
        is_midnight = self.until % 86_400 == 0
        return (end - timedelta(days=1)).date().isoformat() if is_midnight else timestamp(end)


def expectation_of(given: object, by: str, since: int = 0) -> Expectation:
    """Return the expectation of an object with actor, secret, until and why; raises ExpectationError."""
    if not isinstance(given, Mapping):
        raise ExpectationError(f"must be an object with {', '.join(_PARTS)}")
    unknown = [str(name) for name in given if name not in _PARTS]
    if unknown:
        raise ExpectationError(f"has no {unknown[0]!r}; it has {', '.join(_PARTS)}")
    actor, secret, until, why = (_text(name, given.get(name)) for name in _PARTS)
    identity = short_hash("expectation", actor, secret, until, why, by, str(since))[:8]
    expectation = Expectation(identity, actor, secret, since, end_of(until), why, by)
    check(expectation)
    return expectation


def check(expectation: Expectation) -> None:
    """Raise ExpectationError if an expectation says too much, or what nobody can be named by."""
    actor, secret, why = expectation.actor, expectation.secret, expectation.why
    if actor == secret == ANY:
        raise ExpectationError(
            f'actor and secret cannot both be "{ANY}": that would silence everything. Name the actor, or the secrets'
        )
    _check("actor", actor, _ACTOR.fullmatch(actor) is not None)
    _check("secret", secret, secret == ANY or looks_like("decoys", secret))
    _check("why", why, looks_like("reason", why))


def end_of(until: str) -> int:
    """Return when a text says that an expectation ends: a time, or the end of a day (UTC). Raises ExpectationError."""
    try:
        if _DAY.fullmatch(until):
            end = datetime.combine(date.fromisoformat(until) + timedelta(days=1), datetime.min.time(), UTC)
        else:
            end = datetime.fromisoformat(until)
        if end.tzinfo is None or not 0 < end.timestamp() < LATEST:
            raise ValueError
        return int(end.timestamp())
    except (ValueError, OverflowError):
        raise _error("until", until) from None


def _text(name: str, value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    _check(name, value, text != "")
    return text


def _check(name: str, value: object, is_right: bool) -> None:
    if not is_right:
        raise _error(name, value)


def _error(name: str, value: object) -> ExpectationError:
    return ExpectationError(f"{name} {_RIGHT[name]}, not {json.dumps(value, default=str)[:80]}")
