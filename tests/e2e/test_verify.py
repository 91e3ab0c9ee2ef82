"""make verify on the deployed stack: nothing fails; what is then broken, one thing at a time, it names."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.harness.stack import Stack
from tests.harness.terraform import ACCOUNT, REGION, REPOSITORY
from tools.verify import checks, permissions
from tools.verify.aws import Aws
from tools.verify.deployment import Deployment
from tools.verify.gaps import GAPS
from tools.verify.names import Names
from tools.verify.result import Result, State

NAMES = Names("secretwatch", "aws", REGION, ACCOUNT)
TIMEOUT = 60.0
_TOO_SOON = ("not yet: CloudTrail has reported none", "not yet: no record")
_OFF = (
    "enable_analytics is off",
    "force_destroy = true",
    "no phone number is subscribed",
    "the canary is off",
    "nothing is known of before the first day",
)

Break = Callable[[Stack], contextlib.AbstractContextManager[None]]


def look(stack: Stack, client: Callable[[str], Any] | None = None) -> dict[str, Result]:
    """What verify finds, by name."""
    stack.settle()
    found = Deployment(Aws(client or stack.aws.client), NAMES, timeout=TIMEOUT)
    return {result.name: result for result in checks.verify(found)}


@pytest.fixture(scope="module", autouse=True)
def quiet(stack: Stack, stage: object) -> None:
    """What earlier tests broke on purpose has left dead letters and alarms."""
    put_right(stack)


def put_right(stack: Stack) -> None:
    """Take away what failures leave behind: dead letters, and alarms that are going off."""
    for part in ("summarizer", "notifier", "rotator"):
        stack.aws.client("sqs").purge_queue(QueueUrl=_url(stack, NAMES.dead_letters(part)))
    stack.aws.client("sqs").purge_queue(QueueUrl=_url(stack, f"{NAMES.channel_queue('slack')}-dead-letters"))
    cloudwatch = stack.aws.client("cloudwatch")
    for page in cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM"):
        for alarm in page["MetricAlarms"]:
            cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="a test")
    stack.settle()


def test_nothing_fails_and_what_cannot_be_seen_here_says_why(stack: Stack) -> None:
    found = look(stack)
    assert [result for result in found.values() if result.state is State.FAILED and _is_of_now(result)] == []
    known = (*_TOO_SOON, *_OFF, *(gap.reason for gap in GAPS))
    skipped = [result for result in found.values() if result.state is State.SKIPPED]
    assert [result for result in skipped if not any(reason in result.detail for reason in known)] == []
    for name in (
        "rule: summarizer",
        "model",
        "channel: slack",
        "channel: teams",
        "rotation: targets",
        "no-op: rotator",
    ):
        assert found[name].state is State.OK


def test_the_channels_get_a_message_that_says_that_it_is_a_test(stack: Stack) -> None:
    before = len(stack.webhooks.posts)
    look(stack)
    tests = [post for post in stack.webhooks.posts[before:] if "Test message" in json.dumps(post["body"])]
    assert sorted(post["channel"] for post in tests) == ["pagerduty", "slack", "slack_bot", "teams"]
    (opened,) = [post["body"] for post in tests if post["channel"] == "pagerduty"]
    closed = [post["body"] for post in stack.webhooks.posts[before:] if post["body"].get("event_action") == "resolve"]
    assert [body["dedup_key"] for body in closed] == [opened["dedup_key"]]


def test_the_printed_policy_is_enough(stack: Stack) -> None:
    iam = stack.aws.client("iam")
    iam.create_user(UserName="verifier")
    document = json.dumps(permissions.policy(NAMES))
    iam.put_user_policy(UserName="verifier", PolicyName="verify", PolicyDocument=document)
    key = iam.create_access_key(UserName="verifier")["AccessKey"]
    before = len(stack.aws.denials())
    found = look(stack, lambda service: stack.aws.client(service, key["AccessKeyId"], key["SecretAccessKey"]))
    refused = [denial for denial in stack.aws.denials()[before:] if "user/verifier" in denial["principal"]]
    assert refused == []
    assert [result for result in found.values() if "may not call" in result.detail] == []


def test_from_the_command_line(stack: Stack) -> None:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
        return subprocess.run(
            [sys.executable, "-m", "tools.verify", "--timeout", str(TIMEOUT), "--no-messages", *arguments],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "PYTHONPATH": "lambda_src:.",
                "AWS_ENDPOINT_URL": stack.aws.endpoint,
                **keys,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("--format", "json")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == int(any(result["state"] == "failed" for result in results))
    assert results[0]["name"] == "identity"
    assert "channel: slack" not in {result["name"] for result in results}
    elsewhere = run("--prefix", "another")
    assert elsewhere.returncode == 2
    assert "nothing called another-… is in us-east-1" in elsewhere.stdout


# --- eleven things, broken all at once and one by one -----------------------------------------


def _url(stack: Stack, queue: str) -> str:
    return str(stack.aws.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])


def _is_of_now(result: Result) -> bool:
    """Not what earlier breaks leave for a while: the errors of the last hours, and the alarms on them."""
    return not re.match(r"errors: |alarm: .*-(errors|throttles)$", result.name)


@contextlib.contextmanager
def stopped_trail(stack: Stack) -> Iterator[None]:
    cloudtrail = stack.aws.client("cloudtrail")
    cloudtrail.stop_logging(Name=NAMES.trail)
    yield
    cloudtrail.start_logging(Name=NAMES.trail)


@contextlib.contextmanager
def deleted_subscription(stack: Stack) -> Iterator[None]:
    logs = stack.aws.client("logs")
    (kept,) = [
        entry
        for entry in logs.describe_subscription_filters(logGroupName=NAMES.log_group)["subscriptionFilters"]
        if entry["filterName"] == "secretwatch-summarizer"
    ]
    logs.delete_subscription_filter(logGroupName=NAMES.log_group, filterName=kept["filterName"])
    yield
    names = ("logGroupName", "filterName", "filterPattern", "destinationArn")
    logs.put_subscription_filter(**{name: kept[name] for name in names})


@contextlib.contextmanager
def disabled_rule(stack: Stack) -> Iterator[None]:
    with _rule(stack, "secretwatch-summarizer"):
        yield


@contextlib.contextmanager
def canary_off(stack: Stack) -> Iterator[None]:
    with contextlib.ExitStack() as left:
        try:
            left.enter_context(_rule(stack, "secretwatch-canary"))
        except ClientError:
            pytest.skip("NOT TESTED: no canary is deployed")
        yield


@contextlib.contextmanager
def _rule(stack: Stack, name: str) -> Iterator[None]:
    events = stack.aws.client("events")
    rule = events.describe_rule(Name=name)
    events.disable_rule(Name=name)
    yield
    kept = {key: rule[key] for key in ("Name", "EventPattern", "ScheduleExpression", "State") if rule.get(key)}
    events.put_rule(**kept)  # enable_rule would forget which events it sees


@contextlib.contextmanager
def key_without_a_statement(stack: Stack) -> Iterator[None]:
    kms = stack.aws.client("kms")
    key = kms.describe_key(KeyId="alias/secretwatch")["KeyMetadata"]["KeyId"]
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    document = json.loads(before)
    document["Statement"] = [entry for entry in document["Statement"] if "logs." not in json.dumps(entry)]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    yield
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


@contextlib.contextmanager
def shut_channel_queue(stack: Stack) -> Iterator[None]:
    sqs, url = stack.aws.client("sqs"), _url(stack, NAMES.channel_queue("slack"))
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": before["Policy"].replace("sns.", "events.")})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextlib.contextmanager
def no_concurrency(stack: Stack) -> Iterator[None]:
    functions = stack.aws.client("lambda")
    functions.put_function_concurrency(FunctionName="secretwatch-rotator", ReservedConcurrentExecutions=0)
    yield
    functions.delete_function_concurrency(FunctionName="secretwatch-rotator")


@contextlib.contextmanager
def wrong_webhook(stack: Stack) -> Iterator[None]:
    stack.webhooks.answers["slack"].append((403, "invalid_token", {}))
    yield
    stack.webhooks.answers["slack"].clear()


@contextlib.contextmanager
def unconfirmed_subscriber(stack: Stack) -> Iterator[None]:
    """An address that never confirms: the local AWS confirms mail by itself, but no HTTPS endpoint."""
    sns, endpoint = stack.aws.client("sns"), "https://127.0.0.1:9/pager"
    sns.subscribe(TopicArn=NAMES.operations_topic_arn, Protocol="https", Endpoint=endpoint)
    yield
    for subscription in sns.list_subscriptions()["Subscriptions"]:
        if subscription["Endpoint"] == endpoint:
            sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


@contextlib.contextmanager
def refused_model(stack: Stack) -> Iterator[None]:
    with stack.without("summarizer", "AskModel"):
        yield


@contextlib.contextmanager
def dead_letter(stack: Stack) -> Iterator[None]:
    sqs, url = stack.aws.client("sqs"), _url(stack, f"{NAMES.channel_queue('slack')}-dead-letters")
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield
    sqs.purge_queue(QueueUrl=url)


BREAKS: list[tuple[Break, str, str]] = [
    (stopped_trail, "trail: logging", "was stopped"),
    (deleted_subscription, "subscription filter: summarizer", "no subscription filter sends to secretwatch-summarizer"),
    (disabled_rule, "rule: summarizer", "is DISABLED"),
    (key_without_a_statement, "key: logs.us-east-1.amazonaws.com for the trail's log group", "does not let"),
    (shut_channel_queue, "channel queue: slack", "does not let the topic of alerts send"),
    (no_concurrency, "function: rotator", "reserved concurrency of 0"),
    (wrong_webhook, "channel: slack", "HTTP 403"),
    (unconfirmed_subscriber, "subscribers: operations: https https://127.0.0.1:9/…", "not confirmed"),
    (refused_model, "model", "is not authorized to perform: bedrock:"),
    (dead_letter, "dead-letter queue: secretwatch-channel-slack-dead-letters", "1 event could not be handled"),
    (canary_off, "canary: schedule", "is DISABLED"),
]


def failures(stack: Stack, *breaks: Break) -> dict[str, Result]:
    """What verify says has failed, by name, while all of this is broken."""
    with contextlib.ExitStack() as broken:
        for one in breaks:
            broken.enter_context(one(stack))
        found = look(stack)
    return {entry.name: entry for entry in found.values() if entry.state is State.FAILED and _is_of_now(entry)}


def test_all_that_is_broken_is_named(stack: Stack) -> None:
    found = failures(stack, *(one for one, _, _ in BREAKS))
    assert [name for _, name, cause in BREAKS if name not in found or cause not in found[name].detail] == []
    assert all(found[name].cure for _, name, _ in BREAKS)


@pytest.mark.full
@pytest.mark.parametrize(("broken", "name", "cause"), BREAKS, ids=[entry[0].__name__ for entry in BREAKS])
def test_what_alone_is_broken_is_named(stack: Stack, broken: Break, name: str, cause: str) -> None:
    found = failures(stack, broken)
    assert cause in found[name].detail
    assert found[name].cure


def test_once_everything_is_put_right_nothing_fails(stack: Stack) -> None:
    put_right(stack)
    assert [entry for entry in look(stack).values() if entry.state is State.FAILED and _is_of_now(entry)] == []
