from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import Kind, Known, Memory, Moment, Told, Way
from secretwatch.store.memories import FORMAT, HISTORY_KEY, dump, load
from secretwatch.store.store import Store
from secretwatch.store.table import StoreError, encode
from tests.documents import TABLE
from tests.unit.store.test_outbox import NOTICE

ONE = Memory(habits={"secret": {"0a1b": Known(5, 0)}})
MOMENT = Moment(5, "e1", Kind.READ, "0a1b", "prod/db", "198.51.0.0/16", "198.51.100.7", "trusted", "us-east-1",
                "aws-cli", "AKIA1", (Way("secret", "0a1b"),), (("root", "The root user."),), True)  # fmt: skip


def stored(memory: Memory) -> Memory:
    return replace(memory, version=memory.version + 1)


def test_what_is_remembered_is_stored_with_its_notices_or_not_at_all(store: Store) -> None:
    (empty,) = store.memories.of(["alice"]).values()
    assert empty == Memory()
    assert store.memories.remember("alice", ONE, 30, [NOTICE, replace(NOTICE, id="n2")])
    assert store.memories.of(["alice"]) == {"alice": stored(ONE)}
    assert set(store.outbox.kept(["n1", "n2"])) == {"n1", "n2"}

    late = replace(empty, habits={"place": {"other": Known(1, 0)}})
    assert not store.memories.remember("alice", late, 30, [replace(NOTICE, id="n3")])
    assert not store.memories.remember("alice", late, 30)
    assert store.outbox.kept(["n3"]) == {}
    assert store.memories.remember("alice", stored(ONE), 30)


def test_a_later_memory_meets_the_same_conflict(store: Store) -> None:
    """Two invocations read version 1; the first to store it makes the other decide again."""
    store.memories.remember("alice", Memory(), 30)
    (read,) = store.memories.of(["alice"]).values()
    assert store.memories.remember("alice", replace(read, forgotten=1), 30)
    assert not store.memories.remember("alice", replace(read, forgotten=2), 30)
    assert not store.memories.remember("alice", replace(read, forgotten=2), 30, [NOTICE])
    (found,) = store.memories.of(["alice"]).values()
    assert (found.forgotten, found.version) == (1, 2)
    assert store.outbox.kept(["n1"]) == {}


@pytest.mark.parametrize("others", [[], [replace(NOTICE, id="n2")]], ids=["alone", "beside a new one"])
def test_a_notice_that_is_kept_already_stays_as_it_is_and_holds_nothing_up(store: Store, others: list[Any]) -> None:
    store.outbox.keep(NOTICE)
    assert store.memories.remember("alice", ONE, 30, [replace(NOTICE, title="another"), *others])
    assert store.outbox.kept(["n1"]) == {"n1": (NOTICE, False)}
    assert set(store.outbox.kept(other.id for other in others)) == {other.id for other in others}
    assert store.memories.of(["alice"]) == {"alice": stored(ONE)}


def test_a_memory_that_would_not_fit_loses_what_is_oldest_and_is_stored(store: Store) -> None:
    dice = random.Random(5)
    names = {f"{dice.randbytes(30).hex()}": Known(n, n * 100) for n in range(12_000)}
    full = Memory(habits={"described": names, "secret": {"0a1b": Known(5, 0)}}, moments=(MOMENT,))
    assert store.memories.remember("alice", full, 30)
    (found,) = store.memories.of(["alice"]).values()
    assert found.habits["secret"] == {"0a1b": Known(5, 0)}
    assert 1_000 < len(found.habits["described"]) < 12_000
    assert max(names, key=lambda name: names[name]) in found.habits["described"]


def test_everything_that_is_remembered_comes_back(store: Store) -> None:
    told = Told("s1", 1, 5, Severity.HIGH, ("first_reader", "many_secrets"), 9)
    memory = Memory(ONE.habits, (MOMENT,), (told,), ("n1",), 7)
    store.memories.remember("alice", memory, 30)
    assert store.memories.of(["alice", "bob"]) == {"alice": stored(memory), "bob": Memory()}


def test_a_memory_of_a_newer_version_is_left_alone() -> None:
    item = {"pk": "ACTOR#alice", "format": FORMAT + 1, "memory": dump(ONE), "version": 3}
    with pytest.raises(StoreError, match=r"ACTOR#alice was written by a newer version \(format 3\): deploy that"):
        load(item)


@pytest.mark.parametrize("damage", [b"", b"not compressed", dump(ONE)[:-9]])
def test_a_memory_that_nobody_can_read_is_named_with_the_cure(damage: bytes) -> None:
    with pytest.raises(StoreError, match=r"remembered of ACTOR#alice cannot be read .*: delete the item"):
        load({"pk": "ACTOR#alice", "format": FORMAT, "memory": damage, "version": 1})


def test_the_earliest_beginning_of_the_history_stays(store: Store, dynamodb: Any) -> None:
    for since in (500, 700, 300, 400):
        store.memories.note_history(since)
    item = dynamodb.get_item(TableName=TABLE, Key=encode(HISTORY_KEY))["Item"]
    assert item["since"] == {"N": "300"}
