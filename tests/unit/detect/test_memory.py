"""A union: what is remembered does not depend on order, and what is used stays known."""

from __future__ import annotations

import random

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import (
    DAY,
    HORIZON,
    LIMITS,
    MOMENTS_KEPT,
    Kind,
    Known,
    Memory,
    Moment,
    Told,
    Way,
    forget,
    keep,
    learn,
    unite,
)

T = 1_769_860_800
MONTH = 30


def way(name: str, kind: str = "secret") -> Way:
    return Way(kind, name)


def read(time: int, name: str, event_id: str = "e") -> Moment:
    return Moment(time, event_id, Kind.READ, name, name, "p", "n", "trusted", "r", "t", "k", (way(name),))


def test_the_earliest_and_the_latest_day_are_kept_in_any_order() -> None:
    seen = [(T + n * 3600, T + n * 3600, way(f"s{n % 7}")) for n in range(100)]
    learnt = learn(Memory(), seen, MONTH)
    for seed in range(20):
        parts = random.Random(seed).sample(seen, len(seen))
        other = Memory()
        for part in parts:
            other = learn(other, [part], MONTH)
        assert other == learnt
    assert learnt.known(way("s0")) == Known(T, (T + 98 * 3600) // DAY * DAY)


def test_learning_again_changes_nothing_at_all() -> None:
    learnt = learn(Memory(), [(T, T, way("a"))], MONTH)
    assert learn(learnt, [(T, T + 60, way("a"))], MONTH) is learnt


def test_what_was_not_used_for_long_is_new_again() -> None:
    learnt = learn(Memory(), [(T, T, way("a"))], MONTH)
    assert learn(learnt, [(T + 30 * DAY, T + 30 * DAY, way("a"))], MONTH).known(way("a")) == Known(
        T, (T + 30 * DAY) // DAY * DAY
    )
    again = T + 32 * DAY
    assert learn(learnt, [(again, again, way("a"))], MONTH).is_first(way("a"), again)


def test_after_a_gap_that_is_too_long_the_later_use_counts_in_any_order() -> None:
    uses = [(T, T, way("a")), (T + 40 * DAY, T + 41 * DAY, way("a"))]
    for order in (uses, uses[::-1]):
        memory = Memory()
        for use in order:
            memory = learn(memory, [use], MONTH)
        assert memory.known(way("a")) == Known(T + 40 * DAY, (T + 41 * DAY) // DAY * DAY)
        assert memory.is_first(way("a"), T), "as far as is known, the earlier one was a first, too"
    early, late = (learn(Memory(), [use], MONTH) for use in uses)
    assert unite(early, late, MONTH).habits == unite(late, early, MONTH).habits


def test_a_full_list_forgets_what_is_used_least_and_nothing_of_these_days() -> None:
    limit = LIMITS["region"].names
    old = [(T, T, way(f"old{n}", "region")) for n in range(3)]
    used = [(T, T + 5 * DAY, way(f"used{n}", "region")) for n in range(limit - 3)]
    full = learn(learn(Memory(), old, MONTH), used, MONTH)
    later = T + 5 * DAY
    after = learn(full, [(later, later, way(f"new{n}", "region")) for n in range(10)], MONTH)
    names = set(after.names("region"))
    assert len(names) == limit
    assert {name for name in names if name.startswith("old")} == set()
    assert len([name for name in names if name.startswith("used")]) == limit - 3, "what is used is never forgotten"
    assert not after.is_first(way("new9", "region"), later), "one name more is then nothing new"


def test_of_moments_that_are_alike_the_first_few_stand_for_all_in_any_order() -> None:
    start = T // 600 * 600
    denied = [
        Moment(
            start + n, f"e{n}", Kind.DENIED, f"s{n}", "", "p", "n", "trusted", "r", "t", "k", (way(f"s{n}", "denied"),)
        )
        for n in range(200)
    ]
    kept = keep(Memory(), denied)
    assert [moment.event_id for moment in kept.moments] == [f"e{n}" for n in range(MOMENTS_KEPT)]
    backwards = Memory()
    for moment in reversed(denied):
        backwards = keep(backwards, [moment])
    assert backwards == kept


def test_a_moment_that_shows_nothing_any_more_is_dropped() -> None:
    first = keep(learn(Memory(), [(T, T, way("a"))], MONTH), [read(T, "a")])
    earlier = learn(first, [(T - 60, T - 60, way("a"))], MONTH)
    assert keep(earlier, [read(T - 60, "a", "e0")]).moments == (read(T - 60, "a", "e0"),)


def test_what_is_too_old_is_forgotten_but_a_story_is_kept_as_a_whole() -> None:
    moments = tuple(read(T - n * 3600, f"s{n}", f"e{n}") for n in range(40, 0, -1))
    told = Told("s", T, T, Severity.LOW, (), T - 16 * DAY)
    memory = Memory(moments=moments, told=(told,))
    alone = forget(memory, T, [])
    assert min(moment.time for moment in alone.moments) > T - HORIZON - 2 * 3600
    assert alone.told == ()
    reaching = forget(memory, T, [(T - 20 * 3600, T - 3600)])
    assert min(moment.time for moment in reaching.moments) <= T - 20 * 3600
    endless = forget(memory, T, [(T - 400 * 3600, T)])
    assert min(moment.time for moment in endless.moments) > T - DAY - 2 * 3600, "for a day at most"


@pytest.mark.parametrize("kind", LIMITS)
def test_every_kind_of_habit_is_bounded(kind: str) -> None:
    assert 0 < LIMITS[kind].names <= 5000


# --- two memories of one actor ----------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, 40, 99])
def test_a_past_that_is_united_later_is_as_if_it_had_been_learnt_first(cut: int) -> None:
    seen = [(T + n * 20_000, T + n * 20_000, way(f"s{n % 7}")) for n in range(100)]
    past, present = learn(Memory(), seen[:cut], MONTH), learn(Memory(version=3), seen[cut:], MONTH)
    assert unite(present, past, MONTH).habits == learn(Memory(), seen, MONTH).habits
    assert unite(present, past, MONTH).version == 3


def test_uniting_again_changes_nothing_at_all() -> None:
    past = learn(Memory(), [(T, T, way("a"))], MONTH)
    united = unite(Memory(), past, MONTH)
    assert unite(united, past, MONTH) is united


def test_what_was_forgotten_between_the_two_is_known_from_the_later_one_only() -> None:
    past = learn(Memory(), [(T, T, way("a"))], MONTH)
    present = learn(Memory(), [(T + 40 * DAY, T + 40 * DAY, way("a"))], MONTH)
    assert unite(present, past, MONTH).known(way("a")) == present.known(way("a"))
    assert unite(past, present, MONTH).known(way("a")) == present.known(way("a"))


def test_a_full_memory_loses_nothing_to_the_past_and_takes_its_latest_names() -> None:
    room = LIMITS["region"].names
    present = learn(Memory(), [(T, T, way(f"now{n}", "region")) for n in range(room - 2)], MONTH)
    past = learn(Memory(), [(T - n * DAY, T - n * DAY, way(f"then{n}", "region")) for n in range(2, 9)], MONTH)
    united = unite(present, past, MONTH)
    assert set(united.names("region")) == {*present.names("region"), "then2", "then3"}
    assert unite(united, past, MONTH) is united


def test_the_past_brings_no_story_along() -> None:
    told = Told("s", T, T, Severity.HIGH, ("root",), T)
    present = Memory(moments=(read(T, "a"),), told=(told,), unpublished=("n",), version=1)
    united = unite(present, learn(Memory(moments=(read(T, "b"),)), [(T, T, way("b"))], MONTH), MONTH)
    assert (united.moments, united.told, united.unpublished) == (present.moments, present.told, present.unpublished)
