"""Notices are kept here before they are published: whoever finds one unpublished publishes those very bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from secretwatch.notify.notice import Notice
from secretwatch.store.table import DAY, WORK_DAYS, Item, Table, encode

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

    def of_day(self, day: str) -> Iterator[Notice]:
        """Yield the notices that were kept on a day (2026-01-31, UTC)."""
        items = self._table.query(
            IndexName="by_day",
            KeyConditionExpression="#day = :day",
            ProjectionExpression="body",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues=encode({":day": _partition(day)}),
        )
        for item in items:
            notice = Notice.from_json(item["body"])
            if notice is not None:
                yield notice

    def mark_published(self, identity: str) -> None:
        """Note that a kept notice has been published."""
        self._table.update(notice_key(identity), "SET #s = :v", {":v": _PUBLISHED}, {"#s": "state"})

    def item(self, notice: Notice) -> Item:
        """Return the item of a notice that waits for being published."""
        return {
            **notice_key(notice.id),
            "state": _PENDING,
            "body": notice.to_json(),
            "day": _partition(datetime.fromtimestamp(self._table.now(), UTC).date().isoformat()),
            "expires_at": self._table.expiry(WORK_DAYS * DAY),
        }


def _partition(day: str) -> str:
    """Return the partition of the index where a day's notices are."""
    return f"NOTICES#{day}"


def notice_key(identity: str) -> Item:
    """Return the key of a notice's item."""
    return {"pk": f"NOTICE#{identity}", "sk": "NOTICE"}
