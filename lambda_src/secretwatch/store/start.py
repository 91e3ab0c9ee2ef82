"""Start: since when a deployment knows what is usual, for as long as it learns."""

from __future__ import annotations

from secretwatch.store.memories import HISTORY_KEY
from secretwatch.store.table import Item, Table

START_KEY: Item = {"pk": "START", "sk": "START"}
_QUICK = 600.0
"""Seconds that what was read is good for: only make seed changes it."""


class Start:
    """The start of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._since: int | None = None
        self._read_at = 0.0

    def since(self) -> int | None:
        """Return since when habits are known, epoch seconds: the first delivery, or what was learnt from history."""
        return min((item["since"] for item in self._table.get([START_KEY, HISTORY_KEY])), default=None)

    def begun(self) -> int:
        """Return the same, from the first delivery on: the first to ask writes it. It is never written again."""
        now = self._table.now()
        if self._since is None or now - self._read_at >= _QUICK:
            since = self.since()
            if since is None:
                self._table.put_new({**START_KEY, "since": int(now)})  # without an end: one start, for ever
                since = self.since()
            self._since, self._read_at = int(now) if since is None else since, now
        return self._since
