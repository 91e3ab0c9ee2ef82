from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest

from secretwatch.functions.notifier import trail_log
from secretwatch.functions.notifier.trail_log import Counted, TrailLog, Window
from tests.detections import other
from tests.records import record, user
from tests.unit.doubles import TrailLogs, throttled

READ, STOP, PUT = (f'{{ $.eventName = "{name}" }}' for name in ("GetSecretValue", "StopLogging", "PutBucketPolicy"))
WINDOW = Window(*(datetime.fromisoformat(f"2026-01-31T{at}Z") for at in ("11:39:00", "12:00:00", "11:54:00")))


@pytest.fixture
def logs() -> TrailLogs:
    return TrailLogs()


def ask(logs: Any, *patterns: str, seconds: float = 60) -> Counted:
    return TrailLog(logs, "/trail").counted(patterns, WINDOW, time.time() + seconds)


def test_what_matches_one_of_the_patterns_is_found_newest_first(logs: TrailLogs) -> None:
    logs.add(other("cloudtrail", "StopLogging", eventTime="2026-01-31T11:55:00Z"), "2026-01-31T11:58:00Z")
    logs.add(other("s3", "PutBucketPolicy", eventTime="2026-01-31T11:56:00Z"), "2026-01-31T11:58:00Z")
    logs.add(record(), "2026-01-31T11:58:00Z")
    counted = ask(logs, STOP, PUT)
    assert [event.name for event in counted.events] == ["PutBucketPolicy", "StopLogging"]
    assert counted.gap is None
    assert {question["logGroupName"] for question in logs.questions} == {"/trail"}


def test_what_came_before_the_alarm_looked_was_counted_by_an_earlier_one(logs: TrailLogs) -> None:
    logs.add(record(userIdentity=user("earlier")), "2026-01-31T11:50:00Z", "2026-01-31T11:50:00Z")
    logs.add(record(userIdentity=user("late")), "2026-01-31T11:50:00Z", "2026-01-31T11:59:00Z")
    logs.add(record(userIdentity=user("after")), "2026-01-31T12:01:00Z")
    assert [event.who for event in ask(logs, READ).events] == ["user late"]


def test_an_event_that_two_patterns_match_or_that_came_twice_is_one(logs: TrailLogs) -> None:
    for _ in range(2):
        logs.add(record(eventID="e1"), "2026-01-31T11:58:00Z")
    logs.add(record(eventID="e2"), "2026-01-31T11:58:00Z")
    assert sorted(event.id for event in ask(logs, READ, READ).events) == ["e1", "e2"]


def test_every_page_is_read(logs: TrailLogs) -> None:
    for number in range(250):
        logs.add(record(eventID=f"e{number}"), "2026-01-31T11:58:00Z")
    counted = ask(logs, READ)
    assert (len(counted.events), counted.gap) == (250, None)
    assert len(logs.questions) == 3


def test_of_too_many_the_newest_are_found(logs: TrailLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_log, "MOST", 50)
    for number in range(600):
        at = f"2026-01-31T11:{50 + number // 60}:{number % 60:02}Z"
        logs.add(record(eventID=f"e{number}", eventTime=at), at, "2026-01-31T11:59:59Z")
    counted = ask(logs, READ)
    assert counted.events[0].id == "e599"
    assert 10 < len(counted.events) <= 50
    assert counted.gap == "only the newest were looked at"


def test_one_that_comes_after_too_many_does_not_hide_them(logs: TrailLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_log, "MOST", 50)
    for number in range(120):
        logs.add(record(eventID=f"e{number}", eventTime="2026-01-31T11:54:00Z"), "2026-01-31T11:54:00Z")
    logs.add(record(eventID="late", eventTime="2026-01-31T11:59:50Z"), "2026-01-31T11:59:50Z")
    counted = ask(logs, READ)
    assert counted.events[0].id == "late"
    assert len(counted.events) == 50
    assert counted.gap == "only the newest were looked at"


def test_of_too_many_in_the_first_seconds_some_are_found(logs: TrailLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_log, "MOST", 50)
    for number in range(120):
        logs.add(record(eventID=f"e{number}"), "2026-01-31T11:54:00Z")
    counted = ask(logs, READ)
    assert len(counted.events) == 50
    assert counted.gap == "only the newest were looked at"


def test_a_refusal_is_said_and_what_other_patterns_found_is_kept(logs: TrailLogs) -> None:
    logs.add(record(), "2026-01-31T11:58:00Z")

    class Half:
        def filter_log_events(self, **question: Any) -> Any:
            if question["filterPattern"] == STOP:
                raise throttled()
            return logs.filter_log_events(**question)

    counted = ask(Half(), STOP, READ)
    assert [event.name for event in counted.events] == ["GetSecretValue"]
    assert counted.gap == "CloudWatch Logs did not answer: ThrottlingException"


def test_without_time_nothing_is_asked(logs: TrailLogs) -> None:
    logs.add(record(), "2026-01-31T11:58:00Z")
    assert ask(logs, READ, seconds=-1) == Counted((), "there was no time to look at all")
    assert logs.questions == []


def test_a_log_group_that_never_ends_is_given_up_in_time() -> None:
    class Endless:
        def filter_log_events(self, **_: Any) -> Any:
            return {"events": [], "nextToken": "again"}

    started = time.time()
    assert ask(Endless(), READ, seconds=0.1).gap == "there was no time to look at all"
    assert time.time() - started < 5


def test_without_a_client_the_gap_says_so() -> None:
    assert ask(None, READ).gap == "CloudWatch Logs did not answer: AttributeError"


def test_a_message_that_is_no_record_is_left_out(logs: TrailLogs) -> None:
    logs.add("[1]", "2026-01-31T11:58:00Z")
    logs.add("GetSecretValue", "2026-01-31T11:58:00Z")
    assert ask(logs, "").events == ()


@pytest.mark.parametrize("broken", [{}, {"message": None}, {"message": 5}, {"ingestionTime": None}])
def test_a_log_event_without_its_fields_does_not_keep_the_others(broken: dict[str, Any]) -> None:
    class Answers:
        def filter_log_events(self, **_: Any) -> Any:
            return {"events": [broken, {"message": json.dumps(record())}]}

    counted = ask(Answers(), READ)
    assert ([event.name for event in counted.events], counted.gap) == (["GetSecretValue"], None)


def test_an_answer_that_nobody_can_read_is_a_gap() -> None:
    class Answers:
        def filter_log_events(self, **_: Any) -> Any:
            return {"events": [5]}

    assert ask(Answers(), READ).gap == "CloudWatch Logs did not answer: AttributeError"
