"""The stories of one actor: what is notable about it, told as one from the first sign until it has been quiet.

Everything is read off the actor's memory, so that a story is the same whatever the deliveries
were. People hear of a story when it opens and when it gets worse; the rest is counted into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import DAY, Moment, Told
from secretwatch.detect.signals import Finding
from secretwatch.record.actor import Actor
from secretwatch.runtime.text import short_hash


@dataclass(frozen=True)
class Story:
    """Notable accesses of one actor without a quiet stretch between them."""

    id: str
    """The same for all messages of the story."""
    actor: Actor
    findings: tuple[Finding, ...]
    """In order of time; at least one."""

    @property
    def span(self) -> tuple[int, int]:
        """Times of the first and of the last notable access, epoch seconds."""
        return self.findings[0].time, self.findings[-1].time

    @property
    def since(self) -> int:
        """When it may have begun, epoch seconds: a burst is notable when it is one, not at its first access."""
        return min(finding.since for finding in self.findings)

    @property
    def severity(self) -> Severity:
        """How bad the worst of it is."""
        return max((finding.severity for finding in self.findings), key=_rank)

    @cached_property
    def signals(self) -> tuple[str, ...]:
        """The distinct signals, the most severe first."""
        worst: dict[str, Severity] = {}
        for finding in self.findings:
            worst[finding.signal] = max(worst.get(finding.signal, Severity.INFO), finding.severity, key=_rank)
        return tuple(sorted(worst, key=lambda signal: (-worst[signal].rank, signal)))

    @cached_property
    def lead(self) -> Moment:
        """The access that the story is about: of those credentials and that tool that show most, the worst one."""
        alike: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            moment = finding.moment
            alike.setdefault((moment.key, moment.tool, moment.place), []).append(finding)
        worst = max(alike.values(), key=_weight)
        return max(worst, key=lambda finding: (finding.severity.rank, -finding.time)).moment


@dataclass(frozen=True)
class News:
    """What people are to hear of a story now."""

    story: Story
    fresh: tuple[Finding, ...]
    """The findings that make it worth a message: a signal that is new in the story, or a higher severity."""
    opened: bool
    """Whether it is the story's first message."""

    @property
    def id(self) -> str:
        """The identity of the message: what it says first of this story."""
        return short_hash(self.story.id, *sorted(f"{finding.signal}:{finding.severity}" for finding in self.fresh))

    @property
    def severity(self) -> Severity:
        """How bad the news is."""
        return max((finding.severity for finding in self.fresh), key=_rank)


def stories(actor: Actor, findings: Sequence[Finding], told: Sequence[Told], quiet_minutes: int) -> list[Story]:
    """Return the stories of some findings (in order of time); one that people know of keeps its id.

    A story ends when its actor has been quiet, and with its day (UTC): what goes on for days is
    told again each day, so that nothing hides for long in what people have heard of.
    """
    chains: list[list[Finding]] = []
    for finding in findings:
        if chains and _goes_on(chains[-1][-1].time, finding.time, quiet_minutes * 60):
            chains[-1].append(finding)
        else:
            chains.append([finding])
    return [_story(actor, chain, told, quiet_minutes * 60) for chain in chains]


def known_of(story: Story, told: Sequence[Told], quiet_minutes: int) -> list[Told]:
    """Return what people know of a story, the earliest first: one late record can make one of several."""
    return _overlapping(story.span, told, quiet_minutes * 60)


def fresh(story: Story, known: Sequence[Told]) -> tuple[Finding, ...]:
    """Return the findings of a story that are worth a message, given what people know of it."""
    signals = {signal for entry in known for signal in entry.signals}
    rank = max((entry.severity.rank for entry in known), default=Severity.INFO.rank)
    found = []
    for finding in story.findings:
        if finding.severity is not Severity.INFO and (finding.signal not in signals or finding.severity.rank > rank):
            found.append(finding)
            signals.add(finding.signal)
            rank = max(rank, finding.severity.rank)
    return tuple(found)


def _goes_on(last: int, time: int, quiet: int) -> bool:
    return time - last <= quiet and time // DAY == last // DAY


def _story(actor: Actor, chain: list[Finding], told: Sequence[Told], quiet: int) -> Story:
    known = _overlapping((chain[0].time, chain[-1].time), told, quiet)
    identity = known[0].id if known else short_hash(actor.key, chain[0].event_id)
    return Story(identity, actor, tuple(chain))


def _overlapping(span: tuple[int, int], told: Sequence[Told], quiet: int) -> list[Told]:
    day = span[0] // DAY
    near = [e for e in told if e.start // DAY == day and e.start - quiet <= span[1] and span[0] <= e.end + quiet]
    return sorted(near, key=lambda entry: (entry.start, entry.id))


def _weight(findings: list[Finding]) -> tuple[int, int, int, int]:
    worst = max(finding.severity.rank for finding in findings)
    return worst, len({finding.signal for finding in findings}), len(findings), findings[0].time


def _rank(severity: Severity) -> int:
    return severity.rank
