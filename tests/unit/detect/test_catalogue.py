"""Every part of the catalogue is there, and everything that hangs on it agrees with it."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from secretwatch.detect import marks, signals
from secretwatch.detect.catalogue import HISTORY_DAYS, LEARNING_DAYS, QUIET_MINUTES, SIGNALS, Severity, SignalEntry
from secretwatch.detect.tuning import DEFAULTS, Tuning
from secretwatch.notify.channels import CHANNELS
from secretwatch.record.access import ACTIVITIES, Activity
from secretwatch.runtime.data import read_data

CATALOGUE = read_data("detect/catalogue.json")


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_has_every_part(name: str) -> None:
    entry = SIGNALS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert re.fullmatch(r"T\d{4}(\.\d{3})?", entry.technique)
    assert entry.activities
    for sentence in (entry.fires_when, entry.meaning, entry.advice):
        assert len(sentence.split()) >= 3, "words for a person"
    assert entry.advice.endswith("."), "advice is whole sentences"
    assert entry.advice[0].isupper()


@pytest.mark.parametrize("name", SIGNALS)
def test_what_counts_says_how_many_and_what_looks_back_how_long(name: str) -> None:
    """A number that the catalogue's words name is there to be tuned, and one that is there is named."""
    entry = SIGNALS[name]
    for part in ("threshold", "window_minutes"):
        assert (getattr(entry, part) > 0) == (f"`{part}`" in entry.fires_when)


def test_nothing_in_the_catalogue_is_unknown_to_the_code() -> None:
    known = {field.name for field in fields(SignalEntry)}
    for name, entry in CATALOGUE["signals"].items():
        assert set(entry) <= known, name


def test_every_signal_has_its_function_and_every_function_its_signal() -> None:
    assert signals.names() | marks.names() == SIGNALS.keys() == DEFAULTS.keys()
    assert not signals.names() & marks.names()


def test_the_severities_are_those_of_the_code_in_their_order() -> None:
    assert CATALOGUE["severities"] == [severity.value for severity in Severity]
    assert [severity.rank for severity in Severity] == list(range(len(Severity)))


def test_the_defaults_are_those_of_an_empty_tuning() -> None:
    defaults = {"history_days": HISTORY_DAYS, "learning_days": LEARNING_DAYS, "quiet_minutes": QUIET_MINUTES}
    assert CATALOGUE["defaults"] == defaults == {name: getattr(Tuning(), name) for name in defaults}


def test_every_detection_has_every_part() -> None:
    for name, detection in CATALOGUE["detections"].items():
        assert {"severity", "technique", "period", "goes_off_when", "description"} <= detection.keys(), name
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", detection["technique"]), name
        assert detection["severity"] in list(Severity), name
        assert detection["period"] in (60, 300), name


def test_every_channel_type_is_registered_and_does_what_it_says() -> None:
    types = read_data("notify/channels/types.json")
    assert {name: (entry["signs"], entry["mentions"], entry["threads"]) for name, entry in types.items()} == {
        name: (
            channel.sign is not None,
            channel.mention is not None,
            channel.threading is not None or channel.resolve is not None,
        )
        for name, channel in CHANNELS.items()
    }


def test_every_event_name_has_an_activity_and_every_activity_a_signal_or_a_use() -> None:
    names = read_data("record/event_names.json")
    assert names == ACTIVITIES
    assert set(ACTIVITIES.values()) == set(Activity)
    watched = {activity for entry in SIGNALS.values() for activity in entry.activities}
    assert watched == set(Activity)
