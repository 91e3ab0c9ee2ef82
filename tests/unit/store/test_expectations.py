from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.expectations import Expectation, expectation_of
from secretwatch.detect.signals import Finding
from secretwatch.store.expectations import KEPT_DAYS, expectation_key
from secretwatch.store.store import Store
from secretwatch.store.table import DAY, encode
from tests.documents import TABLE
from tests.records import role
from tests.unit.detect.situations import OFFICE, START, TUNING, decided, read
from tests.unit.detect.test_expectations import expecting
from tests.unit.store.conftest import NOW, Clock, FaultyClient

GIVEN = {"actor": "arn:*:role/mover", "secret": "prod/*", "until": "2027-01-20", "why": "we move"}


def expectation(**changes: str) -> Expectation:
    return expectation_of({**GIVEN, **changes}, "arn:aws:iam::1:user/ann", int(NOW))


def spared(number: int = 3) -> list[Finding]:
    tuning = expecting(secret="prod/*", tuning=TUNING)
    identity: dict[str, Any] = {"userIdentity": role("mover", "run"), "sourceIPAddress": OFFICE}
    reads = [read(n * 0.1, f"prod/s{n}", eventID=f"e{n}", **identity) for n in range(number)]
    return list(decided(*reads, tuning=tuning).spared)


def test_what_is_declared_is_found_with_who_and_why(store: Store) -> None:
    assert store.expectations.declare(expectation())
    assert not store.expectations.declare(expectation()), "declaring it again changes nothing"
    assert list(store.expectations.all()) == [expectation()]


def test_deliveries_ask_for_them_every_half_minute(store: Store, faulty: FaultyClient, clock: Clock) -> None:
    assert store.expectations.current() == ()
    store.expectations.declare(expectation())
    for _ in range(50):
        assert store.expectations.current() == ()
        clock.now += 0.5
    assert len(faulty.requests("query")) == 1
    clock.now += 5
    assert store.expectations.current() == (expectation(),)


def test_one_that_is_removed_ends_now_and_stays_for_the_digest(store: Store, clock: Clock) -> None:
    declared = expectation()
    store.expectations.declare(declared)
    clock.now += 100
    assert store.expectations.end(declared.id)
    (ended,) = store.expectations.all()
    assert ended.until == int(clock.now)
    assert ended.covers("prod/db", int(clock.now) - 1)
    assert not ended.covers("prod/db", int(clock.now))
    assert not store.expectations.end(declared.id), "it has ended"
    assert not store.expectations.end("nonesuch")


def test_it_is_forgotten_a_month_after_its_end(store: Store, dynamodb: Any) -> None:
    declared = expectation()
    store.expectations.declare(declared)
    item = dynamodb.get_item(TableName=TABLE, Key=encode(expectation_key(declared.id)))["Item"]
    assert item["expires_at"] == {"N": str(declared.until + KEPT_DAYS * DAY)}


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": "*", "secret": "*"},
        {"actor": "**"},
        {"until": None},
        {"why": None},
        {"secret": "?*"},
        {"since": "0"},
        {"until": "9"},
        {"until": True},
        {"since": 0},
        {"until": 10**30},
        {"since": 10**15, "until": 10**15 + 5},
        {"until": int(NOW) - 1},
    ],
)
def test_an_item_that_somebody_wrote_by_hand_silences_nobody(
    store: Store, dynamodb: Any, changes: dict[str, Any]
) -> None:
    good = {
        "actor": "arn:*:role/a",
        "secret": "prod/*",
        "since": int(NOW),
        "until": int(NOW) + 9,
        "why": "x",
        "by": "y",
    }
    dynamodb.put_item(TableName=TABLE, Item=encode({**expectation_key("by-hand"), **good, **changes}))
    store.expectations.declare(expectation())
    assert list(store.expectations.all()) == [expectation()]


def test_an_item_with_a_broken_number_stops_nobody(store: Store, dynamodb: Any) -> None:
    good = {"actor": "arn:*:role/a", "secret": "prod/*", "since": int(NOW), "why": "x", "by": "y"}
    dynamodb.put_item(
        TableName=TABLE, Item={**encode({**expectation_key("by-hand"), **good}), "until": {"N": "1769900000.5"}}
    )
    assert list(store.expectations.all()) == []


def test_what_nobody_heard_of_is_counted_once(store: Store) -> None:
    findings = spared(3)
    for _ in range(2):
        store.expectations.note("arn:mover", findings)
    day = START.date().isoformat()
    (quiet,) = store.expectations.noted(day).values()
    assert (quiet.accesses, quiet.worst) == (3, Severity.LOW)
    assert store.expectations.noted((START + timedelta(days=1)).date().isoformat()) == {}
    assert list(store.expectations.all()) == [], "a count is no expectation"
