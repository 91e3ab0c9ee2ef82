"""Every access once, whoever brings it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secretwatch.detect.evidence import Recorded
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import Actor, People
from secretwatch.record.origin import Judged, Origin, Trust
from secretwatch.store import accesses, table
from secretwatch.store.store import Store
from secretwatch.store.table import Item, StoreError
from tests.records import record, role, user
from tests.unit.store.conftest import NOW, FaultyClient

ORIGIN = Origin(Trust.TRUSTED, "198.51.100.7", "inside a trusted network")
DAY = datetime(2026, 1, 31, tzinfo=UTC)
NOON = int((DAY + timedelta(hours=12)).timestamp())


def entry(number: int = 0, **changes: Any) -> tuple[Judged, Actor]:
    access = parse(record(**{"eventID": f"e{number}", **changes}))
    assert isinstance(access, SecretAccess)
    return Judged(access, ORIGIN), People().actor(access)


def of_the_day(store: Store) -> list[Item]:
    return list(store.accesses.between(DAY, DAY + timedelta(hours=23)))


def test_an_access_is_recorded_as_the_record_says(store: Store) -> None:
    store.accesses.record([entry(userIdentity=role("deploy", "release-42"))])
    (item,) = of_the_day(store)
    assert (item["secret"], item["trust"], item["session_name"]) == ("prod/db", "trusted", "release-42")
    assert item["access_key_id"] == "ASIASYNTHETIC0000000"
    assert item["expires_at"] == NOON + 30 * 86_400, "from the access on, so that a copy is the same item"
    assert "error_code" not in item


def test_a_copy_is_neither_another_item_nor_another_write(store: Store, faulty: FaultyClient) -> None:
    store.accesses.record([entry(0), entry(0), entry(1)])
    store.accesses.record([entry(0)])
    assert sorted(item["event_id"] for item in of_the_day(store)) == ["e0", "e1"]
    written = [len(items) for call in faulty.requests("batch_write_item") for items in call["RequestItems"].values()]
    assert written == [2]


def test_another_content_under_the_same_id_is_another_access(store: Store) -> None:
    store.accesses.record(
        [entry(0), entry(0, requestParameters={"secretId": "other"}), entry(0, errorCode="AccessDenied")]
    )
    assert len(of_the_day(store)) == 3


def test_what_claims_to_be_of_the_future_is_kept_no_longer(store: Store) -> None:
    judged, actor = entry(eventTime="2099-01-01T00:00:00Z")
    store.accesses.record([(judged, actor)])
    far = int(judged.access.time.timestamp())
    (found,), _ = store.accesses.of(actor.key, far, far, 10)
    assert found.event_id == "e0"
    future = datetime(2099, 1, 1, tzinfo=UTC)
    (item,) = store.accesses.between(future, future)
    assert item["expires_at"] == int(NOW) + 30 * 86_400


def test_more_accesses_than_a_call_holds(store: Store) -> None:
    store.accesses.record([entry(n) for n in range(0, 130, 10)])
    store.accesses.record([entry(n) for n in range(130)])
    assert len(of_the_day(store)) == 130


def test_a_hostile_name_fits_into_a_key(store: Store) -> None:
    name = "\u202e" + "名" * 5000 + "\ud800"
    store.accesses.record([entry(requestParameters={"secretId": name}, eventID="e" * 3000, userIdentity=user(name))])
    (item,) = of_the_day(store)
    assert len(item["secret"].encode()) < 1024
    assert len(item["pk"].encode()) < 2048


# --- of one actor -------------------------------------------------------------------------


def test_the_accesses_of_an_actor_come_as_they_were_in_order_of_time_over_midnight(store: Store) -> None:
    times = ["2026-02-01T00:10:00Z", "2026-01-31T23:50:00Z", "2026-01-31T23:39:59Z", "2026-02-01T00:20:01Z"]
    alice = [entry(n, eventTime=time) for n, time in enumerate(times)]
    bob = entry(9, eventTime=times[0], userIdentity=user("bob"))
    store.accesses.record([*alice, bob])
    since = int(datetime(2026, 1, 31, 23, 40, tzinfo=UTC).timestamp())
    found, complete = store.accesses.of(alice[0][1].key, since, since + 2400, 10)
    assert complete
    assert [each.event_id for each in found] == ["e1", "e0"]
    assert found[0] == Recorded.of(alice[1][0])


def test_of_too_many_the_first_are_given_and_it_is_said(store: Store) -> None:
    made = [entry(n, eventTime=f"2026-01-31T12:00:{n:02}Z") for n in range(30)]
    store.accesses.record(made)
    found, complete = store.accesses.of(made[0][1].key, NOON, NOON + 60, 20)
    assert ([each.event_id for each in found], complete) == ([f"e{n}" for n in range(20)], False)


# --- of everybody -------------------------------------------------------------------------


def test_the_accesses_between_two_times_come_newest_first_over_midnight(store: Store) -> None:
    times = ["2026-02-01T00:10:00Z", "2026-01-31T23:50:00Z", "2026-01-31T23:39:59Z", "2026-02-01T00:20:01Z"]
    store.accesses.record([entry(n, eventTime=time, userIdentity=user(f"u{n}")) for n, time in enumerate(times)])
    since, until = datetime(2026, 1, 31, 23, 40, tzinfo=UTC), datetime(2026, 2, 1, 0, 20, tzinfo=UTC)
    assert [item["event_id"] for item in store.accesses.between(since, until)] == ["e0", "e1"]


def test_a_day_is_many_partitions_of_the_index(store: Store) -> None:
    """A partition takes a thousand writes a second. AWS: "Partitions and data distribution"."""
    store.accesses.record([entry(n) for n in range(200)])
    assert len({item["day"] for item in of_the_day(store)}) == 16


# --- one call, two accounts -----------------------------------------------------------------


def test_of_two_accounts_records_of_one_call_the_one_that_names_the_caller_stands_for_it(store: Store) -> None:
    claim = store.accesses.claim_shared
    assert claim("shared-1", "theirs", True)
    assert not claim("shared-1", "ours", False)
    assert claim("shared-1", "theirs", True), "a repetition is itself"
    assert claim("shared-2", "ours", False)
    assert claim("shared-2", "theirs", True), "it comes later and says more"
    assert not claim("shared-2", "ours", False)
    assert claim("shared-2", "theirs", True)


# --- what DynamoDB does on bad days ---------------------------------------------------------


def left_unwritten(client: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Write all but the last item."""
    ((name, items),) = request["RequestItems"].items()
    client.batch_write_item(RequestItems={name: items[:-1]})
    return {"UnprocessedItems": {name: items[-1:]}}


def test_what_was_left_unwritten_is_written_again(store: Store, faulty: FaultyClient) -> None:
    faulty.answers("batch_write_item", left_unwritten)
    store.accesses.record([entry(n) for n in range(3)])
    assert len(of_the_day(store)) == 3
    assert faulty.waits, "what was throttled passes only with time"


def test_what_stays_unwritten_is_an_error(store: Store, faulty: FaultyClient) -> None:
    def nothing(client: Any, request: dict[str, Any]) -> dict[str, Any]:
        return {"UnprocessedItems": request["RequestItems"]}

    faulty.answers("batch_write_item", *[nothing] * table.ATTEMPTS)
    with pytest.raises(StoreError, match="BatchWriteItem left 1 items unprocessed"):
        store.accesses.record([entry()])
    assert max(faulty.waits) < 3.3


def test_several_calls_at_once_write_everything(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(store.accesses, "_write_missing", lambda items: written.append(len(items)))
    monkeypatch.setattr(accesses, "WORKERS", 4)
    store.accesses.record([entry(n) for n in range(210)])
    assert sorted(written) == [10, 100, 100]
