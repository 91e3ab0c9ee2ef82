"""What is remembered of principals: one item each, stored together with the notice that follows from it."""

from __future__ import annotations

from collections.abc import Iterable

from secretwatch.detect.memory import Memory
from secretwatch.notify.notice import Notice
from secretwatch.store.outbox import Outbox
from secretwatch.store.table import DAY, Item, Table, encode, key_part


class Memories:
    """The memories of the audit table."""

    def __init__(self, table: Table, outbox: Outbox) -> None:
        self._table = table
        self._outbox = outbox

    def of(self, principals: Iterable[str]) -> dict[str, Memory]:
        """Return what is remembered of some principals (by key); of an unknown one an empty memory."""
        keys = {principal_key(principal)["pk"]: principal for principal in principals}
        found = {item["pk"]: item for item in self._table.get([{"pk": pk, "sk": "MEMORY"} for pk in keys])}
        return {principal: Memory.from_item(found[pk]) if pk in found else Memory() for pk, principal in keys.items()}

    def remember(self, principal: str, memory: Memory, keep_days: int, notice: Notice | None) -> bool:
        """Store a memory and, in the same transaction, the notice that follows from it.

        Returns False if another invocation stored a memory of this principal meanwhile: then
        the decision must be taken again. A notice that is kept already stays as it is.
        """
        put = self._put(principal, memory, keep_days)
        if notice is None:
            return self._table.try_put(put)
        reasons = self._table.transact([self._table.put_operation(self._outbox.item(notice)), put])
        return reasons is None or reasons[0].get("Code") == "ConditionalCheckFailed"

    def _put(self, principal: str, memory: Memory, keep_days: int) -> Item:
        """Return the put that succeeds if nobody stored another memory since this one was read."""
        item = {
            **principal_key(principal),
            **memory.to_item(),
            "version": memory.version + 1,
            "expires_at": self._table.expiry(keep_days * DAY),
        }
        if not memory.version:
            return self._table.put_operation(item)
        values = encode({":v": memory.version})
        return self._table.put_operation(item, "version = :v", ExpressionAttributeValues=values)


def principal_key(principal: str) -> Item:
    """Return the key of the item that remembers a principal."""
    return {"pk": f"PRINCIPAL#{key_part(principal)}", "sk": "MEMORY"}
