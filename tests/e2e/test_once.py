"""Two paths in, one effect, whatever comes twice, late or breaks off in the middle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.conftest import Posts
from tests.harness.local_aws import wait_until
from tests.harness.stack import Stack
from tests.records import record, user


def test_three_times_over_both_paths_out_of_order_is_one_of_everything(stack: Stack, name: str, posts: Posts) -> None:
    put = _values_put(stack)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    exposed = record(eventID=f"{name}-late", userIdentity=user(name), sourceIPAddress="203.0.113.99", eventTime=now)
    earlier = record(eventID=f"{name}-early", userIdentity=user(f"{name}-b"), eventTime="2026-01-31T11:00:00Z")
    for delivery in ([exposed], [earlier, exposed], [exposed, earlier], [earlier]):
        stack.trail.deliver(delivery)
    posts.expect(3)
    stack.await_empty_queue()
    assert sorted(posts.titles()) == ["prod/db rotated", f"user {name} read prod/db", f"user {name}-b read prod/db"]
    recorded = [item["event_id"] for item in stack.audit_items() if item["event_id"].startswith(name)]
    assert sorted(recorded) == [f"{name}-early", f"{name}-late"]
    assert _values_put(stack) - put == 1


def _values_put(stack: Stack) -> int:
    return sum(item["event_name"] == "PutSecretValue" for item in stack.audit_items())


@pytest.mark.parametrize("path", ["complete", "fast"])
def test_each_path_alone_is_enough(stack: Stack, name: str, posts: Posts, path: str) -> None:
    with stack.trail.only(path):
        stack.trail.deliver([record(userIdentity=user(name))])
        posts.expect(1)
    assert posts.titles() == [f"user {name} read prod/db"]


def test_a_function_ended_between_claim_and_effect_is_made_good(
    stack: Stack, office: Any, name: str, posts: Posts
) -> None:
    killed: list[int] = []

    def kill_once() -> None:
        if not killed:
            killed.append(stack.kill_workers("summarizer"))

    stack.model.before_answer = kill_once
    try:
        with stack.trail.only("complete"):
            office.get_secret_value(SecretId="TopSecretInfo")
            wait_until(lambda: killed, 20, "the end of the function")
            posts.expect(1)
    finally:
        stack.model.before_answer = lambda: None
    assert killed[0] >= 1
    assert posts.titles() == [f"user {name} read TopSecretInfo"]


@pytest.mark.full  # three receives, a batching window each
def test_a_bad_message_in_the_queue_is_a_dead_letter_and_the_others_are_handled(
    stack: Stack, name: str, posts: Posts
) -> None:
    sqs = stack.aws.client("sqs")
    url = sqs.get_queue_url(QueueName=stack.outputs["access_queue_name"])["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    try:
        sqs.send_message(QueueUrl=url, MessageBody="not json")
        with stack.trail.only("fast"):
            stack.trail.deliver([record(userIdentity=user(name))])
            posts.expect(1)
        (dead,) = wait_until(lambda: stack.dead_letter_texts("secretwatch-summarizer"), 180, "the dead letter")
        stack.await_empty_queue()
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "720"})
    assert dead == "not json"
    assert posts.titles() == [f"user {name} read prod/db"]
