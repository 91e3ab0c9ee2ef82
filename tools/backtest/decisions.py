"""Every access through the core of the summarizer, and the stories that come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from secretwatch.detect.decide import decide, whose
from secretwatch.detect.memory import HOUR
from secretwatch.detect.story import News, stories
from secretwatch.record.access import SecretAccess
from secretwatch.record.actor import Actor, People
from secretwatch.record.origin import Judged
from tools.backtest.history import History
from tools.backtest.settings import BacktestSettings

CHUNK = 5_000
"""Accesses that are decided together."""
_SETTLED = 2 * HOUR
"""Seconds after which nothing new is found about an access: the same key elsewhere an hour later is."""


class Decider:
    """Takes accesses as they come, chunk by chunk; what is found is kept in a history."""

    def __init__(
        self, settings: BacktestSettings, history: History, heard: Callable[[News], None] | None = None
    ) -> None:
        """``heard`` is called with what people hear at once, as deliveries come in whatever order."""
        self._settings = settings
        self._history = history
        self._heard = heard
        self._people = People(settings.tuning.people_roles, settings.tuning.automation)

    def take(self, chunk: Sequence[SecretAccess]) -> None:
        """Decide on some accesses."""
        settings = self._settings
        groups: dict[str, tuple[Actor, list[Judged]]] = {}
        for entry, actor in zip(settings.trust.judge(chunk), self._people.actors(chunk), strict=True):
            if settings.canary is None or not settings.canary.made(entry.access.call):
                groups.setdefault(actor.key, (actor, []))[1].append(entry)
        judged: dict[str, tuple[Actor, list[Judged]]] = {}
        for actor, entries in groups.values():
            by = whose(actor, self._history.memory, min(_seconds(entry.access) for entry in entries))
            if by is not actor:
                self._history.judged_as[actor.key] = by
            judged.setdefault(by.key, (by, []))[1].extend(entries)
        for actor, entries in judged.values():
            self._decide(actor, entries)

    def _decide(self, actor: Actor, entries: list[Judged]) -> None:
        memory = self._history.memory(actor.key)
        times = [_seconds(entry.access) for entry in entries]
        decision = decide(actor, entries, memory, self._settings.tuning, max(times))
        if decision.memory is not memory:
            self._history.remember(actor.key, decision.memory)
            if self._heard is not None:
                for news in decision.news:
                    self._heard(news)
            found = (finding for story in decision.stories for finding in story.findings)
            self._history.find(actor, (finding for finding in found if finding.time > min(times) - _SETTLED))

    def tell(self) -> None:
        """Keep the stories of all that was found."""
        for actor, findings in self._history.found():
            for story in stories(actor, findings, (), self._settings.tuning.quiet_minutes):
                self._history.keep_story(story)


def decide_all(
    settings: BacktestSettings, history: History, progress: Callable[[int], None], chunk_size: int = CHUNK
) -> None:
    """Decide on the whole history; the findings and the stories are kept there."""
    decider, done = Decider(settings, history), 0
    for chunk in history.chunks(chunk_size):
        decider.take(chunk)
        done += len(chunk)
        progress(done)
    decider.tell()


def _seconds(access: SecretAccess) -> int:
    return int(access.time.timestamp())
