"""Invocations end at any call, are repeated, cut otherwise, run at once: nothing is lost, nothing is said twice."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from secretwatch.detect import signals
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import fresh, known_of, stories
from secretwatch.record.actor import Actor
from secretwatch.store.memories import actor_key
from secretwatch.store.store import open_store
from tests.documents import TABLE, summarizer_settings
from tests.records import Record, awslogs, eventbridge, sqs, user
from tests.unit.detect.situations import DENIED, NOW, OFFICE, OUTSIDE, by_actor, call, listing, read
from tests.unit.functions.summarizer.doubles import LEASE, Killed, Time, World, at_time, invoke, summarizer_in, together

SETTINGS = summarizer_settings(
    rules={"decoys": ["honey/*"], "many_secrets": {"threshold": 3}, "denied_burst": {"threshold": 2},
           "quiet_minutes": 5})  # fmt: skip


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time(NOW + 1800)
    at_time(monkeypatch, made)
    return made


def some_records(dice: random.Random) -> list[Record]:
    people = dice.sample(["alice", "bob", "carol"], dice.choice([1, 1, 2, 3]))
    made = []
    for number in range(dice.randint(2, 9)):
        minute, who = dice.choice([0.0, 1.0, 2.0, 12.0, 13.0]), user(dice.choice(people))
        more = {"eventID": f"{dice.randrange(1000):03}-{number}", "userIdentity": who,
                "sourceIPAddress": dice.choice([OFFICE, OFFICE, OUTSIDE])}  # fmt: skip
        secret = dice.choice(["a", "b", "c", "d", "honey/pot"])
        made.append(
            dice.choice(
                [
                    read(minute, secret, **more),
                    read(minute, secret, **more),
                    read(minute, secret, **more, **DENIED),
                    listing(minute, **more),
                    call("DeleteSecret", minute, **more),
                ]
            )
        )
    return sorted(made, key=lambda entry: (entry["eventTime"], entry["eventID"]))


def event_of(records: list[Record], dice: random.Random) -> Any:
    return awslogs(*records) if dice.random() < 0.5 else sqs(*map(eventbridge, records))


class Dying:
    """A fate: each call may end the invocation or fail, before it takes effect or after."""

    def __init__(self, dice: random.Random, chance: float) -> None:
        self._dice, self._chance = dice, chance

    def __call__(self, when: str) -> None:
        if self._dice.random() < self._chance:
            raise Killed if self._dice.random() < 0.6 else ConnectionError("no answer")


def cut(records: list[Record], dice: random.Random) -> Iterator[list[Record]]:
    shuffled = dice.sample(records, len(records))
    while shuffled:
        size = dice.randint(1, 4)
        yield shuffled[:size]
        shuffled = shuffled[size:]


def killed_run(seed: int, time: Time) -> None:
    dice, time.now = random.Random(seed), NOW + 1800.0
    records, world = some_records(dice), World(time)
    right = World(time)
    for made in records:
        assert invoke(summarizer_in(right, SETTINGS), awslogs(made), made["eventID"], time)

    world.fate = Dying(dice, dice.choice([0.02, 0.1, 0.3]))
    number = 0
    for _ in range(dice.randint(1, 3)):
        parts = list(cut(records, dice))
        while parts:
            here = [parts.pop() for _ in range(min(len(parts), dice.randint(1, 3)))]
            work = [
                partial(invoke, summarizer_in(world, SETTINGS), event_of(part, dice), f"r{number + n}", time)
                for n, part in enumerate(here)
            ]
            number += len(here)
            together(world, dice, work)
            if dice.random() < 0.5:
                time.now += LEASE
    world.fate = lambda when: None
    for _ in range(2):
        time.now += 2 * LEASE
        for part in cut(records, dice):
            number += 1
            assert invoke(summarizer_in(world, SETTINGS), event_of(part, dice), f"r{number}", time), seed
    check(world, right, records)


def check(world: World, right: World, records: list[Record]) -> None:
    kept = list(world.of_kind("NOTICE#"))
    assert {item["state"] for item in kept} <= {"published"}, "nothing is kept and not published"
    times = Counter(notice.id for notice in world.published)
    assert {f"NOTICE#{identity}" for identity in times} == {item["pk"] for item in kept}
    for identity, number in times.items():
        assert number <= 1 + world.excused[identity], "twice, and nobody's end is the reason"

    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for notice in {notice.id: notice for notice in world.published}.values():
        story_id = next(fact.value for fact in notice.facts if fact.label == "Story")
        for signal in notice.signals:
            said[story_id, signal].append(notice.id)
        name = f"{notice.event_ids[0]}-{notice.id[:12]}"
        assert any(key.endswith(f"{name}.json") for key in world.objects)
    assert all(len(ids) == 1 for ids in said.values()), "a signal is news of a story once"

    heard: dict[str, set[str]] = defaultdict(set)
    for notice in world.published:
        heard[next(fact.value for fact in notice.facts if fact.label == "Identity")].update(notice.signals)
    for key, (actor, _) in by_actor(records, SETTINGS.trust, SETTINGS.tuning).items():
        memory, clean = of(world, key), of(right, key)
        assert (memory.habits, memory.moments) == (clean.habits, clean.moments)
        assert content(actor, memory) == content(actor, clean)
        for story in stories(actor, found(actor, memory), memory.told, SETTINGS.tuning.quiet_minutes):
            worth = {finding.signal for finding in story.findings if finding.severity is not Severity.INFO}
            assert worth <= heard[actor.principal.key]
            known = known_of(story, memory.told, SETTINGS.tuning.quiet_minutes)
            assert not fresh(story, known), "people know all of it"


def of(world: World, actor: str) -> Memory:
    (memory,) = open_store(world, TABLE).memories.of([actor]).values()
    return replace(memory, told=tuple(sorted(memory.told, key=lambda entry: entry.start)))


def found(actor: Actor, memory: Memory) -> list[signals.Finding]:
    return signals.find(memory, actor, SETTINGS.tuning)


def content(actor: Actor, memory: Memory) -> dict[tuple[int, int], set[str]]:
    made = stories(actor, found(actor, memory), memory.told, SETTINGS.tuning.quiet_minutes)
    return {story.span: set(story.signals) for story in made}


@pytest.mark.parametrize(
    "seeds", [range(50), pytest.param(range(10_000, 15_000), marks=pytest.mark.full)], ids=["some", "many"]
)
def test_nothing_is_lost_and_nothing_is_said_twice(seeds: range, time: Time) -> None:
    for seed in seeds:
        killed_run(seed, time)


class DyingAt:
    """A fate: the invocation ends at its n-th chance, which is before or after a call."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, when: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def attempt(world: World, records: list[Record], identity: str, ends_at: int) -> bool:
    """Invoke once, ending at a chance (0: never); return whether it ended so early."""
    fate = DyingAt(ends_at)
    world.fate = fate
    try:
        invoke(summarizer_in(world, SETTINGS), awslogs(*records), identity, world.time)
        return False
    except Killed:
        return True
    finally:
        world.fate = lambda when: None
        world.time.now += 2 * LEASE


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.full)])
def test_a_retry_says_what_it_had_to_leave_to_another_that_ended(time: Time, step: int) -> None:
    """A notifies of e1; e2 of the same story comes with B, which ends, wherever it does; A is retried with both."""
    e1 = read(0, "a", eventID="e1")
    e2 = read(1, "honey/pot", eventID="e2")
    ends = 0
    for first in range(1, 100, step):
        if not attempt(World(time), [e1], "a", first):
            break
        for second in range(1, 100):
            world = World(time)
            time.now = NOW + 1800.0
            attempt(world, [e1], "a", first)
            ended = attempt(world, [e2], "b", second)
            attempt(world, [e1, e2], "a", 0)
            attempt(world, [e2], "b", 0)
            said = {signal for notice in world.published for signal in notice.signals}
            assert said == {"first_reader", "decoy_touched"}, (first, second)
            assert {item["state"] for item in world.of_kind("NOTICE#")} == {"published"}
            times = Counter(notice.id for notice in world.published)
            assert all(number <= 1 + world.excused[identity] for identity, number in times.items())
            ends += 1
            if not ended:
                break
    assert ends > 200 // step, "the ends of the one were tried with every end of the other"


def test_a_memory_that_another_stored_meanwhile_is_decided_on_again(time: Time) -> None:
    for seed in range(15):
        world, dice = World(time), random.Random(seed)
        events = [awslogs(read(n / 10, f"s{n}", eventID=f"e{n}")) for n in range(4)]
        work = [partial(invoke, summarizer_in(world, SETTINGS), e, f"r{n}", time) for n, e in enumerate(events)]
        done = together(world, dice, work)
        for number, event in enumerate(events):
            assert done[number] or invoke(summarizer_in(world, SETTINGS), event, f"again-{number}", time)
        (item,) = world.of_kind(actor_key("arn:aws:iam::123456789012:user/alice")["pk"])
        assert item["version"] == 4
        said = Counter(signal for notice in world.published for signal in notice.signals)
        assert said == {"first_reader": 1, "many_secrets": 1}
