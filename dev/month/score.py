"""What a month was worth: how much people would get, whether it was worth reading, whether the attacks stood out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import mean

from dev.month.attacks import NAMES
from dev.month.lives import START
from dev.month.records import Label
from dev.month.run import Message, Month
from secretwatch.detect.catalogue import Severity

CHANNEL = Severity.MEDIUM
"""What a channel gets by default: this and above."""
INBOX = Severity.HIGH
"""What an inbox or a phone gets, of messages and of alarms: this and above."""
STANDS_OUT = 20
"""Most messages of its day that are as severe as one that stands out."""
DIGESTS_A_DAY = 1.0
"""To each channel and address that wants it."""
MODEL_CALLS_PER_HOUR = 200
"""The default of the variable ``model_calls_per_hour``."""
_WHY_SHOWN = 40
_SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a month, those of the JSON line."""

    high_per_day: float
    """High and critical."""
    medium_per_day: float
    low_per_day: float
    info_per_day: float
    digests_per_day: float
    alarms_per_day: float
    """Those that notify."""
    attacks_told: int
    """Of twelve: a channel got a message about it."""
    attacks_high: int
    attacks_standing_out: int
    high_worth_reading: float
    """Share of the high messages; 1 if there is none."""
    emails_per_address_month: float
    model_calls: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What people hear at one moment: a message, or an alarm."""

    time: int
    severity: Severity
    what: str
    labels: frozenset[Label]

    @property
    def day(self) -> int:
        """The day of the month, from 0."""
        return (self.time - START) // 86_400


@dataclass(frozen=True, slots=True)
class Told:
    """How an attack was told."""

    attack: str
    first: Heard | None
    """The first message about it that a channel got."""
    worst: Heard | None
    """The first of the most severe."""
    rank: int | None
    """How many messages of that one's day are as severe, itself included; of all about it the best."""
    delay: int | None
    """Seconds from the attack's first record to the first message."""


class Score:
    """Measures a month."""

    def __init__(self, month: Month) -> None:
        self.month = month

    @cached_property
    def heard(self) -> list[Heard]:
        """Everything that a channel would get: messages and alarms, in order of time."""
        month = self.month
        found = [Heard(m.time, m.severity, ", ".join(m.signals), m.labels) for m in month.messages]
        found += [Heard(a.time, a.severity, f"alarm {a.detection}", a.labels) for a in month.alarms if a.notifies]
        return sorted((h for h in found if h.severity.rank >= CHANNEL.rank), key=lambda h: (h.time, h.what))

    @cached_property
    def _as_severe(self) -> Counter[tuple[int, int]]:
        return Counter((h.day, rank) for h in self.heard for rank in range(h.severity.rank + 1))

    def rank(self, heard: Heard) -> int:
        """Return how many messages of that day are as severe."""
        return self._as_severe[heard.day, heard.severity.rank]

    @cached_property
    def attacks(self) -> list[Told]:
        """How each attack was told."""
        about: dict[str, list[Heard]] = defaultdict(list)
        for heard in self.heard:
            for label in heard.labels:
                if label.kind == "attack":
                    about[label.name].append(heard)
        return [self._told(name, about[name]) for name in NAMES]

    def _told(self, attack: str, about: Sequence[Heard]) -> Told:
        if not about:
            return Told(attack, None, None, None, None)
        worst = max(about, key=lambda h: (h.severity.rank, -h.time))
        began = self.month.began[Label("attack", attack)]
        return Told(attack, about[0], worst, min(map(self.rank, about)), about[0].time - began)

    def worth_reading(self) -> list[bool]:
        """Return of each high message whether it was worth reading.

        An attack's is; and the first that channels get about something that is labelled for review.
        """
        shown: set[Label] = set()
        worth = []
        for message in self.month.messages:
            if message.severity.rank < CHANNEL.rank:
                continue
            new = message.labels - shown
            if message.severity.rank >= INBOX.rank:
                worth.append(bool(new) or any(label.kind == "attack" for label in message.labels))
            shown |= message.labels
        return worth

    def figures(self) -> Figures:
        """Return the figures."""
        month, days = self.month, self.month.days
        number = Counter(message.severity for message in month.messages)
        high = number[Severity.HIGH] + number[Severity.CRITICAL]
        alarms = [alarm for alarm in month.alarms if alarm.notifies]
        in_inboxes = high + sum(alarm.severity.rank >= INBOX.rank for alarm in alarms)
        worth, told = self.worth_reading(), [attack for attack in self.attacks if attack.worst is not None]
        return Figures(
            high_per_day=round(high / days, 2),
            medium_per_day=round(number[Severity.MEDIUM] / days, 2),
            low_per_day=round(number[Severity.LOW] / days, 2),
            info_per_day=round(number[Severity.INFO] / days, 2),
            digests_per_day=DIGESTS_A_DAY,
            alarms_per_day=round(len(alarms) / days, 2),
            attacks_told=len(told),
            attacks_high=sum(t.worst.severity.rank >= Severity.HIGH.rank for t in told if t.worst),
            attacks_standing_out=sum(t.rank is not None and t.rank <= STANDS_OUT for t in told),
            high_worth_reading=round(mean(map(float, worth)), 3) if worth else 1.0,
            emails_per_address_month=round(in_inboxes * 30 / days, 1),
            model_calls=model_calls(month.messages),
        )

    # --- for people -------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        figures, month = self.figures(), self.month
        yield f"{month.records:,} records on {month.days} days, {month.before:,} before"
        if month.problems:
            yield f"NOT UNDERSTOOD: {month.problems.most_common(3)}"
        yield f"{'':24}" + "".join(f"{severity:>10}" for severity in _SEVERITIES)
        number = Counter(message.severity for message in month.messages)
        yield f"{'messages a day':24}" + "".join(f"{number[s] / month.days:>10,.2f}" for s in _SEVERITIES)
        first = Counter(message.severity for message in month.messages if message.day == 0)
        yield f"{'on the first day':24}" + "".join(f"{first[s]:>10,}" for s in _SEVERITIES)
        if month.accounts > 1:
            yield f"{'a day and account':24}" + "".join(
                f"{number[s] / month.days / month.accounts:>10,.2f}" for s in _SEVERITIES
            )
        for what, notifies in (("alarms a day", True), ("alarms a day that notify nobody", False)):
            alarms = Counter(alarm.detection for alarm in month.alarms if alarm.notifies is notifies)
            shown = ", ".join(f"{name} {n / month.days:,.1f}" for name, n in alarms.most_common())
            yield f"{what}: {shown or 'none'}"
        channel = sum(h.severity.rank >= CHANNEL.rank for h in self.heard) / month.days
        yield f"a channel ({CHANNEL} and above) gets {channel:,.1f} a day, alarms included"
        yield f"an inbox or phone ({INBOX} and above) gets {figures.emails_per_address_month:,.0f} a month"
        for name, value in asdict(figures).items():
            yield f"{name:28}{value:>12,}"
        yield ""
        yield from self.attack_lines()
        if month.rivals is not None:
            yield ""
            yield from self.rival_lines()

    def attack_lines(self) -> Iterator[str]:
        """Yield how each attack was told."""
        yield f"{'attack':20} {'first message':>9} {'delay':>9} {'worst':>9} {'rank':>5}  by"
        for told in self.attacks:
            if told.first is None or told.worst is None or told.delay is None:
                yield f"{told.attack:20} not told: {self._unheard(told.attack)}"
                continue
            what = told.first.what if told.first is told.worst else f"{told.first.what}; then {told.worst.what}"
            yield (
                f"{told.attack:20} {told.first.severity:>13} {_duration(told.delay):>9} {told.worst.severity:>9}"
                f" {told.rank:>5}  {what}"
            )

    def _unheard(self, attack: str) -> str:
        """Return what was said of an attack where no channel gets it."""
        label = Label("attack", attack)
        below = [f"{m.severity} {', '.join(m.signals)}" for m in self.month.messages if label in m.labels]
        return "; ".join(dict.fromkeys(below)) or "nothing at all"

    def rival_lines(self) -> Iterator[str]:
        """Yield what others' rules would have said."""
        yield f"{'roughly, by others':24} {'a day':>10} {'attacks told':>13} {'standing out':>13}"
        rivals = self.month.rivals
        for name, told in sorted(rivals.told.items()) if rivals else ():
            ranks = [rank for attack in NAMES if (rank := told.rank(attack)) is not None]
            out = sum(rank <= STANDS_OUT for rank in ranks)
            yield f"{name:24} {told.total / self.month.days:>10,.1f} {len(ranks):>13} {out:>13}"

    def why(self) -> Iterator[str]:
        """Yield what makes the messages: by severity, actor and signals, the most frequent first."""
        groups: dict[tuple[int, str, str], list[Message]] = defaultdict(list)
        for message in self.month.messages:
            groups[message.severity.rank, _name(message), ", ".join(message.signals)].append(message)
        for least, title in ((Severity.MEDIUM.rank, "medium and above"), (0, "below medium")):
            chosen = [(key, g) for key, g in groups.items() if (key[0] >= Severity.MEDIUM.rank) == bool(least)]
            yield ""
            yield f"{title}: {sum(len(g) for _, g in chosen):,} messages of {len(chosen):,} kinds"
            for (_, name, signals), group in sorted(chosen, key=lambda e: (-len(e[1]), e[0]))[:_WHY_SHOWN]:
                days = sorted({message.day for message in group})
                when = f"day {days[0]}" if len(days) == 1 else f"days {days[0]}-{days[-1]}"
                labels = _shown(label for message in group for label in message.labels)
                yield f"{len(group):>6} {group[0].severity:9} {when:11} {name}  [{signals}]  {labels}"
                yield f"{'':28} e.g. {group[0].sentence}"
        yield ""
        yield "by signal, messages at medium and above in which it is:"
        signals_of = Counter(s for m in self.month.messages if m.severity.rank >= CHANNEL.rank for s in m.signals)
        yield "  " + ", ".join(f"{signal} {number:,}" for signal, number in signals_of.most_common())


def model_calls(messages: Iterable[Message]) -> int:
    """Return the calls of the model: one a message at medium and above, up to the hour's budget."""
    explained = (message for message in messages if message.severity.rank >= Severity.MEDIUM.rank)
    hours = Counter(message.time // 3600 for message in explained)
    return sum(min(number, MODEL_CALLS_PER_HOUR) for number in hours.values())


def _name(message: Message) -> str:
    """Return an actor without account, path and the digits of a permission set."""
    arn, _, person = message.actor.partition(" ")
    name = arn.rpartition("/")[2] if "/" in arn else arn
    return f"{person} ({name})" if person else name


def _shown(labels: Iterable[Label]) -> str:
    names = dict.fromkeys(f"{'ATTACK' if label.kind == 'attack' else 'review'} {label.name}" for label in labels)
    return "; ".join(list(names)[:3]) + (" …" if len(names) > 3 else "")


def _duration(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min"
    return f"{seconds / 3600:.0f} h" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f} days"
