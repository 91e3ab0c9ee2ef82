"""The whole walk over a sound deployment, and over one in which one thing is broken."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.tools.verify.sound import (
    KEY,
    KEY_ARN,
    NAMES,
    NOW,
    FakeAws,
    RefusedError,
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


def remove_a_permission(aws: FakeAws) -> None:
    before = aws.answers["lambda:GetPolicy"]
    gone = RefusedError("ResourceNotFoundException")
    aws.answers["lambda:GetPolicy"] = lambda p: gone if p["FunctionName"] == "watch-notifier" else before(p)


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
    aws.answers["dynamodb:GetItem"] = {"Item": {"read_at": {"S": "2026-01-31T11:00:00Z"}}}


def switch_the_canary_off(aws: FakeAws) -> None:
    before = aws.answers["events:DescribeRule"]
    aws.answers["events:DescribeRule"] = lambda p: (
        {"Name": p["Name"], "State": "DISABLED"} if p["Name"] == "watch-canary" else before(p)
    )


BREAKS: list[tuple[Callable[[FakeAws], None], str, str, str]] = [
    # what is broken, the line that names it, its cause, its cure
    (stop_logging, "trail: logging", "was stopped 2 minutes ago", "aws cloudtrail start-logging --name watch-"),
    (refuse_delivery, "trail: delivery to S3", "cannot write to watch-cloudtrail: AccessDenied", "the bucket's policy"),
    (record_writes_only, "trail: event selectors", "records no reads of secrets, so that", "put-event-selectors"),
    (leave_out_kms, "trail: changes of keys", "KeyTampering never goes off: selector 1 takes ReadOnly", "put-event"),
    (silence_the_log_group, "log group: receiving", "newest record 9 hours ago", "the trail's lines"),
    (delete_a_metric_filter, "metric filters", "nothing counts RootRead", "apply"),
    (delete_a_subscription_filter, "subscription filter: summarizer", "no subscription filter sends to", "apply"),
    (miss_reads_by_the_pattern, "subscription filter: rotator", "lets no read of a secret through", "apply"),
    (remove_a_permission, "notifier: permission", "may not invoke watch-notifier", "apply"),
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
    (shut_the_queue, "dead-letter queue policy: watch-notifier-dead-letters", "sns.amazonaws.com may not", "apply"),
    (disable_the_mapping, "queue: event source mapping", "the mapping is Disabled", "--enabled --uuid m"),
    (leave_dead_letters, "dead-letter queue: watch-notifier-dead-letters", "2 events could not", "make redrive"),
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
    (unsubscribe_everybody, "subscribers: alerts: notifier", "no channel gets anything", "apply"),
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
    before = aws.answers["dynamodb:GetItem"]
    aws.answers["dynamodb:GetItem"] = lambda p: before(p) if aws.seconds >= 20 else {}
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
