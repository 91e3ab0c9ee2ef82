from __future__ import annotations

from secretwatch.store.due import Task
from secretwatch.store.store import Store
from tests.unit.store.conftest import Clock


def test_what_is_due_comes_when_its_time_has_come_and_until_it_is_done(store: Store, clock: Clock) -> None:
    now = int(clock.now)
    late, soon = Task.of(now + 120, "read", "b", {"n": "2"}), Task.of(now + 60, "read", "a", {"n": "1"})
    assert store.due.keep(late)
    assert store.due.keep(soon)
    assert list(store.due.by_now()) == []
    clock.now += 60
    assert list(store.due.by_now()) == [soon]
    clock.now += 86_400
    assert list(store.due.by_now()) == [soon, late]
    store.due.done(soon)
    store.due.done(soon)
    assert list(store.due.by_now()) == [late]


def test_one_thing_is_due_once(store: Store, clock: Clock) -> None:
    first = Task.of(int(clock.now), "read", "a", {"n": "first"})
    assert store.due.keep(first)
    assert not store.due.keep(Task.of(int(clock.now), "read", "a", {"n": "second"}))
    assert list(store.due.by_now()) == [first]
