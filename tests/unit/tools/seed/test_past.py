"""The habits of the past are those that the deployed function would have, and nothing of it can be told."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.memory import DAY, Memory, forget
from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.notify.publisher import Publisher
from secretwatch.record.ranges import shipped
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import open_store
from tests.documents import summarizer_settings
from tests.records import Record, awslogs, record
from tests.unit.doubles import Model, Topic
from tests.unit.tools.backtest.test_order import stream
from tools.backtest.settings import BacktestSettings
from tools.seed.past import Past

END = int(datetime.fromisoformat("2026-02-01T00:00:00+00:00").timestamp())
"""When the tests learn: after all of a stream."""


class Ignoring:
    """S3, that keeps nothing."""

    def put_object(self, **_: Any) -> None:
        pass


def judgement() -> BacktestSettings:
    settings = summarizer_settings()
    trust = replace(settings.trust, ranges=(*settings.trust.ranges, *shipped()))
    return BacktestSettings(trust, settings.tuning, settings.canary, (), None)


def summarizer(client: Any, topic: Topic) -> Summarizer:
    """Return the deployed function."""
    settings = summarizer_settings()
    return Summarizer(
        settings,
        open_store(client, settings.table, settings.retention_days),
        Explainer(Model(), None, lambda _: True),
        Summaries(Ignoring(), settings.bucket),
        Publisher(topic, settings.topic),
    )


def deliver(function: Summarizer, entry: Record) -> None:
    """Deliver a record at the very time of its call."""
    started = datetime.fromisoformat(str(entry["eventTime"])).timestamp()
    function.handle(awslogs(entry), Invocation("i", time.time() + 600, started))


def learn(folder: Path, records: list[Record], days: int = 30, now: int = END) -> dict[str, Memory]:
    """Return what is learnt of the past that some records tell of."""
    file = folder / "trail.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    past = Past()
    past.read([file], lambda _: None)
    past.learn(judgement(), lambda _: None)
    return dict(past.memories(days, now))


def by_time(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda entry: str(entry["eventTime"]))


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full)])
def test_the_habits_are_those_of_the_deployed_function_that_saw_it_all(
    dynamodb: Any, topic: Topic, tmp_path: Path, seed: int
) -> None:
    records, function = stream(seed, 60), summarizer(dynamodb, topic)
    for entry in by_time(records):
        deliver(function, entry)
    learnt = learn(tmp_path, records)
    assert len(learnt) > 3
    for actor, known in function.store.memories.of(learnt).items():
        deployed = forget(known, END, ())
        assert known.version
        assert deployed.habits == learnt[actor].habits, actor
        assert deployed.forgotten == learnt[actor].forgotten


def test_nothing_of_it_can_be_told(tmp_path: Path) -> None:
    for memory in learn(tmp_path, stream(0)).values():
        assert (memory.moments, memory.told, memory.unpublished, memory.version) == ((), (), (), 0)


def test_who_did_nothing_for_long_is_forgotten_as_ever(tmp_path: Path) -> None:
    (actor,) = learn(tmp_path, [record(eventTime="2026-01-20T12:00:00Z")], 30, END)
    assert actor.endswith("user/alice")
    assert learn(tmp_path, [record(eventTime="2026-01-20T12:00:00Z")], 30, END + 20 * DAY) == {}


def test_uses_of_keys_are_kept_for_days_only(tmp_path: Path) -> None:
    (memory,) = learn(tmp_path, [record(eventTime="2026-01-20T12:00:00Z")]).values()
    assert not memory.names("key")
    (memory,) = learn(tmp_path, [record(eventTime="2026-01-31T12:00:00Z")]).values()
    assert memory.names("key")


def test_what_is_no_record_about_secrets_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "trail.jsonl"
    other = record(eventSource="ec2.amazonaws.com", eventName="RunInstances")
    broken = record(eventTime="yesterday")
    file.write_text("\n".join(map(json.dumps, [record(), other, broken])) + '\n{"eventName": ')
    past = Past()
    past.read([file], lambda _: None)
    assert (past.records, len(past.history), past.days) == (4, 1, {"2026-01-31"})
    assert sum(past.problems.values()) == 2


def test_progress_is_shown(tmp_path: Path) -> None:
    start = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
    times = [(start + timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(1000)]
    file = tmp_path / "trail.jsonl"
    file.write_text("\n".join(json.dumps(record(eventTime=time)) for time in times))
    said: list[str] = []
    past = Past()
    past.read([file], said.append)
    past.learn(judgement(), said.append)
    assert said == ["1,000 records read, now trail.jsonl", "learning from access 1,000 of 1,000"]
