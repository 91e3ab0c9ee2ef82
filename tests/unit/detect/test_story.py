"""When a story opens, grows, gets worse and is over; what leads it."""

from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import Tuning, parse_rules
from secretwatch.record.origin import TrustPolicy
from tests.judging import decide_all, judged
from tests.records import role
from tests.unit.detect.course import DENIED, OUTSIDE, Course, at

TERRAFORM = {"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io)"}


def test_people_hear_when_it_opens_and_when_it_gets_worse() -> None:
    course = Course()
    course.deliver(at(0))
    course.deliver(at(5, secret="other"))
    assert course.news() == [("user alice", "low")], "the same again is counted into it"
    course.deliver(at(10, **OUTSIDE))
    course.deliver(at(11, sourceIPAddress="192.0.2.9"))
    assert course.news() == [("user alice", "low"), ("user alice", "high")], "another new place is no worse"
    course.deliver(at(20, "DeleteResourcePolicy"))
    assert course.news()[2:] == [("user alice", "high")], "a signal that was not in it"
    ids = {news.story.id for each in course.decided for news in each.decision.news}
    assert len(ids) == 1
    assert [news.opened for each in course.decided for news in each.decision.news] == [True, False, False]


def test_it_is_over_when_nothing_notable_has_happened_for_the_quiet_minutes() -> None:
    course = Course()
    for minutes, secret in ((0, "a"), (59, "b"), (118, "c"), (179, "d")):
        course.deliver(at(minutes, secret=secret))
    assert len(course.news()) == 2
    assert len({news.story.id for each in course.decided for news in each.decision.news}) == 2
    short = Course(parse_rules('{"quiet_minutes": 10}'))
    for minutes, secret in ((0, "a"), (11, "b"), (20, "c")):
        short.deliver(at(minutes, secret=secret))
    assert len(short.news()) == 2


def test_it_is_over_with_its_day_so_that_nothing_hides_in_one_that_never_ends() -> None:
    course, midnight = Course(parse_rules('{"many_secrets": {"threshold": 2}}')), 12 * 60
    for minutes in range(0, 36 * 60, 55):
        course.deliver(at(minutes, secret=f"{minutes}"), at(minutes + 1, secret=f"{minutes} more"))
    assert [severity for _, severity in course.news()].count("high") == 2, "on each of the two days once"
    parts = Course(), Course()
    for number, part in enumerate(parts):
        order = [at(midnight - 1, secret="a"), at(midnight + 1, secret="b"), at(midnight + 2, secret="c")]
        for each in reversed(order) if number else order:
            part.deliver(each)
    assert len({news.story.id for each in parts[0].decided for news in each.decision.news}) == 2
    assert {len(part.news()) for part in parts} == {2}


def test_a_late_record_between_two_stories_makes_them_one_and_tells_nobody_again() -> None:
    course = Course()
    course.deliver(at(0, secret="a"))
    course.deliver(at(90, secret="b"))
    assert len(course.news()) == 2
    (found,) = course.deliver(at(45, secret="c"))
    assert len(course.news()) == 2
    (story,) = found.decision.stories
    (told,) = found.decision.memory.told
    assert story.id == told.id == course.decided[0].decision.news[0].story.id, "it keeps the first one's id"


def test_the_same_delivery_again_is_no_news_and_no_change() -> None:
    course = Course()
    attack = [at(n * 0.01, secret=f"s{n}", **OUTSIDE) for n in range(20)]
    course.deliver(*attack)
    before = dict(course.memories)
    (found,) = course.deliver(*attack)
    assert (found.decision.news, course.memories == before) == ((), True)
    assert found.decision.memory is before[found.actor.key]


def test_the_message_of_a_decision_has_one_identity_whoever_makes_it() -> None:
    first, second = Course(), Course()
    (one,), (two,) = first.deliver(at(0, eventID="e1")), second.deliver(at(0, eventID="e1"))
    assert one.decision.news[0].id == two.decision.news[0].id
    (worse,) = first.deliver(at(1, eventID="e2", **OUTSIDE))
    assert worse.decision.news[0].id != one.decision.news[0].id


def test_it_is_led_by_the_credentials_and_the_tool_that_show_most() -> None:
    """Terraform refreshes, and under the same user somebody lists and reads everything by hand."""
    course = Course()
    refresh = [at(n * 0.02, secret=f"app/{n}", **TERRAFORM) for n in range(6)]
    thief = [at(0.2, "ListSecrets"), *(at(0.3 + n * 0.02, secret=f"app/{n}") for n in range(12))]
    (found,) = course.deliver(*refresh, *thief)
    (story,) = found.decision.stories
    assert story.lead.tool == "aws-cli"
    assert story.signals[:2] == ("many_secrets", "enumerate_then_read")
    listed = [f.moment.tool for f in story.findings if f.signal == "enumerate_then_read"]
    assert set(listed) == {"aws-cli"}


def test_what_is_usual_for_automation_is_no_news_and_anything_else_is() -> None:
    course = Course(parse_rules('{"automation": ["arn:*:iam::*:role/external-secrets"]}'))
    it: dict[str, Any] = {"userIdentity": role("external-secrets", "1653634800072213448")}
    course.deliver(*(at(n * 0.01, secret=f"s{n}", **it) for n in range(30)))
    assert course.news() == []
    (found,) = course.deliver(at(600, secret="s1", **it, **OUTSIDE))
    (news,) = found.decision.news
    assert news.severity is Severity.HIGH
    assert "before: 198.51.0.0/16" in news.fresh[0].sentence


def test_refusals_and_a_late_one_are_a_burst_in_any_cut() -> None:
    refusals = [at(n / 60, secret=f"s{n}", **DENIED) for n in range(8)] + [at(60, secret="s9", **DENIED)]
    for cut in range(len(refusals) + 1):
        course = Course()
        course.deliver(*refusals[cut:])
        course.deliver(*refusals[:cut])
        assert ("user alice", "high") in course.news()


def test_a_poller_is_quiet_after_its_first_hour() -> None:
    course = Course()
    hour = [(minute, secret) for minute in range(60) for secret in range(27)]
    for day_minutes in (0, 60, 24 * 60):
        course.deliver(*(at(day_minutes + minute, secret=f"app/{secret}") for minute, secret in hour))
    assert len(course.news()) == 1


def test_a_thousand_secrets_every_hour_are_a_thousand_known_secrets() -> None:
    course = Course()
    for hour in range(3):
        course.deliver(*(at(hour * 60 + n * 0.05, secret=f"s{n}") for n in range(1001)))
    assert len(course.news()) == 1


def test_a_service_with_moving_addresses_has_a_few_places() -> None:
    course = Course()
    addresses = [f"203.0.{n // 250 % 4}.{n % 250}" for n in range(1000)]
    course.deliver(*(at(n * 0.05, sourceIPAddress=address) for n, address in enumerate(addresses)))
    (memory,) = course.memories.values()
    assert len(memory.names("place")) == 1
    assert len(course.news()) == 1


@pytest.mark.parametrize("together", [6, pytest.param(1, marks=pytest.mark.full)])
def test_one_key_from_hundreds_of_networks_is_one_story(together: int) -> None:
    course = Course()
    reads = [at(n * 0.1, sourceIPAddress=f"{20 + n % 100}.{n // 100}.3.4") for n in range(300)]
    for first in range(0, len(reads), together):
        course.deliver(*reads[first : first + together])
    assert len(course.news()) <= 3


# --- what an attacker would try -------------------------------------------------------------


def task(number: int, minutes: float, **changes: Any) -> dict[str, Any]:
    """A read by one of a service's many tasks, each with credentials of its own."""
    identity = {**role("app", f"task-{number}"), "accessKeyId": f"ASIATASK{number:012}"}
    fleet = {"userIdentity": identity, "userAgent": "Boto3/1.40 exec-env/AWS_ECS_FARGATE", **OUTSIDE}
    return at(minutes, **{**fleet, **changes})


def test_a_crowd_of_tasks_does_not_hide_who_comes_from_elsewhere() -> None:
    course = Course()
    for day in (0, 1, 2):
        course.deliver(*(task(day * 1000 + n, day * 24 * 60 + n * 0.01) for n in range(100)))
    told = len(course.news())
    thief = {"sourceIPAddress": "192.0.2.66", "userAgent": "aws-cli/2.15"}
    (found,) = course.deliver(*(task(9999, 2 * 24 * 60 + 3 + n * 0.01, secret=f"s{n}", **thief) for n in range(50)))
    (news,) = found.decision.news
    assert {"untrusted_network", "many_secrets"} <= set(news.story.signals)
    assert len(course.news()) == told + 1


def test_many_new_secrets_of_a_deployment_do_not_hide_those_of_a_thief() -> None:
    course = Course()
    course.deliver(at(-3 * 24 * 60))
    course.deliver(*(at(n * 0.01, secret=f"deployed/{n}") for n in range(80)))
    (found,) = course.deliver(*(at(2 + n * 0.01, secret=f"taken/{n}", **OUTSIDE) for n in range(50)))
    (news,) = found.decision.news
    assert "untrusted_network" in {finding.signal for finding in news.fresh}


def test_a_forged_terraform_from_nowhere_known_is_no_refresh() -> None:
    """Where no network is trusted, no place is proof of anything before it is known."""
    nowhere = TrustPolicy()
    forged = [
        at(n * 0.01, requestParameters={"secretId": f"s{n}", "versionId": "v" * 36}, **TERRAFORM) for n in range(40)
    ]
    (found,) = decide_all(judged(*forged, trust=nowhere), Tuning(), {})
    assert "many_secrets" in found.decision.news[0].story.signals


def test_a_title_accuses_nobody_of_what_others_read_by_the_same_role() -> None:
    course = Course()
    others = [task(n, 0.1 + n * 0.01, secret=f"known/{n}") for n in range(10)]
    course.deliver(*(task(n, -3 * 24 * 60 + n, secret=f"known/{n}") for n in range(10)))
    thief = {"sourceIPAddress": "192.0.2.66", "userAgent": "aws-cli/2.15"}
    (found,) = course.deliver(*others, *(task(77, n, secret=f"prod/{n}", **thief) for n in range(2)))
    (notice,) = found.notices()
    assert notice.title == "role app (session task-77) read 2 secrets"
    what = next(fact.value for fact in notice.facts if fact.label == "What")
    assert what.startswith("prod/0, prod/1 (")
    assert "besides 10 such calls with other credentials or tools" in what


def test_with_no_quiet_minutes_each_of_hundreds_of_stories_is_said_once() -> None:
    course = Course(parse_rules('{"quiet_minutes": 0}'))
    reads = [at(n / 2, secret=f"s{n}") for n in range(400)]
    course.deliver(*reads)
    said = len(course.news())
    course.deliver(at(200, secret="another"))
    course.deliver(*reads)
    assert said == 400
    assert len(course.news()) == said + 1
