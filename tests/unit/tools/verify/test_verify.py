"""The whole walk over a sound deployment, and over one in which one thing is broken."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from secretwatch.runtime.probe import patterns_hash
from tests.unit.tools.verify.sound import (
    ACCOUNT,
    KEY,
    KEY_ARN,
    NAMES,
    NOW,
    FakeAws,
    RefusedError,
    allow,
    key_statements,
    look,
    payload,
    policy,
)
from tools.verify import permissions
from tools.verify.aws import IAM_NAMES
from tools.verify.result import Result, State


def failures(results: list[Result]) -> list[Result]:
    return [result for result in results if result.state is State.FAILED]


def remember(aws: FakeAws, action: str, note: Callable[[Any], None]) -> None:
    """Let ``note`` see the parameters of an action's calls."""
    before = aws.answers[action]

    def answered(parameters: Any) -> Any:
        note(parameters)
        return before(parameters)

    aws.answers[action] = answered


def test_a_sound_deployment_is_sound_in_every_line() -> None:
    results = look(FakeAws())
    assert [result for result in results if result.state is not State.OK] == []
    names = [result.name for result in results]
    assert len(names) == len(set(names))
    for start in ("trail: logging", "rule: summarizer", f"key: {KEY}", "model", "channel: slack", "canary: fast path"):
        assert start in names


def stop_logging(aws: FakeAws) -> None:
    stopped = NOW - timedelta(minutes=2)
    aws.change("cloudtrail:GetTrailStatus", lambda a: a.update(IsLogging=False, StopLoggingTime=stopped))


def refuse_delivery(aws: FakeAws) -> None:
    aws.change("cloudtrail:GetTrailStatus", lambda a: a.update(LatestDeliveryError="AccessDenied"))


def record_writes_only(aws: FakeAws) -> None:
    aws.change("cloudtrail:GetEventSelectors", lambda a: a["EventSelectors"].pop(0) and None)


def leave_out_kms(aws: FakeAws) -> None:
    without = {"ExcludeManagementEventSources": ["kms.amazonaws.com"]}
    aws.change("cloudtrail:GetEventSelectors", lambda a: a["EventSelectors"][1].update(without))


def silence_the_log_group(aws: FakeAws) -> None:
    aws.answers["cloudwatch:GetMetricStatistics"] = {"Datapoints": []}
    hours = int((NOW - timedelta(hours=9)).timestamp() * 1000)
    aws.answers["logs:DescribeLogStreams"] = {"logStreams": [{"lastIngestionTime": hours}]}


def delete_a_metric_filter(aws: FakeAws) -> None:
    aws.change("logs:DescribeMetricFilters", lambda a: a["metricFilters"].pop(0) and None)


def delete_a_subscription_filter(aws: FakeAws) -> None:
    aws.change("logs:DescribeSubscriptionFilters", lambda a: a["subscriptionFilters"].pop(0) and None)


def miss_reads_by_the_pattern(aws: FakeAws) -> None:
    aws.answers["logs:TestMetricFilter"] = {"matches": []}


def delete_a_channels_queue(aws: FakeAws) -> None:
    before = aws.answers["sqs:GetQueueUrl"]
    gone = RefusedError("AWS.SimpleQueueService.NonExistentQueue")
    aws.answers["sqs:GetQueueUrl"] = lambda p: gone if p["QueueName"].startswith("watch-channel-slack") else before(p)


def stop_reading_a_channel(aws: FakeAws) -> None:
    aws.change("lambda:ListEventSourceMappings", lambda a: a["EventSourceMappings"].pop() and None)


def disable_the_rule(aws: FakeAws) -> None:
    aws.change("events:DescribeRule", lambda a: a.update(State="DISABLED"))


def enable_the_rule_without_reads(aws: FakeAws) -> None:
    aws.change("events:DescribeRule", lambda a: a.update(State="ENABLED"))


def send_to_nobody(aws: FakeAws) -> None:
    aws.answers["events:ListTargetsByRule"] = {"Targets": []}


def shut_the_queue(aws: FakeAws) -> None:
    aws.change("sqs:GetQueueAttributes", lambda a: a["Attributes"].update(Policy=policy()))


def send_elsewhere(aws: FakeAws) -> None:
    aws.answers["events:ListTargetsByRule"] = {"Targets": [{"Id": "1", "Arn": "arn:aws:sqs:eu-west-1:1:other"}]}


def fail_to_reach_the_target(aws: FakeAws) -> None:
    count(aws, "FailedInvocations", 4.0)


def keep_no_dead_letters(aws: FakeAws) -> None:
    aws.change("sqs:GetQueueAttributes", lambda a: a["Attributes"].pop("RedrivePolicy", None) and None)


def misdirect_a_subscription_filter(aws: FakeAws) -> None:
    elsewhere = {"destinationArn": "arn:aws:lambda:eu-west-1:1:function:other"}
    aws.change("logs:DescribeSubscriptionFilters", lambda a: a["subscriptionFilters"][0].update(elsewhere))


def disable_the_mapping(aws: FakeAws) -> None:
    aws.change("lambda:ListEventSourceMappings", lambda a: a["EventSourceMappings"][0].update(State="Disabled"))


def leave_dead_letters(aws: FakeAws) -> None:
    def two(answer: Any) -> None:
        if "RedrivePolicy" not in answer["Attributes"]:
            answer["Attributes"]["ApproximateNumberOfMessages"] = "2"

    aws.change("sqs:GetQueueAttributes", two)
    before = aws.answers["cloudwatch:GetMetricStatistics"]
    aws.answers["cloudwatch:GetMetricStatistics"] = lambda p: (
        {"Datapoints": [{"Maximum": 7200.0}]} if p["Namespace"] == "AWS/SQS" else before(p)
    )


def take_a_key_statement(aws: FakeAws) -> None:
    left = [statement for statement in key_statements() if "cloudwatch" not in statement["Sid"]]
    aws.answers["kms:GetKeyPolicy"] = {"Policy": policy(*left)}


def disable_the_key(aws: FakeAws) -> None:
    aws.answers["kms:DescribeKey"] = {"KeyMetadata": {"KeyId": KEY, "Arn": KEY_ARN, "KeyState": "PendingDeletion"}}


def reserve_no_concurrency(aws: FakeAws) -> None:
    aws.change("lambda:GetFunction", lambda a: a.update(Concurrency={"ReservedConcurrentExecutions": 0}))


def fail_the_update(aws: FakeAws) -> None:
    changed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "the key is disabled"}
    aws.change("lambda:GetFunction", lambda a: a["Configuration"].update(changed))


def answer(probe: str, **changed: Any) -> Callable[[FakeAws], None]:
    """Return a break: what a function answers to one probe."""

    def broken(aws: FakeAws) -> None:
        before = aws.answers["lambda:Invoke"]

        def invoke(parameters: Any) -> Any:
            found = json.loads(before(parameters)["Payload"].read())
            return payload({**found, **changed} if probe in str(parameters["Payload"]) else found)

        aws.answers["lambda:Invoke"] = invoke

    return broken


def refuse_settings(aws: FakeAws) -> None:
    error = {"errorType": "SettingsError", "errorMessage": "settings.json: quiet_minutes must be a whole number"}
    aws.answers["lambda:Invoke"] = lambda _: {"FunctionError": "Unhandled", **payload(error)}


def fail_lately(aws: FakeAws) -> None:
    count(aws, "Errors", 3.0)


def throttle(aws: FakeAws) -> None:
    error = RefusedError("TooManyRequestsException", "Rate Exceeded")
    before = aws.answers["lambda:Invoke"]
    aws.answers["lambda:Invoke"] = lambda p: error if p["FunctionName"] == "watch-rotator" else before(p)
    count(aws, "Throttles", 2.0)


def count(aws: FakeAws, metric: str, number: float) -> None:
    """Let CloudWatch have counted something in the last hours."""
    before = aws.answers["cloudwatch:GetMetricStatistics"]
    aws.answers["cloudwatch:GetMetricStatistics"] = lambda p: (
        {"Datapoints": [{"Sum": number}]} if p["MetricName"] == metric else before(p)
    )


def leave_the_mail_unconfirmed(aws: FakeAws) -> None:
    aws.change(
        "sns:ListSubscriptionsByTopic", lambda a: a["Subscriptions"][0].update(SubscriptionArn="PendingConfirmation")
    )


def shut_the_topic(aws: FakeAws) -> None:
    aws.change("sns:GetTopicAttributes", lambda a: a["Attributes"].update(Policy=policy()))


def unsubscribe_everybody(aws: FakeAws) -> None:
    aws.answers["sns:ListSubscriptionsByTopic"] = {"Subscriptions": []}


def enter_the_sandbox(aws: FakeAws) -> None:
    aws.answers["sns:GetSMSSandboxAccountStatus"] = {"IsInSandbox": True}


def silence_an_alarm(aws: FakeAws) -> None:
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"][0].update(ActionsEnabled=False))


def set_off_an_alarm(aws: FakeAws) -> None:
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"][0].update(StateValue="ALARM"))


def delete_a_function(aws: FakeAws) -> None:
    before = aws.answers["lambda:GetFunction"]
    gone = RefusedError("ResourceNotFoundException")
    aws.answers["lambda:GetFunction"] = lambda p: gone if p["FunctionName"] == "watch-notifier" else before(p)


def forget_the_past(aws: FakeAws) -> None:
    aws.answers["dynamodb:DescribeContinuousBackups"] = {"ContinuousBackupsDescription": {}}


def keep_for_ever(aws: FakeAws) -> None:
    aws.answers["dynamodb:DescribeTimeToLive"] = {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}


def freeze(aws: FakeAws) -> None:
    aws.answers["ssm:GetParameter"] = {"Parameter": {"Value": "on"}}


def lack_a_serde(aws: FakeAws) -> None:
    why = "Table storage descriptor is missing SerDe info"
    aws.answers["athena:GetQueryExecution"] = {
        "QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": why}}
    }


def disconnect_quicksight(aws: FakeAws) -> None:
    error = {"Message": "cannot reach Athena"}
    aws.answers["quicksight:DescribeDataSource"] = {"DataSource": {"Status": "CREATION_FAILED", "ErrorInfo": error}}


def lose_the_canary(aws: FakeAws) -> None:
    aws.answers["dynamodb:GetItem"] = lambda p: (
        {} if p["Key"]["pk"]["S"] == "HISTORY" else {"Item": {"read_at": {"S": "2026-01-31T11:00:00Z"}}}
    )


def switch_the_canary_off(aws: FakeAws) -> None:
    before = aws.answers["events:DescribeRule"]
    aws.answers["events:DescribeRule"] = lambda p: (
        {"Name": p["Name"], "State": "DISABLED"} if p["Name"] == "watch-canary" else before(p)
    )


def each(action: str, entries: str, **changed: Any) -> Callable[[FakeAws], None]:
    """Return a break: every entry of an answer's list says something else."""
    return lambda aws: aws.change(action, lambda a: [entry.update(changed) for entry in a[entries]] and None)


def alarm(name: str, **changed: Any) -> Callable[[FakeAws], None]:
    """Return a break: an alarm is not as it was deployed."""

    def broken(aws: FakeAws) -> None:
        def change(found: Any) -> None:
            (ours,) = [entry for entry in found["MetricAlarms"] if entry["AlarmName"] == name]
            ours.update(changed)

        aws.change("cloudwatch:DescribeAlarms", change)

    return broken


def without_alarms(*starts: str) -> Callable[[FakeAws], None]:
    """Return a break: alarms whose names begin so were deleted."""

    def change(found: Any) -> None:
        found["MetricAlarms"] = [entry for entry in found["MetricAlarms"] if not entry["AlarmName"].startswith(starts)]

    return lambda aws: aws.change("cloudwatch:DescribeAlarms", change)


def delete_an_alarm_and_the_one_that_speaks_for_it(aws: FakeAws) -> None:
    without_alarms("watch-RootRead")(aws)
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["CompositeAlarms"].clear())


def of_subscriptions(**changed: str) -> Callable[[FakeAws], None]:
    return lambda aws: aws.change("sns:GetSubscriptionAttributes", lambda a: a["Attributes"].update(changed))


ROLE = f"arn:aws:iam::{ACCOUNT}:role/watch-summarizer"
DENY = {"Sid": "No", "Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}


def deny_the_role_the_topic(aws: FakeAws) -> None:
    def change(found: Any) -> None:
        statements = json.loads(found["Attributes"]["Policy"])["Statement"]
        found["Attributes"]["Policy"] = policy(*statements, DENY)

    aws.change("sns:GetTopicAttributes", change)


def let_the_role_publish_nothing(aws: FakeAws) -> None:
    aws.answers["iam:SimulatePrincipalPolicy"] = {
        "EvaluationResults": [{"EvalActionName": "sns:Publish", "EvalDecision": "implicitDeny"}]
    }


def deny_the_role_the_key(aws: FakeAws) -> None:
    aws.answers["kms:GetKeyPolicy"] = {"Policy": policy(*key_statements(), DENY)}


def forget_the_account_in_the_key(aws: FakeAws) -> None:
    aws.answers["kms:GetKeyPolicy"] = {"Policy": policy(*key_statements()[1:])}


def delete_the_key(aws: FakeAws) -> None:
    aws.answers["kms:DescribeKey"] = RefusedError("NotFoundException", "gone")


def delete_the_bucket(aws: FakeAws) -> None:
    aws.answers["s3:GetBucketEncryption"] = RefusedError("NoSuchBucket")


def deliver_to_another_bucket(aws: FakeAws) -> None:
    aws.change("cloudtrail:DescribeTrails", lambda a: a["trailList"][0].update(S3BucketName="theirs"))


def redrive_elsewhere(aws: FakeAws) -> None:
    gone = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:9:theirs"})
    aws.change(
        "sqs:GetQueueAttributes",
        lambda a: a["Attributes"].update(RedrivePolicy=gone) if "RedrivePolicy" in a["Attributes"] else None,
    )


def say(function: str, **settings: Any) -> Callable[[FakeAws], None]:
    """Return a break: what a function says of its settings."""

    def broken(aws: FakeAws) -> None:
        before = aws.answers["lambda:Invoke"]

        def invoke(parameters: Any) -> Any:
            found = json.loads(before(parameters)["Payload"].read())
            if parameters["FunctionName"] == function:
                found["settings"] |= settings
            return payload(found)

        aws.answers["lambda:Invoke"] = invoke

    return broken


def count_by_other_patterns(aws: FakeAws) -> None:
    say("watch-notifier", patterns={"RootRead": patterns_hash(["{ the deployed one }"])})(aws)
    each("logs:DescribeMetricFilters", "metricFilters", filterPattern='{ $.eventName = "Nothing" }')(aws)


def count_nothing(aws: FakeAws) -> None:
    def change(found: Any) -> None:
        for entry in found["metricFilters"]:
            entry["metricTransformations"][0]["metricValue"] = "0"

    aws.change("logs:DescribeMetricFilters", change)


def delete_both_paths(aws: FakeAws) -> None:
    without_alarms("watch-summarizer-delivery", "watch-rotator-delivery")(aws)
    aws.answers["logs:DescribeLogGroups"] = {"logGroups": []}
    aws.answers["lambda:GetPolicy"] = RefusedError("ResourceNotFoundException")
    before, gone = aws.answers["sqs:GetQueueUrl"], RefusedError("QueueDoesNotExist")
    aws.answers["sqs:GetQueueUrl"] = lambda p: gone if p["QueueName"] == "watch-accesses" else before(p)
    aws.answers["events:DescribeRule"] = RefusedError("ResourceNotFoundException")


def delete_the_fast_path(aws: FakeAws) -> None:
    say("watch-canary", paths=["logs", "events"])(aws)
    aws.answers["sqs:GetQueueUrl"] = RefusedError("QueueDoesNotExist")
    aws.answers["events:DescribeRule"] = RefusedError("ResourceNotFoundException")


def delete_with_alarms(part: str) -> Callable[[FakeAws], None]:
    def broken(aws: FakeAws) -> None:
        say("watch-summarizer", canary=True, rotator=True)(aws)
        before, gone = aws.answers["lambda:GetFunction"], RefusedError("ResourceNotFoundException")
        aws.answers["lambda:GetFunction"] = lambda p: gone if p["FunctionName"] == f"watch-{part}" else before(p)
        without_alarms(f"watch-{part}")(aws)

    return broken


def forget_the_schedule_s_permission(aws: FakeAws) -> None:
    before, gone = aws.answers["lambda:GetPolicy"], RefusedError("ResourceNotFoundException")
    aws.answers["lambda:GetPolicy"] = lambda p: gone if p["FunctionName"] == "watch-canary" else before(p)


def stop_the_rotators_clock(aws: FakeAws) -> None:
    before = aws.answers["events:DescribeRule"]
    aws.answers["events:DescribeRule"] = lambda p: {
        **before(p), **({"State": "DISABLED"} if p["Name"] == "watch-rotator-due" else {})
    }  # fmt: skip


def read_the_canary_once_a_year(aws: FakeAws) -> None:
    say("watch-canary", schedule_minutes=60)(aws)
    aws.change("events:DescribeRule", lambda a: a.update(ScheduleExpression="rate(365 days)"))


FOREIGN = ["arn:aws:sns:eu-west-1:999999999999:theirs"]
TARGETS = ("events:ListTargetsByRule", "Targets")
MAPPINGS = ("lambda:ListEventSourceMappings", "EventSourceMappings")
NEVER = {"Filters": [{"Pattern": '{"body": {"x": ["never"]}}'}]}

FALSE_OKS: list[tuple[str, Callable[[FakeAws], None], str, str]] = [
    ("a topic that denies a role", deny_the_role_the_topic, "publishing: summarizer", "does not let"),
    ("a role without permission", let_the_role_publish_nothing, "publishing: rotator", "implicitDeny"),
    (
        "a filter of a channel",
        of_subscriptions(FilterPolicy='{"x": ["y"]}'),
        "subscription: alerts: sqs watch-channel-slack",
        "a filter keeps",
    ),
    (
        "a filter of an inbox",
        of_subscriptions(FilterPolicy='{"x": ["y"]}'),
        "subscription: operations: email ol…@example.com",
        "a filter keeps",
    ),
    (
        "a filter of people",
        of_subscriptions(FilterPolicy='{"severity": ["low"]}'),
        "subscription: alerts: sms …123",
        "a filter keeps",
    ),
    (
        "no redrive of a subscription",
        of_subscriptions(RedrivePolicy="{}"),
        "subscription: minor alerts: sqs watch-channel-teams",
        "goes to nowhere",
    ),
    ("other patterns", count_by_other_patterns, "metric filters", "other patterns than were deployed count RootRead"),
    ("a metric of zeros", count_nothing, "metric filters", "nothing counts RootRead"),
    ("a mapping that drops", each(*MAPPINGS, FilterCriteria=NEVER), "queue: event source mapping", "never"),
    (
        "a channel's mapping that drops",
        each(*MAPPINGS, FilterCriteria=NEVER),
        "channel queue: event source mapping of slack",
        "never",
    ),
    (
        "an alarm that may not act",
        alarm("watch-summarizer-errors", ActionsEnabled=False, AlarmActions=[]),
        "alarms: of the system",
        "watch-summarizer-errors",
    ),
    (
        "an alarm that tells others",
        alarm("watch-summarizer-errors", AlarmActions=FOREIGN),
        "alarms: topics",
        "another topic",
    ),
    (
        "an alarm on reads that tells others",
        alarm("watch-RootRead", AlarmActions=FOREIGN),
        "alarms: topics",
        "RootRead",
    ),
    ("a threshold out of reach", alarm("watch-summarizer-errors", Threshold=1e9), "alarms: thresholds", "1e+09"),
    (
        "no alarm of a channel",
        without_alarms("watch-channel-slack-waiting"),
        "alarms: complete",
        "channel-slack-waiting",
    ),
    ("no alarm on the key", without_alarms("watch-KeyTampering"), "alarms: complete", "watch-KeyTampering"),
    (
        "an alarm deleted and its filter kept",
        delete_an_alarm_and_the_one_that_speaks_for_it,
        "metric filters: alarms",
        "RootRead",
    ),
    ("both paths deleted", delete_both_paths, "paths", "no record is brought"),
    ("the fast path deleted", delete_the_fast_path, "queue", "is not there"),
    ("the canary deleted", delete_with_alarms("canary"), "function: canary", "is not there"),
    ("the rotator deleted", delete_with_alarms("rotator"), "function: rotator", "is not there"),
    ("the notifier deleted", delete_with_alarms("notifier"), "function: notifier", "is not there"),
    (
        "a canary once a year",
        read_the_canary_once_a_year,
        "canary: schedule",
        "rate(365 days), not at rate(60 minutes)",
    ),
    ("a canary that nothing runs", send_to_nobody, "canary: schedule: target", "does not run"),
    ("the rotator's clock is off", stop_the_rotators_clock, "rotator: schedule", "is DISABLED"),
    ("a schedule without permission", forget_the_schedule_s_permission, "canary: schedule: permission", "not let"),
    ("a target with an input of its own", each(*TARGETS, Input="{}"), "rule target: summarizer", "Input"),
    ("a target without dead letters", each(*TARGETS, DeadLetterConfig={}), "rule target: rotator", "is lost"),
    ("a redrive elsewhere", redrive_elsewhere, "queue: redrive", "sqs:eu-west-1:9:theirs"),
    ("a channel's redrive elsewhere", redrive_elsewhere, "channel queue: redrive of teams", "9:theirs"),
    ("a key that denies a role", deny_the_role_the_key, "key: role of the summarizer", "do kms:Decrypt"),
    ("a key without the account", forget_the_account_in_the_key, "key: role of the canary", "no statement allows"),
    ("no key", delete_the_key, f"key: {KEY}", "is not there"),
    ("no bucket", delete_the_bucket, "trail: log files", "is not there"),
    ("another bucket", deliver_to_another_bucket, "trail: bucket", "delivers to theirs, not to watch-cloudtrail"),
]


@pytest.mark.parametrize(("broken", "name", "cause"), [b[1:] for b in FALSE_OKS], ids=[b[0] for b in FALSE_OKS])
def test_what_an_intruder_may_change_unseen_is_named(broken: Callable[[FakeAws], None], name: str, cause: str) -> None:
    aws = FakeAws()
    broken(aws)
    found = {result.name: result for result in failures(look(aws))}
    assert name in found, sorted(found)
    assert cause in found[name].detail
    assert found[name].cure


def test_a_pattern_that_leaves_out_some_reads_is_no_sound_one() -> None:
    aws = FakeAws()
    aws.answers["logs:TestMetricFilter"] = {"matches": [{"eventNumber": 1}]}
    found = {result.name: result for result in failures(look(aws))}
    assert "does not let through a role's read, the root" in found["subscription filter: summarizer"].detail


@pytest.mark.parametrize("hours", [-30, -0.5, 0.5, 24])
def test_the_canary_is_judged_by_the_times_of_its_reads_and_not_by_this_machine_s_clock(hours: float) -> None:
    """A sighting that was there before the read is none of it, whatever this machine thinks the time is."""
    aws = FakeAws()
    there = (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    aws.answers["dynamodb:GetItem"] = lambda _: {"Item": {"read_at": {"S": there}}}
    assert "canary: fast path" in {result.name for result in failures(look(aws, timeout=60.0))}
    later = (NOW + timedelta(hours=hours, seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    aws.answers["dynamodb:GetItem"] = lambda _: {"Item": {"read_at": {"S": later if aws.seconds > 65 else there}}}
    found = {result.name: result for result in look(aws, timeout=60.0)}
    assert found["canary: fast path"].state is State.OK


def test_who_may_not_see_alarms_is_not_told_that_there_is_no_channel() -> None:
    aws = FakeAws()
    refused = RefusedError("AccessDenied", "User olga is not authorized")
    aws.answers |= {
        "cloudwatch:DescribeAlarms": refused,
        "sns:ListSubscriptionsByTopic": refused,
        "lambda:Invoke": refused,
    }
    found = {result.name: result for result in look(aws)}
    assert "cloudwatch:DescribeAlarms" in found["channel queues"].detail
    assert not any("no channel is configured" in result.detail for result in found.values())


def test_an_answer_that_breaks_off_ends_its_line_only() -> None:
    class Broken:
        def read(self) -> bytes:
            raise ReadTimeoutError(endpoint_url="https://lambda")

    aws = FakeAws()
    aws.answers["lambda:Invoke"] = lambda _: {"Payload": Broken()}
    results = look(aws)
    assert any("no answer to lambda:Invoke" in result.detail for result in results)
    assert results[-1].name.startswith("canary")


BREAKS: list[tuple[Callable[[FakeAws], None], str, str, str]] = [
    # what is broken, the line that names it, its cause, its cure
    (stop_logging, "trail: logging", "was stopped 2 minutes ago", "aws cloudtrail start-logging --name watch-"),
    (refuse_delivery, "trail: delivery to S3", "eu-west-1: AccessDenied", "the bucket's policy"),
    (record_writes_only, "trail: event selectors", "records no reads of secrets, so that", "put-event-selectors"),
    (leave_out_kms, "trail: changes of keys", "KeyTampering never goes off: selector 1 takes ReadOnly", "put-event"),
    (silence_the_log_group, "log group: receiving", "newest record 9 hours ago", "the trail's lines"),
    (delete_a_metric_filter, "metric filters", "nothing counts RootRead", "apply"),
    (delete_a_subscription_filter, "subscription filter: summarizer", "no subscription filter sends to", "apply"),
    (miss_reads_by_the_pattern, "subscription filter: rotator", "does not let through a user's read", "apply"),
    (delete_a_channels_queue, "channel queue: slack", "is not there: the channel gets nothing", "apply"),
    (delete_a_channels_queue, "dead-letter queue: watch-channel-slack-dead-letters", "is not there", "apply"),
    (stop_reading_a_channel, "channel queue: event source mapping of teams", "does not read", "apply"),
    (shut_the_queue, "channel queue: slack", "does not let the topic of alerts send", "apply"),
    (shut_the_queue, "channel queue: slack: minor alerts", "does not let the topic of minor alerts send", "apply"),
    (leave_the_mail_unconfirmed, "subscribers: major alerts: email ol…@example.com", "not confirmed", "the mail"),
    (disable_the_rule, "rule: summarizer", "is DISABLED: it sends nothing", "aws events put-rule"),
    (enable_the_rule_without_reads, "rule: rotator", "is ENABLED: it does not see reads", "aws events put-rule"),
    (send_to_nobody, "rule target: summarizer", "sends to nothing", "apply"),
    (send_elsewhere, "rule target: rotator", "sends to arn:aws:sqs:eu-west-1:1:other, not to", "apply"),
    (fail_to_reach_the_target, "rule deliveries: summarizer", "4 times in the last three hours", "queue, its key"),
    (keep_no_dead_letters, "queue", "has no dead-letter queue", "apply"),
    (misdirect_a_subscription_filter, "subscription filter: summarizer", "not to arn:aws:lambda", "apply"),
    (throttle, "no-op: rotator", "watch-rotator is throttled", "reserved concurrency"),
    (throttle, "errors: rotator", "2 throttles", "aws logs tail"),
    (shut_the_queue, "rule permission: summarizer", "does not let the rule in", "apply"),
    (shut_the_queue, "dead-letter queue policy: watch-channel-slack-dead-letters", "sns.amazonaws.com may", "apply"),
    (disable_the_mapping, "queue: event source mapping", "the mapping is Disabled", "--enabled --uuid m"),
    (leave_dead_letters, "dead-letter queue: watch-notifier-dead-letters", "2 events could not", "make redrive"),
    (leave_dead_letters, "dead-letter queue: watch-channel-teams-dead-letters", "2 events could not", "make redrive"),
    (leave_dead_letters, "dead-letter queue: watch-rotator-dead-letters", "the oldest for 2 hours", "make redrive"),
    (take_a_key_statement, "key: cloudwatch.amazonaws.com for the alerts topic", "do kms:GenerateDataKey", "apply"),
    (disable_the_key, f"key: {KEY}", "is PendingDeletion", "aws kms cancel-key-deletion"),
    (reserve_no_concurrency, "function: summarizer", "reserved concurrency of 0", "delete-function-concurrency"),
    (fail_the_update, "function: rotator", "an older version runs: the key is disabled", "apply"),
    (delete_a_function, "function: notifier", "is not there", "apply"),
    (refuse_settings, "no-op: summarizer", "quiet_minutes must be a whole number", "correct that input"),
    (fail_lately, "errors: rotator", "3 errors in the last 3 hours", "aws logs tail"),
    (answer("test-channels", results={"slack": "HTTP 403 'invalid_token'", "teams": None}),
     "channel: slack", "HTTP 403", "create a new webhook"),
    (answer("test-model", results={"anthropic.claude": "ValidationException: temperature is not supported"}),
     "model", "temperature is not supported", "the model refuses a parameter"),
    (answer("test-targets", results={"prod/db": "cannot describe prod/db: it does not exist"}),
     "rotation target: prod/db", "does not exist", "rotation_targets"),
    (leave_the_mail_unconfirmed, "subscribers: operations: email ol…@example.com", "not confirmed", "the mail"),
    (leave_the_mail_unconfirmed, "subscribers: operations", "nobody", "set alert_emails"),
    (unsubscribe_everybody, "subscribers: alerts: slack", "the channel gets nothing", "apply"),
    (enter_the_sandbox, "subscribers: phones", "only verified numbers", "exit the sandbox"),
    (shut_the_topic, "topic: operations", "does not let CloudWatch's alarms publish", "apply"),
    (silence_an_alarm, "alarms", "may not act: watch-summarizer-errors", "enable-alarm-actions"),
    (set_off_an_alarm, "alarm: watch-summarizer-errors", "is going off: what watch-", "docs/runbook.md"),
    (forget_the_past, "audit table: point-in-time recovery", "off", "apply"),
    (keep_for_ever, "audit table: time to live", "off", "apply"),
    (freeze, "rotation: freeze", "nothing is rotated", "--value off"),
    (lack_a_serde, "athena", "missing SerDe info", "the view lacks a SerDe"),
    (disconnect_quicksight, "quicksight", "cannot reach Athena", "watch-quicksight"),
    (lose_the_canary, "canary: fast path", "did not arrive within 15 minutes", "rule, queue and key"),
    (switch_the_canary_off, "canary: schedule", "is DISABLED", "aws events enable-rule"),
]  # fmt: skip


@pytest.mark.parametrize(("broken", "name", "cause", "cure"), BREAKS, ids=[f"{b[0].__name__}-{b[1]}" for b in BREAKS])
def test_what_is_broken_is_named_with_cause_and_cure(
    broken: Callable[[FakeAws], None], name: str, cause: str, cure: str
) -> None:
    aws = FakeAws()
    broken(aws)
    found = {result.name: result for result in failures(look(aws))}
    assert name in found
    assert cause in found[name].detail
    assert cure in found[name].cure
    assert [result.name for result in found.values() if not result.cure] == []


@pytest.mark.parametrize("action", sorted(set(FakeAws().answers) - {"sts:GetCallerIdentity", "logs:FilterLogEvents"}))
def test_a_call_that_is_not_allowed_is_named_and_the_others_go_on(action: str) -> None:
    aws = FakeAws()
    if action == "logs:DescribeLogStreams":
        silence_the_log_group(aws)
    aws.answers[action] = RefusedError("AccessDeniedException", "User olga is not authorized")
    results = look(aws)
    could_not = [
        result
        for result in results
        if f"these credentials may not call {IAM_NAMES.get(action, action)}" in result.detail
    ]
    assert could_not
    assert {result.state for result in could_not} == {State.SKIPPED}
    assert all("--permissions" in result.cure for result in could_not)
    assert results[-1].name.startswith("canary")
    assert failures(results) == []


def test_without_the_alarms_the_functions_are_looked_at_all_the_same() -> None:
    aws = FakeAws()
    aws.answers["cloudwatch:DescribeAlarms"] = RefusedError("AccessDenied")
    names = {result.name: result.state for result in look(aws)}
    assert names["no-op: summarizer"] is State.OK
    assert names["subscription filter: rotator"] is State.OK
    assert names["alarms"] is State.SKIPPED


def test_an_alarm_about_reads_is_no_failure_of_the_system() -> None:
    aws = FakeAws()
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"][-1].update(StateValue="ALARM", AlarmActions=[]))
    assert failures(look(aws)) == []


def test_an_answer_that_is_not_understood_is_a_line_and_the_others_go_on() -> None:
    aws = FakeAws()
    aws.answers["sqs:GetQueueAttributes"] = {}
    results = look(aws)
    assert any("AWS's answer was not understood" in result.detail for result in results)
    assert results[-1].name.startswith("canary")


# --- one thing hides no other -----------------------------------------------------------------


def other_key(aws: FakeAws, key_id: str) -> None:
    """Let the queue have a key of its own."""
    arn = KEY_ARN.replace(KEY, key_id)
    aws.change("sqs:GetQueueAttributes", lambda a: a["Attributes"].update(KmsMasterKeyId=arn))
    before = aws.answers["kms:DescribeKey"]
    aws.answers["kms:DescribeKey"] = lambda p: (
        {"KeyMetadata": {"KeyId": key_id, "Arn": arn, "KeyState": "Enabled"}} if key_id in p["KeyId"] else before
    )


@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:GetKeyPolicy"])
def test_a_key_that_cannot_be_looked_at_hides_no_other(action: str) -> None:
    aws = FakeAws()
    other_key(aws, "99999999")
    before, refused = aws.answers[action], RefusedError("AccessDeniedException")
    aws.answers[action] = lambda p: refused if "99999999" in p["KeyId"] else before(p) if callable(before) else before
    found = {result.name: result for result in look(aws)}
    (hidden,) = [result for name, result in found.items() if "99999999" in name and result.state is State.SKIPPED]
    assert "the queue" in hidden.name
    assert f"these credentials may not call {action}" in hidden.detail
    assert found[f"key: {KEY}"].state is State.OK
    assert found["key: cloudtrail.amazonaws.com for the trail's log files"].state is State.OK


def test_one_thing_that_cannot_be_looked_at_hides_no_other_key() -> None:
    aws = FakeAws()
    aws.answers["sns:GetTopicAttributes"] = RefusedError("AuthorizationError")
    found = {result.name: result for result in look(aws)}
    assert found["key: the alerts topic"].state is State.SKIPPED
    assert found["key: events.amazonaws.com for the queue"].state is State.OK


def test_one_function_that_cannot_be_looked_at_hides_no_other() -> None:
    aws = FakeAws()
    before = aws.answers["lambda:GetFunction"]
    refused = RefusedError("AccessDeniedException")
    aws.answers["lambda:GetFunction"] = lambda p: refused if p["FunctionName"] == "watch-notifier" else before(p)
    found = {result.name: result for result in look(aws)}
    assert found["function: notifier"].state is State.SKIPPED
    assert {found[f"{what}: rotator"].state for what in ("function", "no-op", "errors")} == {State.OK}


def test_what_could_not_be_seen_of_a_delay_is_said() -> None:
    aws = FakeAws()
    aws.answers["logs:FilterLogEvents"] = RefusedError("AccessDeniedException")
    found = {result.name: result for result in look(aws)}
    assert "these credentials may not call logs:FilterLogEvents" in found["canary: complete path"].detail


# --- keys -------------------------------------------------------------------------------------

NEEDS = {
    # what is encrypted → whose statement is taken away, and which line names it
    "the trail's log files": "cloudtrail.amazonaws.com",
    "the trail's log group": "logs.eu-west-1.amazonaws.com",
    "the log of the rotator": "logs.eu-west-1.amazonaws.com",
    "the alerts topic": "cloudwatch.amazonaws.com",
    "the queue": "events.amazonaws.com",
    "the dead-letter queue of the summarizer": "events.amazonaws.com",
    "the dead-letter queue of the canary": "events.amazonaws.com",
    "the queue of the channel slack": "sns.amazonaws.com",
}


@pytest.mark.parametrize(("thing", "service"), NEEDS.items())
def test_what_a_key_must_allow_is_missed_by_service_and_thing(thing: str, service: str) -> None:
    aws = FakeAws()
    left = [statement for statement in key_statements() if statement["Principal"] != {"Service": service}]
    aws.answers["kms:GetKeyPolicy"] = {"Policy": policy(*left)}
    found = {result.name: result for result in failures(look(aws))}
    assert f"does not let {service} do kms:" in found[f"key: {service} for {thing}"].detail


def test_of_a_bucket_key_cloudtrail_must_be_able_to_decrypt() -> None:
    aws = FakeAws()
    aws.change(
        "s3:GetBucketEncryption",
        lambda a: a["ServerSideEncryptionConfiguration"]["Rules"][0].update(BucketKeyEnabled=True),
    )
    found = {result.name: result for result in failures(look(aws))}
    assert "do kms:GenerateDataKey, kms:Decrypt" in found["key: cloudtrail.amazonaws.com for the trail's bucket"].detail


def test_the_topic_of_a_trail_needs_its_key_too() -> None:
    aws = FakeAws()
    topic = NAMES.arn("sns", "watch-trail")
    aws.change("cloudtrail:DescribeTrails", lambda a: a["trailList"][0].update(SnsTopicARN=topic))
    found = {result.name: result for result in failures(look(aws))}
    assert found["key: cloudtrail.amazonaws.com for the trail's topic"]


def test_what_has_no_key_says_so() -> None:
    aws = FakeAws()
    aws.change("cloudtrail:DescribeTrails", lambda a: a["trailList"][0].pop("KmsKeyId") and None)
    found = {result.name: result for result in look(aws)}
    assert found["key: none"].detail == "encrypted without a KMS key of yours: the trail's log files"
    assert "key: cloudtrail.amazonaws.com for the trail's log files" not in found


def test_a_key_of_aws_can_be_used_by_no_service() -> None:
    aws = FakeAws()
    aws.change("kms:DescribeKey", lambda a: a["KeyMetadata"].update(KeyManager="AWS"))
    found = {result.name: result for result in failures(look(aws))}
    assert "is AWS's own key" in found["key: events.amazonaws.com for the queue"].detail


def test_a_condition_on_a_queue_s_key_of_which_aws_says_nothing_is_no_failure() -> None:
    aws = FakeAws()
    left = [
        statement for statement in key_statements() if statement["Principal"] != {"Service": "events.amazonaws.com"}
    ]
    source = {"aws:SourceAccount": ACCOUNT}
    events = allow("events.amazonaws.com", "kms:*", StringEquals=source)
    aws.answers["kms:GetKeyPolicy"] = {"Policy": policy(*left, events)}
    found = {result.name: result for result in look(aws)}
    line = found["key: events.amazonaws.com for the queue"]
    assert line.state is State.SKIPPED
    assert "depends on StringEquals aws:SourceAccount" in line.detail


# --- alarms -----------------------------------------------------------------------------------


def test_composite_alarms_are_looked_at() -> None:
    aws = FakeAws()
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["CompositeAlarms"][0].update(ActionsEnabled=False))
    (found,) = failures(look(aws))
    assert (found.name, found.detail) == ("alarms", "may not act: watch-several")


def test_an_alarm_that_tells_nobody_is_named_and_one_that_a_composite_alarm_speaks_for_is_not() -> None:
    aws = FakeAws()
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"][0].update(AlarmActions=[]))
    (found,) = failures(look(aws))
    assert found.detail == "tell nobody: watch-summarizer-errors"
    aws = FakeAws()
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["CompositeAlarms"].clear())
    (found,) = failures(look(aws))
    assert found.detail == "tell nobody: watch-SecretAccessed"


def test_an_alarm_that_was_deleted_is_missed() -> None:
    aws = FakeAws()
    gone = ("watch-rotator-dead-letters", "watch-RootRead")
    keep = lambda a: {**a, "MetricAlarms": [m for m in a["MetricAlarms"] if m["AlarmName"] not in gone]}  # noqa: E731
    aws.change("cloudwatch:DescribeAlarms", keep)
    found = {result.name: result.detail for result in failures(look(aws))}
    assert found["alarms: complete"] == "are not there: watch-RootRead, watch-rotator-dead-letters"


def test_what_belongs_to_another_deployment_whose_prefix_begins_alike_is_not_looked_at() -> None:
    aws = FakeAws()
    theirs = {"AlarmName": "watch-eu-summarizer-errors", "StateValue": "ALARM", "ActionsEnabled": False}
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"].append(theirs))
    results = look(aws)
    assert failures(results) == []
    assert not any("watch-eu" in f"{result.name} {result.detail}" for result in results)


# --- learnt from history ----------------------------------------------------------------------


def made_hours_ago(aws: FakeAws, hours: int) -> None:
    made = NOW - timedelta(hours=hours)
    aws.change("dynamodb:DescribeTable", lambda a: a["Table"].update(CreationDateTime=made))


def test_a_deployment_on_its_first_day_is_offered_its_past() -> None:
    aws = FakeAws()
    made_hours_ago(aws, 3)
    (line,) = (result for result in look(aws) if result.name == "audit table: history")
    assert line.state is State.SKIPPED
    assert "make seed" in line.cure


def test_one_that_has_learnt_its_past_says_since_when() -> None:
    aws = FakeAws()
    made_hours_ago(aws, 3)
    item = {"Item": {"since": {"N": "1769860800"}}}
    before = aws.answers["dynamodb:GetItem"]
    aws.answers["dynamodb:GetItem"] = lambda p: item if p["Key"]["pk"]["S"] == "HISTORY" else before(p)
    (line,) = (result for result in look(aws) if result.name == "audit table: history")
    assert (line.state, line.detail) == (State.OK, "what is usual is known since 2026-01-31T12:00:00Z")


def test_an_older_one_is_not_bothered() -> None:
    aws = FakeAws()
    made_hours_ago(aws, 30)
    assert not [result for result in look(aws) if result.name == "audit table: history"]


# --- a healthy deployment in its first hour ---------------------------------------------------


def young(aws: FakeAws, minutes: int) -> None:
    """Make the deployment that old."""
    made = NOW - timedelta(minutes=minutes)
    aws.change("dynamodb:DescribeTable", lambda a: a["Table"].update(CreationDateTime=made))
    never = ("LatestDeliveryTime", "LatestCloudWatchLogsDeliveryTime")
    aws.change(
        "cloudtrail:GetTrailStatus", lambda a: [a.pop(name) for name in never] and a.update(StartLoggingTime=made)
    )
    aws.change(
        "logs:DescribeLogGroups",
        lambda a: [group.update(creationTime=int(made.timestamp() * 1000)) for group in a["logGroups"]] and None,
    )
    aws.answers["cloudwatch:GetMetricStatistics"] = {"Datapoints": []}
    lose_the_canary(aws)
    waiting = {
        "AlarmName": "watch-canary-path-events",
        "StateValue": "ALARM",
        "AlarmActions": [NAMES.operations_topic_arn],
        "TreatMissingData": "breaching",
        "Period": 3600,
        "EvaluationPeriods": 3,
    }
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"].append(waiting))


def test_in_the_first_minutes_nothing_fails_for_want_of_time() -> None:
    aws = FakeAws()
    young(aws, minutes=5)
    results = look(aws, timeout=60.0)
    assert failures(results) == []
    waiting = {result.name: result for result in results if result.detail.startswith("not yet: ")}
    assert waiting["trail: delivery to S3"].cure == "come back in 25 minutes"
    assert waiting["log group: receiving"].cure == "come back in 25 minutes"
    assert waiting["alarm: watch-canary-path-events"].cure == "come back in 185 minutes"
    assert waiting["canary: fast path"].cure == "come back in 54 minutes"
    assert "canary: complete path" in waiting


def test_once_there_was_time_enough_they_do_fail() -> None:
    aws = FakeAws()
    young(aws, minutes=200)
    found = {result.name for result in failures(look(aws, timeout=60.0))}
    assert found == {
        "trail: delivery to S3",
        "trail: delivery to CloudWatch Logs",
        "log group: receiving",
        "alarm: watch-canary-path-events",
        "canary: fast path",
        "canary: complete path",
    }


@pytest.mark.parametrize(
    ("action", "change", "line"),
    [
        ("lambda:GetFunction", lambda a: a["Configuration"].update(State="Pending"), "function: summarizer"),
        ("dynamodb:DescribeTable", lambda a: a["Table"].update(TableStatus="CREATING"), "audit table"),
        ("kms:DescribeKey", lambda a: a["KeyMetadata"].update(KeyState="Creating"), f"key: {KEY}"),
        (
            "quicksight:DescribeDataSource",
            lambda a: a["DataSource"].update(Status="CREATION_IN_PROGRESS"),
            "quicksight",
        ),
    ],
)
def test_what_aws_is_still_making_has_not_failed(action: str, change: Any, line: str) -> None:
    aws = FakeAws()
    aws.change(action, change)
    results = {result.name: result for result in look(aws)}
    assert results[line].cure == "come back in 1 minute"
    assert failures(list(results.values())) == []


def test_what_force_destroy_leaves_off_is_said_and_no_failure() -> None:
    aws = FakeAws()
    aws.change("dynamodb:DescribeTable", lambda a: a["Table"].update(DeletionProtectionEnabled=False))
    results = look(aws)
    assert failures(results) == []
    (line,) = [result for result in results if result.name == "audit table: deletion protection"]
    assert line.state is State.SKIPPED
    assert "force_destroy = false" in line.cure


def test_an_alarm_that_only_counts_is_named_and_no_failure() -> None:
    aws = FakeAws()
    counting = {"AlarmName": "watch-BatchRead", "ActionsEnabled": False, "AlarmActions": [], "StateValue": "OK"}
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"].append(counting))
    results = {result.name: result for result in look(aws)}
    assert failures(list(results.values())) == []
    assert "1 only count: watch-BatchRead" in results["alarms"].detail


# --- policies in effect -----------------------------------------------------------------------


def test_a_topic_of_ones_own_with_sns_s_default_policy_lets_alarms_publish() -> None:
    aws = FakeAws()
    default = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe"],
        "Resource": NAMES.alerts_topic_arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    }
    aws.change("sns:GetTopicAttributes", lambda a: a["Attributes"].update(Policy=policy(default)))
    found = {result.name: result for result in look(aws)}
    assert found["topic: alerts"].state is State.OK
    assert found["topic: operations"].state is State.FAILED  # the policy is about another topic


def test_without_the_right_to_read_the_environment_a_topic_of_ones_own_is_not_said_to_be_missing() -> None:
    aws = FakeAws()
    error = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt"}}
    aws.change("lambda:GetFunction", lambda a: a["Configuration"].update(Environment=error))
    aws.answers["sns:GetTopicAttributes"] = RefusedError("NotFound")
    found = {result.name: result for result in look(aws)}
    assert found["topic: alerts"].state is State.SKIPPED
    assert "kms:Decrypt" in found["topic: alerts"].cure
    assert found["topic: operations"].state is State.FAILED


# --- half deployed ----------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["canary", "notifier", "rotator"])
def test_a_function_that_was_deleted_is_not_said_to_be_off(part: str) -> None:
    aws = FakeAws()
    before, gone = aws.answers["lambda:GetFunction"], RefusedError("ResourceNotFoundException")
    aws.answers["lambda:GetFunction"] = lambda p: gone if p["FunctionName"] == f"watch-{part}" else before(p)
    results = look(aws)
    # By one line, and not by what follows from it: nobody may invoke it, it has no permission, …
    assert {result.name for result in failures(results)} == {f"function: {part}"}
    assert not any(re.search("(canary|rotation) is off", result.detail) for result in results)


def test_a_fast_path_without_queue_and_rule_is_not_said_to_be_off_while_its_alarm_is_there() -> None:
    aws = FakeAws()
    aws.answers["sqs:GetQueueUrl"] = RefusedError("QueueDoesNotExist")
    aws.answers["events:DescribeRule"] = RefusedError("ResourceNotFoundException")
    alarm = {"AlarmName": "watch-summarizer-undelivered", "AlarmActions": ["arn:x"]}
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"].append(alarm))
    found = {result.name: result for result in failures(look(aws))}
    assert "is not there" in found["queue"].detail
    assert "there is no rule" in found["rule: summarizer"].detail


def test_a_queue_that_was_deleted_is_not_said_to_have_a_wrong_policy() -> None:
    aws = FakeAws()
    before, gone = aws.answers["sqs:GetQueueUrl"], RefusedError("QueueDoesNotExist")
    aws.answers["sqs:GetQueueUrl"] = lambda p: gone if p["QueueName"] == "watch-accesses" else before(p)
    assert {result.name for result in failures(look(aws))} == {"queue"}


def test_who_may_not_look_at_queues_still_sees_the_rules() -> None:
    aws = FakeAws()
    aws.answers["sqs:GetQueueUrl"] = RefusedError("AccessDenied")
    found = {result.name: result for result in look(aws)}
    assert found["rule: rotator"].state is State.OK
    assert found["rule permission: rotator"].state is State.OK
    assert found["queue"].state is State.SKIPPED


def test_the_log_group_is_found_although_one_function_policy_may_not_be_read() -> None:
    aws = FakeAws()
    aws.change("cloudwatch:DescribeAlarms", lambda a: {"MetricAlarms": []})
    before, refused = aws.answers["lambda:GetPolicy"], RefusedError("AccessDeniedException")
    aws.answers["lambda:GetPolicy"] = lambda p: refused if p["FunctionName"] == "watch-summarizer" else before(p)
    found = {result.name: result for result in look(aws)}
    assert found["log group: exists"].state is State.OK
    assert found["subscription permission: summarizer"].state is State.SKIPPED
    assert found["subscription permission: rotator"].state is State.OK


def test_the_bus_of_the_rules_is_found_by_the_alarm_on_a_rule() -> None:
    aws = FakeAws()
    alarm = {
        "AlarmName": "watch-summarizer-undelivered",
        "AlarmActions": ["arn:x"],
        "Dimensions": [{"Name": "EventBusName", "Value": "secrets"}, {"Name": "RuleName", "Value": "r"}],
    }
    aws.change("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"].append(alarm))
    enable_the_rule_without_reads(aws)
    found = {result.name: result for result in failures(look(aws))}
    assert "--event-bus-name secrets" in found["rule: summarizer"].cure
    # Queue and function let in the rule of the default bus only.
    assert "does not let the rule in" in found["rule permission: summarizer"].detail
    assert "does not let the rule in" in found["rule permission: rotator"].detail


def test_the_listed_permissions_are_those_that_are_used() -> None:
    called = {"sts:GetCallerIdentity"}
    for broken in (lambda _: None, silence_the_log_group, leave_dead_letters):
        aws = FakeAws()
        broken(aws)
        look(aws)
        called |= aws.called
    used = {IAM_NAMES.get(action, action) for action in called}
    assert used == {*permissions.LOOK, *permissions.ACT}


def test_without_messages_no_channel_gets_one() -> None:
    aws = FakeAws()
    sent: list[Any] = []
    remember(aws, "lambda:Invoke", lambda p: sent.append(p["Payload"]))
    results = look(aws, messages=False)
    assert not any(b"test-channels" in event for event in sent)
    assert next(r for r in results if r.name == "channels").detail == "--no-messages: no test message was sent"


def test_waiting_for_the_canary_shows_progress_and_ends_in_time() -> None:
    aws = FakeAws()
    lose_the_canary(aws)
    shown: list[str] = []
    look(aws, timeout=60.0, progress=shown.append)
    assert "waiting for the canary on the fast path and the complete path: 0 s of 60 s at most" in shown
    assert 60 <= aws.seconds <= 61


def test_a_dead_path_does_not_make_the_other_look_slow() -> None:
    aws = FakeAws()
    before = aws.answers["dynamodb:GetItem"]
    aws.answers["dynamodb:GetItem"] = lambda p: {} if "events" in p["Key"]["pk"]["S"] else before(p)
    found = {result.name: result for result in look(aws)}
    assert found["canary: fast path"].state is State.FAILED
    assert found["canary: complete path"].detail.endswith("together 0.0 s")


def test_the_delay_of_each_hop_is_told() -> None:
    aws = FakeAws()
    item = {"Item": {"read_at": {"S": "2026-01-31T12:00:00Z"}}}
    aws.answers["dynamodb:GetItem"] = lambda _: item if aws.seconds >= 20 else {}
    aws.answers["logs:FilterLogEvents"] = {"events": [{"ingestionTime": int(NOW.timestamp() * 1000) + 15_000}]}
    (line,) = [result.detail for result in look(aws) if result.name == "canary: complete path"]
    assert line.startswith("read → log group: 15.0 s, log group → audit table: ")


@pytest.mark.parametrize(
    ("absent", "line", "detail"),
    [
        (("cloudwatch:DescribeAlarms", {"MetricAlarms": []}), "alarms", "there is none"),
        (
            ("sqs:GetQueueUrl", RefusedError("AWS.SimpleQueueService.NonExistentQueue")),
            "queue",
            "watch-accesses is not",
        ),
        (("sns:GetTopicAttributes", RefusedError("NotFound")), "topic: alerts", "is not there"),
        (("dynamodb:DescribeTable", RefusedError("ResourceNotFoundException")), "audit table", "no access is recorded"),
        (
            ("events:DescribeRule", RefusedError("ResourceNotFoundException")),
            "rule: summarizer",
            "there is no rule watch-",
        ),
        (("cloudtrail:DescribeTrails", {"trailList": []}), "trail: exists", "no trail delivers to /watch/cloudtrail"),
        (("ssm:GetParameter", RefusedError("ParameterNotFound")), "rotation: freeze", "is not there"),
        (("logs:DescribeLogGroups", {"logGroups": []}), "log group: exists", "is not there"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_of_a_half_deployed_system_it_says_what_is_missing(absent: Any, line: str, detail: str) -> None:
    aws = FakeAws()
    aws.answers[absent[0]] = absent[1]
    found = {result.name: result for result in failures(look(aws))}
    assert detail in found[line].detail


def test_a_path_that_is_off_is_not_looked_at() -> None:
    aws = FakeAws()
    aws.answers["sqs:GetQueueUrl"] = RefusedError("QueueDoesNotExist")
    aws.answers["events:DescribeRule"] = RefusedError("ResourceNotFoundException")
    found = {result.name: result for result in look(aws)}
    assert found["rule"].state is State.SKIPPED
    assert found["queue"].state is State.SKIPPED


def test_an_answer_that_is_none_is_not_taken_for_one() -> None:
    aws = FakeAws()
    aws.answers["lambda:Invoke"] = lambda _: {"Payload": io.BytesIO(b"null")}
    found = {result.name: result for result in look(aws)}
    assert "an answer that is none to a probe" in found["no-op: summarizer"].detail
    assert found["no-op: summarizer"].state is State.FAILED


def test_the_bus_of_the_rules_is_found_by_whom_the_queue_lets_in() -> None:
    aws = FakeAws()
    asked: list[str] = []
    remember(aws, "events:DescribeRule", lambda p: asked.append(p["EventBusName"]))
    source = {"ArnEquals": {"aws:SourceArn": NAMES.arn("events", "rule/security/watch-summarizer")}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": source,
    }
    aws.change("sqs:GetQueueAttributes", lambda a: a["Attributes"].update(Policy=policy(statement)))
    results = {result.name: result for result in look(aws)}
    assert "security" in asked
    assert results["rule target: summarizer"].state is State.OK
