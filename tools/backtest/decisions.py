"""Every access through the core of the summarizer, and the stories that come of it."""

from __future__ import annotations

from collections.abc import Callable

from secretwatch.detect.decide import decide
from secretwatch.detect.memory import HOUR
from secretwatch.detect.story import stories
from secretwatch.record.access import SecretAccess
from secretwatch.record.actor import Actor, People
from secretwatch.record.origin import Judged
from tools.backtest.history import History
from tools.backtest.settings import BacktestSettings

CHUNK = 5_000
"""Accesses that are decided together."""
_SETTLED = 2 * HOUR
"""Seconds after which nothing new is found about an access: the same key elsewhere an hour later is."""


def decide_all(
    settings: BacktestSettings, history: History, progress: Callable[[int], None], chunk_size: int = CHUNK
) -> None:
    """Decide on the whole history; the findings and the stories are kept there."""
    people = People(settings.tuning.people_roles, settings.tuning.automation)
    done = 0
    for chunk in history.chunks(chunk_size):
        judged = settings.trust.judge(chunk)
        groups: dict[str, tuple[Actor, list[Judged]]] = {}
        for entry, actor in zip(judged, people.actors(chunk), strict=True):
            if settings.canary is None or not settings.canary.made(entry.access.call):
                groups.setdefault(actor.key, (actor, []))[1].append(entry)
        for actor, entries in groups.values():
            _decide(settings, history, actor, entries)
        done += len(chunk)
        progress(done)
    for actor, findings in history.found():
        for story in stories(actor, findings, (), settings.tuning.quiet_minutes):
            history.keep_story(story)


def _decide(settings: BacktestSettings, history: History, actor: Actor, entries: list[Judged]) -> None:
    memory = history.memory(actor.key)
    first, last = _seconds(entries[0].access), _seconds(entries[-1].access)
    decision = decide(actor, entries, memory, settings.tuning, last)
    if decision.memory is not memory:
        history.remember(actor.key, decision.memory)
        found = (finding for story in decision.stories for finding in story.findings)
        history.find(actor, (finding for finding in found if finding.time > first - _SETTLED))


def _seconds(access: SecretAccess) -> int:
    return int(access.time.timestamp())
