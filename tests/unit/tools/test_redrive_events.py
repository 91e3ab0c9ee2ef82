"""The three forms of a dead letter, as each service writes it."""

from __future__ import annotations

from typing import Any

import pytest

from tools.redrive import original_event

EVENT = {"id": "1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.secretsmanager", "detail": {}}
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "1",
    "TopicArn": "arn:aws:sns:us-east-1:123456789012:watch-alerts",
    "Message": "{}",
    "MessageAttributes": {"severity": {"Type": "String", "Value": "high"}},
}


def test_what_sns_could_not_deliver_is_invoked_as_sns_would_have() -> None:
    event, cause = original_event("watch-notifier", NOTIFICATION)
    assert event is not None
    (record,) = event["Records"]
    assert record["Sns"]["Message"] == "{}"
    assert record["Sns"]["MessageAttributes"]["severity"]["Value"] == "high"
    assert "SNS" in cause


@pytest.mark.parametrize(("function", "event"), [("watch-rotator", EVENT), ("watch-summarizer", None)])
def test_an_event_goes_to_its_function_and_the_fast_paths_to_its_queue(function: str, event: Any) -> None:
    assert original_event(function, EVENT)[0] == event


def test_what_a_function_failed_on_is_its_event() -> None:
    record = {"requestPayload": {"n": 1}, "requestContext": {"condition": "RetriesExhausted"}}
    assert original_event("watch-notifier", record) == ({"n": 1}, "RetriesExhausted")
