from __future__ import annotations

from secretwatch.store.limits import Cooldown
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
