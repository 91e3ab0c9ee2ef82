from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.notify.publisher import Publisher
from secretwatch.record.envelopes import RecordPath
from secretwatch.record.intake import IntakeError, read
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.settings import SettingsError
from secretwatch.store.memories import actor_key
from secretwatch.store.sightings import Sightings
from secretwatch.store.store import open_store
from secretwatch.store.table import encode
from tests.documents import BUCKET, TABLE, summarizer_settings
from tests.records import ACCOUNT, Record, awslogs, eventbridge, record, role, secret_arn, sns, sqs
from tests.unit.conftest import aws_client
from tests.unit.doubles import Model, Topic, invocation, raising, throttled

PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:role/watch-canary"
SETTINGS = {
    "canary_principal_arn": PRINCIPAL,
    "canary_secret_arn": secret_arn("watch/canary").rpartition("-")[0],
    "metric_namespace": "SecretWatch/watch",
}
CALLED = "2026-01-31T12:00:00Z"


@pytest.fixture
def summarizer(dynamodb: Any, model: Model, topic: Topic) -> Summarizer:
    s3 = aws_client("s3")
    s3.create_bucket(Bucket=BUCKET)
    settings = summarizer_settings(**SETTINGS)
    store = open_store(dynamodb, settings.table, settings.retention_days)
    return Summarizer(settings, store, Explainer(model, None), Summaries(s3, BUCKET), Publisher(topic, settings.topic))


def canary_read(**changes: Any) -> Record:
    return record(
        **{
            "eventID": "c1",
            "eventTime": CALLED,
            "userIdentity": role("watch-canary", "watch-canary"),
            "requestParameters": {"secretId": "watch/canary"},
            **changes,
        }
    )


def later(seconds: float, identity: str) -> Invocation:
    """Return an invocation that began some seconds after the canary's call."""
    started = datetime.fromisoformat(CALLED).timestamp() + seconds
    return Invocation(identity, invocation().lease_until, started)


def recorded(dynamodb: Any) -> list[str]:
    """Return the event ids of the accesses in the audit table."""
    items = dynamodb.scan(TableName=TABLE)["Items"]
    return sorted(item["event_id"]["S"] for item in items if item["pk"]["S"].startswith("ACCESS#"))


def delays(output: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for line in output.splitlines():
        document = json.loads(line)
        found.setdefault(document["Path"], []).extend(document["CanaryDelay"])
    return found


def test_a_read_is_recorded_and_is_no_story(summarizer: Summarizer, topic: Topic, dynamodb: Any) -> None:
    summarizer.handle(awslogs(canary_read()), invocation())
    assert recorded(dynamodb) == ["c1"]
    assert topic.published == []
    assert "Item" not in dynamodb.get_item(TableName=TABLE, Key=encode(actor_key(PRINCIPAL)))
    assert aws_client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_the_other_path_sees_it_too_although_it_is_recorded_already(
    summarizer: Summarizer, capsys: pytest.CaptureFixture[str]
) -> None:
    summarizer.handle(sqs(eventbridge(canary_read())), later(4, "r1"))
    summarizer.handle(awslogs(canary_read()), later(300, "r2"))
    assert delays(capsys.readouterr().out) == {"events": [4], "logs": [300]}
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert [summarizer.store.sightings.latest(path) for path in ("logs", "events")] == [at, at]


def test_a_repeated_delivery_is_not_counted_again(summarizer: Summarizer, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        summarizer.handle(awslogs(canary_read()), later(300 + number, f"r{number}"))
    assert delays(capsys.readouterr().out) == {"logs": [300]}


def test_several_reads_of_one_delivery_count_each(summarizer: Summarizer, capsys: pytest.CaptureFixture[str]) -> None:
    second = canary_read(eventID="c2", eventTime="2026-01-31T12:01:00Z")
    summarizer.handle(awslogs(canary_read(), second), later(90, "r1"))
    assert delays(capsys.readouterr().out) == {"logs": [90, 30]}
    assert summarizer.store.sightings.latest("logs") == datetime(2026, 1, 31, 12, 1, tzinfo=UTC)


def test_a_read_of_the_future_hides_none_that_comes_with_it(
    summarizer: Summarizer, capsys: pytest.CaptureFixture[str]
) -> None:
    future = canary_read(eventID="c2", eventTime="2999-01-31T12:01:00Z")
    summarizer.handle(awslogs(canary_read(), future), later(90, "r1"))
    assert delays(capsys.readouterr().out) == {"logs": [90]}
    assert summarizer.store.sightings.latest("logs") == datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_only_reads_are_sightings(summarizer: Summarizer, topic: Topic, capsys: pytest.CaptureFixture[str]) -> None:
    summarizer.handle(awslogs(canary_read(eventName="PutSecretValue")), invocation())
    assert capsys.readouterr().out == ""
    assert topic.published == []


def test_what_came_without_an_envelope_is_no_sighting(
    summarizer: Summarizer, capsys: pytest.CaptureFixture[str]
) -> None:
    summarizer.handle({"Records": [canary_read()]}, invocation())
    assert capsys.readouterr().out == ""


def test_others_in_the_same_delivery_are_notified(summarizer: Summarizer, topic: Topic) -> None:
    summarizer.handle(awslogs(canary_read(), record(eventID="e1")), invocation())
    (notice,) = topic.notices
    assert notice.event_ids == ("e1",)


def test_somebody_elses_read_of_its_secret_is_critical_and_no_sighting(
    summarizer: Summarizer, topic: Topic, capsys: pytest.CaptureFixture[str]
) -> None:
    summarizer.handle(awslogs(canary_read(userIdentity=role("deploy"))), invocation())
    (notice,) = topic.notices
    assert notice.severity == "critical"
    assert "decoy_touched" in notice.signals
    assert capsys.readouterr().out == ""


def test_a_sighting_that_cannot_be_noted_comes_again_and_holds_nothing_back(
    summarizer: Summarizer, topic: Topic, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sightings, "note", raising(throttled()))
    event = sqs(eventbridge(canary_read()), eventbridge(record(eventID="e1")))
    assert summarizer.handle(event, invocation("r1")) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(topic.notices) == 1
    with pytest.raises(IntakeError, match="record c1"):
        summarizer.handle(awslogs(canary_read()), invocation("r2"))
    assert "c1" in recorded(dynamodb)


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (awslogs(canary_read()), RecordPath.LOGS),
        (sqs(awslogs(canary_read())), RecordPath.LOGS),
        (eventbridge(canary_read()), RecordPath.EVENTS),
        (sqs(eventbridge(canary_read())), RecordPath.EVENTS),
        (sqs({"Type": "Notification", "Message": json.dumps(eventbridge(canary_read()))}), RecordPath.EVENTS),
        (sns(json.dumps(eventbridge(canary_read()))), RecordPath.EVENTS),
    ],
)
def test_the_innermost_envelope_says_the_path(event: object, path: RecordPath) -> None:
    assert read(event).paths == {"c1": frozenset({path})}


def test_without_a_canary_its_read_is_like_any_other(dynamodb: Any, topic: Topic, model: Model) -> None:
    settings = summarizer_settings()
    assert settings.canary is None
    store = open_store(dynamodb, settings.table)
    aws_client("s3").create_bucket(Bucket=BUCKET)
    summaries = Summaries(aws_client("s3"), BUCKET)
    Summarizer(settings, store, Explainer(model, None), summaries, Publisher(topic, "t")).handle(
        awslogs(canary_read()), invocation()
    )
    assert len(topic.notices) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"canary_secret_arn": None}, "canary_secret_arn must be the ARN of the canary's secret, not None"),
        ({"canary_secret_arn": "watch/canary"}, "canary_secret_arn must be the ARN .*, not 'watch/canary'"),
        ({"canary_principal_arn": None}, "canary_principal_arn is missing"),
        ({"metric_namespace": None}, "metric_namespace must be a text"),
    ],
)
def test_half_a_canary_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        summarizer_settings(**{**SETTINGS, **changes})
