"""Backtest and deployed summarizer: the same stories, whatever the deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from secretwatch.detect import signals
from secretwatch.detect.story import Story, stories
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import Actor, People
from secretwatch.store.store import open_store
from tests.documents import TABLE, summarizer_settings
from tests.records import awslogs, eventbridge, sqs
from tests.unit.detect.test_decide_order import seconds, stream
from tests.unit.functions.summarizer.doubles import Time, World, at_time, invoke, summarizer_in
from tools.backtest.decisions import decide_all
from tools.backtest.history import History
from tools.backtest.settings import BacktestSettings

RULES = {
    "decoys": ["honey/*"],
    "automation": ["*role/ci"],
    "many_secrets": {"threshold": 4},
    "many_described": {"threshold": 4},
    "guessed_names": {"threshold": 3},
    "denied_burst": {"threshold": 3},
    "many_regions": {"threshold": 3},
    "slow_collection": {"threshold": 3},
    "quiet_minutes": 20,
}
LATE = 3_600
Told = dict[str, list[tuple[Any, ...]]]


def story_of(story: Story) -> tuple[Any, ...]:
    return story.span, story.severity, story.signals


def accesses(records: Sequence[Any]) -> list[SecretAccess]:
    return [access for access in map(parse, records) if isinstance(access, SecretAccess)]


def deployed(records: Sequence[Any], dice: Random, settings: SummarizerSettings, patch: pytest.MonkeyPatch) -> Told:
    """The stories in the table after deliveries on both paths: cut anyhow, mixed, late, a quarter of them twice."""
    now = Time(0.0)
    at_time(patch, now)
    world = World(now)
    again = dice.sample(records, len(records) // 4)
    arrivals = [(seconds(r) + dice.randint(0, LATE // 2), dice.random(), r) for r in records]
    arrivals += [(seconds(r) + dice.randint(0, LATE), dice.random(), r) for r in again]
    arrivals.sort(key=lambda arrival: arrival[:2])
    while arrivals:
        part = [one for one in arrivals[: dice.choice([1, 3, 10])] if one[0] <= arrivals[0][0] + LATE // 2]
        arrivals = arrivals[len(part) :]
        now.now = max(now.now, float(part[-1][0]))
        together = [one[2] for one in part]
        dice.shuffle(together)
        event = awslogs(*together) if dice.random() < 0.5 else sqs(*map(eventbridge, together))
        assert invoke(summarizer_in(world, settings), event, f"request-{len(arrivals)}", now)
    store = open_store(world, TABLE, now=now.time)
    found: Told = {}
    for key, actor in actors_of(records, settings).items():
        (memory,) = store.memories.of([key]).values()
        findings = signals.find(memory, actor, settings.tuning)
        found[key] = [story_of(story) for story in stories(actor, findings, memory.told, settings.tuning.quiet_minutes)]
    return {key: told for key, told in found.items() if told}


def actors_of(records: Sequence[Any], settings: SummarizerSettings) -> dict[str, Actor]:
    people = People(settings.tuning.people_roles, settings.tuning.automation)
    return {actor.key: actor for actor in map(people.actor, accesses(records))}


def replayed(records: Sequence[Any], settings: SummarizerSettings) -> Told:
    history = History()
    for access in accesses(records):
        history.add(access)
    known = SimpleNamespace(tuning=settings.tuning, trust=settings.trust, canary=None)
    decide_all(cast(BacktestSettings, known), history, lambda _: None)
    found: Told = defaultdict(list)
    for story in history.stories():
        found[story.actor.key].append(story_of(story))
    return dict(found)


def compare(seed: int, patch: pytest.MonkeyPatch) -> int:
    dice = Random(seed)
    settings = summarizer_settings(rules=RULES)
    records = stream(dice, dice.choice([5, 30, 280]), dice.choice([6, 20, 45]))
    told = replayed(records, settings)
    assert deployed(records, Random(seed), settings, patch) == told, f"seed {seed}"
    return sum(map(len, told.values()))


def test_the_backtest_tells_the_stories_of_the_deployed_function(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(compare(seed, monkeypatch) for seed in range(8)) > 8


@pytest.mark.full
def test_the_backtest_tells_the_stories_of_the_deployed_function_of_many_streams(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sum(compare(seed, monkeypatch) for seed in range(100, 500)) > 400
