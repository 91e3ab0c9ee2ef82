"""What becomes of an actor's accesses: what is remembered, and what people are to hear. A pure decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from secretwatch.detect import signals
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import (
    DAY,
    EVENT_ID_KEPT,
    Kind,
    Memory,
    Told,
    Way,
    forget,
    keep,
    learn,
)
from secretwatch.detect.observe import Observation, observe
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import News, Story, fresh, known_of, stories
from secretwatch.detect.tuning import Tuning
from secretwatch.record.access import Call, SecretAccess
from secretwatch.record.actor import Actor
from secretwatch.record.origin import Judged


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of some accesses of one actor."""

    memory: Memory
    """What is remembered afterwards; the very same object where nothing changed."""
    stories: tuple[Story, ...] = ()
    """The actor's stories as they are now; none where nothing changed."""
    news: tuple[News, ...] = ()
    """What people are to hear, at most one message a story."""
    spared: tuple[Finding, ...] = ()
    """What is notable about these accesses, and nobody hears of because it was expected."""


def whose(actor: Actor, memory_of: Callable[[str], Memory], first: int) -> Actor:
    """Return by whose habits an actor's accesses, the earliest at a time (epoch seconds), are judged.

    Whoever assumes a role chooses the session's name: where nothing is remembered of whom it names, and the
    role has had habits for a day, it is the role that acts, and its habits that count.
    """
    role = actor.behind
    if role is None:
        return actor
    own = memory_of(actor.key)
    if own.habits or own.moments:
        return actor
    since = memory_of(role.key).since()
    return role if since is not None and first - since >= DAY else actor


def decide(actor: Actor, accesses: Iterable[Judged], memory: Memory, tuning: Tuning, now: int) -> Decision:
    """Return what becomes of some accesses of an actor, in whatever order they come.

    ``now`` (epoch seconds) decides what is forgotten, nothing else. Deciding again about the
    same accesses, with the memory that was returned, changes nothing.
    """
    accesses = list(accesses)
    learnt = remember(memory, actor, accesses, tuning)
    if learnt is memory:
        return Decision(memory)
    found = signals.find(learnt, actor, tuning)
    told, lived = learnt.told, stories(actor, found, learnt.told, tuning.quiet_minutes)
    news = []
    for story in lived:
        known = known_of(story, told, tuning.quiet_minutes)
        worth = fresh(story, known)
        if worth:
            news.append(News(story, worth, opened=not known))
        if worth or known:
            told = (*(entry for entry in told if entry not in known), _told(story, known, now))
    kept = forget(replace(learnt, told=told), now, [story.span for story in lived])
    events = {entry.access.event_id[:EVENT_ID_KEPT] for entry in accesses}
    spared = tuple(finding for finding in found if finding.spared is not None and finding.event_id in events)
    return Decision(kept, tuple(lived), tuple(news), spared)


def remember(memory: Memory, actor: Actor, accesses: Iterable[Judged], tuning: Tuning) -> Memory:
    """Return the memory with some accesses in it; the very same object if it knew all that."""
    alike: dict[Call, list[Judged]] = {}
    for entry in accesses:
        alike.setdefault(entry.access.call, []).append(entry)
    seen: list[tuple[int, int, Way]] = []
    notable: list[tuple[Observation, SecretAccess, int]] = []
    for call, entries in alike.items():
        observation = observe(call, entries[0].origin, actor, tuning)
        timed = [(int(entry.access.time.timestamp()), entry.access) for entry in entries]
        stretches = list(_stretches(timed))
        seen += [(first, last, way) for first, last in stretches for way in observation.ways]
        uses = _uses(observation, timed)
        seen += [(time, time, use) for use, (time, _) in uses.items()]
        firsts = {first for first, _ in stretches}
        if not observation.is_trusted:
            firsts.update(time for time, _ in uses.values())
        notable += [(observation, access, time) for time, access in _notable(observation, timed, firsts)]
    learnt = learn(memory, seen, tuning.history_days)
    moments = (observation.moment(access, time) for observation, access, time in notable)
    return keep(learnt, moments)


Timed = tuple[int, SecretAccess]
"""An access and its time, epoch seconds."""


def _stretches(timed: Sequence[Timed]) -> Iterator[tuple[int, int]]:
    """Yield the first and last time of accesses without a day between them: one, unless a delivery spans days."""
    times = [time for time, _ in timed]
    first, last = min(times), max(times)
    if last - first > DAY:
        times.sort()
        for before, after in pairwise(times):
            if after - before > DAY:
                yield first, before
                first = after
    yield first, last


def _uses(observation: Observation, timed: Sequence[Timed]) -> dict[Way, Timed]:
    """Return the uses of credentials, each with its first access."""
    first: dict[tuple[str | None, str | None, int], Timed] = {}
    seconds = observation.use_seconds
    if observation.template.kind is Kind.READ:
        for time, access in timed:
            session = access.session
            use = (session.access_key_id, None if session.access_key_id else session.name, time // seconds)
            known = first.get(use)
            if known is None or time < known[0]:
                first[use] = (time, access)
    named = ((observation.use_of(access, time), time, access) for time, access in first.values())
    return {use: (time, access) for use, time, access in named if use is not None}


def _notable(observation: Observation, timed: Sequence[Timed], firsts: set[int]) -> Iterable[Timed]:
    """Return the accesses that can show anything: of reads the first of a stretch, and of a use of credentials.

    Of several within that second all: which of them comes first is the deliveries' doing.
    """
    if observation.template.marks or observation.template.kind not in _ONCE:
        return timed
    return [(time, access) for time, access in timed if time in firsts]


_ONCE = frozenset({Kind.READ, Kind.BATCH, Kind.CHANGED, Kind.DESCRIBED})
"""Kinds of which only the earliest of accesses that are alike can be the first of anything."""


def _told(story: Story, known: Sequence[Told], now: int) -> Told:
    start, end = story.span
    heard = {signal for entry in known for signal in entry.signals}
    heard.update(finding.signal for finding in story.findings if finding.severity is not Severity.INFO)
    return Told(
        id=story.id,
        start=min([start, *(entry.start for entry in known)]),
        end=max([end, *(entry.end for entry in known)]),
        severity=max([story.severity, *(entry.severity for entry in known)], key=lambda severity: severity.rank),
        signals=tuple(sorted(heard)),
        looked_at=now,
    )
