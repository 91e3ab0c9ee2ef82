from __future__ import annotations

from secretwatch.detect.catalogue import Severity
from secretwatch.store.store import Store
from secretwatch.store.threads import Thread

FIRST = Thread("2026-01-31", "story-1", "10.1", Severity.HIGH)


def test_the_first_message_that_is_noted_stays(store: Store) -> None:
    assert store.threads.get("slack", "2026-01-31", "story-1") is None
    store.threads.open("slack", FIRST)
    store.threads.open("slack", Thread("2026-01-31", "story-1", "10.2", Severity.CRITICAL))
    assert store.threads.get("slack", "2026-01-31", "story-1") == FIRST
    assert store.threads.get("teams", "2026-01-31", "story-1") is None, "each channel has its own"
    assert store.threads.get("slack", "2026-02-01", "story-1") is None, "and each day"


def test_what_is_open_of_earlier_days_is_found_until_it_is_closed(store: Store) -> None:
    today = Thread("2026-02-01", "story-2", "", Severity.LOW)
    older = Thread("2026-01-30", "story-1", "", Severity.LOW)
    for thread in (today, FIRST, older):
        store.threads.open("pager", thread)
    assert list(store.threads.before("pager", "2026-02-01")) == [older, FIRST]
    store.threads.close("pager", older)
    store.threads.close("pager", older)
    assert list(store.threads.before("pager", "2026-02-01")) == [FIRST]
    assert list(store.threads.before("slack", "2026-02-01")) == []
