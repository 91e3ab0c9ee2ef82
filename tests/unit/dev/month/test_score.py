"""What the figures of a month mean."""

from __future__ import annotations

from typing import Any

from dev.month.alarms import Alarm
from dev.month.lives import DAY, START
from dev.month.records import Label
from dev.month.run import Message, Month
from dev.month.score import Figures, Score, Told
from secretwatch.detect.catalogue import Severity

ATTACK, REVIEW = Label("attack", "neighbour"), Label("review", "a new hire")


def message(severity: Severity, day: int = 0, *labels: Label, **changes: Any) -> Message:
    made = {"time": START + day * DAY + 60, "severity": severity, "signals": ("root",), "actor": "user/x",
            "is_person": True, "secret": "db", "labels": frozenset(labels), "story": "s", "sentence": ""}  # fmt: skip
    return Message(**{**made, **changes})


def score(*messages: Message, alarms: tuple[Alarm, ...] = ()) -> Score:
    return Score(Month(30, messages=list(messages), alarms=list(alarms), began={ATTACK: START, REVIEW: START}))


def figures(*messages: Message, alarms: tuple[Alarm, ...] = ()) -> Figures:
    return score(*messages, alarms=alarms).figures()


def told(*messages: Message, alarms: tuple[Alarm, ...] = ()) -> Told:
    return next(t for t in score(*messages, alarms=alarms).attacks if t.attack == ATTACK.name)


def test_messages_a_day() -> None:
    found = figures(*[message(Severity.HIGH)] * 30, *[message(Severity.CRITICAL)] * 3, *[message(Severity.LOW)] * 60)
    assert (found.high_per_day, found.medium_per_day, found.low_per_day) == (1.1, 0, 2)


def test_an_attack_is_told_by_what_a_channel_gets() -> None:
    assert figures(message(Severity.LOW, 0, ATTACK)).attacks_told == 0
    assert figures(message(Severity.MEDIUM, 0, ATTACK)).attacks_told == 1
    assert figures(message(Severity.MEDIUM, 0, ATTACK)).attacks_high == 0
    assert told(message(Severity.MEDIUM, 0, ATTACK)).delay == 60


def test_an_attack_stands_out_among_few_that_are_as_severe_on_its_day() -> None:
    crowd = [message(Severity.HIGH)] * 20
    assert figures(*crowd, message(Severity.HIGH, 0, ATTACK)).attacks_standing_out == 0
    assert figures(*crowd, message(Severity.HIGH, 1, ATTACK)).attacks_standing_out == 1
    assert figures(*crowd, message(Severity.CRITICAL, 0, ATTACK)).attacks_standing_out == 1


def test_an_alarm_tells_of_what_it_counted() -> None:
    alarm = Alarm(START + 30, "TrailTampering", Severity.CRITICAL, frozenset({ATTACK}))
    assert told(alarms=(alarm,)).rank == 1
    assert figures(alarms=(alarm,)).attacks_high == 1


def test_a_high_message_is_worth_reading_for_an_attack_or_the_first_time() -> None:
    high = Severity.HIGH
    assert figures(message(high)).high_worth_reading == 0
    assert figures(message(high, 0, ATTACK), message(high, 1, ATTACK)).high_worth_reading == 1
    assert figures(message(high, 0, REVIEW), message(high, 1, REVIEW)).high_worth_reading == 0.5
    assert figures(message(Severity.MEDIUM, 0, REVIEW), message(high, 1, REVIEW)).high_worth_reading == 0


def test_an_inbox_gets_messages_and_alarms_that_are_high() -> None:
    low, critical = (Alarm(START, "X", severity, frozenset()) for severity in (Severity.LOW, Severity.CRITICAL))
    found = figures(message(Severity.HIGH), message(Severity.MEDIUM), alarms=(low, critical))
    assert (found.emails_per_address_month, found.alarms_per_day) == (2, 0.07)


def test_an_alarm_that_notifies_nobody_is_counted_apart_and_tells_of_nothing() -> None:
    silent = Alarm(START + 30, "RootRead", Severity.HIGH, frozenset({ATTACK}), notifies=False)
    found = figures(alarms=(silent,))
    assert (found.alarms_per_day, found.emails_per_address_month, found.attacks_told) == (0, 0, 0)
    assert "alarms a day that notify nobody: RootRead 0.0" in score(alarms=(silent,)).lines()


def test_the_model_is_asked_within_its_budget() -> None:
    assert figures(*[message(Severity.MEDIUM)] * 250, message(Severity.MEDIUM, 1)).model_calls == 201
