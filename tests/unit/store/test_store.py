from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from secretwatch.detect.memory import Memory
from secretwatch.store.store import Store, open_store
from tests.documents import TABLE
from tests.unit.store.conftest import Clock, holding
from tests.unit.store.test_accesses import entry
from tests.unit.store.test_outbox import NOTICE


def test_each_kind_of_item_has_its_own_and_they_do_not_meet(store: Store, dynamodb: Any) -> None:
    """One name used for everything makes as many items as there are kinds."""
    one = holding("same")
    store.accesses.record([entry(eventID="same", userIdentity={"type": "AWSService", "invokedBy": "same"})])
    store.accesses.claim_shared("same", "same", True)
    store.memories.remember("same", Memory(), 30)
    store.outbox.keep(replace(NOTICE, id="same"))
    store.claims.claim("same", "same", one)
    store.limits.cool_down("same", "same", 60, 1)
    store.limits.spend("same", 1)
    store.evidence.note("same", {}, 60)
    store.evidence.record_rotation("same", "same", {})
    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert len(items) == len({item["pk"]["S"] for item in items}) == 9
    assert all(int(item["expires_at"]["N"]) for item in items), "every item ends one day"


def test_a_store_has_every_kind_under_its_name(dynamodb: Any) -> None:
    opened = open_store(dynamodb, TABLE, now=Clock())
    for field in fields(Store):
        assert type(getattr(opened, field.name)).__name__.lower() == field.name
