"""Notices are kept here before they are published: whoever finds one unpublished publishes those very bytes."""

from __future__ import annotations

from collections.abc import Iterable

from secretwatch.notify.notice import Notice
from secretwatch.store.table import DAY, WORK_DAYS, Item, Table

_PENDING, _PUBLISHED = "pending", "published"


class Outbox:
    """The notices of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, notice: Notice) -> None:
        """Keep a notice for publishing, unless one of its id is kept already."""
        self._table.put_new(self.item(notice))

    def kept(self, ids: Iterable[str]) -> dict[str, tuple[Notice, bool]]:
        """Return id → (notice, whether it is published) of those ids that are kept."""
        kept = {}
        for item in self._table.get([notice_key(identity) for identity in ids]):
            notice = Notice.from_json(item["body"])
            if notice is not None:
                kept[notice.id] = (notice, item["state"] == _PUBLISHED)
        return kept

    def mark_published(self, identity: str) -> None:
        """Note that a kept notice has been published."""
        self._table.update(notice_key(identity), "SET #s = :v", {":v": _PUBLISHED}, {"#s": "state"})

    def item(self, notice: Notice) -> Item:
        """Return the item of a notice that waits for being published."""
        return {
            **notice_key(notice.id),
            "state": _PENDING,
            "body": notice.to_json(),
            "expires_at": self._table.expiry(WORK_DAYS * DAY),
        }


def notice_key(identity: str) -> Item:
    """Return the key of a notice's item."""
    return {"pk": f"NOTICE#{identity}", "sk": "NOTICE"}
