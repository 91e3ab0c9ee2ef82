from __future__ import annotations

from datetime import UTC, datetime, timedelta

from secretwatch.store.store import Store

READ = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_the_latest_read_of_a_path_is_kept(store: Store) -> None:
    assert store.sightings.latest("logs") is None
    assert store.sightings.note("logs", READ)
    assert store.sightings.note("logs", READ + timedelta(hours=1))
    assert store.sightings.latest("logs") == READ + timedelta(hours=1)
    assert store.sightings.latest("events") is None


def test_a_read_that_comes_again_or_late_is_not_noted(store: Store) -> None:
    store.sightings.note("logs", READ)
    assert not store.sightings.note("logs", READ)
    assert not store.sightings.note("logs", READ - timedelta(hours=1))
    assert store.sightings.latest("logs") == READ
