from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.decide import decide
from secretwatch.detect.memory import MAX_DENIALS, MAX_SECRETS, Memory, newest, seen
from tests.records import ACCOUNT, record
from tests.unit.detect.situations import KEY, KNOWN, NOW, TUNING, story

DENIED = {"errorCode": "AccessDenied"}


def test_remembering_is_bounded_and_goes_there_and_back() -> None:
    memory = Memory()
    for n in range(30):
        time = f"2026-01-31T12:{n:02}:00Z"
        many = story(*(record(eventTime=time, requestParameters={"secretId": f"s{n}-{i}"}) for i in range(50)))
        memory = decide(many, memory, TUNING).memory
    assert len(memory.secrets) == MAX_SECRETS == 1000
    assert "us-east-1/123456789012/s29-49" in memory.secrets
    assert Memory.from_item({**memory.to_item(), "version": 0}) == memory


@pytest.mark.parametrize(
    ("changes", "remembered"),
    [
        ({}, {"secrets": {KEY: NOW}, "networks": {"198.51.100.7": NOW}, "regions": {"us-east-1": NOW}}),
        ({"eventID": "e1", **DENIED}, {"denials": {"e1": NOW}}),
        ({"eventName": "ListSecrets", "requestParameters": None}, {"listed": NOW}),
        ({"eventName": "PutSecretValue"}, {"written": {KEY: NOW}}),
        ({"eventName": "DeleteSecret"}, {}),
        ({"eventName": "RotationStarted", "eventType": "AwsServiceEvent"}, {}),
    ],
    ids=["a read", "a denial", "a listing", "a value written", "a deletion", "a rotation"],
)
def test_what_is_remembered_of_a_story(changes: dict[str, Any], remembered: dict[str, Any]) -> None:
    assert Memory().advance(story(record(**changes))) == replace(Memory(), **remembered)


@pytest.mark.parametrize("changes", [{}, DENIED, {"eventName": "ListSecrets"}, {"eventName": "PutSecretValue"}])
def test_the_same_story_twice_changes_nothing_more(changes: dict[str, Any]) -> None:
    again = story(*(record(**changes, eventID=f"e{n}") for n in range(3)))
    once = KNOWN.advance(again)
    assert once != KNOWN
    assert once.advance(again) == once


def test_a_late_record_makes_nothing_look_older() -> None:
    late = story(record(eventTime="2026-01-01T00:00:00Z"), record(eventTime="2026-01-01T00:00:00Z"))
    assert KNOWN.advance(late).secrets == KNOWN.secrets


def test_of_many_denials_the_latest_are_remembered() -> None:
    many = story(*(record(eventID=f"e{n}", eventTime=f"2026-01-31T12:{n // 60:02}:{n % 60:02}Z", **DENIED)
                   for n in range(300)))  # fmt: skip
    denials = Memory().advance(many).denials
    assert len(denials) == MAX_DENIALS
    assert "e299" in denials
    assert "e99" not in denials


def test_what_was_stored_has_the_next_version() -> None:
    assert Memory(version=3).stored().version == 4


def test_the_oldest_are_forgotten_first() -> None:
    assert newest({"a": 3, "b": 1, "c": 2}, 2) == {"a": 3, "c": 2}
    assert seen({"a": 3, "b": 1}, ["b", "c"], 2, 2) == {"a": 3, "b": 2}
    assert seen({"a": 3}, ["a"], 2, 2) == {"a": 3}


def test_memory_distinguishes_regions_and_accounts() -> None:
    read = story(record(), record(awsRegion="eu-west-1"))
    assert Memory().advance(read).secrets == {KEY: NOW, f"eu-west-1/{ACCOUNT}/prod/db": NOW}
