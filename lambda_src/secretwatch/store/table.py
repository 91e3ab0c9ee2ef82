"""The audit table: one DynamoDB table, its calls and the form of its items.

Each kind of item has a file of its own beside this one; ``open_store`` puts them together.
AWS: "Amazon DynamoDB Transactions: How it works", "Condition expressions".
"""

from __future__ import annotations

import hashlib
import random
import time as clock
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from secretwatch.runtime.text import one_line

TRANSACTION_SIZE = 100
"""Most items of one TransactWriteItems or BatchGetItem call."""
WRITE_SIZE = 25
"""Most items of one BatchWriteItem call."""
DAY = 86_400
WORK_DAYS = 14
"""Days that claims, invocations and notices are kept: longer than any queue keeps a message."""
PATIENCE = 20.0
"""Seconds to wait for another invocation that holds the same thing: both paths often bring it at once."""
ATTEMPTS = 8
_KEY_LIMIT = 512
_VALUE_LIMIT = 600
"""Longest text, in bytes, of one attribute: 100 hostile accesses must fit into one transaction of 4 MB."""

Item = dict[str, Any]
T = TypeVar("T")


class StoreError(Exception):
    """The table refused or stayed throttled; the message names the operation."""


class Table:
    """One table, through a low-level DynamoDB client; items are plain dicts."""

    def __init__(self, client: Any, name: str, now: Callable[[], float] = clock.time) -> None:
        self.client = client
        self.name = name
        self.now = now

    @property
    def condition_failed(self) -> Any:
        """The error class of a write whose condition does not hold."""
        return self.client.exceptions.ConditionalCheckFailedException

    def expiry(self, seconds: int) -> int:
        """Return the time to live of an item that is kept for some seconds (epoch seconds)."""
        return int(self.now()) + seconds

    def get(self, keys: Sequence[Item], consistent: bool = True, names: Sequence[str] = ()) -> Iterator[Item]:
        """Yield the items of those keys that exist, with all their attributes or those of some ``names``."""
        shown = {"ProjectionExpression": ", ".join(names)} if names else {}
        for chunk in chunked(keys, TRANSACTION_SIZE):
            request = {self.name: {"Keys": [encode(key) for key in chunk], "ConsistentRead": consistent, **shown}}
            for attempt in range(ATTEMPTS):
                answer = self.client.batch_get_item(RequestItems=request)
                yield from map(decode, answer["Responses"].get(self.name, ()))
                request = answer.get("UnprocessedKeys") or {}
                if not request:
                    break
                back_off(attempt)
            else:
                raise StoreError("BatchGetItem left keys unprocessed")

    def put(self, item: Item, **conditions: Any) -> None:
        """Write an item."""
        self.client.put_item(TableName=self.name, Item=encode(item), **conditions)

    def delete(self, key: Item) -> None:
        """Delete an item, if it is there."""
        self.client.delete_item(TableName=self.name, Key=encode(key))

    def put_new(self, item: Item) -> bool:
        """Write an item unless one of its key exists; return whether it was written."""
        return self.try_put(self.put_operation(item))

    def write(self, items: Sequence[Item]) -> None:
        """Write up to WRITE_SIZE items, each over whatever is there."""
        request = {self.name: [{"PutRequest": {"Item": encode(item)}} for item in items]}
        for attempt in range(ATTEMPTS):
            request = self.client.batch_write_item(RequestItems=request).get("UnprocessedItems") or {}
            if not request:
                return
            back_off(attempt)
        raise StoreError(f"BatchWriteItem left {len(request.get(self.name, ()))} items unprocessed")

    def update(
        self, key: Item, expression: str, values: Item, names: Mapping[str, str] | None = None, **conditions: Any
    ) -> Any:
        """Update an item; return DynamoDB's answer."""
        named = {"ExpressionAttributeNames": names} if names else {}
        return self.client.update_item(
            TableName=self.name,
            Key=encode(key),
            UpdateExpression=expression,
            ExpressionAttributeValues=encode(values),
            **named,
            **conditions,
        )

    def transact(self, puts: Sequence[Item]) -> list[Item] | None:
        """Do all the puts (``put_operation``) or none; return None on success, else the reason for each."""
        try:
            self.client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
        except self.client.exceptions.TransactionCanceledException as error:
            reasons: list[Item] = error.response["CancellationReasons"]
            return reasons
        return None

    def try_put(self, operation: Item) -> bool:
        """Do one conditional put (``put_operation``); return whether its condition held."""
        try:
            self.client.put_item(**operation)
        except self.condition_failed:
            return False
        return True

    def put_operation(self, item: Item, condition: str = "attribute_not_exists(pk)", **more: Any) -> Item:
        """Return a conditional put, for ``transact`` or ``try_put``."""
        return {"TableName": self.name, "Item": encode(item), "ConditionExpression": condition, **more}

    def query(self, **query: Any) -> Iterator[Item]:
        """Yield the items of a query, page after page."""
        start: Item = {}
        while True:
            page = self.client.query(TableName=self.name, **query, **start)
            yield from map(decode, page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def key_part(text: str) -> str:
    """Return text fit for a key: as it is, or cut with a hash where a caller made it too long."""
    if len(text) <= _KEY_LIMIT and text.isascii():
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    # ASCII, so that a key made once stays as it is.
    return f"{one_line(text, 100).encode('ascii', 'replace').decode()}#{digest}"


def bounded(values: Mapping[str, Any]) -> Item:
    """Return values whose texts are cut to what an attribute may hold here."""
    return {name: cut(value) if isinstance(value, str) else value for name, value in values.items()}


def cut(text: str) -> str:
    """Return a text cut to what an attribute may hold here, in bytes."""
    return text.encode("utf-8", "replace")[:_VALUE_LIMIT].decode("utf-8", "ignore")


def encode(item: Mapping[str, Any]) -> Item:
    """Return a plain dict as DynamoDB attribute values; None is left out."""
    return {name: _encode(value) for name, value in item.items() if value is not None}


def decode(item: Mapping[str, Any]) -> Item:
    """Return DynamoDB attribute values as a plain dict."""
    return {name: _decode(value) for name, value in item.items()}


def _encode(value: Any) -> Item:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value.encode("utf-8", "replace").decode()}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": encode(value)}
    return {"L": [_encode(entry) for entry in value]}


def _decode(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content) if content.lstrip("-").isdecimal() else float(content)  # none of ours: somebody's hand
    if kind == "M":
        return decode(content)
    if kind == "L":
        return [_decode(entry) for entry in content]
    return content


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most ``size`` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def back_off(attempt: int) -> None:
    """Wait with full jitter, up to 50 ms, 100 ms … 3.2 s."""
    clock.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 6)))  # noqa: S311
