"""The generated month: the same for a seed, in order, whole, and nothing in it that the parser stumbles on."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from dev.month import attacks
from dev.month.lives import LIVES, partners
from dev.month.organisation import DAYS, HISTORY_DAYS, organisations
from dev.month.records import Made
from dev.month.stream import delivered, month
from secretwatch.record.access import Malformed, parse


@pytest.fixture(scope="module")
def small() -> list[Made]:
    return list(month("small", 1))


def test_a_seed_is_a_month(small: list[Made]) -> None:
    assert list(month("small", 1)) == small
    assert list(month("small", 2)) != small


def test_a_day_is_the_same_alone(small: list[Made]) -> None:
    assert list(month("small", 1, 3, 4)) == [m for m in small if m.record["eventTime"].startswith("2026-06-04")]


def test_records_come_in_order_each_with_an_id_of_its_own(small: list[Made]) -> None:
    assert all(a.record["eventTime"] <= b.record["eventTime"] for a, b in pairwise(small))
    assert len({made.record["eventID"] for made in small}) == len(small)


def test_a_small_organisation_makes_about_a_hundred_records_a_day(small: list[Made]) -> None:
    number = sum(made.record["eventTime"] >= "2026-06-01" for made in small)
    assert 2_600 < number < 4_000


def test_a_middle_one_makes_about_twelve_thousand() -> None:
    assert 10_000 < sum(1 for _ in month("mid", 1, 2, 3)) < 15_000


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("size", ["small", "mid", "large"])
def test_every_attack_is_in_every_month(size: str, seed: int) -> None:
    accounts = organisations(size, seed)
    found = Counter(
        act.label.name
        for number, org in enumerate(accounts)
        for day in range(DAYS)
        for act in attacks.attacks_on(org, day, attacks.ATTACKS[number :: len(accounts)])
        if act.label is not None
    )
    assert found.keys() == set(attacks.NAMES)
    assert found["one_a_day"] > 5


def test_every_life_is_in_the_middle_organisation() -> None:
    (org,) = organisations("mid", 1)
    lived = {life.__name__: any(next(life(org, day), None) for day in range(-HISTORY_DAYS, DAYS)) for life in LIVES}
    assert [name for name, is_there in lived.items() if not is_there] == []


def test_the_parser_understands_every_record(small: list[Made]) -> None:
    days = [*small, *month("mid", 1, 5, 6), *month("mid", 1, -3, -2)]
    assert [parse(made.record) for made in days if isinstance(parse(made.record), Malformed)] == []


def test_a_call_across_watched_accounts_is_recorded_in_both() -> None:
    org = organisations("large", 1)[0]
    acts = [act for act in partners(org, 0) if act.extra is not None]
    shared = Counter(act.extra["sharedEventID"] for act in acts if act.extra)
    assert set(shared.values()) == {1, 2}  # a partner's own record is not ours to see
    assert {act.account for act in acts} == {org.account, org.siblings[0]}


def test_deliveries_are_late_and_repeat_and_lose_nothing(small: list[Made]) -> None:
    came = list(delivered(small, 1))
    times = [made.record["eventTime"] for made in came]
    assert {made.record["eventID"] for made in came} == {made.record["eventID"] for made in small}
    assert len(came) > len(small)
    assert times != sorted(times)
