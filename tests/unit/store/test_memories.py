from __future__ import annotations

from dataclasses import replace

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import Memory, Quiet
from secretwatch.store.store import Store
from tests.unit.store.conftest import NOW
from tests.unit.store.test_outbox import NOTICE


def test_what_is_remembered_is_stored_with_its_notice_or_not_at_all(store: Store) -> None:
    (empty,) = store.memories.of(["alice"]).values()
    assert empty == Memory()
    first = replace(empty, networks={"198.51.100.7": 5})
    assert store.memories.remember("alice", first, 30, NOTICE)
    assert store.memories.of(["alice"]) == {"alice": first.stored()}
    assert set(store.outbox.kept(["n1"])) == {"n1"}

    late = replace(empty, networks={"other": 1})
    assert not store.memories.remember("alice", late, 30, replace(NOTICE, id="n2"))
    assert not store.memories.remember("alice", late, 30, None)
    assert store.outbox.kept(["n2"]) == {}
    assert store.memories.remember("alice", first.stored(), 30, None)


def test_a_later_memory_meets_the_same_conflict(store: Store) -> None:
    """Two invocations read version 1; the first to store it makes the other decide again."""
    store.memories.remember("alice", Memory(), 30, None)
    (read,) = store.memories.of(["alice"]).values()
    assert store.memories.remember("alice", replace(read, listed=1), 30, None)
    assert not store.memories.remember("alice", replace(read, listed=2), 30, None)
    assert not store.memories.remember("alice", replace(read, listed=2), 30, NOTICE)
    (stored,) = store.memories.of(["alice"]).values()
    assert (stored.listed, stored.version) == (1, 2)
    assert store.outbox.kept(["n1"]) == {}


def test_a_notice_that_is_kept_already_does_not_hold_up_its_retry(store: Store) -> None:
    store.outbox.keep(NOTICE)
    assert store.memories.remember("alice", Memory(), 30, replace(NOTICE, title="another"))
    assert store.outbox.kept(["n1"]) == {"n1": (NOTICE, False)}


def test_everything_that_is_remembered_comes_back(store: Store) -> None:
    quiet = Quiet(int(NOW), ("0a1b2c3d",), ("first_reader",), Severity.LOW, 3, "e9")
    memory = Memory({"s": 1}, {"w": 2}, {"n": 3}, {"r": 4}, {"e1": 5}, 6, {"story": quiet})
    store.memories.remember("alice", memory, 30, None)
    assert store.memories.of(["alice", "bob"]) == {"alice": memory.stored(), "bob": Memory()}
