"""Sightings: the latest read of the canary that each path brought, one item a path."""

from __future__ import annotations

from datetime import datetime

from secretwatch.runtime.text import timestamp
from secretwatch.store.table import DAY, Item, Table, encode

_KEPT_DAYS = 90


class Sightings:
    """The sightings of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, path: str, read_at: datetime) -> bool:
        """Keep the time of a read that a path brought; return False if the path brought it, or a later one, before."""
        item = {**sighting_key(path), "read_at": timestamp(read_at), "expires_at": self._table.expiry(_KEPT_DAYS * DAY)}
        try:
            self._table.put(
                item,
                ConditionExpression="attribute_not_exists(pk) OR read_at < :new",
                ExpressionAttributeValues=encode({":new": item["read_at"]}),
            )
        except self._table.condition_failed:
            return False
        return True

    def latest(self, path: str) -> datetime | None:
        """Return when the latest read was made that a path brought, or None if it never brought one."""
        for item in self._table.get([sighting_key(path)]):
            return datetime.fromisoformat(item["read_at"])
        return None


def sighting_key(path: str) -> Item:
    """Return the key of a path's sighting."""
    return {"pk": f"SIGHTING#{path}", "sk": "SIGHTING"}
