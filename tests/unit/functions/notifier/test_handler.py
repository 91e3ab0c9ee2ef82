from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier import handler
from secretwatch.functions.notifier.handler import AT_ONCE, Notifier
from secretwatch.functions.notifier.incoming import NotifierError
from secretwatch.functions.notifier.sender import Parameters
from secretwatch.notify.notice import Fact, Kind, Link, Notice
from secretwatch.store.claims import Claims
from secretwatch.store.store import open_store
from tests.documents import TABLE, channel, notifier_settings
from tests.harness.reading import read
from tests.harness.webhooks import WebhookReceiver
from tests.records import channel_batch, record, role
from tests.unit.conftest import aws_client
from tests.unit.doubles import TrailLogs, invocation, raising, throttled
from tests.unit.functions.notifier.test_alarm import STATIC

NOTICE = Notice("n1", Kind.ACCESS, Severity.INFO, "title", (Fact("Who", "user alice"),), "2026-01-31T12:00:00Z")
PARAMETERS = {"slack": "/webhooks/slack", "teams": "/webhooks/teams"}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between messages and attempts, which do not happen."""
    asked: list[float] = []
    monkeypatch.setattr("secretwatch.notify.channels.webhook.clock.sleep", asked.append)
    return asked


@pytest.fixture
def receiver(aws: None, tmp_path: Path, waits: list[float]) -> Iterator[WebhookReceiver]:
    ssm = aws_client("ssm")
    with WebhookReceiver(tmp_path / "notices.jsonl") as running:
        for channel, name in PARAMETERS.items():
            ssm.put_parameter(Name=name, Value=running.url(channel) + "\n", Type="SecureString")
        yield running


@pytest.fixture
def logs() -> TrailLogs:
    return TrailLogs()


@pytest.fixture
def notifier(dynamodb: Any, logs: TrailLogs) -> Notifier:
    return make(dynamodb, {name: channel(name, value) for name, value in PARAMETERS.items()}, logs)


def make(dynamodb: Any, channels: dict[str, Any], logs: Any) -> Notifier:
    return Notifier(notifier_settings(channels), open_store(dynamodb, TABLE), Parameters(aws_client("ssm")), logs)


def deliver(notifier: Notifier, *messages: str, to: str = "slack", owner: str = "r1", **attributes: Any) -> list[str]:
    """Hand messages over as a channel's queue does; return the ids of those that go back to it: m0, m1, …"""
    answer = notifier.handle(channel_batch(*messages, channel=to, **attributes), invocation(owner))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def channels(receiver: WebhookReceiver) -> list[str]:
    return [post["channel"] for post in receiver.posts]


def titles(receiver: WebhookReceiver) -> list[str]:
    return [post["body"]["text"] for post in receiver.posts if post["channel"] == "slack"]


def numbered(count: int, severity: Severity = Severity.LOW) -> list[str]:
    return [replace(NOTICE, id=f"n{n}", title=f"read {n}", severity=severity).to_json() for n in range(count)]


def test_a_notice_goes_to_each_channel_once(notifier: Notifier, receiver: WebhookReceiver) -> None:
    for owner in ("r1", "r2"):
        assert deliver(notifier, NOTICE.to_json(), owner=owner) == []
        assert deliver(notifier, NOTICE.to_json(), to="teams", owner=owner) == []
    assert channels(receiver) == ["slack", "teams"]


def test_a_notice_that_is_twice_in_a_batch_is_sent_once(notifier: Notifier, receiver: WebhookReceiver) -> None:
    assert deliver(notifier, NOTICE.to_json(), NOTICE.to_json()) == []
    assert channels(receiver) == ["slack"]
    receiver.answers["slack"].append((400, "bad", {}))
    other = replace(NOTICE, id="n2").to_json()
    assert deliver(notifier, other, other) == ["m0", "m1"]


def test_what_a_channel_refuses_goes_back_and_the_others_of_the_batch_are_sent(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    receiver.answers["slack"].append((400, "bad", {}))
    assert deliver(notifier, *numbered(3)) == ["m0"]
    assert titles(receiver) == ["[low] read 1", "[low] read 2"]
    assert deliver(notifier, *numbered(3), owner="r2") == []
    assert titles(receiver) == ["[low] read 1", "[low] read 2", "[low] read 0"]


def test_a_channel_that_is_down_is_tried_for_one_notice_and_the_batch_goes_back(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    receiver.answers["slack"].extend([(503, "down", {})] * 4)
    assert deliver(notifier, *numbered(3)) == ["m0", "m1", "m2"]
    assert not receiver.answers["slack"], "four attempts"
    assert deliver(notifier, *numbered(3), owner="r2") == []
    assert len(titles(receiver)) == 3


def test_many_at_once_become_one_message_that_names_each_and_links_the_worst(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    link = Link("Event in CloudTrail", "https://console.example/e")
    worst = replace(NOTICE, id="w", title="mallory read prod/db", severity=Severity.CRITICAL, links=(link,)).to_json()
    assert deliver(notifier, *numbered(AT_ONCE), worst) == []
    (post,) = receiver.posts
    assert post["body"]["text"] == "[critical] 6 notifications: 1 critical, 5 low"
    text = read("slack", post["body"])
    assert "1. Critical: mallory read prod/db" in text
    assert "https://console.example/e" in json.dumps(post["body"])
    assert all(f"Low: read {n} (" in text for n in range(AT_ONCE))
    assert deliver(notifier, *numbered(AT_ONCE), worst, owner="r2") == []
    assert len(receiver.posts) == 1, "each counts as delivered"


def test_a_digest_among_many_is_a_message_by_itself(notifier: Notifier, receiver: WebhookReceiver) -> None:
    digest = replace(NOTICE, id="d", kind=Kind.DIGEST, title="Digest of 2026-01-30", severity=Severity.INFO).to_json()
    assert deliver(notifier, *numbered(AT_ONCE + 1), digest) == []
    assert len(receiver.posts) == 2
    assert "Digest of 2026-01-30" in read("slack", receiver.posts[0]["body"])


def test_few_come_one_by_one_at_the_channels_pace(
    notifier: Notifier, receiver: WebhookReceiver, waits: list[float]
) -> None:
    deliver(notifier, *numbered(AT_ONCE))
    assert titles(receiver) == [f"[low] read {n}" for n in range(AT_ONCE)]
    assert waits == [1.0] * (AT_ONCE - 1)
    waits.clear()
    deliver(notifier, *numbered(2), to="teams")
    assert waits == [0.25]


def test_what_is_left_becomes_one_message_once_the_channel_asks_to_slow_down(
    notifier: Notifier, receiver: WebhookReceiver, waits: list[float]
) -> None:
    receiver.answers["slack"].append((429, "slow down", {"Retry-After": "30"}))
    assert deliver(notifier, *numbered(4)) == []
    assert titles(receiver) == ["[low] read 0", "[low] 3 notifications: 3 low"]
    assert waits == [30.0, 1.0]


def test_a_notice_that_the_channel_refuses_keeps_none_of_the_others(
    notifier: Notifier, receiver: WebhookReceiver
) -> None:
    receiver.answers["slack"].extend([(400, "invalid_blocks", {})] * 2)  # all together, then the first alone
    assert deliver(notifier, *numbered(7)) == ["m0"]
    assert titles(receiver) == [f"[low] read {n}" for n in range(1, 7)]


def test_a_program_gets_each_notice_in_a_request_of_its_own(dynamodb: Any, logs: TrailLogs, receiver: Any) -> None:
    aws_client("ssm").put_parameter(Name="/any", Value=receiver.url("webhook"), Type="SecureString")
    notifier = make(dynamodb, {"any": channel("webhook", "/any")}, logs)
    assert deliver(notifier, *numbered(8), to="any") == []
    assert [post["body"]["id"] for post in receiver.posts] == [f"n{n}" for n in range(8)]


def test_a_delivery_under_way_elsewhere_is_retried_not_doubled(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secretwatch.store.claims.PATIENCE", 0.0)
    notifier._store.claims.claim("CHANNEL#slack", NOTICE.id, invocation("r1"))
    assert deliver(notifier, NOTICE.to_json(), owner="r2") == ["m0"]
    assert deliver(notifier, NOTICE.to_json(), to="teams", owner="r2") == []
    assert channels(receiver) == ["teams"]


def test_an_alarm_and_an_unknown_message_are_sent_too(notifier: Notifier, receiver: WebhookReceiver) -> None:
    deliver(notifier, json.dumps(STATIC))
    deliver(notifier, "The budget is exceeded", Subject="AWS Budgets", Timestamp="2026-01-31T12:00:00.000Z")
    assert titles(receiver) == ["[medium] Alarm: secretwatch-SecretAccessedByRole", "[low] AWS Budgets"]


def test_a_message_without_snss_envelope_is_sent_too(notifier: Notifier, receiver: WebhookReceiver) -> None:
    batch = channel_batch("")
    batch["Records"][0]["body"] = NOTICE.to_json()
    notifier.handle(batch, invocation())
    assert titles(receiver) == ["[info] title"]


QUEUE = "arn:aws:sqs:us-east-1:123456789012:secretwatch-channel-slack"


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        {"Records": []},
        {"Records": [{}]},
        {"Records": ["x"]},
        {"Records": [{"eventSourceARN": QUEUE, "messageId": "m", "body": 5}]},
        {"Records": [{"eventSourceARN": QUEUE, "messageId": "m", "body": ""}, {"eventSourceARN": f"{QUEUE}s"}]},
        channel_batch("x", channel="unknown"),
    ],
)
def test_what_is_no_batch_of_a_channel_fails(notifier: Notifier, event: object) -> None:
    with pytest.raises(NotifierError):
        notifier.handle(event, invocation())


def said(caplog: pytest.LogCaptureFixture) -> str:
    return " ".join(str(vars(entry)) for entry in caplog.records)


def test_a_missing_parameter_is_named(notifier: Notifier, caplog: pytest.LogCaptureFixture) -> None:
    assert deliver(notifier, NOTICE.to_json()) == ["m0"]
    assert "SSM parameter /webhooks/slack does not exist" in said(caplog)


def test_a_parameter_that_holds_no_url_is_named_and_its_value_is_not(
    notifier: Notifier, caplog: pytest.LogCaptureFixture
) -> None:
    for name in PARAMETERS.values():
        aws_client("ssm").put_parameter(Name=name, Value="hunter2", Type="SecureString")
    assert deliver(notifier, NOTICE.to_json()) == ["m0"]
    assert "SSM parameter /webhooks/slack: the webhook's URL is not an https" in said(caplog)
    assert "hunter2" not in said(caplog)


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
        (json.dumps(STATIC), ["slack", "teams"]),
    ],
    ids=["another team's", "the team's", "severe", "too many to list", "of no secret", "alarm without a record"],
)
def test_channels_get_what_they_asked_for(
    dynamodb: Any, logs: TrailLogs, receiver: WebhookReceiver, message: str, notified: list[str]
) -> None:
    aws_client("ssm").put_parameter(Name="/key", Value="key", Type="SecureString")
    aws_client("ssm").put_parameter(Name="/pager", Value=receiver.url("webhook"), Type="SecureString")
    notifier = make(dynamodb, {
        "a": channel("slack", "/webhooks/slack", secrets=["team-a/*"]),
        "b": channel("teams", "/webhooks/teams"),
        "c": channel("webhook", "/pager", minimum_severity="high", signing_key_parameter="/key"),
    }, logs)  # fmt: skip
    for name in "abc":
        assert deliver(notifier, message, to=name) == []
    assert sorted(channels(receiver)) == notified
    assert all("X-Secretwatch-Signature" in post["headers"] for post in receiver.posts if post["channel"] == "webhook")


def shown(receiver: WebhookReceiver) -> str:
    return read("slack", next(post["body"] for post in receiver.posts if post["channel"] == "slack"))


def test_an_alarm_names_those_whom_it_counted_and_nobody_else(
    notifier: Notifier, logs: TrailLogs, receiver: WebhookReceiver
) -> None:
    logs.add(record(userIdentity=role()), "2026-01-31T11:59:00Z")
    logs.add(record(), "2026-01-31T11:59:00Z")
    deliver(notifier, json.dumps(STATIC))
    assert "role deploy (session release-42) called GetSecretValue" in shown(receiver)
    assert "alice" not in shown(receiver), "the alarm counts roles"


def test_an_alarm_about_no_record_asks_for_none(notifier: Notifier, logs: TrailLogs, receiver: WebhookReceiver) -> None:
    deliver(notifier, json.dumps({**STATIC, "Trigger": {**STATIC["Trigger"], "Namespace": "AWS/SQS"}}))
    assert logs.questions == []
    assert "Who did what" not in shown(receiver)


def test_an_alarm_is_sent_even_if_the_log_group_may_not_be_read(
    notifier: Notifier, logs: TrailLogs, receiver: WebhookReceiver
) -> None:
    logs.failure = throttled()
    deliver(notifier, json.dumps(STATIC))
    assert "Who did what: not known: CloudWatch Logs did not answer: ThrottlingException" in shown(receiver)


def test_what_was_sent_and_could_not_be_noted_is_not_sent_again_at_once(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claims, "settle", raising(throttled()))
    assert deliver(notifier, NOTICE.to_json()) == []
    assert channels(receiver) == ["slack"]


def test_a_changed_parameter_takes_effect_after_minutes_and_is_read_once_until_then(
    notifier: Notifier, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr("secretwatch.functions.notifier.sender.clock.time", lambda: now[0])
    parameters = Parameters(aws_client("ssm"))
    first = parameters.text("/webhooks/slack")
    aws_client("ssm").put_parameter(Name="/webhooks/slack", Value="https://new.example", Overwrite=True)
    assert parameters.text("/webhooks/slack") == first
    now[0] += 301
    assert parameters.text("/webhooks/slack") == "https://new.example"


def test_the_entry_point_hands_the_context_on(
    monkeypatch: pytest.MonkeyPatch, notifier: Notifier, receiver: WebhookReceiver
) -> None:
    class Context:
        aws_request_id = "r1"

        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 60_000

    monkeypatch.setattr(handler, "_notifier", lambda: notifier)
    assert handler.handler(channel_batch(NOTICE.to_json()), Context()) == {"batchItemFailures": []}
    assert channels(receiver) == ["slack"]
