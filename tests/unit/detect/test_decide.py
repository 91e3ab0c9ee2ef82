from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.decide import Decision, decide, notice
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import Story
from secretwatch.detect.tuning import parse_rules
from secretwatch.detect.catalogue import Severity
from tests.records import record, role
from tests.unit.test_signals import KNOWN, NOW, RULES, story

ALICE = "arn:aws:iam::123456789012:user/alice"


def read(minute: int = 0, number: int = 1, **changes: Any) -> Story:
    """``number`` reads of prod/db at 12:MM, from the office."""
    return story(*(record(eventTime=f"2026-01-31T12:{minute:02}:{n % 60:02}Z", **changes) for n in range(number)))


def told_first() -> Decision:
    first = decide(read(), KNOWN, RULES)
    assert first.notified
    return first


def test_a_first_read_is_told_at_low() -> None:
    decision = decide(read(), Memory(), RULES)
    assert (decision.notified, decision.severity, decision.reason) == (True, Severity.LOW, "first_reader")


def test_a_plain_read_is_told_at_info() -> None:
    assert (told_first().severity, told_first().reason) == (Severity.INFO, "a read")


def test_repeats_are_folded_and_counted_on_the_next_notice() -> None:
    state = told_first().state
    for minute in (10, 20, 30):
        folded = decide(read(minute, 5), state, RULES)
        assert not folded.notified
        assert folded.reason == "told already, nothing new"
        state = folded.state
    later = decide(story(record(eventTime="2026-01-31T13:30:00Z")), state, RULES)
    assert later.notified
    assert later.suppressed == 15
    reasons = notice(read(), later, "n").reasons
    assert "15 accesses like this were folded since it was last told." in reasons


def test_the_same_story_again_is_not_counted_twice() -> None:
    state, again = told_first().state, read(10, 5)
    once = decide(again, state, RULES).state
    twice = decide(again, once, RULES).state
    assert once.quiet == twice.quiet


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"requestParameters": {"secretId": "another"}}, "first_reader"),
        ({"sessionCredentialFromConsole": "true"}, "console_read"),
        ({"awsRegion": "eu-west-1"}, "new_region"),
    ],
)
def test_something_new_is_never_folded(changes: dict[str, Any], why: str) -> None:
    decision = decide(read(10, **changes), told_first().state, RULES)
    assert decision.notified
    assert why in decision.reason


def test_another_reason_of_the_same_severity_is_new() -> None:
    console: dict[str, Any] = {"sessionCredentialFromConsole": "true"}
    first = decide(read(**console), KNOWN, RULES)
    assert first.severity is Severity.LOW
    assert not decide(read(10, **console), first.state, RULES).notified
    listed = story(
        record(eventTime="2026-01-31T12:20:00Z", **console),
        record(
            "BatchGetSecretValue", eventTime="2026-01-31T12:20:00Z", requestParameters={"secretIdList": ["prod/db"]}
        ),
    )
    batched = decide(listed, first.state, RULES)
    assert batched.severity is Severity.LOW
    assert batched.notified


def test_only_so_many_stories_are_remembered_and_the_oldest_go_first() -> None:
    state = KNOWN
    for n in range(30):
        state = decide(read(n, sourceIPAddress=f"198.51.100.{n}"), state, RULES).state
    assert len(state.quiet) == 20
    assert min(entry.until for entry in state.quiet.values()) == NOW + 10 * 60 + 3600


def test_what_is_severe_is_never_folded() -> None:
    state = KNOWN
    for minute in range(3):
        decision = decide(read(minute, sourceIPAddress="203.0.113.66"), state, RULES)
        assert decision.notified
        state = decision.memory


def test_another_known_secret_is_new_within_the_quiet_period() -> None:
    assert decide(read(10, requestParameters={"secretId": "other"}), told_first().state, RULES).notified


def test_without_a_quiet_period_everything_is_told() -> None:
    rules = parse_rules('{"quiet_minutes": 0}')
    state = decide(read(), KNOWN, rules).state
    assert decide(read(1), state, rules).notified


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
def test_where_nothing_was_handed_out_nothing_is_told(quiet: Story) -> None:
    decision = decide(quiet, KNOWN, RULES)
    assert not decision.notified
    assert decision.reason == "nothing was handed out and nothing is notable"


@pytest.mark.parametrize(
    "loud",
    [
        story(*(record(errorCode="AccessDenied") for _ in range(5))),
        story(record("DeleteSecret")),
        story(record(requestParameters={"secretId": "honey/pot"}, errorCode="AccessDenied")),
    ],
    ids=["denied burst", "deletion", "decoy refused"],
)
def test_what_is_notable_is_told_although_nothing_was_handed_out(loud: Story) -> None:
    assert decide(loud, KNOWN, RULES).notified


def test_our_own_function_is_never_told() -> None:
    own = story(record(userIdentity=role("secretwatch-rotator"), sourceIPAddress="203.0.113.66"))
    decision = decide(own, Memory(), RULES, frozenset({"arn:aws:iam::123456789012:role/secretwatch-rotator"}))
    assert (decision.notified, decision.reason) == (False, "our own function")


def test_known_automation_is_lowered_and_said_to_be_but_not_hidden() -> None:
    rules = parse_rules(f'{{"automation": ["{ALICE}"]}}')
    decision = decide(read(sourceIPAddress="203.0.113.66"), Memory(), rules)
    assert (decision.notified, decision.severity, decision.lowered) == (True, Severity.INFO, ALICE)
    reasons = notice(read(), decision, "n").reasons
    assert any(reason.startswith("The read came from 203.0.113.66") for reason in reasons)
    assert f"Told at info: known automation ({ALICE})." in reasons


def test_a_decoy_is_critical_even_for_known_automation() -> None:
    rules = parse_rules(f'{{"automation": ["{ALICE}"], "decoys": ["honey/*"]}}')
    decision = decide(read(requestParameters={"secretId": "honey/pot"}), Memory(), rules)
    assert decision.severity is Severity.CRITICAL


def test_a_batch_and_its_children_are_one_story_counted_once() -> None:
    batch = record("BatchGetSecretValue", requestParameters={"secretIdList": ["a", "b"]})
    children = [record(requestParameters={"secretId": name}) for name in ("a", "b")]
    told = story(batch, *children)
    assert told.secrets == ("a", "b")
    assert told.reads == 2


def test_remembering_is_bounded_and_goes_there_and_back() -> None:
    state = Memory()
    for n in range(30):
        time = f"2026-01-31T12:{n:02}:00Z"
        many = story(*(record(eventTime=time, requestParameters={"secretId": f"s{n}-{i}"}) for i in range(50)))
        state = decide(many, state, RULES).state
    assert len(state.secrets) == 1000
    assert "us-east-1/123456789012/s29-49" in state.secrets
    assert Memory.from_item({**state.to_item(), "version": 0}) == state
