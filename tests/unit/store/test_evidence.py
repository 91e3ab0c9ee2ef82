from __future__ import annotations

from typing import Any

from secretwatch.store.evidence import rotation_key
from secretwatch.store.store import Store
from secretwatch.store.table import decode, encode
from tests.documents import TABLE
from tests.records import secret_arn
from tests.unit.store.conftest import NOW


def test_the_evidence_of_a_rotation_is_kept_as_long_as_an_access(store: Store, dynamodb: Any) -> None:
    arn, at = secret_arn("prod/db"), "2026-01-31T12:00:00Z#e1"
    store.evidence.record_rotation(arn, at, {"done": "rotated", "new_version": None, "network": "x" * 5000})
    item = decode(dynamodb.get_item(TableName=TABLE, Key=encode(rotation_key(arn, at)))["Item"])
    assert item["done"] == "rotated"
    assert "new_version" not in item
    assert len(item["network"]) == 600
    assert item["expires_at"] == int(NOW) + 30 * 86_400


def test_a_note_is_replaced_and_a_first_note_stays(store: Store) -> None:
    assert store.evidence.noted("x") is None
    store.evidence.note("x", {"version": "1"}, 60)
    store.evidence.note("x", {"version": "2"}, 60)
    kept = store.evidence.noted("x")
    assert kept is not None
    assert kept["version"] == "2"
    assert store.evidence.note_once("x", {"version": "3"}, 60)["version"] == "2"
    assert store.evidence.note_once("y", {"version": "1"}, 60)["version"] == "1"
