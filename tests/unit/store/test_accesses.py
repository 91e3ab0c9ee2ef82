from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from secretwatch.audit import AuditTable, Batch, Claim, key_part

from secretwatch.detect.memory import Memory
from secretwatch.detect.catalogue import Severity
from secretwatch.notify.notice import Kind, Notice
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.origin import Judged, Origin, Trust
from tests.records import record
from tests.unit.conftest import TABLE

ORIGIN = Origin(Trust.TRUSTED, "198.51.100.7", "inside a trusted network")
NOTICE = Notice("n1", Kind.ACCESS, Severity.INFO, "title", (), "2026-01-31T12:00:00Z")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(dynamodb: Any, clock: Clock) -> AuditTable:
    return AuditTable(dynamodb, TABLE, retention_days=30, now=clock)


def judged(number: int = 0, **changes: Any) -> Judged:
    access = parse(record(**{"eventID": f"e{number}", **changes}))
    assert isinstance(access, SecretAccess)
    return Judged(access, ORIGIN)


def batch(clock: Clock, token: str = "b1", lease: float = 60) -> Batch:
    return Batch(token, clock.now + lease)


def test_a_new_access_is_mine_and_recorded(audit: AuditTable, clock: Clock) -> None:
    entry = judged()
    taken = audit.take([entry], batch(clock))
    assert taken.mine == (entry,)
    (item,) = audit.by_day("2026-01-31")
    assert item["secret"] == "prod/db"
    assert item["expires_at"] == int(clock.now) + 30 * 86_400
    assert "error_code" not in item


def test_a_finished_batch_makes_its_accesses_duplicates(audit: AuditTable, clock: Clock) -> None:
    audit.take([judged()], batch(clock))
    audit.finish(batch(clock))
    taken = audit.take([judged(), judged(1)], batch(clock, "b2"))
    assert [entry.access.event_id for entry in taken.mine] == ["e1"]
    assert taken.duplicates == 1
    assert len(list(audit.by_day("2026-01-31"))) == 2


def test_a_running_batch_keeps_its_accesses(audit: AuditTable, clock: Clock) -> None:
    audit.take([judged()], batch(clock))
    taken = audit.take([judged()], batch(clock, "b2"))
    assert taken.busy == ("e0",)
    assert taken.mine == ()


@pytest.mark.parametrize("ended", ["lease over", "released"])
def test_an_ended_batch_leaves_orphans_that_one_other_adopts(audit: AuditTable, clock: Clock, ended: str) -> None:
    entry = judged()
    audit.take([entry], batch(clock))
    if ended == "released":
        audit.release(batch(clock))
    else:
        clock.now += 61
    second, third = batch(clock, "b2"), batch(clock, "b3")
    orphans = audit.take([entry], second).orphans
    late = audit.take([entry], third).orphans
    assert orphans == late == ((entry, "b1"),)
    assert len(audit.adopt(orphans, second)) == 1
    assert audit.adopt(late, third) == ()


def test_a_retry_of_the_same_batch_takes_its_own_again(audit: AuditTable, clock: Clock) -> None:
    audit.take([judged()], batch(clock))
    taken = audit.take([judged()], batch(clock))
    assert taken.retried
    assert len(taken.mine) == 1


def test_more_accesses_than_a_transaction_holds_with_old_ones_among_them(audit: AuditTable, clock: Clock) -> None:
    audit.take([judged(n) for n in range(0, 130, 10)], batch(clock))
    audit.finish(batch(clock))
    taken = audit.take([judged(n) for n in range(130)], batch(clock, "b2"))
    assert len(taken.mine) == 117
    assert taken.duplicates == 13
    assert len(list(audit.by_day("2026-01-31"))) == 130


def test_a_claim_is_taken_once(audit: AuditTable, clock: Clock) -> None:
    lease = clock.now + 60
    assert audit.claim("CHANNEL#slack", "n1", "me", lease) is Claim.TAKEN
    assert audit.claim("CHANNEL#slack", "n1", "other", lease) is Claim.BUSY
    assert audit.claim("CHANNEL#slack", "n1", "me", lease) is Claim.TAKEN
    assert audit.claim("CHANNEL#teams", "n1", "other", lease) is Claim.TAKEN
    audit.settle("CHANNEL#slack", "n1")
    assert audit.claim("CHANNEL#slack", "n1", "me", lease) is Claim.DONE


def test_a_claim_whose_lease_ended_is_free(audit: AuditTable, clock: Clock) -> None:
    audit.claim("a", "s", "me", clock.now + 60)
    clock.now += 62
    assert audit.claim("a", "s", "other", clock.now + 60) is Claim.TAKEN


def test_a_notice_is_kept_once_and_marked(audit: AuditTable) -> None:
    audit.keep_notice(NOTICE)
    audit.keep_notice(replace(NOTICE, title="another"))
    assert audit.kept_notices(["n1", "n2"]) == {"n1": (NOTICE, False)}
    audit.mark_published("n1")
    assert audit.kept_notices(["n1"]) == {"n1": (NOTICE, True)}


def test_lookups_by_secret_and_principal_in_order_of_time(audit: AuditTable, clock: Clock) -> None:
    times = ["2026-01-31T12:00:05Z", "2026-01-31T12:00:01Z", "2026-02-28T12:00:00Z"]
    audit.take([judged(n, eventTime=time) for n, time in enumerate(times)], batch(clock))
    window = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert [item["event_id"] for item in audit.by_secret("prod/db", *window)] == ["e1", "e0"]
    principal = judged().access.call.principal.key
    assert [item["event_id"] for item in audit.by_principal(principal, *window)] == ["e1", "e0"]
    assert list(audit.by_secret("other", *window)) == []


def test_a_hostile_name_fits_into_a_key(audit: AuditTable, clock: Clock) -> None:
    name = "\u202e" + "名" * 5000 + "\ud800"
    audit.take([judged(requestParameters={"secretId": name}, eventID="e" * 3000)], batch(clock))
    (item,) = audit.by_day("2026-01-31")
    assert len(item["secret"].encode()) < 1024
    assert key_part("prod/db") == "prod/db"


def test_what_is_remembered_is_stored_with_its_notice_or_not_at_all(audit: AuditTable) -> None:
    (empty,) = audit.states(["alice"]).values()
    assert empty == Memory()
    first = replace(empty, networks={"198.51.100.7": 5})
    assert audit.remember("alice", first, 30, NOTICE)
    assert audit.states(["alice"]) == {"alice": first.stored()}
    assert set(audit.kept_notices(["n1"])) == {"n1"}

    late = replace(empty, networks={"other": 1})
    assert not audit.remember("alice", late, 30, replace(NOTICE, id="n2"))
    assert not audit.remember("alice", late, 30, None)
    assert audit.kept_notices(["n2"]) == {}
    assert audit.remember("alice", first.stored(), 30, None)


def test_a_notice_that_is_kept_already_does_not_hold_up_its_retry(audit: AuditTable) -> None:
    audit.keep_notice(NOTICE)
    assert audit.remember("alice", Memory(), 30, replace(NOTICE, title="another"))
    assert audit.kept_notices(["n1"]) == {"n1": (NOTICE, False)}
