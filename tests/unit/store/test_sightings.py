from __future__ import annotations

from datetime import UTC, datetime, timedelta

from secretwatch.runtime.text import timestamp
from secretwatch.store.sightings import sighting_key
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


def test_how_long_each_read_took_is_kept_once(store: Store) -> None:
    store.sightings.keep_delay("logs", READ + timedelta(hours=1), 4.2)
    store.sightings.keep_delay("logs", READ, 300.04)
    store.sightings.keep_delay("logs", READ, 900.0)
    store.sightings.keep_delay("logs", READ + timedelta(days=1), 5.0)
    assert store.sightings.delays("logs", "2026-01-31") == [300.04, 4.2]
    assert store.sightings.delays("events", "2026-01-31") == []


def test_a_time_in_the_future_is_no_sighting_and_hides_none(store: Store) -> None:
    far = datetime(2999, 1, 1, tzinfo=UTC)
    assert not store.sightings.note("logs", far)
    assert store.sightings.latest("logs") is None
    store.sightings._table.put({**sighting_key("logs"), "read_at": timestamp(far)})
    assert store.sightings.note("logs", READ)
    assert store.sightings.latest("logs") == READ
