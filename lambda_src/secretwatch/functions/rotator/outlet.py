"""The rotator's way out: a notice is kept before it is published, and published once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from secretwatch.functions.rotator.notices import Exposure
from secretwatch.functions.rotator.security_hub import SecurityHub, finding_id
from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from secretwatch.store.store import Store
from secretwatch.store.table import DAY

_FINDING_LASTS = 90 * DAY
"""Seconds that a finding's first time is remembered: Security Hub forgets it after 90 days."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where notices and findings go."""

    store: Store
    publisher: Publisher
    hub: SecurityHub | None

    managed_lasts: int = 7 * DAY
    """Seconds that a started rotation is remembered, to notify how it ended."""

    def publish(self, notice: Notice) -> Notice:
        """Publish a notice unless one of its id was; return what was published."""
        return self.once(notice.id, lambda: notice)

    def once(self, identity: str, make: Callable[[], Notice]) -> Notice:
        """Publish the notice of an id, made and kept first unless an earlier attempt did; return it."""
        kept = self.store.outbox.kept([identity]).get(identity)
        if kept is None:
            kept = make(), False
            self.store.outbox.keep(kept[0])
        notice, published = kept
        if not published:
            self.publisher.publish(notice)
            self.store.outbox.mark_published(identity)
        return notice

    def report(self, notice: Notice, exposure: Exposure, arn: str) -> None:
        """Import or update the Security Hub finding of a story, where that is configured."""
        if self.hub is not None:
            first = self.store.evidence.note_once(finding_id(exposure, arn), {"time": notice.time}, _FINDING_LASTS)
            self.hub.report(notice, exposure, arn, str(first["time"]))
