"""The counts of the month's alarms agree with the examples that the deployed filter patterns are tested with."""

from __future__ import annotations

import pytest

from dev.month.alarms import COUNTED, Alarms
from dev.month.records import Label
from tests.detections import DETECTED, NOISE
from tests.records import Record, record, role

EXAMPLES = [(d, what, r) for d in COUNTED if d != "TrailTampering" for what, r in DETECTED[d].items()]
DENIED = record(errorCode="AccessDenied")


@pytest.mark.parametrize(("detection", "what", "made"), EXAMPLES)
def test_what_is_counted(detection: str, what: str, made: Record) -> None:
    assert COUNTED[detection](made)


@pytest.mark.parametrize("made", NOISE.values(), ids=NOISE)
def test_what_is_not(made: Record) -> None:
    assert [detection for detection, counts in COUNTED.items() if counts(made)] == []


def test_an_alarm_goes_off_once_until_it_was_quiet() -> None:
    alarms = Alarms()
    for minute in (0, 1, 2, 4):  # and what stories tell anyway notifies nobody
        alarms.take(record(userIdentity=role()), 60 * minute, None)
    assert [(a.detection, a.time, a.notifies) for a in alarms.end()] == [
        ("SecretAccessedByRole", 60, False),
        ("SecretAccessedByRole", 300, False),
    ]


def test_an_alarm_waits_for_its_threshold_and_knows_what_it_counted() -> None:
    alarms, label = Alarms(), Label("attack", "probe")
    for second in range(4):
        alarms.take(DENIED, second, None)
    alarms.take(DENIED, 290, label)
    alarms.take(DENIED, 300, None)
    assert [(a.time, a.labels) for a in alarms.end()] == [(300, frozenset({label}))]
