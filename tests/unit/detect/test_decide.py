"""Odd times, and deciding twice."""

from __future__ import annotations

import pytest

from tests.records import record
from tests.unit.detect.course import OUTSIDE, Course, at, days


@pytest.mark.parametrize("time", ["2099-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_record_of_any_time_is_judged_and_spoils_nothing(time: str) -> None:
    course = Course()
    course.deliver(days(-2))
    course.deliver(at(0, eventTime=time, **OUTSIDE))
    assert ("user alice", "high") in course.news()
    course.deliver(at(0))
    (found,) = course.deliver(at(1, sourceIPAddress="192.0.2.9"))
    assert [news.severity for news in found.decision.news] in (["high"], []), "known or counted into its story"


def test_a_clock_that_is_an_hour_wrong_changes_no_signal() -> None:
    right, wrong = Course(), Course()
    right.deliver(at(0), at(1, **OUTSIDE))
    wrong.deliver(at(0), at(-59, **OUTSIDE))
    assert right.news() == wrong.news()


def test_an_id_that_comes_again_with_another_content_is_another_access() -> None:
    course = Course()
    course.deliver(record(eventID="e1"))
    (found,) = course.deliver(record(eventID="e1", requestParameters={"secretId": "other"}, **OUTSIDE))
    assert "untrusted_network" in found.decision.news[0].story.signals


def test_what_is_new_again_is_new_in_one_delivery_too() -> None:
    course = Course()
    (found,) = course.deliver(days(0, eventID="once"), days(32, eventID="again"))
    assert {finding.event_id for story in found.decision.stories for finding in story.findings} == {"once", "again"}


def test_a_delivery_that_spans_months_is_judged_like_many() -> None:
    together, apart = Course(), Course()
    records = [days(n * 20) for n in range(4)] + [days(100)]
    together.deliver(*records)
    for each in records:
        apart.deliver(each)
    assert {k: m.habits["secret"] for k, m in together.memories.items()} == {
        k: m.habits["secret"] for k, m in apart.memories.items()
    }
