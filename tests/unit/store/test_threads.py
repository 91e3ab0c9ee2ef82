from __future__ import annotations

from secretwatch.detect.catalogue import Severity
from secretwatch.store.store import Store
from secretwatch.store.threads import Thread, Turn

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


def test_another_first_message_takes_the_place_of_the_one_that_was_replaced_only(store: Store) -> None:
    store.threads.open("slack", FIRST)
    second = Thread("2026-01-31", "story-1", "20.1", Severity.HIGH)
    store.threads.replace("slack", FIRST, second)
    store.threads.replace("slack", FIRST, Thread("2026-01-31", "story-1", "30.1", Severity.LOW))
    assert store.threads.get("slack", "2026-01-31", "story-1") == second


def test_the_latest_turn_of_an_alarm_counts_in_whatever_order_they_come(store: Store) -> None:
    off, over, again = (Turn(f"2026-01-31T12:0{n}:00Z", is_over) for n, is_over in enumerate((False, True, False)))
    assert store.threads.turned("pager", "a", over) == over
    assert store.threads.turned("pager", "a", off) == over
    assert store.threads.turned("pager", "a", again) == again
    assert store.threads.turned("pager", "a", over) == again
    assert store.threads.turned("pager", "b", off) == off, "each alarm has its own"
    assert store.threads.turned("other", "a", off) == off, "in each channel"
    same = Turn(again.at, is_over=True)
    assert store.threads.turned("pager", "a", same) == same
    assert store.threads.turned("pager", "a", again) == same
    assert list(store.threads.before("pager", "9999-12-31")) == [], "the digest closes no alarm"
