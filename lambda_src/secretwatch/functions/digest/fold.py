"""One day in figures: accesses, notices and the canary's delays put together as a ``Digest``. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import nlargest
from math import ceil
from types import MappingProxyType
from typing import TypeVar

from secretwatch.detect import advice
from secretwatch.detect.advice import Noise
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.expectations import Expectation
from secretwatch.detect.memory import DAY, Memory
from secretwatch.detect.observe import secret_key_of
from secretwatch.detect.tuning import DEFAULTS, Tuning
from secretwatch.functions.digest.tally import KEPT, Tally
from secretwatch.notify.notice import Kind, Notice
from secretwatch.record.actor import Actor
from secretwatch.runtime.data import read_data
from secretwatch.runtime.text import count, one_line, timestamp
from secretwatch.store.expectations import Quiet

TOP = 5
"""Names shown of each list."""
STORIES_KEPT = 50
NOISY = 3
"""Messages of medium and above about one actor from which on a setting is looked for."""
_NAME_LIMIT = 80
_TITLE_LIMIT = 150
T = TypeVar("T")
_PRICES: Mapping[str, Mapping[str, float]] = read_data("functions/digest/prices.json")


@dataclass(frozen=True, slots=True)
class Top:
    """The first of some counted things, and how many things there are."""

    shown: tuple[tuple[str, int], ...] = ()
    """(name, how often), the most often first, TOP at most."""
    number: int = 0
    is_exact: bool = True
    """Whether there are just so many; else at least."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who read secrets for the first time within ``history_days``."""

    name: str
    secrets: tuple[str, ...]
    """Names of those secrets, TOP at most."""
    number: int


@dataclass(frozen=True, slots=True)
class Notified:
    """A story, or another thing, that people were notified of."""

    severity: Severity
    title: str
    messages: int


@dataclass(frozen=True, slots=True)
class Delays:
    """How long one path took to bring the canary's reads, in seconds; None where it brought none."""

    path: str
    reads: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What the model was asked for."""

    model: str
    calls: int
    sentences: int
    """Answers that stand in messages."""
    tokens: tuple[int, int]
    """Input and output tokens of those."""
    usd: float | None
    """About what all calls cost; None where the model's price is not known here."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation that counted on that day."""

    expectation: Expectation
    accesses: int
    """Notable accesses that nobody was notified of."""
    worst: Severity | None
    """How bad the worst of them would have been; None if there were none."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One day (UTC)."""

    day: str
    reads: int
    readers: Top
    secrets: Top
    people: int
    services: int
    automation: Top
    """Declared automation, by reader."""
    automation_reads: int
    new_readers: tuple[Newcomer, ...]
    new_secrets: tuple[Newcomer, ...]
    """Known readers of secrets that are new for them."""
    refusals: int
    """Reads that were denied."""
    refused: Top
    """By reader and secret."""
    changes: int
    """Calls that changed secrets."""
    changed: Top
    """By call and caller."""
    stories: tuple[Notified, ...]
    """The most severe first, STORIES_KEPT at most."""
    severities: Mapping[Severity, int]
    """Stories and other notices by severity, all of them."""
    delays: tuple[Delays, ...]
    model: ModelUse | None
    quiet: tuple[str, ...]
    """What nobody was notified of, and why: a sentence each."""
    expected: tuple[Expected, ...]
    """What people had declared, and what nobody was notified of because of it; the most first."""
    advice: tuple[str, ...]
    cut: str | None
    """What was not counted, or None."""

    @property
    def is_notable(self) -> bool:
        """Whether people were notified of anything above low."""
        return any(severity.rank >= Severity.MEDIUM.rank for severity in self.severities)


def fold(
    day: str,
    tally: Tally,
    memories: Mapping[str, Memory],
    notices: Iterable[Notice],
    delays: Mapping[str, Sequence[float]],
    model: tuple[str, Sequence[int], int] | None,
    tuning: Tuning,
    quiet: Mapping[str, Quiet] = MappingProxyType({}),
) -> Digest:
    """Return a day's digest.

    ``memories`` are those of the day's actors, by key; ``delays`` are seconds by path, of each
    path that should bring the canary's reads; ``model`` is its id, the calls of each hour and
    the most that an hour may have; ``quiet`` is what each expectation of the tuning covered, by its id.
    """
    sent = [notice for notice in notices if notice.kind is not Kind.DIGEST]
    told = sorted(_told(sent), key=lambda story: -story.severity.rank)
    actors = {actor.key: actor for actor in tally.actors.values()}
    declared = {key: number for key, number in tally.reads.items() if _pattern(actors, key, tuning)}
    undeclared = {key: number for key, number in tally.reads.items() if key not in declared}

    def label(key: str) -> str:
        return _label(actors, key)

    people = sum(number for key, number in undeclared.items() if key in actors and actors[key].is_person)
    new_readers, new_secrets = _newcomers(day, tally, actors, memories)
    return Digest(
        day=day,
        reads=tally.all_reads,
        readers=_top(tally.reads, label),
        secrets=_top(tally.places, lambda place: _name(place[2])),
        people=people,
        services=tally.all_reads - people - sum(declared.values()),
        automation=_top(declared, label),
        automation_reads=sum(declared.values()),
        new_readers=new_readers,
        new_secrets=new_secrets,
        refusals=tally.all_refused,
        refused=_top(tally.refused, lambda pair: f"{label(pair[0])} on {_name(pair[1])}"),
        changes=tally.all_changes,
        changed=_top(tally.changes, lambda pair: f"{one_line(pair[1], 40)} by {label(pair[0])}"),
        stories=tuple(told[:STORIES_KEPT]),
        severities=Counter(story.severity for story in told),
        delays=tuple(_delays(path, found) for path, found in delays.items()),
        model=None if model is None else _model(model[0], model[1], sent),
        quiet=(*_quiet(tally, told, declared, actors, tuning), *_learning(day, tuning)),
        expected=tuple(_expected(day, tuning, quiet)),
        advice=tuple(_advice(tally, sent, actors, memories, model, tuning)),
        cut=None if tally.is_whole else _cut(tally),
    )


# --- who and what --------------------------------------------------------------------------


def _top(counted: Mapping[T, int], name: Callable[[T], str]) -> Top:
    most = nlargest(TOP, counted.items(), key=lambda entry: entry[1])
    return Top(tuple((name(key), number) for key, number in most), len(counted), is_exact=len(counted) < KEPT)


def _label(actors: Mapping[str, Actor], key: str) -> str:
    actor = actors.get(key)
    return one_line(key if actor is None else actor.label, _NAME_LIMIT)


def _name(secret: str) -> str:
    return one_line(secret, _NAME_LIMIT) or "no secret named"


def _pattern(actors: Mapping[str, Actor], key: str, tuning: Tuning) -> str | None:
    return tuning.automation_pattern(actors[key].principal.key) if key in actors else None


def _newcomers(
    day: str, tally: Tally, actors: Mapping[str, Actor], memories: Mapping[str, Memory]
) -> tuple[tuple[Newcomer, ...], tuple[Newcomer, ...]]:
    """Return the day's new readers, and the known ones that read secrets which are new for them."""
    names = {secret_key_of(region, account, name): _name(name) for region, account, name in tally.places}
    begin, end = _span(day)
    readers: list[Newcomer] = []
    secrets: list[Newcomer] = []
    for key in tally.reads:
        memory = memories.get(key)
        first = None if memory is None else memory.since()
        if memory is None or first is None:
            continue
        new = [secret for secret, known in memory.names("secret").items() if begin <= known.first < end]
        if new:
            shown = tuple(sorted(names[secret] for secret in new if secret in names)[:TOP])
            (readers if first >= begin else secrets).append(Newcomer(_label(actors, key), shown, len(new)))
    return tuple(sorted(readers, key=_newest)), tuple(sorted(secrets, key=_newest))


def _newest(newcomer: Newcomer) -> tuple[int, str]:
    return -newcomer.number, newcomer.name


# --- what people were notified of ------------------------------------------------------------


def _told(notices: Iterable[Notice]) -> Iterator[Notified]:
    """Yield stories, each with its worst message, and other notices."""
    stories: dict[str, list[Notice]] = {}
    for notice in notices:
        stories.setdefault(notice.fact("Story") or notice.id, []).append(notice)
    for messages in stories.values():
        worst = max(messages, key=lambda notice: notice.severity.rank)
        yield Notified(worst.severity, one_line(worst.title, _TITLE_LIMIT), len(messages))


def _quiet(
    tally: Tally, told: Sequence[Notified], declared: Mapping[str, int], actors: Mapping[str, Actor], tuning: Tuning
) -> Iterator[str]:
    low = sum(story.severity is Severity.LOW for story in told)
    if low:
        yield f'{count(low, "story", "stories")} of severity low: channels with minimum_severity = "medium" have none'
    if declared:
        patterns = sorted({str(_pattern(actors, key, tuning)) for key in declared})
        more = f" and {len(patterns) - 1} more" if len(patterns) > 1 else ""
        reads = count(sum(declared.values()), "read")
        yield f"{reads} of declared automation ({one_line(patterns[0], 100)}{more}): what is usual for it is no news"
    if tally.own_accesses:
        yield f"{count(tally.own_accesses, 'access', 'accesses')} by this system's own roles, the canary's among them"
    off = [name for name, tuned in tuning.signals.items() if not tuned.enabled]
    if off:
        yield f"signals that are off (signal_overrides): {', '.join(off)}"
    lowered = [name for name, tuned in tuning.signals.items() if tuned.severity.rank < DEFAULTS[name].severity.rank]
    if lowered:
        yield f"signals that were lowered (signal_overrides): {', '.join(lowered)}"


def _learning(day: str, tuning: Tuning) -> Iterator[str]:
    if tuning.learning_days and tuning.learning_until > _span(day)[0]:
        until = timestamp(datetime.fromtimestamp(tuning.learning_until, UTC))
        yield f"what is new alone, until {until} (learning_days): it is of severity low; make seed learns what is usual"


def _expected(day: str, tuning: Tuning, quiet: Mapping[str, Quiet]) -> list[Expected]:
    """Return the expectations that counted at any time of a day, and those that something came of late."""
    begin, end = _span(day)
    found = []
    for expectation in tuning.expectations:
        covered = quiet.get(expectation.id)
        if covered is not None or (expectation.since < end and expectation.until > begin):
            accesses, worst = (covered.accesses, covered.worst) if covered else (0, None)
            found.append(Expected(expectation, accesses, worst))
    return sorted(found, key=lambda each: (-each.accesses, each.expectation.until, each.expectation.id))


# --- the watch itself ------------------------------------------------------------------------


def _delays(path: str, found: Sequence[float]) -> Delays:
    ordered = sorted(found)
    return Delays(path, len(ordered), percentile(ordered, 50), percentile(ordered, 95))


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return the value that so many percent of some ordered values do not exceed, or None of nothing."""
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else None


def _model(model: str, calls: Sequence[int], notices: Iterable[Notice]) -> ModelUse:
    written = [notice.prose for notice in notices if notice.prose is not None]
    tokens = sum(prose.input_tokens for prose in written), sum(prose.output_tokens for prose in written)
    price = next((price for name, price in _PRICES.items() if name in model), None)
    usd = None
    if price is not None and written:
        # What was dropped cost as much as what was used.
        usd = (tokens[0] * price["input"] + tokens[1] * price["output"]) / 1e6 * max(1.0, sum(calls) / len(written))
    return ModelUse(model, max(sum(calls), len(written)), len(written), tokens, usd)


def _cut(tally: Tally) -> str:
    about = "" if tally.estimate is None else f" of about {tally.estimate:,}"
    return (
        f"only {tally.accesses:,}{about} accesses were counted: figures are at least so high, and who is in the rest "
        "alone is missing; Athena has them all"
    )


# --- what to set next ------------------------------------------------------------------------


def _advice(
    tally: Tally,
    notices: Iterable[Notice],
    actors: Mapping[str, Actor],
    memories: Mapping[str, Memory],
    model: tuple[str, Sequence[int], int] | None,
    tuning: Tuning,
) -> Iterator[str]:
    by_principal: dict[str, Actor] = {}
    for actor in actors.values():
        known = by_principal.get(actor.principal.key)
        if known is None or (known.is_person and not actor.is_person):
            by_principal[actor.principal.key] = actor
    noises: dict[str, Noise] = {}
    unknown = 0
    for notice in notices:
        if notice.severity.rank < advice.COUNTED.rank:
            continue
        unknown += notice.signals == ("unknown_network",)
        principal = by_principal.get(notice.fact("Identity") or "")
        if principal is not None:
            _add(noises.setdefault(principal.key, Noise(principal)), notice)
    noisy = sorted((noise for noise in noises.values() if noise.messages >= NOISY), key=lambda noise: -noise.messages)
    for noise in noisy[:TOP]:
        noise.by_hand = tally.by_hand.get(noise.actor.key, set())
        noise.days = _days_with_new(memories.get(noise.actor.key))
        for proposal in advice.for_actor(noise, tuning):
            yield f"{one_line(noise.actor.label, _NAME_LIMIT)}, {count(noise.messages, 'message')}: {proposal}"
    if unknown and tally.endpoints:
        yield str(advice.for_endpoints(_endpoints(tally), unknown))
    if model is not None and max(model[1], default=0) >= model[2]:
        yield (
            f"the model's budget was used up within an hour, and messages went out without a sentence: "
            f"model_calls_per_hour = {model[2] * 2}"
        )


def _days_with_new(memory: Memory | None) -> int:
    """Return on how many days an actor read what was new for it."""
    return 0 if memory is None else len({known.first // DAY for known in memory.names("secret").values()})


def _endpoints(tally: Tally) -> list[str]:
    return [endpoint for endpoint, _ in tally.endpoints.most_common(advice.ENDPOINTS_SHOWN)]


def _add(noise: Noise, notice: Notice) -> None:
    noise.messages += 1
    noise.as_automation += not advice.is_usual_for_automation(notice.signals)
    noise.severe += advice.is_severe(notice.severity, notice.signals)
    noise.signals.update(notice.signals)


def hours_of(day: str) -> range:
    """Return the starts of a day's hours, in epoch seconds."""
    return range(*_span(day), 3_600)


def _span(day: str) -> tuple[int, int]:
    """Return a day's beginning and end, in epoch seconds."""
    begin = int(datetime.fromisoformat(f"{date.fromisoformat(day)}T00:00:00+00:00").timestamp())
    return begin, begin + DAY
