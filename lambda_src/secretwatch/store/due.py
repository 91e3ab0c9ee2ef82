"""What is to be done at a later time: kept here until it has been done, so that no message can be lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from secretwatch.runtime.text import short_hash, timestamp
from secretwatch.store.table import DAY, WORK_DAYS, Item, Table, encode

_PARTITION = "DUE"


class Task(NamedTuple):
    """One thing to do, from a time on."""

    at: int
    """Epoch seconds."""
    kind: str
    subject: str
    """What it is about: of one kind, one time and one subject there is one thing to do."""
    body: str
    """What whoever does it needs, as JSON."""

    @classmethod
    def of(cls, at: int, kind: str, subject: str, needs: Mapping[str, Any]) -> Task:
        """Return something to do with what it needs."""
        return cls(at, kind, subject, json.dumps(needs))


class Due:
    """What is due, in the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, task: Task) -> bool:
        """Keep something to do unless it is kept already; return whether it is new."""
        expires = task.at + WORK_DAYS * DAY
        return self._table.put_new({**due_key(task), **task._asdict(), "expires_at": expires})

    def by_now(self) -> Iterator[Task]:
        """Yield what is due, the oldest first."""
        items = self._table.query(
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk < :next",
            ExpressionAttributeValues=encode({":pk": _PARTITION, ":next": _time(int(self._table.now()) + 1)}),
        )
        for item in items:
            yield Task(int(item["at"]), str(item["kind"]), str(item["subject"]), str(item["body"]))

    def done(self, task: Task) -> None:
        """Forget what has been done."""
        self._table.delete(due_key(task))


def due_key(task: Task) -> Item:
    """Return the key of something to do: in order of time."""
    return {"pk": _PARTITION, "sk": f"{_time(task.at)}#{task.kind}#{short_hash(task.subject)}"}


def _time(seconds: int) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
