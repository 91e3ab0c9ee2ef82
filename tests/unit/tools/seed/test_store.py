from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.memory import Known, Memory, forget
from secretwatch.store.memories import Memories
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import StoreError
from tests.documents import TABLE
from tests.records import record
from tests.unit.doubles import Topic
from tests.unit.tools.backtest.test_order import stream
from tests.unit.tools.seed.test_past import END, by_time, deliver, learn, summarizer
from tools.seed.store import Stored, store_all

ALICE = "arn:aws:iam::123456789012:user/alice"
PAST = {
    "alice": Memory({"secret": {"0a1b db": Known(500, 0), "0c": Known(900, 0)}, "place": {"office": Known(500, 0)}}),
    "role": Memory({"secret": {"0a1b db": Known(700, 0)}}),
}


@pytest.fixture
def store(dynamodb: Any) -> Store:
    return open_store(dynamodb, TABLE)


def seed(store: Store | None, past: dict[str, Memory] = PAST) -> Stored:
    return store_all(store, past.items(), 30, lambda _: None)


def items(client: Any) -> list[Any]:
    return sorted(client.scan(TableName=TABLE)["Items"], key=lambda item: str(item["pk"]))


def test_each_actor_gets_its_memory_and_the_beginning_is_noted(store: Store, dynamodb: Any) -> None:
    stored = seed(store)
    assert (str(stored), stored.changed, stored.since) == ("2 actors, 2 secrets", 2, 500)
    known = store.memories.of(["alice", "role"])
    assert {actor: memory.habits for actor, memory in known.items()} == {a: m.habits for a, m in PAST.items()}
    assert [item["pk"]["S"] for item in items(dynamodb)] == ["ACTOR#alice", "ACTOR#role", "HISTORY"]


def test_twice_is_once(store: Store, dynamodb: Any) -> None:
    seed(store)
    before = items(dynamodb)
    assert seed(store).changed == 0
    assert [item.get("version") for item in items(dynamodb)] == [item.get("version") for item in before]


def test_without_a_store_it_is_only_counted(dynamodb: Any) -> None:
    assert str(seed(None)) == "2 actors, 2 secrets"
    assert items(dynamodb) == []


class Racing:
    """The memories of a deployment whose function is quicker each of the first few times."""

    def __init__(self, memories: Memories, times: int) -> None:
        self._memories = memories
        self._left = times

    def remember(self, actor: str, memory: Memory, keep_days: int) -> bool:
        if self._left:
            self._left -= 1
            (known,) = self._memories.of([actor]).values()
            habits = {**known.habits, "place": {**known.names("place"), f"hotel {self._left}": Known(950, 0)}}
            assert self._memories.remember(actor, replace(known, habits=habits), keep_days)
        return self._memories.remember(actor, memory, keep_days)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memories, name)


def racing(store: Store, times: int) -> Store:
    return replace(store, memories=Racing(store.memories, times))  # type: ignore[arg-type]


def test_what_the_deployment_learns_at_the_same_moment_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.seed.store.back_off", lambda _: None)
    seed(racing(store, 3))
    (known,) = store.memories.of(["alice"]).values()
    assert set(known.names("secret")) == {"0a1b db", "0c"}
    assert set(known.names("place")) == {"office", "hotel 0", "hotel 1", "hotel 2"}


def test_an_actor_that_never_rests_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.seed.store.back_off", lambda _: None)
    with pytest.raises(StoreError, match="remembered of alice kept changing: run it again"):
        seed(racing(store, 100))


# --- what people notice -----------------------------------------------------------------------


def test_after_it_what_is_usual_is_no_news_and_a_stranger_is(
    store: Store, dynamodb: Any, topic: Topic, tmp_path: Path
) -> None:
    month = [record(eventTime=f"2026-01-{day:02}T09:00:00Z", eventID=f"e{day}") for day in range(5, 30)]
    seed(store, learn(tmp_path, month, now=END))
    function = summarizer(dynamodb, topic)
    deliver(function, record(eventTime="2026-01-31T12:00:00Z"))
    assert topic.notices == []
    deliver(function, record(eventTime="2026-01-31T13:00:00Z", sourceIPAddress="203.0.113.66"))
    (notice,) = topic.notices
    assert "outside every trusted network" in notice.reasons[0]


def test_a_deployment_that_had_told_of_something_tells_it_no_more_and_no_less(
    store: Store, dynamodb: Any, topic: Topic, tmp_path: Path
) -> None:
    """Stories that people know of, and what is not published yet, are the deployment's own."""
    function = summarizer(dynamodb, topic)
    deliver(function, record(eventTime="2026-01-31T12:00:00Z"))
    (before,) = store.memories.of([ALICE]).values()
    seed(store, learn(tmp_path, [record(eventTime="2026-01-20T12:00:00Z")], now=END))
    (after,) = store.memories.of([ALICE]).values()
    assert after == replace(before, habits=after.habits, forgotten=after.forgotten, version=before.version + 1)
    deliver(function, record(eventTime="2026-01-31T12:10:00Z"))
    assert len(topic.notices) == 1


@pytest.mark.parametrize("cut", [20, 60])
def test_a_deployment_that_began_in_the_middle_ends_with_the_habits_of_one_that_saw_it_all(
    store: Store, dynamodb: Any, topic: Topic, tmp_path: Path, cut: int
) -> None:
    records, function = by_time(stream(3, 80)), summarizer(dynamodb, topic)
    for entry in records[cut:]:
        deliver(function, entry)
    whole = learn(tmp_path, records)
    seed(store, learn(tmp_path, records[:cut]))
    for actor, known in store.memories.of(whole).items():
        kept = {kind: names for kind, names in forget(known, END, ()).habits.items() if names}
        assert kept == {kind: names for kind, names in whole[actor].habits.items() if names}
