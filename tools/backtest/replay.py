"""What became of each access and of each story: the history once more, with its end known."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.evidence import Evidence, Recorded, gather
from secretwatch.detect.memory import DAY, EVENT_ID_KEPT
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import News, Story, fresh
from secretwatch.functions.rotator.policy import Reason
from secretwatch.record.access import SecretAccess
from secretwatch.record.actor import Actor, People
from secretwatch.record.origin import Judged
from secretwatch.runtime.text import one_line, timestamp
from tools.backtest.history import History
from tools.backtest.rotation import Answer, Rotator
from tools.backtest.settings import BacktestSettings

ACCESSES_SHOWN = 2_000
"""Most accesses of a story that are looked at, as the summarizer does."""
_HELD = 100_000
"""Most accesses of all stories together; beyond that only the notable ones are."""
_JUDGED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one access."""

    judged: Judged
    actor: Actor
    findings: tuple[Finding, ...]
    """What is notable about it."""
    story: Story | None
    """The story that it is a part of; None outside of those that people hear of."""
    message: str
    """``opened``, ``escalated`` (a message goes out), ``counted`` (into the story) or ``digest``."""
    reason: str
    answers: tuple[Answer, ...]
    """What the rotator does."""

    @property
    def would_notify(self) -> bool:
        """Whether a message goes out at this access."""
        return self.message in ("opened", "escalated")

    @property
    def rotates(self) -> tuple[str, ...]:
        """The secrets that are rotated."""
        return tuple(answer.target.secret.name for answer in self.answers if answer.rotates)

    def as_row(self) -> dict[str, object]:
        """Return what is written of it as one JSON line."""
        access, origin = self.judged
        call, session = access.call, access.session
        return {
            "event_id": access.event_id,
            "event_time": timestamp(access.time),
            "event_name": call.event_name,
            "secrets": list(call.secret_names),
            "principal": call.principal.key,
            "actor": self.actor.key,
            "session": session.name,
            "access_key_id": session.access_key_id,
            "user_agent": call.user_agent,
            "account": call.account,
            "region": call.region,
            "outcome": call.outcome,
            "source": call.source_address,
            "network": origin.trust,
            "signals": [finding.signal for finding in self.findings],
            "severity": self.findings[0].severity if self.findings else Severity.INFO,
            "story": self.story and self.story.id,
            "message": self.message,
            "would_notify": self.would_notify,
            "would_rotate": bool(self.rotates),
            "reason": f"{self.reason}; rotation: {_rotation_reason(self.answers)}",
        }


@dataclass(frozen=True, slots=True)
class Closed:
    """A story that people heard of, when nothing more can come to it."""

    story: Story
    messages: tuple[News, ...]
    """What was sent, in order of time; at least one."""
    evidence: Evidence
    unseen: int
    """Accesses that are not in the evidence, because they are too many."""
    rotated: tuple[str, ...]
    """Secrets that were rotated because of its accesses."""

    @property
    def time(self) -> int:
        """When its first message went out, epoch seconds."""
        return self.messages[0].fresh[0].time


@dataclass
class _Open:
    """A story as its accesses pass."""

    story: Story
    quiet: int
    messages: dict[str, News]
    """Event id → the message that goes out at that access."""
    findings: dict[str, list[Finding]]
    recorded: list[Recorded] = field(default_factory=list)
    unseen: int = 0
    rotated: dict[str, None] = field(default_factory=dict)

    @property
    def deadline(self) -> int:
        """Until when (epoch seconds) accesses of its actor are told with it: its day's end at the latest."""
        last = self.story.span[1]
        return min(last + self.quiet, (last // DAY + 1) * DAY - 1)

    def closed(self) -> Closed:
        evidence = gather(self.story.lead, self.recorded, complete=not self.unseen)
        return Closed(self.story, tuple(self.messages.values()), evidence, self.unseen, tuple(self.rotated))


def messages_of(story: Story) -> dict[str, News]:
    """Return what goes out about a story, by the access at which it does, in order of time.

    The first finding that is worth a message opens it; a new signal or a higher severity is
    another message; several on one access are one.
    """
    messages: dict[str, News] = {}
    for finding in fresh(story, ()):
        known = messages.get(finding.event_id)
        worth = (finding,) if known is None else (*known.fresh, finding)
        opened = not messages if known is None else known.opened
        messages[finding.event_id] = News(story, worth, opened)
    return messages


class Replay:
    """Goes through a decided history; call ``run`` once."""

    def __init__(self, settings: BacktestSettings, history: History) -> None:
        self._settings = settings
        self._history = history
        self._people = People(settings.tuning.people_roles, settings.tuning.automation)
        self._rotator = Rotator(settings.rotator)
        self._open: dict[str, _Open] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._held = 0

    def run(self) -> Iterator[Row | Closed]:
        """Yield every access in order of time, and every story that people heard of when it has ended."""
        stories = self._history.stories()
        following = next(stories, None)
        for judged, actor in self._judged():
            time = int(judged.access.time.timestamp())
            yield from self._close(time)
            while following is not None and following.span[0] <= time:
                self._begin(following)
                following = next(stories, None)
            yield self._row(judged, actor, time)
        yield from self._close(None)

    def _judged(self) -> Iterator[tuple[Judged, Actor]]:
        def decided(chunk: list[SecretAccess]) -> Iterable[tuple[Judged, Actor]]:
            others = self._history.judged_as
            actors = (others.get(actor.key, actor) for actor in self._people.actors(chunk))
            return zip(self._settings.trust.judge(chunk), actors, strict=True)

        chunk = []
        for access in self._history.accesses():
            chunk.append(access)
            if len(chunk) >= _JUDGED_AT_ONCE:
                yield from decided(chunk)
                chunk = []
        yield from decided(chunk)

    def _begin(self, story: Story) -> None:
        findings: dict[str, list[Finding]] = {}
        for finding in story.findings:
            findings.setdefault(finding.event_id, []).append(finding)
        begun = _Open(story, self._settings.tuning.quiet_minutes * 60, messages_of(story), findings)
        self._open[story.actor.key] = begun
        heapq.heappush(self._deadlines, (begun.deadline, story.actor.key))

    def _close(self, time: int | None) -> Iterator[Closed]:
        """Close the stories that ended before a time; None: all."""
        while self._deadlines and (time is None or self._deadlines[0][0] < time):
            _, actor = heapq.heappop(self._deadlines)
            ended = self._open.pop(actor)
            self._held -= len(ended.recorded)
            if ended.messages:
                yield ended.closed()

    def _row(self, judged: Judged, actor: Actor, time: int) -> Row:
        answers = tuple(self._rotator.answers(judged))
        within = self._open.get(actor.key)
        event_id = judged.access.event_id[:EVENT_ID_KEPT]
        if within is None:
            return Row(judged, actor, (), None, "digest", "nothing is notable about it", answers)
        found = [finding for finding in within.findings.get(event_id, ()) if finding.time == time]
        found.sort(key=lambda finding: (-finding.severity.rank, finding.signal))
        self._record(within, judged, bool(found))
        within.rotated.update((answer.target.secret.name, None) for answer in answers if answer.rotates)
        message, reason = _fate(within, found, event_id, time)
        if any(finding.spared for finding in found):
            reason = "it was expected: nobody is notified"
        story = None if message == "digest" else within.story
        return Row(judged, actor, tuple(found), story, message, reason, answers)

    def _record(self, within: _Open, judged: Judged, notable: bool) -> None:
        """Keep an access as evidence, as far as there is room."""
        if not within.messages:
            return
        if len(within.recorded) < ACCESSES_SHOWN and (notable or self._held < _HELD):
            within.recorded.append(Recorded.of(judged))
            self._held += 1
        else:
            within.unseen += 1


def _fate(within: _Open, found: list[Finding], event_id: str, time: int) -> tuple[str, str]:
    """Return what becomes of an access within a story, or soon after it, and why."""
    news = within.messages.get(event_id) if found else None
    if news is not None:
        sentence = one_line(max(news.fresh, key=lambda finding: finding.severity.rank).sentence, 300)
        return ("opened", f"opens a story: {sentence}") if news.opened else ("escalated", f"makes it worse: {sentence}")
    if not within.messages or time > within.story.span[1]:
        return "digest", "only what is usual for it: severity info" if found else "nothing is notable about it"
    if found:
        return "counted", "counted in a story that was notified: nothing in it is new there"
    return "counted", "counted in a story that was notified: nothing is notable about it"


def _rotation_reason(answers: tuple[Answer, ...]) -> str:
    """Return why a secret is rotated, or else why none is."""
    reasons = sorted(answers, key=lambda answer: not answer.rotates)
    return reasons[0].decision.reason if reasons else Reason.NOT_A_TARGET
