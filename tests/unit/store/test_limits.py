from __future__ import annotations

from secretwatch.store.limits import Cooldown, Use, admits
from secretwatch.store.store import Store
from tests.unit.store.conftest import Clock


def test_a_cooldown_is_taken_by_one_and_counts_the_uses_of_the_others(store: Store, clock: Clock) -> None:
    assert store.limits.cool_down("prod/db", "e1", 900, 1) == Cooldown(mine=True, fresh=True, suppressed=0)
    assert store.limits.cool_down("prod/db", "e2", 900, 20) == Cooldown(mine=False, fresh=False, suppressed=0)
    assert store.limits.cool_down("prod/db", "e3", 900, 5) == Cooldown(mine=False, fresh=False, suppressed=0)
    assert store.limits.cool_down("prod/api", "e2", 900, 1).mine, "another secret has its own"
    clock.now += 901
    assert store.limits.cool_down("prod/db", "e4", 900, 1) == Cooldown(mine=True, fresh=True, suppressed=25)
    clock.now += 901
    assert store.limits.cool_down("prod/db", "e5", 900, 1).suppressed == 0, "said once"


def test_a_repeated_attempt_has_its_cooldown_already(store: Store, clock: Clock) -> None:
    store.limits.cool_down("prod/db", "e1", 900, 1)
    store.limits.cool_down("prod/db", "e2", 900, 7)
    clock.now += 901
    first = store.limits.cool_down("prod/db", "e3", 900, 1)
    assert store.limits.cool_down("prod/db", "e3", 900, 1) == Cooldown(True, False, first.suppressed)
    assert first.suppressed == 7


def test_a_budget_is_spent_by_the_hour(store: Store, clock: Clock) -> None:
    clock.now = clock.now // 3600 * 3600
    assert [store.limits.spend("rotations", 2) for _ in range(4)] == [True, True, False, False]
    assert store.limits.spend("model", 2), "another budget"
    clock.now += 3599
    assert not store.limits.spend("rotations", 2)
    clock.now += 1
    assert store.limits.spend("rotations", 2)


def test_what_was_used_of_a_budget_is_known_for_days(store: Store, clock: Clock) -> None:
    hour = int(clock.now) // 3600 * 3600
    for _ in range(3):
        store.limits.spend("model", 2)
    clock.now += 3600
    store.limits.spend("model", 2)
    hours = range(hour - 7200, hour + 7200, 3600)
    assert sorted(store.limits.used("model", hours)) == [1, 2], "what was refused was not used"
    assert store.limits.used("rotations", hours) == []


def test_a_cooldown_counts_uses_only_while_it_lasts(store: Store, clock: Clock) -> None:
    assert not store.limits.count_if_cooling("prod/db", 3), "there is none"
    assert store.limits.cool_down("prod/db", "e1", 900, 1).until == int(clock.now) + 900
    assert store.limits.count_if_cooling("prod/db", 3)
    assert store.limits.cool_down("prod/db", "e2", 900, 1).until == int(clock.now) + 900, "whoever holds it"
    clock.now += 901
    assert not store.limits.count_if_cooling("prod/db", 3)
    assert store.limits.cool_down("prod/db", "e3", 900, 1).suppressed == 4


def test_a_cooldown_that_was_taken_for_nothing_is_given_back_by_its_holder(store: Store) -> None:
    store.limits.cool_down("prod/db", "e1", 900, 1)
    store.limits.give_back("prod/db", "e2")
    assert not store.limits.cool_down("prod/db", "e3", 900, 1).mine
    store.limits.give_back("prod/db", "e1")
    assert store.limits.cool_down("prod/db", "e3", 900, 1).mine


def test_a_budget_slides_over_an_hour(store: Store, clock: Clock) -> None:
    def reserve(number: int) -> bool:
        return store.limits.reserve("rotations", Use(int(clock.now), f"secret {number}", f"holder {number}"), 2)

    assert [reserve(number) for number in range(3)] == [True, True, False]
    assert reserve(0), "has its place already"
    clock.now += 3599
    assert not reserve(3)
    store.limits.release("rotations", "holder 1")
    assert reserve(4), "a place that was not used"
    clock.now += 1
    assert reserve(5)
    assert not reserve(6)


def test_the_last_places_are_kept_for_new_subjects() -> None:
    recent = [Use(0, "a", str(number)) for number in range(8)]
    assert not admits(recent, "a", 10)
    assert admits(recent, "b", 10)
    assert admits(recent[:7], "a", 10)
    assert admits([], "a", 1)
    assert not admits([*recent, Use(0, "b", "8"), Use(0, "c", "9")], "d", 10)
