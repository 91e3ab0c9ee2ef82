"""What an actor's past leaves in its memory: what the deployed decision learns, over the whole history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from secretwatch.detect.decide import remember
from secretwatch.detect.memory import DAY, Memory, forget
from secretwatch.record.access import Ignored, SecretAccess, parse
from secretwatch.record.actor import Actor
from secretwatch.record.envelopes import Content, Unreadable
from secretwatch.record.origin import Judged
from secretwatch.runtime.text import timestamp
from tools.backtest.decisions import CHUNK, Decider
from tools.backtest.history import History
from tools.backtest.settings import BacktestSettings
from tools.logs import files as log_files

_SHOWN_EVERY = 1_000
_REASONS_KEPT = 1_000
"""Most reasons for not understanding a record that are counted apart."""
Say = Callable[[str], None]


class _Learner(Decider):
    """Takes the first step of each decision, learning, and not the second, which looks for what to tell.

    Habits do not depend on the second, which takes most of the time.
    """

    def _decide(self, actor: Actor, entries: list[Judged]) -> None:
        memory = self._history.memory(actor.key)
        learnt = remember(memory, actor, entries, self._settings.tuning)
        if learnt is not memory:
            now = max(int(entry.access.time.timestamp()) for entry in entries)
            self._history.remember(actor.key, forget(replace(learnt, moments=()), now, ()))


@dataclass
class Past:
    """The history of all actors: everything that may be large is on disk."""

    history: History = field(default_factory=History)
    records: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    days: set[str] = field(default_factory=set)

    def read(self, files: Iterable[Path], say: Say) -> None:
        """Take in the records of some files."""
        for file in files:
            for content in log_files.read(file):
                self._take(content)
                if self.records % _SHOWN_EVERY == 0:
                    say(f"{self.records:,} records read, now {file.name}")

    def _take(self, content: Content | log_files.Skipped) -> None:
        if isinstance(content, log_files.Skipped):
            return
        self.records += 1
        if isinstance(content, Unreadable):
            self.count_problem(content.reason)
            return
        parsed = parse(content.record)
        if isinstance(parsed, SecretAccess):
            try:
                self.history.add(parsed)
            except RecursionError:  # no trail writes that
                self.count_problem(f"record {parsed.event_id}: it is nested too deeply")
            else:
                self.days.add(timestamp(parsed.time)[:10])
        elif not isinstance(parsed, Ignored):
            self.count_problem(f"record {parsed.event_id or 'without eventID'}: {parsed.reason}")

    def count_problem(self, reason: str, times: int = 1) -> None:
        """Count something that was not understood."""
        known = reason in self.problems or len(self.problems) < _REASONS_KEPT
        self.problems[reason if known else "and other reasons"] += times

    def learn(self, settings: BacktestSettings, say: Say) -> None:
        """Learn from every access in order of time, as the summarizer would have."""
        learner, number, done = _Learner(settings, self.history), len(self.history), 0
        for chunk in self.history.chunks(CHUNK):
            learner.take(chunk)
            done += len(chunk)
            say(f"learning from access {done:,} of {number:,}")

    def memories(self, history_days: int, now: int) -> Iterator[tuple[str, Memory]]:
        """Yield each actor (key) with its habits, and nothing that a story could come of.

        Whoever did nothing for ``history_days`` would have been forgotten, and is left out. ``now``: epoch seconds.
        """
        for actor, memory in self.history.memories():
            kept = forget(Memory(memory.habits, forgotten=memory.forgotten), now, ())
            last = max((known.last for names in kept.habits.values() for known in names.values()), default=0)
            if last > now - (history_days + 1) * DAY:
                yield actor, kept
