"""Accesses that belong together, told as one: who, from where, with what outcome.

Cost grows with stories, not with records: one sentence, one notice for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from secretwatch.access import Activity, Outcome, SecretAccess
from secretwatch.audit import Judged
from secretwatch.notice import Fact, Kind, Notice, Severity, notice_id, timestamp
from secretwatch.principal import Principal
from secretwatch.text import count, one_line
from secretwatch.trust import Origin, Verdict

NAMES_SHOWN = 10
EVENT_IDS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Story:
    """The accesses of one principal, from one network, of one kind and outcome."""

    key: str
    """Same principal, network, activity and outcome: same key, in every batch."""
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
    def secrets(self) -> tuple[str, ...]:
        """The distinct names of the secrets, in the order they were first touched."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.access.secret_names))

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Time of the first and of the last access."""
        return self.first.time, self.entries[-1].access.time


def story_key(judged: Judged) -> str:
    """Return what two accesses share if they belong to one story."""
    access = judged.access
    return notice_id(access.principal.key, judged.origin.network, access.activity, access.outcome, access.account or "")


def worth_telling(access: SecretAccess, own_principals: frozenset[str]) -> bool:
    """Whether an access is told at all: reads that handed out a value, by anyone but ourselves.

    Everything else is in the audit table: refused and failed reads, and the rotator's.
    """
    return (
        access.activity is Activity.READ
        and access.outcome is Outcome.ALLOWED
        and (access.principal.key not in own_principals)
    )


def group(entries: Iterable[Judged]) -> list[Story]:
    """Return the stories of some accesses, each with its accesses oldest first."""
    stories: dict[str, list[Judged]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.access.time, entry.access.event_id)):
        stories.setdefault(story_key(entry), []).append(entry)
    return [Story(key, tuple(members)) for key, members in stories.items()]


def reasons(story: Story) -> tuple[str, ...]:
    """Return why a story is notable, one sentence each; empty if it is not."""
    if story.origin.verdict is Verdict.UNTRUSTED:
        return (f"The read came from {story.origin.network}, {story.origin.reason}.",)
    return ()


def severity(story: Story) -> Severity:
    """Return how much a story matters."""
    return Severity.HIGH if story.origin.verdict is Verdict.UNTRUSTED else Severity.INFO


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
        Fact("Where", f"{access.region or 'unknown region'}, account {access.account or 'unknown'}"),
        Fact("With", access.user_agent or "no user agent recorded"),
    )


def notice(story: Story, identity: str, prose: str | None, model: str | None) -> Notice:
    """Return the story as it is told."""
    return Notice(
        id=identity,
        kind=Kind.ACCESS,
        severity=severity(story),
        title=title(story),
        facts=facts(story),
        time=timestamp(story.first.time),
        reasons=reasons(story),
        prose=prose,
        model=model if prose else None,
        event_ids=tuple(entry.access.event_id for entry in story.entries[:EVENT_IDS_KEPT]),
    )


def title(story: Story) -> str:
    """Return "user alice read TopSecretInfo", "role deploy read 3 secrets"."""
    who = f"{story.principal.label}"
    names = story.secrets
    if len(names) == 1:
        what = names[0]
    elif names:
        what = count(len(names), "secret")
    else:
        what = "secrets in a batch"
    return one_line(f"{one_line(who, 80)} read {what}", 140)


def _what(story: Story) -> str:
    calls = ", ".join(dict.fromkeys(entry.access.event_name for entry in story.entries))
    names = story.secrets
    shown = ", ".join(one_line(name, 100) for name in names[:NAMES_SHOWN]) or "secrets chosen by filters"
    more = f" … and {len(names) - NAMES_SHOWN} more, all in the audit table" if len(names) > NAMES_SHOWN else ""
    times = f", {count(len(story.entries), 'call')}" if len(story.entries) > 1 else ""
    return f"{shown}{more} ({calls}{times})"
