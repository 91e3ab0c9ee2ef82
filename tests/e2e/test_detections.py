"""Each detection goes off on its scene, and the noise scene counts for none."""

from __future__ import annotations

import uuid

import pytest

from tests.detections import DETECTED, NOISE
from tests.e2e.conftest import OFF_HOUR
from tests.harness.local_aws import wait_until
from tests.harness.stack import Stack
from tests.records import Record

# The band needs two weeks of data; the others must be in the state ALARM.
STATIC = sorted(DETECTED.keys() - {"SecretAccessed"})


def fresh(record: Record) -> Record:
    return {**record, "eventID": str(uuid.uuid4())}


def at_night(record: Record) -> Record:
    return {**record, "eventTime": f"2026-01-31T{OFF_HOUR:02}:00:00Z"}


def counted(stack: Stack) -> dict[str, float]:
    return {name: stack.trail.counted(stack.outputs["metric_namespace"], name) for name in DETECTED}


def test_noise_counts_for_nothing(stack: Stack, stage: object) -> None:
    stack.settle()
    before = counted(stack)
    stack.trail.deliver([fresh(record) for record in NOISE.values()])
    stack.settle()
    assert counted(stack) == before


@pytest.mark.parametrize("name", DETECTED)
def test_a_detection_goes_off_on_its_scene(stack: Stack, stage: object, name: str) -> None:
    stack.settle()
    before = counted(stack)[name]
    scene = [at_night(fresh(r)) if name == "ReadOffHours" else fresh(r) for r in DETECTED[name].values()] * (
        2 if name == "DeniedReads" else 1
    )
    stack.trail.deliver(scene)
    assert counted(stack)[name] - before == len(scene)
    if name in STATIC:
        alarm = stack.outputs["alarm_names"][name]
        wait_until(lambda: stack.trail.alarm_state(alarm) == "ALARM", 20, f"{alarm} in ALARM")
    stack.settle()
