"""What becomes of an actor's accesses: what is remembered, and what people are to hear. A pure decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from secretwatch.detect import signals
from secretwatch.detect.memory import HOUR, Kind, Memory, Moment, Told, forget, keep, learn, matters
from secretwatch.detect.observe import Observation, observe
from secretwatch.detect.story import News, Story, fresh, known_of, stories
from secretwatch.detect.tuning import Tuning
from secretwatch.record.access import Call
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


def decide(actor: Actor, accesses: Iterable[Judged], memory: Memory, tuning: Tuning, now: int) -> Decision:
    """Return what becomes of some accesses of an actor, in whatever order they come.

    ``now`` (epoch seconds) decides what is forgotten, nothing else. Deciding again about the
    same accesses, with the memory that was returned, changes nothing.
    """
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
    return Decision(kept, tuple(lived), tuple(news))


def remember(memory: Memory, actor: Actor, accesses: Iterable[Judged], tuning: Tuning) -> Memory:
    """Return the memory with some accesses in it; the very same object if it knew all that."""
    observed = _observed(actor, accesses, tuning)
    seen = []
    for observation, entries in observed:
        times = [int(entry.access.time.timestamp()) for entry in entries]
        first, last = min(times), max(times)
        seen += [(first, last, way) for way in observation.habits]
    learnt = learn(memory, seen, tuning.history_days)
    return keep(learnt, _moments(learnt, observed))


def _observed(
    actor: Actor, accesses: Iterable[Judged], tuning: Tuning
) -> list[tuple[Observation, list[Judged]]]:
    """Return the accesses that are alike (same call, hour and credentials) together, with what they mean."""
    alike: dict[tuple[Call, int, str | None, str | None], list[Judged]] = {}
    for entry in accesses:
        access = entry.access
        hour = int(access.time.timestamp()) // HOUR
        alike.setdefault((access.call, hour, access.session.access_key_id, access.session.name), []).append(entry)
    return [(observe(entries[0], actor, tuning), entries) for entries in alike.values()]


def _moments(memory: Memory, observed: Sequence[tuple[Observation, list[Judged]]]) -> Iterable[Moment]:
    for observation, entries in observed:
        template = observation.template
        if template.kind in (Kind.READ, Kind.BATCH, Kind.CHANGED, Kind.DESCRIBED) and not template.marks:
            # Only the earliest of accesses that are alike can be the first of anything.
            entries = [min(entries, key=lambda entry: (entry.access.time, entry.access.event_id))]
        for entry in entries:
            moment = observation.moment(entry.access)
            if matters(memory, moment):
                yield moment


def _told(story: Story, known: Sequence[Told], now: int) -> Told:
    start, end = story.span
    signals_known = {signal for entry in known for signal in entry.signals}
    return Told(
        id=story.id,
        start=min([start, *(entry.start for entry in known)]),
        end=max([end, *(entry.end for entry in known)]),
        severity=max([story.severity, *(entry.severity for entry in known)], key=lambda severity: severity.rank),
        signals=tuple(sorted(signals_known.union(finding.signal for finding in story.findings))),
        looked_at=now,
    )
