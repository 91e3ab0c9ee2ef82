from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier import handler
from secretwatch.functions.notifier.handler import Notifier, NotifierError, Parameters
from secretwatch.notify.notice import Fact, Kind, Notice
from secretwatch.record.actor import People
from secretwatch.store.accesses import Accesses
from secretwatch.store.claims import Claims
from secretwatch.store.store import open_store
from tests.documents import TABLE, channel, notifier_settings
from tests.harness.reading import read
from tests.harness.webhooks import WebhookReceiver
from tests.judging import judged
from tests.records import record, role, sns, user
from tests.unit.conftest import aws_client
from tests.unit.doubles import invocation, raising, throttled
from tests.unit.functions.notifier.test_alarm import STATIC

NOTICE = Notice("n1", Kind.ACCESS, Severity.INFO, "title", (Fact("Who", "user alice"),), "2026-01-31T12:00:00Z")
PARAMETERS = {"slack": "/webhooks/slack", "teams": "/webhooks/teams"}


@pytest.fixture
def receiver(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    monkeypatch.setattr("secretwatch.notify.channels.webhook.clock.sleep", lambda _: None)
    ssm = aws_client("ssm")
    with WebhookReceiver(tmp_path / "notices.jsonl") as running:
        for channel, name in PARAMETERS.items():
            ssm.put_parameter(Name=name, Value=running.url(channel) + "\n", Type="SecureString")
        yield running


@pytest.fixture
def notifier(dynamodb: Any) -> Notifier:
    return make(dynamodb, {name: channel(name, value) for name, value in PARAMETERS.items()})


def make(dynamodb: Any, channels: dict[str, Any]) -> Notifier:
    return Notifier(notifier_settings(channels), open_store(dynamodb, TABLE), Parameters(aws_client("ssm")))


def deliver(notifier: Notifier, event: object, owner: str = "r1") -> None:
    notifier.handle(event, invocation(owner))


def channels(receiver: WebhookReceiver) -> list[str]:
    return [post["channel"] for post in receiver.posts]


def test_a_notice_goes_to_every_channel_once(notifier: Notifier, receiver: WebhookReceiver) -> None:
    event = sns(NOTICE.to_json())
    deliver(notifier, event)
    deliver(notifier, event, "r2")
    assert sorted(channels(receiver)) == ["slack", "teams"]


def test_after_slack_fine_and_teams_down_only_teams_is_sent_to(notifier: Notifier, receiver: WebhookReceiver) -> None:
    receiver.answers["teams"].append((400, "bad", {}))
    with pytest.raises(NotifierError, match=r"teams \(notice n1\): HTTP 400"):
        deliver(notifier, sns(NOTICE.to_json()))
    assert channels(receiver) == ["slack"]
    deliver(notifier, sns(NOTICE.to_json()))
    assert channels(receiver) == ["slack", "teams"]


def test_a_delivery_under_way_elsewhere_is_retried_not_doubled(notifier: Notifier, receiver: WebhookReceiver) -> None:
    notifier._store.claims.claim("CHANNEL#slack", NOTICE.id, invocation("r1"))
    with pytest.raises(NotifierError, match="another invocation is delivering"):
        deliver(notifier, sns(NOTICE.to_json()), "r2")
    assert channels(receiver) == ["teams"]


def test_a_delivery_that_failed_can_be_sent_again_at_once(notifier: Notifier, receiver: WebhookReceiver) -> None:
    receiver.answers["slack"].append((400, "bad", {}))
    with pytest.raises(NotifierError):
        deliver(notifier, sns(NOTICE.to_json()), "r1")
    deliver(notifier, sns(NOTICE.to_json()), "redriven")
    assert sorted(channels(receiver)) == ["slack", "teams"]


def test_an_alarm_and_an_unknown_message_are_sent_too(notifier: Notifier, receiver: WebhookReceiver) -> None:
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


def about(*secrets: str, severity: Severity = Severity.INFO, more: int = 0) -> str:
    return replace(NOTICE, secrets=secrets, severity=severity, more_secrets=more).to_json()


@pytest.mark.parametrize(
    ("message", "notified"),
    [
        (about("prod/db"), ["teams"]),
        (about("team-a/db"), ["slack", "teams"]),
        (about("prod/db", "team-a/db", severity=Severity.HIGH), ["slack", "teams", "webhook"]),
        (about("prod/db", more=7), ["slack", "teams"]),
        (about(), ["teams"]),
        (json.dumps(STATIC), ["teams"]),
    ],
    ids=["another team's", "the team's", "severe", "too many to list", "of no secret", "alarm"],
)
def test_channels_get_what_they_asked_for(
    dynamodb: Any, receiver: WebhookReceiver, message: str, notified: list[str]
) -> None:
    aws_client("ssm").put_parameter(Name="/key", Value="key", Type="SecureString")
    aws_client("ssm").put_parameter(Name="/pager", Value=receiver.url("webhook"), Type="SecureString")
    deliver(make(dynamodb, {
        "a": channel("slack", "/webhooks/slack", secrets=["team-a/*"]),
        "b": channel("teams", "/webhooks/teams"),
        "c": channel("webhook", "/pager", minimum_severity="high", signing_key_parameter="/key"),
    }), sns(message))  # fmt: skip
    assert sorted(channels(receiver)) == notified
    assert all("X-Secretwatch-Signature" in post["headers"] for post in receiver.posts if post["channel"] == "webhook")


def test_an_alarm_names_who_the_audit_table_knows(notifier: Notifier, dynamodb: Any, receiver: WebhookReceiver) -> None:
    read_at = {"eventTime": "2026-01-31T11:55:00Z"}
    before = record(eventTime="2026-01-31T10:00:00Z", userIdentity=user("bob"))
    entries = judged(record(**read_at), record(**read_at, userIdentity=role()), before)
    open_store(dynamodb, TABLE).accesses.record((entry, People().actor(entry.access)) for entry in entries)
    deliver(notifier, sns(json.dumps(STATIC)))
    text = read("slack", next(post["body"] for post in receiver.posts if post["channel"] == "slack"))
    assert "role/deploy" in text
    assert "alice" not in text, "the alarm counts roles"
    assert "bob" not in text


def test_an_alarm_is_sent_even_if_the_table_does_not_answer(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Accesses, "between", lambda *_: 1 / 0)
    deliver(notifier, sns(json.dumps(STATIC)))
    assert sorted(channels(receiver)) == ["slack", "teams"]


def test_what_was_sent_and_could_not_be_noted_is_not_sent_again_at_once(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claims, "settle", raising(throttled()))
    deliver(notifier, sns(NOTICE.to_json()))
    assert sorted(channels(receiver)) == ["slack", "teams"]


def test_a_changed_parameter_takes_effect_after_minutes_and_is_read_once_until_then(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr("secretwatch.functions.notifier.handler.clock.time", lambda: now[0])
    parameters = Parameters(aws_client("ssm"))
    first = parameters.url("/webhooks/slack")
    aws_client("ssm").put_parameter(Name="/webhooks/slack", Value="https://new.example", Overwrite=True)
    assert parameters.url("/webhooks/slack") == first
    now[0] += 301
    assert parameters.url("/webhooks/slack") == "https://new.example"


def test_the_entry_point_hands_the_context_on(
    monkeypatch: pytest.MonkeyPatch, notifier: Notifier, receiver: WebhookReceiver
) -> None:
    class Context:
        aws_request_id = "r1"

        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 60_000

    monkeypatch.setattr(handler, "_notifier", lambda: notifier)
    handler.handler(sns(NOTICE.to_json()), Context())
    assert sorted(channels(receiver)) == ["slack", "teams"]
