"""Threads: what a channel has been sent about the same thing on a day, so that the next message joins the first.

A thread belongs to the day (UTC) of what it is about, as a story does: the next day begins another one. An
alarm has no day where it opens an alert: what is noted of it is whether it went off or was over last.
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


@dataclass(frozen=True, slots=True)
class Turn:
    """What an alarm changed to, and when."""

    at: str
    """2026-01-31T12:00:00Z."""
    is_over: bool


class Threads:
    """The threads of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, channel: str, thread: Thread) -> None:
        """Note the first message of a thread; of two that were sent at once, the first that is noted stays."""
        self._table.put_new(self._item(channel, thread))

    def replace(self, channel: str, old: Thread, new: Thread) -> None:
        """Note another first message, or that a thread got worse, unless somebody else replaced the old one."""
        put = self._table.put_operation(
            self._item(channel, new),
            "#root = :root",
            ExpressionAttributeNames={"#root": "root"},
            ExpressionAttributeValues=encode({":root": old.root}),
        )
        self._table.try_put(put)

    def _item(self, channel: str, thread: Thread) -> Item:
        values = {"root": thread.root, "severity": thread.severity, "expires_at": self._table.expiry(WORK_DAYS * DAY)}
        return {**thread_key(channel, thread.day, thread.name), **values}

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

    def turned(self, channel: str, name: str, turn: Turn) -> Turn:
        """Note that an alarm went off or was over; return the latest that was noted of it.

        So it does not matter in which order they come. Of two at the same time the alarm is over.
        """
        key = turn_key(channel, name)
        item = {**key, "at": turn.at, "is_over": turn.is_over, "expires_at": self._table.expiry(WORK_DAYS * DAY)}
        put = self._table.put_operation(
            item,
            f"attribute_not_exists(pk) OR #at {'<=' if turn.is_over else '<'} :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues=encode({":at": turn.at}),
        )
        if self._table.try_put(put):
            return turn
        return next((Turn(found["at"], found["is_over"]) for found in self._table.get([key])), turn)

    def close(self, channel: str, thread: Thread) -> None:
        """Forget a thread."""
        self._table.delete(thread_key(channel, thread.day, thread.name))


def _thread(item: Item) -> Thread:
    day, _, name = item["sk"].partition("#")
    return Thread(day, name, item["root"], Severity(item["severity"]))


def thread_key(channel: str, day: str, name: str) -> Item:
    """Return the key of a thread's item."""
    return {"pk": f"THREAD#{channel}", "sk": f"{day}#{key_part(name)}"}


def turn_key(channel: str, name: str) -> Item:
    """Return the key of the item with an alarm's latest turn."""
    return {"pk": f"TURN#{channel}", "sk": key_part(name)}
