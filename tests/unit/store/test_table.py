from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretwatch.store import table
from secretwatch.store.table import StoreError, Table, bounded, decode, encode, key_part
from tests.documents import TABLE
from tests.unit.store.conftest import NOW, Clock, FaultyClient

PLAIN = st.recursive(
    st.booleans() | st.integers(-(10**20), 10**20) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def keys(faulty: FaultyClient, clock: Clock) -> Table:
    return Table(faulty, TABLE, clock)


def key(number: int) -> dict[str, str]:
    return {"pk": f"K#{number}", "sk": f"{number:04}"}


def filled(keys: Table, number: int) -> list[dict[str, str]]:
    for n in range(number):
        keys.put({**key(n), "day": "2026-01-31", "padding": "x" * 9_000})
    return [key(n) for n in range(number)]


def test_items_go_there_and_back(keys: Table) -> None:
    keys.put({**key(1), "text": "名", "number": 7, "none": None, "list": ["a", 1], "map": {"on": True}})
    (item,) = keys.get([key(1), key(2)])
    assert item == {**key(1), "text": "名", "number": 7, "list": ["a", 1], "map": {"on": True}}


@given(st.dictionaries(st.text(min_size=1), PLAIN, max_size=4))
def test_any_plain_data_is_decoded_as_it_was(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values


def test_more_keys_than_one_call_takes_are_asked_in_parts(keys: Table, faulty: FaultyClient) -> None:
    wanted = filled(keys, 3) + [key(n) for n in range(1_000, 1_200)]
    assert len(list(keys.get(wanted))) == 3
    parts = [len(request["RequestItems"][TABLE]["Keys"]) for request in faulty.requests("batch_get_item")]
    assert parts == [100, 100, 3]


def unprocessed(number: int) -> Any:
    """An answer to BatchGetItem that leaves the last ``number`` keys for another call."""

    def answer(client: Any, request: dict[str, Any]) -> dict[str, Any]:
        asked = request["RequestItems"][TABLE]
        now, later = asked["Keys"][:-number], asked["Keys"][-number:]
        found = client.batch_get_item(RequestItems={TABLE: {**asked, "Keys": now}}) if now else {"Responses": {}}
        return {**found, "UnprocessedKeys": {TABLE: {**asked, "Keys": later}}}

    return answer


def test_keys_that_were_left_unprocessed_are_asked_again(keys: Table, faulty: FaultyClient) -> None:
    wanted = filled(keys, 5)
    faulty.answers("batch_get_item", unprocessed(3), unprocessed(1))
    assert sorted(item["pk"] for item in keys.get(wanted)) == [f"K#{n}" for n in range(5)]
    assert len(faulty.waits) == 2


def test_keys_that_are_left_for_ever_are_an_error(keys: Table, faulty: FaultyClient) -> None:
    wanted = filled(keys, 1)
    faulty.answers("batch_get_item", *[unprocessed(1)] * table.ATTEMPTS)
    with pytest.raises(StoreError, match="BatchGetItem left keys unprocessed"):
        list(keys.get(wanted))


def test_a_query_reads_every_page(keys: Table, faulty: FaultyClient) -> None:
    """A page ends after 1 MB."""
    filled(keys, 130)
    found = keys.query(
        IndexName="by_day",
        KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": "day"},
        ExpressionAttributeValues=encode({":v": "2026-01-31"}),
    )
    assert [item["sk"] for item in found] == [f"{n:04}" for n in range(130)]
    assert len(faulty.requests("query")) == 2


def test_an_item_is_new_once(keys: Table) -> None:
    assert keys.put_new({**key(1), "text": "first"})
    assert not keys.put_new({**key(1), "text": "second"})
    assert [item["text"] for item in keys.get([key(1)])] == ["first"]


def test_puts_are_done_all_or_none_and_say_why(keys: Table) -> None:
    keys.put(key(1))
    reasons = keys.transact([keys.put_operation(key(1)), keys.put_operation(key(2))])
    assert reasons is not None
    assert [reason["Code"] for reason in reasons] == ["ConditionalCheckFailed", "None"]
    assert list(keys.get([key(2)])) == []
    assert keys.transact([keys.put_operation(key(2)), keys.put_operation(key(3))]) is None
    assert len(list(keys.get([key(2), key(3)]))) == 2


def test_an_expiry_is_in_epoch_seconds(keys: Table) -> None:
    assert keys.expiry(60) == int(NOW) + 60


@pytest.mark.parametrize("name", ["名" * 5000, "x" * 3000, "\ud800", "a\u202eb", "x" * 513])
def test_a_name_too_long_or_odd_for_a_key_is_cut_and_stays_itself(name: str) -> None:
    cut = key_part(name)
    assert len(cut.encode()) < 1024
    assert cut == key_part(name) != key_part(name + "y")


def test_an_ordinary_name_is_its_own_key() -> None:
    assert key_part("prod/db") == "prod/db"
    assert key_part("x" * 512) == "x" * 512


def test_texts_are_cut_to_whole_characters() -> None:
    cut = bounded({"text": "名" * 1000, "number": 5, "none": None})
    assert cut == {"text": "名" * 200, "number": 5, "none": None}
