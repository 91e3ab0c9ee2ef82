from __future__ import annotations

from typing import Any

from secretwatch.store.start import START_KEY
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import encode
from tests.documents import TABLE
from tests.unit.store.conftest import NOW, Clock, FaultyClient


def test_the_first_delivery_is_the_start_whoever_asks_later(store: Store, clock: Clock, dynamodb: Any) -> None:
    assert store.start.since() is None, "looking at it begins nothing"
    assert store.start.begun() == NOW
    clock.now += 86_400
    other = open_store(dynamodb, TABLE, now=clock)
    assert (store.start.begun(), other.start.begun(), other.start.since()) == (NOW, NOW, NOW)


def test_the_start_does_not_expire(store: Store, dynamodb: Any) -> None:
    store.start.begun()
    assert "expires_at" not in dynamodb.get_item(TableName=TABLE, Key=encode(START_KEY))["Item"]


def test_what_was_learnt_from_history_counts_as_the_start(store: Store, clock: Clock) -> None:
    store.start.begun()
    store.memories.note_history(int(NOW) - 30 * 86_400)
    clock.now += 600
    assert store.start.begun() == NOW - 30 * 86_400


def test_deliveries_ask_for_it_seldom(store: Store, faulty: FaultyClient, clock: Clock) -> None:
    for _ in range(50):
        store.start.begun()
        clock.now += 5
    assert len(faulty.requests("batch_get_item")) == 2, "before it was written, and after"
