"""Every access once, whoever brings it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.origin import Judged, Origin, Trust
from secretwatch.runtime.invocation import Invocation
from secretwatch.store import accesses, table
from secretwatch.store.accesses import invocation_key
from secretwatch.store.store import Store
from secretwatch.store.table import Item, StoreError, encode
from tests.documents import TABLE
from tests.records import record
from tests.unit.store.conftest import NOW, Clock, FaultyClient, holding

ORIGIN = Origin(Trust.TRUSTED, "198.51.100.7", "inside a trusted network")
DAY = datetime(2026, 1, 31, tzinfo=UTC)


def judged(number: int = 0, **changes: Any) -> Judged:
    access = parse(record(**{"eventID": f"e{number}", **changes}))
    assert isinstance(access, SecretAccess)
    return Judged(access, ORIGIN)


def of_the_day(store: Store) -> list[Item]:
    return list(store.accesses.between(DAY, DAY + timedelta(hours=23)))


def test_a_new_access_is_mine_and_recorded(store: Store) -> None:
    entry = judged()
    taken = store.accesses.take([entry], holding())
    assert taken.mine == (entry,)
    (item,) = of_the_day(store)
    assert item["secret"] == "prod/db"
    assert item["trust"] == "trusted"
    assert item["invocation"] == "i1"
    assert item["expires_at"] == int(NOW) + 30 * 86_400
    assert "error_code" not in item


def test_a_finished_invocation_makes_its_accesses_duplicates(store: Store) -> None:
    store.accesses.take([judged()], holding())
    store.accesses.finish(holding())
    taken = store.accesses.take([judged(), judged(1)], holding("i2"))
    assert [entry.access.event_id for entry in taken.mine] == ["e1"]
    assert taken.duplicates == 1
    assert len(of_the_day(store)) == 2


def test_a_running_invocation_keeps_its_accesses(store: Store) -> None:
    store.accesses.take([judged()], holding())
    taken = store.accesses.take([judged()], holding("i2"))
    assert taken.busy == ("e0",)
    assert taken.mine == ()


@pytest.mark.parametrize("ended", ["lease over", "released"])
def test_an_ended_invocation_leaves_orphans_that_one_other_adopts(store: Store, clock: Clock, ended: str) -> None:
    entry = judged()
    store.accesses.take([entry], holding())
    if ended == "released":
        store.accesses.release(holding())
    else:
        clock.now += 61
    second, third = holding("i2", clock), holding("i3", clock)
    orphans = store.accesses.take([entry], second).orphans
    late = store.accesses.take([entry], third).orphans
    assert orphans == late == ((entry, "i1"),)
    assert len(store.accesses.adopt(orphans, second)) == 1
    assert store.accesses.adopt(late, third) == ()


def test_a_retry_of_the_same_invocation_takes_its_own_again(store: Store) -> None:
    store.accesses.take([judged()], holding())
    taken = store.accesses.take([judged()], holding())
    assert taken.retried
    assert len(taken.mine) == 1


def test_more_accesses_than_a_transaction_holds_with_old_ones_among_them(store: Store) -> None:
    store.accesses.take([judged(n) for n in range(0, 130, 10)], holding())
    store.accesses.finish(holding())
    taken = store.accesses.take([judged(n) for n in range(130)], holding("i2"))
    assert len(taken.mine) == 117
    assert taken.duplicates == 13
    assert len(of_the_day(store)) == 130


def test_a_hostile_name_fits_into_a_key(store: Store) -> None:
    name = "\u202e" + "名" * 5000 + "\ud800"
    store.accesses.take([judged(requestParameters={"secretId": name}, eventID="e" * 3000)], holding())
    (item,) = of_the_day(store)
    assert len(item["secret"].encode()) < 1024


def test_the_accesses_between_two_times_come_newest_first_over_midnight(store: Store) -> None:
    times = ["2026-02-01T00:10:00Z", "2026-01-31T23:50:00Z", "2026-01-31T23:39:59Z", "2026-02-01T00:20:01Z"]
    store.accesses.take([judged(n, eventTime=time) for n, time in enumerate(times)], holding())
    since, until = datetime(2026, 1, 31, 23, 40, tzinfo=UTC), datetime(2026, 2, 1, 0, 20, tzinfo=UTC)
    assert [item["event_id"] for item in store.accesses.between(since, until)] == ["e0", "e1"]


def test_both_ends_of_a_time_are_part_of_it(store: Store) -> None:
    store.accesses.take([judged(0), judged(1, eventTime="2026-01-31T12:05:00Z")], holding())
    since, until = DAY + timedelta(hours=12), DAY + timedelta(hours=12, minutes=5)
    assert [item["event_id"] for item in store.accesses.between(since, until)] == ["e1", "e0"]


# --- what DynamoDB does on bad days -----------------------------------------------------


def cancelled(*reasons: Item) -> Item:
    return {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": list(reasons)}


def test_a_cancelled_transaction_is_written_again(store: Store, faulty: FaultyClient) -> None:
    """Of two accesses one met another transaction, so that neither was written."""
    faulty.fails("transact_write_items", cancelled({"Code": "TransactionConflict"}, {"Code": "None"}))
    taken = store.accesses.take([judged(0), judged(1)], holding())
    assert [entry.access.event_id for entry in taken.mine] == ["e0", "e1"]
    assert len(of_the_day(store)) == 2
    assert faulty.waits, "a conflict passes only with time"


def test_a_known_access_in_a_cancelled_transaction_is_left_out_of_the_next(store: Store, faulty: FaultyClient) -> None:
    store.accesses.take([judged(0)], holding())
    store.accesses.finish(holding())
    faulty.calls.clear()
    taken = store.accesses.take([judged(0), judged(1)], holding("i2"))
    assert [entry.access.event_id for entry in taken.mine] == ["e1"]
    assert taken.duplicates == 1
    assert [len(request["TransactItems"]) for request in faulty.requests("transact_write_items")] == [2, 1]
    assert faulty.waits == [], "what is known has not to be waited for"


def test_a_transaction_that_is_cancelled_for_ever_is_an_error(store: Store, faulty: FaultyClient) -> None:
    faulty.fails("transact_write_items", *[cancelled({"Code": "ThrottlingError"})] * table.ATTEMPTS)
    with pytest.raises(StoreError, match="TransactWriteItems kept being cancelled for 1 accesses"):
        store.accesses.take([judged()], holding())
    assert len(faulty.waits) == table.ATTEMPTS
    assert max(faulty.waits) < 3.3


def ending(store: Store, who: Invocation, after: int, waits: list[float]) -> Any:
    """Return a sleep during which, at the ``after``-th time, an invocation is done."""

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == after:
            store.accesses.finish(who)

    return sleep


def test_a_busy_invocation_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both paths bring the same record at about the same time: the second finds that the first was done."""
    waits: list[float] = []
    store.accesses.take([judged()], holding())
    monkeypatch.setattr(accesses, "PATIENCE", 20.0)
    monkeypatch.setattr("secretwatch.store.accesses.clock.sleep", ending(store, holding(), 3, waits))
    taken = store.accesses.take([judged()], holding("i2"))
    assert (taken.duplicates, taken.busy) == (1, ())
    assert len(waits) == 3


def test_nobody_is_waited_for_longer_than_patience(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    store.accesses.take([judged()], holding(seconds=900))
    monkeypatch.setattr(accesses, "PATIENCE", 20.0)
    monkeypatch.setattr("secretwatch.store.accesses.clock.sleep", clock.sleep)
    assert store.accesses.take([judged()], holding("i2", seconds=900)).busy == ("e0",)
    assert 20 <= clock.now - NOW < 21


def test_nobody_is_waited_for_until_the_own_time_is_over(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.accesses.take([judged()], holding(seconds=900))
    monkeypatch.setattr(accesses, "PATIENCE", 20.0)
    monkeypatch.setattr("secretwatch.store.accesses.clock.sleep", clock.sleep)
    assert store.accesses.take([judged()], holding("i2", seconds=25)).busy == ("e0",)
    assert 5 <= clock.now - NOW < 6, "time is left to hand the records back"


def test_an_invocation_of_which_nothing_is_kept_was_done(store: Store, dynamodb: Any) -> None:
    """Its item is older than WORK_DAYS: DynamoDB has removed it."""
    store.accesses.take([judged()], holding())
    dynamodb.delete_item(TableName=TABLE, Key=encode(invocation_key("i1")))
    assert store.accesses.take([judged()], holding("i2")).duplicates == 1


def test_several_transactions_at_once_find_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    inserted: list[int] = []

    def insert(items: list[Item]) -> dict[str, str]:
        inserted.append(len(items))
        return {item["event_id"]: "i0" for item in items if item["event_id"] == "e205"}

    monkeypatch.setattr(store.accesses, "_insert_chunk", insert)
    monkeypatch.setattr(accesses, "WORKERS", 4)
    taken = store.accesses.take([judged(n) for n in range(210)], holding())
    assert sorted(inserted) == [10, 100, 100]
    assert (len(taken.mine), taken.duplicates) == (209, 1)
