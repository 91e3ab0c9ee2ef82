"""One screen about a backtest: what was read, what people would have got a day, what is noisy, what was left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.routes import Route
from secretwatch.notify.access_notice import access_notice
from secretwatch.notify.notice import Notice
from secretwatch.runtime.text import count, one_line, timestamp
from tools.backtest.advice import Advice
from tools.backtest.replay import Closed, Row
from tools.backtest.settings import BacktestSettings

_DAYS_SHOWN = 7
_REASONS_SHOWN = 12
_NAMES_KEPT = 100_000
"""Most names that are counted apart."""
_SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


@dataclass
class Counts:
    """What was counted."""

    settings: BacktestSettings
    records: int = 0
    accesses: int = 0
    duplicates: int = 0
    reads: int = 0
    rotations: int = 0
    stories: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    readers: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    days: dict[str, Counter[Severity]] = field(default_factory=dict)
    """Day with accesses → messages of each severity."""
    received: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Channel → day → messages."""
    expected: Counter[str] = field(default_factory=Counter)
    """Expectation's id → notable accesses that nobody heard of because of it."""
    advice: Advice = field(init=False)

    def __post_init__(self) -> None:
        self.advice = Advice(self.settings)

    def count_problem(self, reason: str) -> None:
        """Count something that was not understood; of very many different ones only how many they are."""
        known = reason in self.problems or len(self.problems) < _NAMES_KEPT
        self.problems[reason if known else "and other reasons"] += 1

    def count_row(self, row: Row) -> None:
        """Count an access."""
        access = row.judged.access
        self.accesses += 1
        self.rotations += len(row.rotates)
        day = timestamp(access.time)[:10]
        self.days.setdefault(day, Counter())
        if access.call.is_read:
            self.reads += 1
            _add(self.readers, row.actor.key)
            for name in access.call.secret_names:
                _add(self.secrets, name)
        spared = [finding.spared for finding in row.findings if finding.spared]
        self.expected.update({each.expectation for each in spared})
        for answer in row.answers:
            if answer.notice is not None:
                self._count_message(answer.notice, day)

    def count_story(self, closed: Closed) -> None:
        """Count the messages of a story."""
        self.stories += 1
        self.advice.add(closed.story, closed.messages)
        for news in closed.messages:
            day = timestamp(datetime.fromtimestamp(news.fresh[0].time, UTC))[:10]
            self._count_message(access_notice(news, closed.evidence), day)

    def _count_message(self, notice: Notice, day: str) -> None:
        self.days.setdefault(day, Counter())[notice.severity] += 1
        for route in self.settings.channels:
            if route.takes(notice):
                self.received[route.name][day] += 1

    def lines(self) -> Iterator[str]:
        """Yield the lines of the summary."""
        messages = sum(day.total() for day in self.days.values())
        readers, secrets = _number(self.readers, "actor"), _number(self.secrets, "secret")
        rotations = ", and about rotations" if self.settings.rotator else ""
        yield f"{self.records:,} records: {self.accesses:,} about secrets on {count(len(self.days), 'day')}"
        if self.duplicates:
            yield f"{count(self.duplicates, 'record')} came more than once"
        yield f"{count(self.reads, 'value')} of {secrets} returned to {readers}"
        yield f"{count(messages, 'message')} about {count(self.stories, 'story', 'stories')}{rotations}"
        yield from self._by_day()
        for route in self.settings.channels:
            yield self._channel(route)
        if self.settings.rotator is not None:
            yield f"{count(self.rotations, 'rotation')} of a secret"
        if not self.settings.trust.networks and not self.settings.trust.vpc_endpoints:
            yield "nothing is trusted: with --trusted-cidrs, or --trusted-vpc-endpoint-ids, a stranger's place is high"
        for each in self.settings.tuning.expectations:
            number = count(self.expected[each.id], "notable access", "notable accesses")
            yield f"expected: {number} of {each.actor} on {each.secret} until {each.end}: {one_line(each.why, 200)}"
        yield from self.advice.lines()
        yield from _counted("ignored", self.ignored)
        yield from _counted("NOT UNDERSTOOD", self.problems)

    def _by_day(self) -> Iterator[str]:
        """Yield messages by day and severity; of many days the average and the busiest."""
        if not self.days:
            return
        yield _columns("messages", [str(severity) for severity in _SEVERITIES])
        if len(self.days) <= _DAYS_SHOWN:
            for day, numbers in sorted(self.days.items()):
                yield _columns(f"  {day}", [f"{numbers[severity]:,}" for severity in _SEVERITIES])
            return
        total = sum(self.days.values(), Counter[Severity]())
        yield _columns("  a day", [f"{total[severity] / len(self.days):,.1f}" for severity in _SEVERITIES])
        busiest = sorted(self.days.items(), key=lambda entry: (-entry[1].total(), entry[0]))[:3]
        for day, numbers in sorted(entry for entry in busiest if entry[1]):
            yield _columns(f"  busy: {day}", [f"{numbers[severity]:,}" for severity in _SEVERITIES])

    def _channel(self, route: Route) -> str:
        days = self.received[route.name]
        per_day = days.total() / max(1, len(self.days))
        most = max(days.items(), key=lambda entry: (entry[1], entry[0]), default=None)
        at_most = f", at most {most[1]:,} ({most[0]})" if most else ""
        takes = f"{route.minimum} and above" if route.minimum is not Severity.CRITICAL else route.minimum
        return f"channel {route.name} ({takes}): {count(days.total(), 'message')}, {per_day:,.1f} a day{at_most}"


def _columns(label: str, values: list[str]) -> str:
    return f"{label:20}" + "".join(f"{value:>10}" for value in values)


def _add(names: set[str], name: str) -> None:
    if len(names) < _NAMES_KEPT:
        names.add(name)


def _number(names: set[str], noun: str) -> str:
    return f"{'at least ' if len(names) >= _NAMES_KEPT else ''}{count(len(names), noun)}"


def _counted(what: str, reasons: Counter[str]) -> Iterator[str]:
    if not reasons:
        return
    yield f"{what}: {reasons.total():,}"
    for reason, number in reasons.most_common(_REASONS_SHOWN):
        yield f"  {number:,} × {one_line(reason, 120)}"
    if len(reasons) > _REASONS_SHOWN:
        yield f"  … and {len(reasons) - _REASONS_SHOWN:,} more reasons"
