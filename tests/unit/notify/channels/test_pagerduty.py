from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS, pagerduty
from secretwatch.notify.channels.webhook import DeliveryError, Scope
from secretwatch.notify.notice import Fact, Kind, Link, Notice
from tests.unit.notify.test_channels import LONGEST

NOTICE = Notice(
    "n" * 32,
    Kind.ACCESS,
    Severity.HIGH,
    "user alice read prod/db",
    (Fact("Who", "user alice"),),
    "2026-01-31T12:00:00Z",
)
KEY = "0123456789abcdef0123456789abcdef"


def event(notice: Notice) -> Any:
    return pagerduty.render(notice)


def test_notices_of_one_story_are_one_alert_and_others_stand_alone() -> None:
    first, later = replace(NOTICE, story="s1"), replace(NOTICE, id="m" * 32, story="s1")
    assert event(first)["dedup_key"] == event(later)["dedup_key"] == pagerduty.resolve("s1")["dedup_key"]
    assert event(NOTICE)["dedup_key"] != event(replace(NOTICE, id="m" * 32))["dedup_key"]
    assert (event(first)["event_action"], pagerduty.resolve("s1")["event_action"]) == ("trigger", "resolve")


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_is_one_that_pagerduty_knows(severity: Severity) -> None:
    shown = event(replace(NOTICE, severity=severity))["payload"]["severity"]
    assert shown in ("critical", "error", "warning", "info")
    assert (shown == "critical") == (severity is Severity.CRITICAL)


def test_the_longest_event_is_within_pagerdutys_limits() -> None:
    payload = event(replace(LONGEST, story="s" * 32, title="t" * 5000))
    assert len(json.dumps(payload).encode()) <= 512 * 1024
    assert len(payload["payload"]["summary"]) == 1024
    assert len(payload["dedup_key"]) <= 255


def test_the_links_and_facts_come_along() -> None:
    facts = (Fact("And", "one"), Fact("And", "two"))
    shown = event(replace(NOTICE, facts=facts, links=(Link("Event", "https://a.example"),)))
    assert shown["links"] == [{"href": "https://a.example", "text": "Event"}]
    assert shown["payload"]["custom_details"]["And"] == "one · two"


def test_a_time_that_is_none_is_left_to_pagerduty() -> None:
    assert event(NOTICE)["payload"]["timestamp"] == "2026-01-31T12:00:00Z"
    assert "timestamp" not in event(replace(NOTICE, time="unknown time"))["payload"]


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (KEY, "https://events.pagerduty.com/v2/enqueue"),
        (f"https://events.eu.pagerduty.com/v2/enqueue {KEY}", "https://events.eu.pagerduty.com/v2/enqueue"),
    ],
)
def test_a_parameter_holds_a_key_and_perhaps_another_endpoint(value: str, url: str) -> None:
    to = pagerduty.address(value)
    assert (to.url, to.body) == (url, {"routing_key": KEY})
    assert KEY not in repr(to)


@pytest.mark.parametrize(
    "value", ["", "short", f"{KEY} {KEY}", f"https://a.example {KEY} x", f"ftp://a.example {KEY}", "https://a.example"]
)
def test_what_is_no_key_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        pagerduty.address(value)
    assert KEY not in str(caught.value)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "answer", "scope", "words"),
    [
        (400, {"errors": ["Length of 'routing_key' is incorrect"]}, Scope.CHANNEL, "integration key"),
        (400, {"errors": ["'payload.summary' is missing or blank"]}, Scope.MESSAGE, "payload.summary"),
        (400, {"message": "Event object is invalid"}, Scope.MESSAGE, "Event object is invalid"),
        (429, {}, Scope.MOMENT, "HTTP 429"),
        (500, [], Scope.MOMENT, "HTTP 500"),
        (200, {"status": "success"}, Scope.MESSAGE, "HTTP 200"),
    ],
)  # fmt: skip
def test_a_refusal_says_whose_fault_it_is(status: int, answer: Any, scope: Scope, words: str) -> None:
    text = json.dumps(answer)
    assert not CHANNELS["pagerduty"].accepts(status, text)
    found = CHANNELS["pagerduty"].refusal(status, text)
    assert found.scope is scope
    assert words in found.words


def test_what_a_caller_wrote_stays_inert() -> None:
    shown = json.dumps(
        event(replace(NOTICE, title="https://evil.example", facts=(Fact("Who", "https://evil.example\n"),)))
    )
    assert "https://evil" not in shown
