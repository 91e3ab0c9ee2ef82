"""Odd times, and deciding twice."""

from __future__ import annotations

import pytest

from tests.records import record, role
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


def test_a_name_that_looks_like_a_persons_is_no_clean_slate_behind_a_services_role() -> None:
    course = Course()
    task = {"userIdentity": role("orders", "task"), "userAgent": "Boto3/1.40 exec-env/AWS_ECS_FARGATE"}
    for day in range(3):
        course.deliver(days(day, **task))
    thief = role("orders", "worker@host-7.example")
    (found,) = course.deliver(days(3, userIdentity=thief, userAgent="aws-cli/2.15", sourceIPAddress="10.7.0.9"))
    assert found.actor.label == "role orders"
    assert {"used_by_hand", "elsewhere"} <= {signal for news in found.decision.news for signal in news.story.signals}


def test_a_person_who_is_known_stays_one_beside_a_service_of_the_same_role() -> None:
    course = Course()
    ann = role("shared", "ann@corp.example")
    course.deliver(days(0, userIdentity=ann))
    for day in range(3):
        course.deliver(days(day + 0.5, userIdentity=role("shared", "job")))
    (found,) = course.deliver(days(3.5, userIdentity=ann))
    assert found.actor.person == "ann@corp.example"


def test_what_a_users_token_does_is_judged_by_the_users_habits_and_never_as_two_kinds_of_actor() -> None:
    course = Course()
    course.deliver(days(0))
    arn = "arn:aws:iam::123456789012:user/alice"
    token = {
        "type": "FederatedUser",
        "arn": "arn:aws:sts::123456789012:federated-user/bob",
        "accountId": "123456789012",
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": arn}},
    }
    (new,) = Course().deliver(days(0, userIdentity=token))
    assert (new.actor.key, new.actor.label) == (f"{arn} bob", "federated user alice")
    (found,) = course.deliver(days(2, userIdentity=token), days(2))
    assert (found.actor.key, found.actor.label, found.actor.person) == (arn, "user alice", "alice")
