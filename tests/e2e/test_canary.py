"""The canary: its read is seen on both paths and notifies nobody; a silent path is reported, and so is anybody else."""

from __future__ import annotations

import contextlib
import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Posts
from tests.harness.local_aws import wait_until
from tests.harness.stack import Stack, policy, read_any_secret
from tests.harness.terraform import ACCOUNT

HOUR = 61
"""Minutes, with some for good measure."""


class Operations:
    """A subscriber of the operations topic."""

    def __init__(self, stack: Stack) -> None:
        self._sqs = stack.aws.client("sqs")
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:operations-inbox"
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Principal": {"Service": "sns.amazonaws.com"}}
        attributes = {"Policy": policy({**send, "Resource": arn})}
        self._url = self._sqs.create_queue(QueueName="operations-inbox", Attributes=attributes)["QueueUrl"]
        topic = stack.outputs["operations_topic_arn"]
        stack.aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def messages(self) -> list[dict[str, Any]]:
        """Receive what came about the canary since the last time: alarms are left out."""
        found = []
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return [message for message in found if "path (" in (message.get("Subject") or "")]


@pytest.fixture(scope="module")
def operations(stack: Stack) -> Operations:
    return Operations(stack)


def canary_items(stack: Stack) -> list[dict[str, str]]:
    role = f"arn:aws:iam::{ACCOUNT}:role/{stack.outputs['function_names']['canary']}"
    return [item for item in stack.audit_items() if item["principal"] == role]


def test_its_read_is_recorded_once_seen_on_both_paths_and_notifies_nobody(stack: Stack, posts: Posts) -> None:
    stack.run_canary()  # the first one writes the value
    stack.age_canary(HOUR)
    before, delays = len(canary_items(stack)), stack.canary_delays()
    stack.run_canary()
    (item,) = canary_items(stack)[before:]
    assert (item["event_name"], item["outcome"], item["secret"]) == (
        "GetSecretValue",
        "allowed",
        stack.outputs["canary_secret_name"],
    )
    after = stack.canary_delays()
    assert {path: len(found) - len(delays[path]) for path, found in after.items()} == {"logs": 1, "events": 1}
    assert posts.texts() == []
    memory = {"pk": {"S": f"PRINCIPAL#{item['principal']}"}, "sk": {"S": "MEMORY"}}
    table = stack.outputs["audit_table_name"]
    assert "Item" not in stack.aws.client("dynamodb").get_item(TableName=table, Key=memory)


def test_somebody_elses_read_is_critical(stack: Stack, office: Any, name: str, posts: Posts) -> None:
    office.get_secret_value(SecretId=stack.outputs["canary_secret_name"])
    posts.expect(1)
    (text,) = posts.texts()
    assert f"user {name} read {stack.outputs['canary_secret_name']}" in text
    assert "was touched. (critical, " in text


def test_a_denied_read_and_a_new_value_are_critical_too(stack: Stack, name: str, posts: Posts) -> None:
    nobody = stack.user(f"{name}-nobody", "198.51.100.20")
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.get_secret_value(SecretId=stack.outputs["canary_secret_name"])
    posts.expect(1)
    assert "was touched (denied). (critical, " in posts.texts()[0]
    writer = stack.user(f"{name}-writer", "198.51.100.20", read_any_secret())
    writer.put_secret_value(SecretId=stack.outputs["canary_secret_name"], SecretString="synthetic")
    posts.expect(2)
    assert "was touched. (critical, " in posts.texts()[1]


def test_a_silent_path_is_reported_once_and_once_more_when_it_is_back(
    stack: Stack, operations: Operations, posts: Posts
) -> None:
    stack.run_canary()
    operations.messages()
    with disabled_rule(stack):
        for _ in range(3):
            stack.age_canary(HOUR)
            stack.run_canary()
            assert operations.messages() == [], "less than three periods"
        stack.age_canary(HOUR)
        stack.run_canary()
        (message,) = wait_until(operations.messages, 20, "a message about the silent path")
        assert message["Subject"] == "secretwatch: the fast path (EventBridge) is silent"
        assert "Last seen alive: trail secretwatch" in message["Message"]
        assert "Stopped at: EventBridge rule secretwatch-summarizer is disabled." in message["Message"]
        assert "The complete path works" in message["Message"]
        assert "could not be looked at" not in message["Message"]
        stack.age_canary(HOUR)
        stack.run_canary()
        assert operations.messages() == [], "nothing has changed"
    stack.age_canary(HOUR)
    stack.run_canary()
    assert operations.messages() == [], "nothing has come yet"
    stack.age_canary(HOUR)
    stack.run_canary()
    (message,) = wait_until(operations.messages, 20, "a message that the path is back")
    assert message["Subject"] == "secretwatch: the fast path (EventBridge) is back"
    assert posts.texts() == []


@contextlib.contextmanager
def disabled_rule(stack: Stack) -> Iterator[None]:
    """Disable the fast path's rule, as a person might, while ``with`` runs."""
    events, rule = stack.aws.client("events"), "secretwatch-summarizer"
    events.disable_rule(Name=rule)
    try:
        with stack.trail.only("complete"):
            yield
    finally:
        # EnableRule would leave out read-only events.
        described = events.describe_rule(Name=rule)
        events.put_rule(
            Name=rule,
            EventPattern=described["EventPattern"],
            State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        )


@pytest.mark.full  # minutes
def test_the_delay_of_a_hundred_reads_by_hop(stack: Stack, posts: Posts, capsys: pytest.CaptureFixture[str]) -> None:
    first = len(canary_items(stack))
    before = {path: len(arrived) for path, arrived in arrivals(stack).items()}
    for _ in range(100):
        stack.run_canary()
    reads = [float(call["time"]) for call in calls_of_canary(stack)][-100:]
    delivered = deliveries(stack)[-100:]
    by_path = {path: arrived[before.get(path, 0) :] for path, arrived in arrivals(stack).items()}
    assert {path: len(arrived) for path, arrived in by_path.items()} == {"logs": 100, "events": 100}
    assert len(canary_items(stack)) - first == 100
    hops = {"call to log group": differences(reads, delivered)}
    for path, arrived in sorted(by_path.items()):
        hops[f"{path}: log group to summarizer"] = differences(delivered, arrived)
        hops[f"{path}: call to summarizer"] = differences(reads, arrived)
    with capsys.disabled():
        print("\nDelay of 100 reads of the canary on the local AWS, seconds:")
        for name, delays in hops.items():
            print(
                f"  {name:35} p50 {statistics.median(delays):6.2f}  p95 {statistics.quantiles(delays, n=20)[-1]:6.2f}"
            )
    assert posts.texts() == []


def calls_of_canary(stack: Stack) -> list[dict[str, Any]]:
    """Return the canary's reads as the local AWS got them."""
    role = f"assumed-role/{stack.outputs['function_names']['canary']}/"
    calls = map(json.loads, stack.aws.trail_file.read_text().splitlines())
    return [call for call in calls if call.get("event_name") == "GetSecretValue" and role in (call["principal"] or "")]


def deliveries(stack: Stack) -> list[float]:
    """Return when the canary's reads reached the trail's log group."""
    role = f"assumed-role/{stack.outputs['function_names']['canary']}/"
    logs, group = stack.aws.client("logs"), stack.outputs["trail_log_group_name"]
    events = [
        e for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group) for e in page["events"]
    ]
    return sorted(e["timestamp"] / 1000 for e in events if role in e["message"] and '"GetSecretValue"' in e["message"])


def arrivals(stack: Stack) -> dict[str, list[float]]:
    """Return path → when the summarizer published a delay."""
    return {path: [at for at, _ in found] for path, found in stack.canary_metrics().items()}


def differences(earlier: Sequence[float], later: Sequence[float]) -> list[float]:
    return [end - start for start, end in zip(earlier, later, strict=True)]
