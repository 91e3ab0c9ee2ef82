"""Accesses that belong together, notified as one: who, from where, with what outcome.

Cost grows with stories, not with records: one sentence, one notice for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from operator import attrgetter

from secretwatch.record.access import Call, SecretAccess
from secretwatch.record.origin import Judged, Origin
from secretwatch.record.principal import Principal
from secretwatch.record.secret_id import SecretId
from secretwatch.runtime.text import short_hash


@dataclass(frozen=True)
class Story:
    """The accesses of one principal, from one network, of one kind and outcome."""

    key: str
    """Same principal, network, activity, outcome and account: same key, in every batch."""
    entries: tuple[Judged, ...]
    """Oldest first; at least one."""
    calls: Mapping[Call, int]
    """The distinct calls → how often; what a story is about is worked out of these."""
    origin: Origin
    """From where."""

    @property
    def first(self) -> Call:
        """The call of the oldest access."""
        return self.entries[0].access.call

    @property
    def principal(self) -> Principal:
        """Who."""
        return self.first.principal

    @property
    def who(self) -> str:
        """Who, as messages say it: with the session of the oldest access."""
        return self.entries[0].access.who

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Time of the first and of the last access."""
        return self.entries[0].access.time, self.entries[-1].access.time

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The distinct names of the secrets, in the order they were first touched."""
        return tuple(dict.fromkeys(name for call in self.calls for name in call.secret_names))

    @cached_property
    def secret_keys(self) -> tuple[str, ...]:
        """The distinct secrets, each under the key that memory has for it."""
        return tuple(dict.fromkeys(secret_key(call, secret) for call in self.calls for secret in call.secrets))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The distinct regions."""
        return tuple(dict.fromkeys(call.region for call in self.calls if call.region))

    @cached_property
    def event_names(self) -> dict[str, int]:
        """Event name → how many."""
        names: dict[str, int] = {}
        for call, number in self.calls.items():
            names[call.event_name] = names.get(call.event_name, 0) + number
        return names

    @property
    def reads(self) -> int:
        """How many values were returned: by GetSecretValue records, which a BatchGetSecretValue writes too."""
        return self.event_names.get("GetSecretValue", 0) or self.event_names.get("BatchGetSecretValue", 0)

    def entries_since(self, time: float) -> Iterator[SecretAccess]:
        """Yield the accesses from a time (epoch seconds) on, latest first."""
        for entry in reversed(self.entries):
            if entry.access.time.timestamp() < time:
                return
            yield entry.access


def secret_key(call: Call, secret: SecretId) -> str:
    """Return what stands for a secret in memory: its region, account and name."""
    region, account = secret.region or call.region or "", secret.account or call.account or ""
    name = secret.name if len(secret.name) <= 100 and secret.name.isascii() else short_hash(secret.name)
    return f"{region}/{account}/{name}"


def story_key(judged: Judged) -> str:
    """Return what two accesses share if they belong to one story."""
    call = judged.access.call
    return short_hash(call.principal.key, judged.origin.network, call.activity, call.outcome, call.account or "")


def group(entries: Iterable[Judged]) -> list[Story]:
    """Return the stories of some accesses, each with its accesses oldest first."""
    by_call: dict[Call, list[Judged]] = {}
    for entry in sorted(entries, key=_time_of):
        found = by_call.get(entry[0][2])
        if found is None:
            by_call[entry[0][2]] = [entry]
        else:
            found.append(entry)
    by_story: dict[str, list[list[Judged]]] = {}
    for alike in by_call.values():
        by_story.setdefault(story_key(alike[0]), []).append(alike)
    return [_story(key, members) for key, members in by_story.items()]


_time_of = attrgetter("access.time")


def _story(key: str, members: list[list[Judged]]) -> Story:
    entries = members[0] if len(members) == 1 else sorted(chain.from_iterable(members), key=_time_of)
    calls = {alike[0].access.call: len(alike) for alike in members}
    return Story(key, tuple(entries), calls, entries[0].origin)
