"""Accesses that belong together, told as one: who, from where, with what outcome.

Cost grows with stories, not with records: one sentence, one notice for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from secretwatch.access import Activity, Outcome, SecretAccess
from secretwatch.notice import Fact, notice_id, timestamp
from secretwatch.principal import Principal
from secretwatch.secret_id import SecretId
from secretwatch.text import count, one_line
from secretwatch.trust import Judged, Origin

NAMES_SHOWN = 10


@dataclass(frozen=True)
class Story:
    """The accesses of one principal, from one network, of one kind and outcome."""

    key: str
    """Same principal, network, activity, outcome and account: same key, in every batch."""
    entries: tuple[Judged, ...]
    """Oldest first; at least one."""

    @property
    def first(self) -> SecretAccess:
        """The oldest access."""
        return self.entries[0].access

    @property
    def principal(self) -> Principal:
        """Who."""
        return self.first.principal

    @property
    def origin(self) -> Origin:
        """From where."""
        return self.entries[0].origin

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Time of the first and of the last access."""
        return self.first.time, self.entries[-1].access.time

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The distinct names of the secrets, in the order they were first touched."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.access.secret_names))

    @cached_property
    def secret_keys(self) -> tuple[str, ...]:
        """The distinct secrets, each under the key that memory has for it."""
        return tuple(dict.fromkeys(secret_key(e.access, secret) for e in self.entries for secret in e.access.secrets))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The distinct regions."""
        return tuple(dict.fromkeys(entry.access.region for entry in self.entries if entry.access.region))

    @cached_property
    def calls(self) -> dict[str, int]:
        """Event name → how many."""
        names: dict[str, int] = {}
        for entry in self.entries:
            names[entry.access.event_name] = names.get(entry.access.event_name, 0) + 1
        return names

    @property
    def reads(self) -> int:
        """How many values were handed out: a Batch call writes a GetSecretValue record for each, so those count."""
        return self.calls.get("GetSecretValue", 0) or self.calls.get("BatchGetSecretValue", 0)


def secret_key(access: SecretAccess, secret: SecretId) -> str:
    """Return what stands for a secret in memory: its region, account and name."""
    region, account = secret.region or access.region or "", secret.account or access.account or ""
    name = secret.name if len(secret.name) <= 200 else notice_id(secret.name)
    return f"{region}/{account}/{name}"


def story_key(judged: Judged) -> str:
    """Return what two accesses share if they belong to one story."""
    access = judged.access
    return notice_id(access.principal.key, judged.origin.network, access.activity, access.outcome, access.account or "")


def group(entries: Iterable[Judged]) -> list[Story]:
    """Return the stories of some accesses, each with its accesses oldest first."""
    members: dict[tuple[str, str, str, str, str | None], list[Judged]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.access.time, entry.access.event_id)):
        access = entry.access
        parts = (access.principal.key, entry.origin.network, access.activity, access.outcome, access.account)
        members.setdefault(parts, []).append(entry)
    return [Story(story_key(entries[0]), tuple(entries)) for entries in members.values()]


def facts(story: Story) -> tuple[Fact, ...]:
    """Return what the records say, in the order a person asks."""
    first, last = map(timestamp, story.span)
    access = story.first
    return (
        Fact("Who", access.principal.label),
        Fact("Identity", access.principal.key),
        Fact("What", _what(story)),
        Fact("Outcome", access.outcome),
        Fact("From", f"{access.source_address or 'unknown'} ({story.origin.verdict}: {story.origin.reason})"),
        Fact("When", first if first == last else f"{first} to {last}"),
        Fact("Where", f"{', '.join(story.regions) or 'unknown region'}, account {access.account or 'unknown'}"),
        Fact("With", access.user_agent or "no user agent recorded"),
    )


def title(story: Story) -> str:
    """Return "user alice read TopSecretInfo", "role deploy tried to read 3 secrets"."""
    names = story.secrets
    nameless = "secrets in a batch" if "BatchGetSecretValue" in story.calls else "a secret"
    what = names[0] if len(names) == 1 else count(len(names), "secret") if names else nameless
    return one_line(f"{one_line(story.principal.label, 80)} {_did(story)} {what}", 140)


def _did(story: Story) -> str:
    tried = story.first.outcome is not Outcome.ALLOWED
    if story.first.activity is Activity.READ:
        return "tried to read" if tried else "read"
    calls = " and ".join(story.calls)
    return f"tried {calls} on" if tried else f"called {calls} on"


def _what(story: Story) -> str:
    names = story.secrets
    shown = ", ".join(one_line(name, 100) for name in names[:NAMES_SHOWN]) or "no secret named"
    more = f" … and {len(names) - NAMES_SHOWN} more, all in the audit table" if len(names) > NAMES_SHOWN else ""
    calls = ", ".join(f"{number:,} {name}" if number > 1 else name for name, number in story.calls.items())
    return f"{shown}{more} ({calls})"
