from __future__ import annotations

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.record.intake import IntakeError
from tests.records import record
from tests.unit.doubles import Topic, invocation, throttled
from tests.unit.functions.rotator.doubles import (
    UNTRUSTED,
    ManagedSecrets,
    facts,
    rotate,
    service_event,
    titles,
)


def test_a_managed_rotation_is_confirmed_when_it_has_succeeded(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, store, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    store.finish()
    for owner in ("r2", "r3"):
        rotate(rotator, service_event("RotationSucceeded", arn), owner=owner)
    assert titles(topic) == ["prod/db is being rotated", "prod/db rotated: confirmed"]
    assert topic.notices[0].id[:12] in facts(topic)["Started"]
    assert facts(topic)["New version"] == store.started[0]


@pytest.mark.parametrize("name", ["RotationFailed", "RotationAbandoned"])
def test_a_managed_rotation_that_failed_says_what_to_do(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic, name: str
) -> None:
    rotator, _, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    rotate(rotator, service_event(name, arn), owner="r2")
    assert titles(topic) == ["prod/db is being rotated", "rotation of prod/db FAILED"]
    assert topic.notices[-1].severity is Severity.CRITICAL
    assert "still valid" in facts(topic)["Recommended action"]


def test_a_failure_that_aws_made_good_is_notified_of_twice(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, store, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    rotate(rotator, service_event("RotationFailed", arn), owner="r2")
    store.finish()
    for owner in ("r3", "r4"):
        rotate(rotator, service_event("RotationSucceeded", arn), owner=owner)
    assert titles(topic)[1:] == ["rotation of prod/db FAILED", "prod/db rotated: confirmed"]
    assert "after the failure that was notified before" in facts(topic)["What was done"]
    assert topic.notices[1].fact("Started") == topic.notices[2].fact("Started")


def test_a_success_that_changed_nothing_is_a_failure(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, _, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    rotate(rotator, service_event("RotationSucceeded", arn), owner="r2")
    assert titles(topic)[-1] == "rotation of prod/db FAILED"


def test_nobody_is_notified_of_other_peoples_rotations(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, _, arn = managed
    rotate(rotator, service_event("RotationFailed", arn))
    assert topic.published == []


def test_a_managed_rotation_is_started_once(managed: tuple[Rotator, ManagedSecrets, str], topic: Topic) -> None:
    rotator, store, _ = managed
    read = record(**UNTRUSTED)
    topic.failures = [throttled()]
    with pytest.raises(IntakeError):
        rotate(rotator, read)
    rotate(rotator, read)
    assert len(store.started) == 1
    assert titles(topic) == ["prod/db is being rotated"]


def test_the_end_of_a_rotation_that_another_invocation_works_on_fails_visibly(
    managed: tuple[Rotator, ManagedSecrets, str], topic: Topic
) -> None:
    rotator, _, arn = managed
    rotate(rotator, record(**UNTRUSTED))
    end = {**service_event("RotationSucceeded", arn), "eventID": "end"}
    rotator.store.claims.claim("ROTATION ENDED", "end", invocation("other"))
    with pytest.raises(IntakeError, match="record end: another invocation is at work"):
        rotate(rotator, end, owner="r2")
    assert titles(topic) == ["prod/db is being rotated"]
