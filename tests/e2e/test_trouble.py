"""What goes wrong ends in a retry, in the dead-letter queue, or in a notice that leaves something out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Posts
from tests.harness.local_aws import wait_until
from tests.harness.stack import Stack, read_any_secret
from tests.records import record, user
from tools.redrive import Redrive

# The statements of the functions' own policies. Not here: ReadQueue and ReadQueues, since
# MiniStack receives from a queue without asking the function's role.
STATEMENTS = [
    ("notifier", "ReadWebhooks"),
    ("notifier", "ClaimDeliveries"),
    ("summarizer", "RecordAccesses"),
    ("summarizer", "KeepSummaries"),
    ("summarizer", "PublishNotices"),
    ("summarizer", "AskModel"),
]
QUICK = {("summarizer", "PublishNotices")}


def test_a_dead_model_gives_a_notice_without_prose(stack: Stack, office: Any, name: str, posts: Posts) -> None:
    stack.model.fails = True
    try:
        office.get_secret_value(SecretId="TopSecretInfo")
        posts.expect(1)
    finally:
        stack.model.fails = False
    (text,) = posts.texts()
    assert f"user {name} read TopSecretInfo" in text
    assert "sentence written by" not in text


def test_a_webhook_that_is_down_for_a_while_gets_the_notice_once(
    stack: Stack, office: Any, name: str, posts: Posts
) -> None:
    stack.webhooks.answers["slack"].extend([(503, "down", {}), (429, "slow down", {"Retry-After": "1"})])
    office.get_secret_value(SecretId="TopSecretInfo")
    posts.expect(1)
    assert len(posts.texts("slack")) == len(posts.texts("teams")) == 1


@pytest.mark.full  # the queue's attempts; test_a_dead_letter_notifies_once_it_is_sent_again goes through them too
def test_a_webhook_that_is_gone_leaves_a_dead_letter_and_the_other_channel_has_it_once(
    stack: Stack, office: Any, posts: Posts
) -> None:
    stack.webhooks.answers["slack"].extend([(410, "gone", {})] * 3)
    office.get_secret_value(SecretId="TopSecretInfo")
    (dead,) = wait_until(lambda: stack.dead_letter_texts("secretwatch-channel-slack"), 60, "a dead letter")
    assert "hook" not in dead.replace("webhook", "")
    assert len(posts.texts("teams")) == 1
    assert posts.texts("slack") == []


def test_a_malformed_record_is_a_dead_letter_and_the_others_notify(stack: Stack, name: str, posts: Posts) -> None:
    stack.trail.deliver(
        [record(eventID="broken-1", eventTime="never"), record(eventID="sound-1", userIdentity=user(name))]
    )
    (dead,) = wait_until(lambda: stack.dead_letters("summarizer"), 40, "a dead letter")
    assert "record broken-1: eventTime is not a time" in str(dead)
    assert posts.titles() == [f"user {name} read prod/db"]


def test_an_attack_is_a_story_and_every_read_is_in_the_audit_table(stack: Stack, name: str, posts: Posts) -> None:
    reads = [
        record(eventID=f"attack-{n}", userIdentity=user(name), requestParameters={"secretId": f"stolen-{n}"})
        for n in range(20)
    ]
    batches = [
        record(
            "BatchGetSecretValue", eventID=f"attack-b{n}", userIdentity=user(name), requestParameters={"filters": []}
        )
        for n in range(5)
    ]
    with stack.trail.only("complete"):  # the queue may hand over a part first
        stack.trail.deliver(reads + batches)
        posts.expect(1)
    assert [title for title in posts.titles() if name in title] == [f"user {name} read 20 secrets"]
    recorded = [item["event_id"] for item in stack.audit_items() if item["event_id"].startswith("attack-")]
    assert sorted(recorded) == sorted(r["eventID"] for r in reads + batches)


@pytest.mark.parametrize(
    ("function", "sid"),
    [
        pytest.param(*statement, marks=[] if statement in QUICK else pytest.mark.full, id="-".join(statement))
        for statement in STATEMENTS
    ],
)
def test_without_a_statement_the_system_does_not_work(stack: Stack, posts: Posts, function: str, sid: str) -> None:
    stranger = stack.user(f"stranger-{function}-{sid}", "203.0.113.77", read_any_secret())
    before = len(stack.function_denials())
    with stack.without(function, sid):
        stranger.get_secret_value(SecretId="TopSecretInfo")
        wait_until(lambda: len(stack.function_denials()) > before, 20, "a refusal by IAM")
        queue = "channel-slack" if function == "notifier" else function
        shown = wait_until(
            lambda: stack.dead_letter_texts(f"secretwatch-{queue}") or _says_less(posts), 60, "a failure that shows"
        )
    assert shown
    stack.settle()


def _says_less(posts: Posts) -> bool:
    """Whether people were notified without the model's sentence."""
    return any("(GetSecretValue)" in text and "sentence written by" not in text for text in posts.texts())


def test_a_dead_letter_notifies_once_it_is_sent_again(stack: Stack, office: Any, name: str, posts: Posts) -> None:
    stack.webhooks.answers["slack"].extend([(500, "down", {"Retry-After": "0"})] * 40)
    office.get_secret_value(SecretId="TopSecretInfo")
    redrive = Redrive(stack.aws.client("sqs"), stack.aws.client("lambda"), "secretwatch")
    stack.await_dead_letter("secretwatch-channel-slack-dead-letters")
    (dead,) = [p for p in redrive.messages() if name in p.body]
    assert dead.function == "secretwatch-channel-slack"
    stack.webhooks.answers["slack"].clear()
    redrive.resend(dead)
    wait_until(lambda: all(_naming(name, posts.texts(channel)) for channel in ("slack", "teams")), 40, "the notice")
    # What a test before this one broke may still be told late, by a retry.
    assert _naming(name, posts.titles()) == [f"user {name} read TopSecretInfo"]
    assert len(_naming(name, posts.texts("teams"))) == 1
    assert [p for p in redrive.messages() if name in p.body] == []


def _naming(name: str, texts: list[str]) -> list[str]:
    return [text for text in texts if name in text]


@pytest.mark.full
def test_without_the_right_to_look_an_alarm_says_that_it_could_not(stack: Stack, posts: Posts) -> None:
    (alarm,) = (n for n in stack.outputs["alarm_names"].values() if n.endswith("ReadOffHours"))
    cloudwatch = stack.aws.client("cloudwatch")
    for state in ("OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")
    posts.expect(1)
    assert "did not answer" not in posts.texts()[0]
    with stack.without("notifier", "FindRecords"):
        for state in ("OK", "ALARM"):
            cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")
        posts.expect(2)
    assert "Who did what: not known: CloudWatch Logs did not answer: AccessDeniedException" in posts.texts()[1]
