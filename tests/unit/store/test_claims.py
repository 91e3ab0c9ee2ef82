from __future__ import annotations

import pytest

from secretwatch.store import claims
from secretwatch.store.claims import Claim
from secretwatch.store.store import Store
from tests.unit.store.conftest import NOW, Clock, FaultyClient, holding

ME, OTHER = holding("me"), holding("other")


def test_a_claim_is_taken_once(store: Store) -> None:
    assert store.claims.claim("CHANNEL#slack", "n1", ME) is Claim.TAKEN
    assert store.claims.claim("CHANNEL#slack", "n1", OTHER) is Claim.BUSY
    assert store.claims.claim("CHANNEL#slack", "n1", ME) is Claim.TAKEN
    assert store.claims.claim("CHANNEL#teams", "n1", OTHER) is Claim.TAKEN
    store.claims.settle("CHANNEL#slack", "n1")
    assert store.claims.claim("CHANNEL#slack", "n1", ME) is Claim.DONE


def test_a_claim_whose_lease_ended_is_free(store: Store, clock: Clock) -> None:
    store.claims.claim("a", "s", ME)
    clock.now += 62
    assert store.claims.claim("a", "s", holding("other", clock)) is Claim.TAKEN


def test_what_was_done_stays_done_after_the_lease(store: Store, clock: Clock) -> None:
    store.claims.claim("a", "s", ME)
    store.claims.settle("a", "s")
    clock.now += 3_600
    assert store.claims.claim("a", "s", holding("other", clock)) is Claim.DONE


def test_a_released_claim_is_free_at_once(store: Store) -> None:
    store.claims.claim("a", "s", ME)
    store.claims.release("a", "s", ME)
    assert store.claims.claim("a", "s", OTHER) is Claim.TAKEN


def test_nobody_releases_what_another_holds_or_what_is_done(store: Store) -> None:
    store.claims.claim("a", "s", ME)
    store.claims.release("a", "s", OTHER)
    assert store.claims.claim("a", "s", OTHER) is Claim.BUSY
    store.claims.settle("a", "s")
    store.claims.release("a", "s", ME)
    assert store.claims.claim("a", "s", OTHER) is Claim.DONE


def test_what_was_acted_on_is_settled_and_what_failed_is_released(store: Store) -> None:
    for subject in ("one", "two"):
        store.claims.claim("a", subject, ME)
    with pytest.raises(ConnectionError), store.claims.acting("a", ["one", "two"], ME):
        raise ConnectionError
    assert [store.claims.claim("a", subject, OTHER) for subject in ("one", "two")] == [Claim.TAKEN, Claim.TAKEN]
    with store.claims.acting("a", ["one", "two"], OTHER):
        pass
    assert [store.claims.claim("a", subject, ME) for subject in ("one", "two")] == [Claim.DONE, Claim.DONE]


def test_a_claim_that_cannot_be_written_hides_neither_what_was_done_nor_why_it_failed(
    store: Store, faulty: FaultyClient
) -> None:
    slow = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
    store.claims.claim("a", "s", ME)
    faulty.fails("update_item", slow, slow)
    with store.claims.acting("a", ["s"], ME):
        pass
    with pytest.raises(ConnectionError, match="the cause"), store.claims.acting("a", ["s"], ME):
        raise ConnectionError("the cause")
    assert len(faulty.requests("update_item")) == 2


def test_a_busy_claim_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            store.claims.settle("a", "s")

    store.claims.claim("a", "s", OTHER)
    monkeypatch.setattr(claims, "PATIENCE", 20.0)
    monkeypatch.setattr("secretwatch.store.claims.clock.sleep", sleep)
    assert store.claims.claim("a", "s", ME) is Claim.DONE
    assert len(waits) == 2


def test_nobody_is_waited_for_longer_than_patience(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    store.claims.claim("a", "s", holding("other", seconds=900))
    monkeypatch.setattr(claims, "PATIENCE", 20.0)
    monkeypatch.setattr("secretwatch.store.claims.clock.sleep", clock.sleep)
    assert store.claims.claim("a", "s", holding("me", seconds=900)) is Claim.BUSY
    assert 20 <= clock.now - NOW < 21
