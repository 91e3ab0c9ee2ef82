"""Threads: what a channel has been sent about the same thing on a day, so that the next message joins the first.

A thread belongs to the day (UTC) of what it is about, as a story does: the next day begins another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from secretwatch.detect.catalogue import Severity
from secretwatch.store.table import DAY, WORK_DAYS, Item, Table, encode, key_part


@dataclass(frozen=True, slots=True)
class Thread:
    """The first message of a thread in a channel."""

    day: str
    """2026-01-31, UTC."""
    name: str
    root: str
    """What the channel names the message by; empty where it needs no name."""
    severity: Severity


class Threads:
    """The threads of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, channel: str, thread: Thread) -> None:
        """Note the first message of a thread; of two that were sent at once, the first that is noted stays."""
        values = {"root": thread.root, "severity": thread.severity, "expires_at": self._table.expiry(WORK_DAYS * DAY)}
        self._table.put_new({**thread_key(channel, thread.day, thread.name), **values})

    def get(self, channel: str, day: str, name: str) -> Thread | None:
        """Return a thread, or None where nothing was sent of it."""
        return next(map(_thread, self._table.get([thread_key(channel, day, name)])), None)

    def before(self, channel: str, day: str) -> Iterator[Thread]:
        """Yield what is open in a channel of the days before one (2026-01-31, UTC)."""
        pk = thread_key(channel, day, "")["pk"]
        items = self._table.query(
            KeyConditionExpression="pk = :pk AND sk < :day",
            ConsistentRead=True,
            ExpressionAttributeValues=encode({":pk": pk, ":day": day}),
        )
        yield from map(_thread, items)

    def close(self, channel: str, thread: Thread) -> None:
        """Forget a thread."""
        self._table.delete(thread_key(channel, thread.day, thread.name))


def _thread(item: Item) -> Thread:
    day, _, name = item["sk"].partition("#")
    return Thread(day, name, item["root"], Severity(item["severity"]))


def thread_key(channel: str, day: str, name: str) -> Item:
    """Return the key of a thread's item."""
    return {"pk": f"THREAD#{channel}", "sk": f"{day}#{key_part(name)}"}
