from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secretwatch.audit import AuditTable
from secretwatch.notice import Fact, Kind, Notice, Severity
from secretwatch.notifier.handler import Notifier, NotifierError, Settings, WebhookUrls
from secretwatch.settings import SettingsError
from tests.harness.webhooks import WebhookReceiver
from tests.records import sns
from tests.unit.conftest import TABLE, aws_client
from tests.unit.test_alarm import STATIC

NOTICE = Notice("n1", Kind.ACCESS, Severity.INFO, "title", (Fact("Who", "user alice"),), "2026-01-31T12:00:00Z")
PARAMETERS = {"slack": "/webhooks/slack", "teams": "/webhooks/teams"}


@pytest.fixture
def receiver(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    monkeypatch.setattr("secretwatch.channels.webhook.clock.sleep", lambda _: None)
    ssm = aws_client("ssm")
    with WebhookReceiver(tmp_path / "notices.jsonl") as running:
        for channel, name in PARAMETERS.items():
            ssm.put_parameter(Name=name, Value=running.url(channel) + "\n", Type="SecureString")
        yield running


@pytest.fixture
def notifier(dynamodb: Any) -> Notifier:
    return Notifier(
        Settings(TABLE, PARAMETERS), AuditTable(dynamodb, TABLE), WebhookUrls(aws_client("ssm"), PARAMETERS)
    )


def deliver(notifier: Notifier, event: object, owner: str = "r1") -> None:
    notifier.handle(event, owner, time.time() + 60)


def channels(receiver: WebhookReceiver) -> list[str]:
    return [post["channel"] for post in receiver.posts]


def test_a_notice_goes_to_every_channel_once(notifier: Notifier, receiver: WebhookReceiver) -> None:
    event = sns(NOTICE.to_json())
    deliver(notifier, event)
    deliver(notifier, event, "r2")
    assert sorted(channels(receiver)) == ["slack", "teams"]


def test_after_slack_fine_and_teams_down_only_teams_is_told(notifier: Notifier, receiver: WebhookReceiver) -> None:
    receiver.answers["teams"].append((400, "bad", {}))
    with pytest.raises(NotifierError, match=r"teams \(notice n1\): HTTP 400"):
        deliver(notifier, sns(NOTICE.to_json()))
    assert channels(receiver) == ["slack"]
    deliver(notifier, sns(NOTICE.to_json()))
    assert channels(receiver) == ["slack", "teams"]


def test_a_delivery_under_way_elsewhere_is_retried_not_doubled(notifier: Notifier, receiver: WebhookReceiver) -> None:
    receiver.answers["slack"].append((400, "bad", {}))
    with pytest.raises(NotifierError):
        deliver(notifier, sns(NOTICE.to_json()))
    with pytest.raises(NotifierError, match="another invocation is delivering"):
        deliver(notifier, sns(NOTICE.to_json()), "r2")
    assert channels(receiver) == ["teams"]


def test_an_alarm_and_an_unknown_message_are_told_too(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, sns(json.dumps(STATIC)))
    deliver(notifier, sns("The budget is exceeded", Subject="AWS Budgets", Timestamp="2026-01-31T12:00:00.000Z"))
    titles = [post["body"]["text"] for post in receiver.posts if post["channel"] == "slack"]
    assert titles == ["[medium] Alarm: secretwatch-SecretAccessedByRole", "[low] AWS Budgets"]


@pytest.mark.parametrize(
    "event", [None, {}, {"Records": []}, {"Records": [{}]}, {"Records": [{"Sns": {"Message": 5}}]}]
)
def test_what_is_no_sns_event_fails(notifier: Notifier, event: object) -> None:
    with pytest.raises(NotifierError, match="not an SNS event"):
        deliver(notifier, event)


def test_a_missing_parameter_is_named(notifier: Notifier) -> None:
    with pytest.raises(NotifierError, match=r"SSM parameter /webhooks/slack does not exist"):
        deliver(notifier, sns(NOTICE.to_json()))


def test_a_parameter_that_holds_no_url_is_named_and_its_value_is_not(notifier: Notifier) -> None:
    for name in PARAMETERS.values():
        aws_client("ssm").put_parameter(Name=name, Value="hunter2", Type="SecureString")
    with pytest.raises(NotifierError, match=r"SSM parameter /webhooks/slack: .*not an https") as caught:
        deliver(notifier, sns(NOTICE.to_json()))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "AUDIT_TABLE is missing"),
        ({"AUDIT_TABLE": "t", "WEBHOOK_PARAMETERS": "{"}, "WEBHOOK_PARAMETERS is not JSON"),
        ({"AUDIT_TABLE": "t", "WEBHOOK_PARAMETERS": '{"pager": "/x"}'}, "WEBHOOK_PARAMETERS names 'pager'"),
        ({"AUDIT_TABLE": "t", "WEBHOOK_PARAMETERS": '{"slack": 5}'}, "WEBHOOK_PARAMETERS must be a JSON object"),
    ],
)
def test_a_wrong_setting_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.read(variables)
