from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.decide import Decision, decide
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import Story
from secretwatch.detect.tuning import parse_rules
from secretwatch.notify.access_notice import access_notice
from tests.records import record, role
from tests.unit.detect.situations import KNOWN, NOW, TUNING, story

ALICE = "arn:aws:iam::123456789012:user/alice"


def read(minute: int = 0, number: int = 1, **changes: Any) -> Story:
    """``number`` reads of prod/db at 12:MM, from the office."""
    return story(*(record(eventTime=f"2026-01-31T12:{minute:02}:{n % 60:02}Z", **changes) for n in range(number)))


def notified_first() -> Decision:
    first = decide(read(), KNOWN, TUNING)
    assert first.notified
    return first


def test_a_first_read_is_notified_at_low() -> None:
    decision = decide(read(), Memory(), TUNING)
    assert (decision.notified, decision.severity, decision.reason) == (True, Severity.LOW, "first_reader")


def test_a_plain_read_is_notified_at_info() -> None:
    assert (notified_first().severity, notified_first().reason) == (Severity.INFO, "a read")


def test_repeats_are_suppressed_and_counted_on_the_next_notice() -> None:
    memory = notified_first().memory
    for minute in (10, 20, 30):
        repeated = decide(read(minute, 5), memory, TUNING)
        assert not repeated.notified
        assert repeated.reason == "notified already, nothing new"
        memory = repeated.memory
    later = decide(story(record(eventTime="2026-01-31T13:30:00Z")), memory, TUNING)
    assert later.notified
    assert later.suppressed == 15
    reasons = access_notice(read(), later, "n").reasons
    assert "15 similar accesses suppressed since the last alert." in reasons


def test_the_same_story_again_is_not_counted_twice() -> None:
    memory, again = notified_first().memory, read(10, 5)
    once = decide(again, memory, TUNING).memory
    twice = decide(again, once, TUNING).memory
    assert once.quiet == twice.quiet


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"requestParameters": {"secretId": "another"}}, "first_reader"),
        ({"sessionCredentialFromConsole": "true"}, "console_read"),
        ({"awsRegion": "eu-west-1"}, "new_region"),
    ],
)
def test_something_new_is_never_suppressed(changes: dict[str, Any], why: str) -> None:
    decision = decide(read(10, **changes), notified_first().memory, TUNING)
    assert decision.notified
    assert why in decision.reason


def test_another_reason_of_the_same_severity_is_new() -> None:
    console: dict[str, Any] = {"sessionCredentialFromConsole": "true"}
    first = decide(read(**console), KNOWN, TUNING)
    assert first.severity is Severity.LOW
    assert not decide(read(10, **console), first.memory, TUNING).notified
    listed = story(
        record(eventTime="2026-01-31T12:20:00Z", **console),
        record(
            "BatchGetSecretValue", eventTime="2026-01-31T12:20:00Z", requestParameters={"secretIdList": ["prod/db"]}
        ),
    )
    batched = decide(listed, first.memory, TUNING)
    assert batched.severity is Severity.LOW
    assert batched.notified


def test_only_so_many_stories_are_remembered_and_the_oldest_go_first() -> None:
    memory = KNOWN
    for n in range(30):
        memory = decide(read(n, sourceIPAddress=f"198.51.100.{n}"), memory, TUNING).memory
    assert len(memory.quiet) == 20
    assert min(entry.until for entry in memory.quiet.values()) == NOW + 10 * 60 + 3600


def test_what_is_severe_is_never_suppressed() -> None:
    memory = KNOWN
    for minute in range(3):
        decision = decide(read(minute, sourceIPAddress="203.0.113.66"), memory, TUNING)
        assert decision.notified
        memory = decision.memory


def test_another_known_secret_is_new_within_the_quiet_period() -> None:
    assert decide(read(10, requestParameters={"secretId": "other"}), notified_first().memory, TUNING).notified


def test_without_a_quiet_period_everything_is_notified() -> None:
    tuning = parse_rules('{"quiet_minutes": 0}')
    memory = decide(read(), KNOWN, tuning).memory
    assert decide(read(1), memory, tuning).notified


@pytest.mark.parametrize(
    "quiet",
    [
        read(errorCode="AccessDenied"),
        read(errorCode="ResourceNotFoundException"),
        read(sourceIPAddress="203.0.113.66", errorCode="AccessDenied"),
        story(record("ListSecrets", requestParameters=None)),
        story(record("RotationSucceeded", eventType="AwsServiceEvent")),
        read(name="PutSecretValue"),
    ],
    ids=["denied", "failed", "denied elsewhere", "listing", "rotation", "a known writer"],
)
def test_where_no_value_was_returned_nobody_is_notified(quiet: Story) -> None:
    decision = decide(quiet, KNOWN, TUNING)
    assert not decision.notified
    assert decision.reason == "no value was returned and nothing is notable"


@pytest.mark.parametrize(
    "loud",
    [
        story(*(record(errorCode="AccessDenied") for _ in range(5))),
        story(record("DeleteSecret")),
        story(record(requestParameters={"secretId": "honey/pot"}, errorCode="AccessDenied")),
    ],
    ids=["denied burst", "deletion", "decoy denied"],
)
def test_what_is_notable_is_notified_although_no_value_was_returned(loud: Story) -> None:
    assert decide(loud, KNOWN, TUNING).notified


def test_our_own_function_is_never_notified() -> None:
    own = story(record(userIdentity=role("secretwatch-rotator"), sourceIPAddress="203.0.113.66"))
    decision = decide(own, Memory(), TUNING, frozenset({"arn:aws:iam::123456789012:role/secretwatch-rotator"}))
    assert (decision.notified, decision.reason) == (False, "our own function")


def test_known_automation_is_lowered_and_said_to_be_but_not_hidden() -> None:
    tuning = parse_rules(f'{{"automation": ["{ALICE}"]}}')
    decision = decide(read(sourceIPAddress="203.0.113.66"), Memory(), tuning)
    assert (decision.notified, decision.severity, decision.lowered) == (True, Severity.INFO, ALICE)
    reasons = access_notice(read(), decision, "n").reasons
    assert any(reason.startswith("The read came from 203.0.113.66") for reason in reasons)
    assert f"Lowered to info: known automation ({ALICE})." in reasons


def test_a_decoy_is_critical_even_for_known_automation() -> None:
    tuning = parse_rules(f'{{"automation": ["{ALICE}"], "decoys": ["honey/*"]}}')
    decision = decide(read(requestParameters={"secretId": "honey/pot"}), Memory(), tuning)
    assert decision.severity is Severity.CRITICAL
