"""Sightings: the latest read of the canary that each path brought, and how long each read took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from secretwatch.runtime.text import timestamp
from secretwatch.store.table import DAY, WORK_DAYS, Item, Table, encode

_KEPT_DAYS = 90
_AHEAD = timedelta(minutes=5)
"""No clock of AWS's is further ahead: a later sighting would hide every read to come."""


class Sightings:
    """The sightings of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def may_be(self, read_at: datetime) -> bool:
        """Return whether a read can have been made at a time: not one of the future."""
        return read_at <= datetime.fromtimestamp(self._table.now(), UTC) + _AHEAD

    def note(self, path: str, read_at: datetime) -> bool:
        """Keep the time of a read that a path brought; return False if the path brought it, or a later one, before.

        A time in the future is no time of a read: it is not kept, and one that is there is replaced.
        """
        if not self.may_be(read_at):
            return False
        latest = datetime.fromtimestamp(self._table.now(), UTC) + _AHEAD
        item = {**sighting_key(path), "read_at": timestamp(read_at), "expires_at": self._table.expiry(_KEPT_DAYS * DAY)}
        try:
            self._table.put(
                item,
                ConditionExpression="attribute_not_exists(pk) OR read_at < :new OR read_at > :latest",
                ExpressionAttributeValues=encode({":new": item["read_at"], ":latest": timestamp(latest)}),
            )
        except self._table.condition_failed:
            return False
        return True

    def keep_delay(self, path: str, read_at: datetime, seconds: float) -> None:
        """Keep how long a path took to bring a read; the first time counts."""
        at = timestamp(read_at)
        item = {"pk": _delays(path, at[:10]), "sk": at, "milliseconds": round(seconds * 1000)}
        self._table.put_new({**item, "expires_at": self._table.expiry(WORK_DAYS * DAY)})

    def delays(self, path: str, day: str) -> list[float]:
        """Return how long a path took, in seconds, to bring each read of a day (2026-01-31, UTC), in order of time."""
        found = self._table.query(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues=encode({":pk": _delays(path, day)})
        )
        return [item["milliseconds"] / 1000 for item in found]

    def latest(self, path: str) -> datetime | None:
        """Return when the latest read was made that a path brought, or None if it never brought one."""
        for item in self._table.get([sighting_key(path)]):
            return datetime.fromisoformat(item["read_at"])
        return None


def _delays(path: str, day: str) -> str:
    return f"DELAY#{path}#{day}"


def sighting_key(path: str) -> Item:
    """Return the key of a path's sighting."""
    return {"pk": f"SIGHTING#{path}", "sk": "SIGHTING"}
