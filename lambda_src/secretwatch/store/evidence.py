"""Evidence: what was done about a read of a rotation target, and short notes on what is under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secretwatch.store.table import DAY, Item, Table, bounded, key_part


class Evidence:
    """The evidence and the notes of the audit table."""

    def __init__(self, table: Table, retention_days: int) -> None:
        self._table = table
        self._retention = retention_days * DAY

    def record_rotation(self, arn: str, at: str, values: Mapping[str, Any]) -> None:
        """Keep the evidence of one rotation, or of why there was none, under the secret's ARN."""
        self._table.put({**rotation_key(arn, at), **bounded(values), "expires_at": self._table.expiry(self._retention)})

    def note(self, name: str, values: Mapping[str, str], seconds: int) -> None:
        """Keep a few texts under a name."""
        self._table.put(self._note(name, values, seconds))

    def note_once(self, name: str, values: Mapping[str, str], seconds: int) -> Item:
        """Keep a few texts under a name unless it has some; return what it has."""
        item = self._note(name, values, seconds)
        self._table.put_new(item)
        return self.noted(name) or item

    def noted(self, name: str) -> Item | None:
        """Return what is kept under a name, or None."""
        return next(iter(self._table.get([note_key(name)])), None)

    def _note(self, name: str, values: Mapping[str, str], seconds: int) -> Item:
        return {**note_key(name), **values, "expires_at": self._table.expiry(seconds)}


def note_key(name: str) -> Item:
    """Return the key of a note."""
    return {"pk": f"NOTE#{key_part(name)}", "sk": "NOTE"}


def rotation_key(arn: str, at: str) -> Item:
    """Return the key of the evidence of a rotation."""
    return {"pk": f"ROTATION#{key_part(arn)}", "sk": key_part(at)}
