"""A month through the deployed decision: the backtest's, chunk by chunk, so that no month is ever held as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dev.month.alarms import Alarm, Alarms
from dev.month.lives import START
from dev.month.organisation import DAYS, HISTORY_DAYS, organisations
from dev.month.records import Label, Made
from dev.month.rivals import Rivals
from dev.month.stream import delivered, month
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.story import News, Story
from secretwatch.record.access import Malformed, SecretAccess, parse
from tools.backtest.decisions import CHUNK, Decider
from tools.backtest.history import History, chunked
from tools.backtest.replay import messages_of
from tools.backtest.settings import BacktestSettings, learning

_SHOWN_EVERY = 5_000
_DELIVERED_SECONDS = 300
"""What CloudTrail brings together, where records come late."""


@dataclass(frozen=True, slots=True)
class Message:
    """What people would hear at one moment."""

    time: int
    """Of the access at which it goes out, epoch seconds."""
    severity: Severity
    signals: tuple[str, ...]
    actor: str
    is_person: bool
    secret: str
    labels: frozenset[Label]
    """Of the records that it is about."""
    story: str
    sentence: str

    @property
    def day(self) -> int:
        """The day of the month, from 0."""
        return (self.time - START) // 86_400


@dataclass
class Month:
    """What came of a month."""

    days: int
    accounts: int = 1
    records: int = 0
    before: int = 0
    """Records of the days before."""
    messages: list[Message] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    began: dict[Label, int] = field(default_factory=dict)
    """Label → the time of its first record."""
    problems: Counter[str] = field(default_factory=Counter)
    rivals: Rivals | None = None


class Run:
    """Takes one month through the decision; call ``month`` once."""

    def __init__(
        self,
        settings: BacktestSettings,
        say: Callable[[str], None] = lambda _: None,
        told: Callable[[Story, Sequence[News]], None] = lambda *_: None,
    ) -> None:
        """``told`` is called with each story and what was sent of it, unless records come late."""
        self._settings = settings
        self._told = told
        self._say = say
        self._labels: dict[str, Label] = {}
        self._alarms = Alarms()

    def month(
        self,
        size: str,
        seed: int,
        *,
        days: int = DAYS,
        history: bool = True,
        late: bool = False,
        rivals: Rivals | None = None,
    ) -> Month:
        """Return what came of a month. ``late``: as deliveries bring it; ``history``: with the days before."""
        found = Month(days, len(organisations(size, seed)), rivals=rivals)
        made = month(size, seed, -HISTORY_DAYS if history else 0, days)
        accesses = self._accesses(delivered(made, seed) if late else made, found)
        settings = learning(self._settings, START - HISTORY_DAYS * 86_400 if history else START)
        with_news: list[News] = []
        kept = History()
        decider = Decider(settings, kept, with_news.append if late else None)
        for chunk in _deliveries(accesses) if late else chunked(accesses, CHUNK):
            decider.take(_without_copies(chunk))
        if late:
            found.messages = sorted(map(self._message, with_news), key=lambda message: message.time)
        else:
            decider.tell()
            for story in kept.stories():
                sent = tuple(messages_of(story).values())
                self._told(story, sent)
                found.messages += map(self._message, sent)
        found.messages = [message for message in found.messages if message.time >= START]
        found.alarms = self._alarms.end()
        return found

    def _accesses(self, records: Iterable[Made], found: Month) -> Iterator[SecretAccess]:
        """Yield the accesses; everything else that looks at records sees them here."""
        for number, (record, label) in enumerate(records, 1):
            parsed = parse(record)
            time = _time(parsed, record["eventTime"])
            if number % _SHOWN_EVERY == 0:
                self._say(f"{record['eventTime'][:10]}: {number:,} records")
            if time < START:
                found.before += 1
            else:
                found.records += 1
                self._alarms.take(record, time, label)
            if label is not None:
                self._labels[record["eventID"]] = label
                found.began.setdefault(label, time)
            if found.rivals is not None:
                found.rivals.take(record, time, label)
            if isinstance(parsed, SecretAccess):
                yield parsed
            elif isinstance(parsed, Malformed):
                found.problems[parsed.reason] += 1

    def _message(self, news: News) -> Message:
        worst = max(news.fresh, key=lambda finding: finding.severity.rank)
        labels = (self._labels.get(finding.event_id) for finding in news.fresh)
        return Message(
            time=min(finding.time for finding in news.fresh),
            severity=news.severity,
            signals=tuple(dict.fromkeys(finding.signal for finding in news.fresh)),
            actor=news.story.actor.key,
            is_person=news.story.actor.is_person,
            secret=worst.moment.name,
            labels=frozenset(label for label in labels if label is not None),
            story=news.story.id,
            sentence=worst.sentence,
        )


def _time(parsed: object, text: str) -> int:
    time = parsed.time if isinstance(parsed, SecretAccess) else datetime.fromisoformat(text).astimezone(UTC)
    return int(time.timestamp())


def _deliveries(accesses: Iterable[SecretAccess]) -> Iterator[list[SecretAccess]]:
    """Yield what comes within some minutes."""
    chunk: list[SecretAccess] = []
    for access in accesses:
        if chunk and (access.time - chunk[0].time).total_seconds() >= _DELIVERED_SECONDS:
            yield chunk
            chunk = []
        chunk.append(access)
    yield from [chunk] if chunk else []


def _without_copies(chunk: Sequence[SecretAccess]) -> list[SecretAccess]:
    """Return the accesses; of the two records of one call across accounts the one that knows its caller."""
    known: dict[str, SecretAccess] = {}
    for access in chunk:
        other = known.get(access.shared_event_id or access.event_id)
        if other is None or other.call.principal.type == "AWSAccount":
            known[access.shared_event_id or access.event_id] = access
    return list(known.values())
