"""What people are notified of a rotation, done or not. The handler's tests and the snapshots show the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator.notices import (
    Exposure,
    ended_notice,
    failed_notice,
    rotated_notice,
    withheld_notice,
)
from secretwatch.functions.rotator.policy import Reason, Target
from secretwatch.functions.rotator.secret_value import Rotated
from secretwatch.notify.notice import Kind, Notice
from secretwatch.record.secret_id import parse_secret_id
from tests.gallery import OUTSIDE
from tests.judging import judged
from tests.records import record, user

(READ,) = judged(record(sourceIPAddress=OUTSIDE, userIdentity=user("mallory")))
NOW = READ.access.time.timestamp() + 41
EXPOSURE = Exposure(READ, 1, 0, None, NOW - 1.4)
TARGET = Target(parse_secret_id("prod/db"), "generate")
DONE = Rotated("arn", "new", "old", confirmed=True)
WITHHELD = (Reason.UNKNOWN_NETWORK, Reason.NOTIFY_ONLY, Reason.FROZEN, Reason.UNDER_WAY, Reason.DRY_RUN, Reason.BREAKER)


def facts(notice: Notice) -> dict[str, str]:
    return {fact.label: fact.value for fact in notice.facts}


def test_a_rotation_says_what_was_done_why_and_how_fast() -> None:
    notice = rotated_notice(EXPOSURE, TARGET, DONE, NOW)
    assert (notice.kind, notice.severity, notice.title) == (Kind.ROTATION, Severity.HIGH, "prod/db rotated")
    assert facts(notice)["What was done"] == (
        "prod/db rotated (strategy generate), 41 s after the read, 1.4 s after its record arrived"
    )
    assert facts(notice)["Triggered by"] == "user mallory reading it from 203.0.113.66"
    assert (facts(notice)["Exposed version"], facts(notice)["New version"]) == ("old", "new")
    assert "How often" not in facts(notice)
    assert notice.reasons == ("The read came from 203.0.113.66: outside every trusted network.",)


def test_a_started_rotation_is_not_said_to_be_done() -> None:
    notice = rotated_notice(EXPOSURE, replace(TARGET, strategy="managed"), replace(DONE, confirmed=False), NOW)
    assert notice.title == "prod/db is being rotated"
    assert "(strategy managed)" in facts(notice)["What was done"]


@pytest.mark.parametrize(
    ("reads", "suppressed", "said"),
    [
        (20, 0, "20 reads came together"),
        (1, 1, "1 read more since the last notice about it"),
        (2, 180, "2 reads came together; 180 reads more since the last notice about it"),
    ],
)
def test_how_often_is_said_where_it_was_more_than_once(reads: int, suppressed: int, said: str) -> None:
    exposure = replace(EXPOSURE, reads=reads, suppressed=suppressed)
    assert facts(rotated_notice(exposure, TARGET, DONE, NOW))["How often"] == said


@pytest.mark.parametrize("reason", WITHHELD)
def test_a_rotation_that_is_withheld_says_why_and_what_to_do(reason: Reason) -> None:
    notice = withheld_notice(EXPOSURE, TARGET, reason)
    assert facts(notice)["What was done"] == f"nothing: {reason}"
    assert len(facts(notice)["Recommended action"].split()) > 5
    assert facts(notice)["Exposed version"] == "one that is gone by now"


@pytest.mark.parametrize(
    ("reason", "severity", "title"),
    [
        (Reason.DRY_RUN, Severity.MEDIUM, "prod/db would have been rotated"),
        (Reason.NOTIFY_ONLY, Severity.HIGH, "prod/db would have been rotated"),
        (Reason.UNKNOWN_NETWORK, Severity.MEDIUM, "prod/db was NOT rotated"),
        (Reason.FROZEN, Severity.HIGH, "prod/db was NOT rotated"),
        (Reason.UNDER_WAY, Severity.HIGH, "prod/db was NOT rotated"),
        (Reason.BREAKER, Severity.CRITICAL, "prod/db was NOT rotated"),
    ],
)
def test_what_is_withheld_on_purpose_is_less_severe_than_what_failed(
    reason: Reason, severity: Severity, title: str
) -> None:
    notice = withheld_notice(EXPOSURE, TARGET, reason)
    assert (notice.severity, notice.title) == (severity, title)


def test_a_rotation_that_failed_says_that_the_value_is_still_valid() -> None:
    notice = failed_notice(EXPOSURE, TARGET, "access denied")
    assert (notice.severity, notice.title) == (Severity.CRITICAL, "prod/db was NOT rotated")
    assert facts(notice)["What was done"] == "nothing: access denied"
    assert "still valid" in facts(notice)["Recommended action"]


@pytest.mark.parametrize(
    ("succeeded", "severity", "title"),
    [(True, Severity.HIGH, "prod/db rotated: confirmed"), (False, Severity.CRITICAL, "rotation of prod/db FAILED")],
)
def test_the_end_of_a_rotation_names_its_beginning(succeeded: bool, severity: Severity, title: str) -> None:
    started = {"notice": "3" * 32, "version": "new", "time": "2026-01-31T12:00:41Z"}
    notice = ended_notice(READ, "prod/db", started, succeeded, "Secrets Manager recorded it")
    assert (notice.severity, notice.title) == (severity, title)
    assert facts(notice)["Started"].startswith("2026-01-31T12:00:41Z")
    assert "3" * 12 in facts(notice)["Started"]
    assert notice.id == ended_notice(READ, "prod/db", started, succeeded, "again").id, "notified once"
    assert notice.id != ended_notice(READ, "prod/db", started, not succeeded, "again").id, "a later success is news"


def test_a_read_of_a_target_has_one_notice_of_each_kind() -> None:
    assert failed_notice(EXPOSURE, TARGET, "x").id == failed_notice(EXPOSURE, TARGET, "y").id
    ids = {failed_notice(EXPOSURE, TARGET, "x").id, withheld_notice(EXPOSURE, TARGET, Reason.FROZEN).id,
           withheld_notice(EXPOSURE, TARGET, Reason.BREAKER).id, rotated_notice(EXPOSURE, TARGET, DONE, NOW).id,
           rotated_notice(EXPOSURE, replace(TARGET, secret=parse_secret_id("other")), DONE, NOW).id}  # fmt: skip
    assert len(ids) == 5


def test_a_rotation_under_way_says_since_when() -> None:
    since = "AWSPENDING is on version v3 since 2026-01-31T12:00:00Z"
    assert facts(withheld_notice(EXPOSURE, TARGET, Reason.UNDER_WAY, since))["Rotation under way"] == since
    assert "Rotation under way" not in facts(withheld_notice(EXPOSURE, TARGET, Reason.FROZEN, since))
