from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.functions.canary.hops import Diagnosis, Hops, HopState, Parts
from secretwatch.record.envelopes import RecordPath
from tests.unit.functions.canary.doubles import NOW, PARTS, Account, at

LOGS, EVENTS = RecordPath.LOGS, RecordPath.EVENTS
SINCE = NOW - 3 * 3600


@pytest.fixture
def account() -> Account:
    return Account()


def look(account: Account, path: RecordPath, parts: Parts = PARTS) -> Diagnosis:
    return Hops(account.clients, parts).look(path, SINCE)


@pytest.mark.parametrize("path", list(RecordPath))
def test_a_sound_path_is_alive_up_to_the_function(account: Account, path: RecordPath) -> None:
    diagnosis = look(account, path)
    assert {hop.state for hop in diagnosis.hops} == {HopState.ALIVE}
    assert diagnosis.stopped is None
    assert diagnosis.last_alive is not None
    assert diagnosis.last_alive.name == "function secretwatch-summarizer"


LONG_AGO = at(SINCE - 7200)


@pytest.mark.parametrize(
    ("path", "operation", "answer", "stopped", "alive"),
    [
        (LOGS, "get_trail_status", {"IsLogging": False, "StopLoggingTime": LONG_AGO},
         "trail secretwatch-trail logging is stopped, since 2027-01-15T03:00:00Z", None),
        (EVENTS, "get_trail_status", {"IsLogging": False},
         "trail secretwatch-trail logging is stopped", None),
        (LOGS, "get_trail_status", {"IsLogging": True, "LatestCloudWatchLogsDeliveryError": "AccessDenied"},
         "log group /secretwatch/trail CloudTrail cannot deliver to it: AccessDenied", "trail secretwatch-trail"),
        (LOGS, "get_trail_status", {"IsLogging": True, "LatestCloudWatchLogsDeliveryTime": LONG_AGO},
         "log group /secretwatch/trail has received nothing since 2027-01-15T03:00:00Z", "trail secretwatch-trail"),
        (LOGS, "describe_subscription_filters", {"subscriptionFilters": []},
         "subscription filter of the log group none sends to secretwatch-summarizer", "log group /secretwatch/trail"),
        (LOGS, "get_policy", {"Policy": '{"Statement": [{"Principal": {"Service": "events.amazonaws.com"}}]}'},
         "permission of CloudWatch Logs to invoke the function is missing from the function's policy",
         "subscription filter of the log group"),
        (LOGS, "get_policy", {"Policy": '{"Statement": [{"Principal": {"AWS": "iam::1:role/logs.amazonaws.com"}}]}'},
         "permission of CloudWatch Logs to invoke the function is missing from the function's policy",
         "subscription filter of the log group"),
        (LOGS, "get_policy", {"Policy": '{"Statement": [{"Principal": {"Service": "otherlogs.amazonaws.com.evil"}}]}'},
         "permission of CloudWatch Logs to invoke the function is missing from the function's policy",
         "subscription filter of the log group"),
        (EVENTS, "describe_rule", {"State": "DISABLED"},
         "EventBridge rule secretwatch-summarizer is disabled", "trail secretwatch-trail"),
        (EVENTS, "describe_rule", {"State": "ENABLED"},
         ("EventBridge rule secretwatch-summarizer is ENABLED, and reads match only in state "
         "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), "trail secretwatch-trail"),
        (EVENTS, "list_targets_by_rule", {"Targets": [{"Arn": "arn:aws:sqs:us-east-1:123456789012:other"}]},
         "target of the rule the queue secretwatch-accesses is not among its 1 targets",
         "EventBridge rule secretwatch-summarizer"),
        (EVENTS, "get_function_concurrency", {"ReservedConcurrentExecutions": 0},
         "function secretwatch-summarizer its reserved concurrency is 0: nothing can invoke it",
         "queue secretwatch-accesses"),
        (EVENTS, "describe_log_streams", {"logStreams": [{"lastIngestionTime": int(LONG_AGO.timestamp()) * 1000}]},
         "function secretwatch-summarizer has not run since 2027-01-15T03:00:00Z", "queue secretwatch-accesses"),
    ],
)  # fmt: skip
def test_the_hop_that_stopped_is_named_and_the_one_before_it(
    account: Account, path: RecordPath, operation: str, answer: Any, stopped: str, alive: str | None
) -> None:
    account.answers[operation] = answer
    diagnosis = look(account, path)
    assert diagnosis.stopped is not None
    assert f"{diagnosis.stopped.name} {diagnosis.stopped.detail}" == stopped
    assert (diagnosis.last_alive.name if diagnosis.last_alive else None) == alive


@pytest.mark.parametrize(
    ("path", "operation", "code", "stopped"),
    [
        (LOGS, "get_trail_status", "TrailNotFoundException", "trail secretwatch-trail"),
        (LOGS, "describe_subscription_filters", "ResourceNotFoundException", "subscription filter of the log group"),
        (EVENTS, "describe_rule", "ResourceNotFoundException", "EventBridge rule secretwatch-summarizer"),
        (EVENTS, "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue", "queue secretwatch-accesses"),
        (EVENTS, "get_queue_url", "QueueDoesNotExist", "queue secretwatch-accesses"),
        (EVENTS, "get_function_concurrency", "ResourceNotFoundException", "function secretwatch-summarizer"),
    ],
)
def test_what_was_deleted_is_the_hop_that_stopped(
    account: Account, path: RecordPath, operation: str, code: str, stopped: str
) -> None:
    account.fails(operation, code)
    found = look(account, path).stopped
    assert found is not None
    assert (found.name, found.detail) == (stopped, "does not exist")


def test_a_function_without_any_permission_lacks_that_of_cloudwatch_logs(account: Account) -> None:
    account.fails("get_policy", "ResourceNotFoundException")
    found = look(account, LOGS).stopped
    assert found is not None
    assert found.name == "permission of CloudWatch Logs to invoke the function"


def test_on_a_bus_of_ones_own_reads_match_in_the_one_state_only(account: Account) -> None:
    account.answers["describe_rule"] = {"State": "ENABLED"}
    stopped = look(account, EVENTS, replace(PARTS, event_bus="secrets")).stopped
    assert stopped is not None
    assert stopped.name == "EventBridge rule secretwatch-summarizer"


def test_what_may_not_be_looked_at_is_said_and_hides_nothing_behind_it(account: Account) -> None:
    account.fails("describe_rule", "AccessDeniedException")
    account.answers["list_targets_by_rule"] = {"Targets": []}
    diagnosis = look(account, EVENTS)
    (unknown,) = (hop for hop in diagnosis.hops if hop.state is HopState.UNKNOWN)
    assert (unknown.name, unknown.detail) == (
        "EventBridge rule secretwatch-summarizer",
        "could not be looked at (AccessDeniedException)",
    )
    assert diagnosis.stopped is not None
    assert diagnosis.stopped.name == "target of the rule"
    assert diagnosis.last_alive is not None
    assert diagnosis.last_alive.name == "trail secretwatch-trail"


def test_a_trail_that_is_not_known_is_said_and_the_log_group_tells_its_own_time(account: Account) -> None:
    diagnosis = look(account, LOGS, replace(PARTS, trail=None))
    assert diagnosis.hops[0].detail == "its name is not known here"
    assert diagnosis.hops[1].detail == "last received a record at 2027-01-15T07:56:40Z"


def test_a_log_group_without_a_known_trail_that_received_nothing_is_the_hop_that_stopped(account: Account) -> None:
    account.answers["describe_log_streams"] = {"logStreams": [{"lastIngestionTime": int(LONG_AGO.timestamp()) * 1000}]}
    stopped = look(account, LOGS, replace(PARTS, trail=None)).stopped
    assert stopped is not None
    assert stopped.detail == "has received nothing since 2027-01-15T03:00:00Z"


def test_the_time_of_a_log_stream_may_be_an_hour_behind(account: Account) -> None:
    account.answers["describe_log_streams"] = {"logStreams": [{"lastIngestionTime": (SINCE - 3000) * 1000}]}
    assert look(account, EVENTS).stopped is None


def test_a_function_that_never_wrote_to_its_log_is_unknown(account: Account) -> None:
    account.answers["describe_log_streams"] = {"logStreams": []}
    assert look(account, EVENTS).hops[-1].state is HopState.UNKNOWN


def test_another_cause_is_another_cause(account: Account) -> None:
    nothing = look(account, EVENTS).cause
    account.answers["describe_rule"] = {"State": "DISABLED"}
    rule = look(account, EVENTS).cause
    account.answers["describe_rule"] = {"State": "ENABLED"}
    assert look(account, EVENTS).cause == rule != nothing
