"""What is remembered of one actor: its habits, its latest notable accesses, the stories that people know of.

Pure data with a pure union: habits keep the earliest and the latest time of each name, moments
are a set, so that it does not matter in which order, how often or in what parts the accesses
arrive. ``judge`` in ``story.py`` reads the stories off it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from secretwatch.detect.catalogue import Severity

HOUR = 3600
DAY = 86_400
HORIZON = 6 * HOUR
"""Seconds that moments are kept: how late a record may come to be judged in its place."""
WINDOW = HOUR
"""Seconds of the longest window over single accesses."""
KEYS_KEPT = 3 * DAY
"""Seconds that it is known where an access key was used in which hour, or of people in which ten minutes."""
USE = HOUR
"""Seconds in which the uses of a workload's credentials at a place are one: no workload moves."""
PERSONS_USE = 600
"""The same of a person's, who moves."""
STORIES_KEPT = 15 * DAY
"""Seconds that a story is remembered after it was last looked at: longer than a dead-letter queue keeps an event."""
KEY_SEPARATOR = "\n"
"""Between the parts of a name in the habits of keys: no text of one line has it."""
EVENT_ID_KEPT = 64
"""Characters of an event id that are remembered; CloudTrail's have 36."""

BUCKET = 600
"""Seconds; of each stretch of time as long, only the first few moments of a kind are kept."""
MOMENTS_KEPT = 60
"""Moments of one kind in one bucket."""
MOMENTS_KEPT_IN_ALL = 1500
"""Moments that are remembered after they were judged, the latest: a table's item holds 400 KB."""
STORIES_TOLD_KEPT = MOMENTS_KEPT_IN_ALL
"""Stories that are remembered, the latest: each moment may be one of its own."""
LISTING_BUCKET = 300
"""Seconds; the first listing of so long stands for all of them."""


class Way(NamedTuple):
    """Something about an access that an actor can have a habit of: a kind and a name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is remembered of one kind of habit."""

    names: int
    days: int | None = None
    """After how many days without it a name is new again; None: ``history_days``."""


LIMITS: Mapping[str, Limit] = {
    "secret": Limit(5000),
    "unexpected": Limit(1000),
    "written": Limit(1000),
    "tampering": Limit(1000),
    "place": Limit(500),
    "region": Limit(60),
    "tool": Limit(100),
    "console": Limit(1000),
    "foreign": Limit(500),
    "service": Limit(60),
    "batch": Limit(4),
    "described": Limit(5000),
    "looked": Limit(60),
    "denied": Limit(1000, days=1),
    "key": Limit(3000, days=3),
}
"""The kinds of habits. What an actor uses every day stays known, whatever their number up to these."""


class Known(NamedTuple):
    """When an actor had something to do with a name."""

    first: int
    """Epoch seconds."""
    last: int
    """Epoch seconds of the day's beginning: a habit is written once a day, not with every access."""


class Kind(StrEnum):
    """What an access was, as far as windows count it."""

    READ = "read"
    """A value was returned."""
    BATCH = "batch"
    DENIED = "denied"
    """A read that was denied."""
    MISSING = "missing"
    """A read of a secret that does not exist."""
    LISTED = "listed"
    """ListSecrets, denied or not."""
    DESCRIBED = "described"
    """A look at one secret's description, policy or versions, denied or not."""
    CHANGED = "changed"
    ROTATION = "rotation"
    OTHER = "other"
    """A call that failed otherwise."""


class Moment(NamedTuple):
    """What is kept of one notable access: enough to judge it again when a late record arrives."""

    time: int
    """Epoch seconds."""
    event_id: str
    kind: Kind
    secret: str
    """The secret's key in the habits, or ""."""
    name: str
    """Its name, for people."""
    place: str
    network: str
    trust: str
    region: str
    tool: str
    key: str
    """Access key id, or the session's name where there is none."""
    ways: tuple[Way, ...]
    """What may be new about it."""
    marks: tuple[tuple[str, str], ...] = ()
    """Signal → its sentence, for what the call shows by itself."""
    version: bool = False
    """Whether a version was asked for by its id."""
    expected: bool = False
    """Whether its reader is declared as one who reads that secret."""

    @property
    def likeness(self) -> tuple[object, ...]:
        """What moments share if the first of them stands for all: only of what is counted each one matters."""
        if self.marks or self.kind in (Kind.DENIED, Kind.MISSING):
            return self
        if self.kind is Kind.LISTED:
            return (self.time // LISTING_BUCKET, self.kind, self.region, self.tool, self.key)
        return self[:1] + self[2:]


@dataclass(frozen=True, slots=True)
class Told:
    """A story that people know of."""

    id: str
    start: int
    end: int
    """Times of its first and last notable access, epoch seconds."""
    severity: Severity
    signals: tuple[str, ...]
    """What people have heard of in it."""
    looked_at: int
    """When it was last looked at, by the clock of who looked."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one actor."""

    habits: Mapping[str, Mapping[str, Known]] = field(default_factory=dict)
    """Kind → name → when."""
    moments: tuple[Moment, ...] = ()
    """The latest notable accesses, by time."""
    told: tuple[Told, ...] = ()
    unpublished: tuple[str, ...] = ()
    """Notices that were kept and may not have been published yet."""
    forgotten: int = 0
    """Until when (epoch seconds) it is not known any more where access keys were used."""
    version: int = 0
    """Of the stored item; 0 if there is none."""

    def known(self, way: Way) -> Known | None:
        """Return when the actor had to do with something, or None."""
        return self.habits.get(way.kind, {}).get(way.name)

    def is_first(self, way: Way, time: int) -> bool:
        """Whether nothing of the kind is known from before a time."""
        known = self.known(way)
        return known is not None and known.first >= time

    def is_usual(self, way: Way, time: int) -> bool:
        """Whether the actor had to do with something on a day before, within what is remembered."""
        known = self.known(way)
        return known is not None and time - known.first >= DAY

    def names(self, kind: str) -> Mapping[str, Known]:
        """Return the names of one kind of habit."""
        return self.habits.get(kind, {})

    def since(self) -> int | None:
        """Return when this actor first read anything, epoch seconds."""
        return min((known.first for known in self.names("secret").values()), default=None)


def learn(memory: Memory, seen: Iterable[tuple[int, int, Way]], history_days: int) -> Memory:
    """Return the memory with the habits of some accesses: (earliest time, latest time, way), epoch seconds.

    Learning the same twice changes nothing, and the order does not matter.
    """
    changed: dict[str, dict[str, Known]] = {}
    full: set[str] = set()
    for first, last, way in sorted(seen):
        names = changed.get(way.kind) or memory.names(way.kind)
        known = names.get(way.name)
        limit = LIMITS[way.kind]
        now = _joined(known, Known(first, last // DAY * DAY), (limit.days or history_days) * DAY)
        if now == known:
            continue
        if way.kind not in changed:
            changed[way.kind] = dict(names)
        if known is None and (way.kind in full or not _has_room(changed[way.kind], limit.names, last)):
            full.add(way.kind)
            continue
        changed[way.kind][way.name] = now
    return replace(memory, habits={**memory.habits, **changed}) if changed else memory


def _joined(known: Known | None, other: Known, forgotten_after: int) -> Known:
    """Return when a name was used, by two uses in whatever order: after a gap that is too long only the later one."""
    if known is None:
        return other
    earlier, later = sorted((known, other))
    if later.first - earlier.last > forgotten_after + DAY:
        return later
    return Known(earlier.first, max(earlier.last, later.last))


def unite(memory: Memory, past: Memory, history_days: int) -> Memory:
    """Return the memory with the habits of another one of the same actor; the very same object if it had them all.

    Nothing that it has is lost: of new names as many come to it as there is room for, the latest first.
    Doing it again changes nothing.
    """
    habits = {kind: _united(memory.names(kind), past.names(kind), kind, history_days) for kind in LIMITS}
    if all(names == memory.names(kind) for kind, names in habits.items()):
        return memory
    united = {kind: names for kind, names in habits.items() if names}
    return replace(memory, habits=united, forgotten=max(memory.forgotten, past.forgotten))


def _united(names: Mapping[str, Known], others: Mapping[str, Known], kind: str, history_days: int) -> dict[str, Known]:
    limit, united = LIMITS[kind], dict(names)
    for name, other in sorted(others.items(), key=lambda item: (-item[1].last, item[0])):
        if name in names:
            united[name] = _joined(names[name], other, (limit.days or history_days) * DAY)
        elif len(united) < limit.names:
            united[name] = other
    return united


def _has_room(names: dict[str, Known], limit: int, time: int) -> bool:
    """Make room for one name by forgetting what is used least; a name of these days is never forgotten.

    If there are only such, the actor has more of them than are remembered, and a name more
    is nothing new about it.
    """
    if len(names) < limit:
        return True
    oldest = min(names, key=lambda name: (names[name].last, names[name].first, name))
    if names[oldest].last >= time - 2 * DAY:
        return False
    del names[oldest]
    return True


def keep(memory: Memory, moments: Iterable[Moment]) -> Memory:
    """Return the memory with these moments among its own; the first few of a shape stand for all.

    Call it after ``learn``: a moment that shows nothing any more is dropped, so that what is
    kept does not depend on the order in which records arrive.
    """
    kept: list[Moment] = []
    numbers: dict[tuple[object, ...], int] = {}
    known: set[tuple[object, ...]] = set()
    for moment in sorted([*memory.moments, *moments]):
        if not matters(memory, moment):
            continue
        shape, likeness = _shape(memory, moment), moment.likeness
        number = numbers.get(shape, 0)
        if number < MOMENTS_KEPT and likeness not in known:
            numbers[shape] = number + 1
            known.add(likeness)
            kept.append(moment)
    return memory if tuple(kept) == memory.moments else replace(memory, moments=tuple(kept))


def _shape(memory: Memory, moment: Moment) -> tuple[object, ...]:
    """Return what moments share if the first few of them can stand for all within a bucket.

    What is new about a read, and from where and by what it was made, keeps it apart: a crowd of
    other reads must not hide it.
    """
    bucket = moment.time // BUCKET
    if moment.marks:
        return (bucket, moment.kind, *(signal for signal, _ in moment.marks))
    if moment.kind is not Kind.READ:
        return (bucket, moment.kind)
    new = frozenset(way.kind for way in moment.ways if memory.is_first(way, moment.time))
    return (bucket, moment.kind, moment.place, moment.tool, new)


def matters(memory: Memory, moment: Moment) -> bool:
    """Whether a moment shows anything: by itself, as the first of its kind, or as one of many."""
    if moment.marks or moment.kind is Kind.LISTED:
        return True
    if moment.kind in (Kind.DENIED, Kind.MISSING):
        return any(is_recent(memory, way, moment.time) for way in moment.ways)
    return any(memory.is_first(way, moment.time) for way in moment.ways)


def is_recent(memory: Memory, way: Way, time: int) -> bool:
    """Whether the actor had nothing to do with something until a day before a time."""
    known = memory.known(way)
    return known is None or time - known.first < DAY


def forget(memory: Memory, now: int, spans: Iterable[tuple[int, int]]) -> Memory:
    """Return the memory without what is too old to matter at a time (epoch seconds).

    A story that reaches into the horizon (``spans``: the first and last time of each) is kept as a whole, for a day.
    """
    since = now - HORIZON
    since = max(now - DAY, min([since, *(start for start, end in spans if end > since)])) - WINDOW
    # A clock that is a day ahead would be remembered for ever.
    moments = tuple(moment for moment in memory.moments if since < moment.time <= now + DAY)[-MOMENTS_KEPT_IN_ALL:]
    told = tuple(story for story in memory.told if story.looked_at > now - STORIES_KEPT)[-STORIES_TOLD_KEPT:]
    keys = {name: known for name, known in memory.names("key").items() if known.last > now - KEYS_KEPT}
    habits = memory.habits if len(keys) == len(memory.names("key")) else {**memory.habits, "key": keys}
    if len(moments) == len(memory.moments) and len(told) == len(memory.told) and habits is memory.habits:
        return memory
    forgotten = memory.forgotten if habits is memory.habits else max(memory.forgotten, now - KEYS_KEPT + DAY)
    return replace(memory, moments=moments, told=told, habits=habits, forgotten=forgotten)
