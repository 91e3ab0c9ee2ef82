from __future__ import annotations

from typing import Any

from secretwatch.notice import Kind, Severity
from secretwatch.notifier.alarm import parse_alarm

STATIC: dict[str, Any] = {
    "AlarmName": "secretwatch-SecretAccessedByRole",
    "AlarmDescription": "An assumed role read a secret.",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 datapoint [1.0] was greater than or equal to the threshold (1.0).",
    "StateChangeTime": "2026-01-31T12:00:00.123+0000",
    "Region": "US East (N. Virginia)",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:secretwatch-SecretAccessedByRole",
    "OldStateValue": "OK",
    "Trigger": {
        "MetricName": "SecretAccessedByRole",
        "Statistic": "SUM",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
    },
}


def facts(message: dict[str, Any]) -> dict[str, str]:
    notice = parse_alarm(message)
    assert notice is not None
    return {fact.label: fact.value for fact in notice.facts}


def test_a_static_alarm() -> None:
    notice = parse_alarm(STATIC)
    assert notice is not None
    assert (notice.kind, notice.severity) == (Kind.ALARM, Severity.MEDIUM)
    assert notice.title == "Alarm: secretwatch-SecretAccessedByRole"
    assert notice.time == "2026-01-31T12:00:00Z"
    assert facts(STATIC)["Condition"] == "Sum of SecretAccessedByRole >= 1 in 1 x 60 s"


def test_a_band_alarm() -> None:
    trigger = {
        "ComparisonOperator": "GreaterThanUpperThreshold",
        "ThresholdMetricId": "band",
        "Metrics": [
            {"Id": "reads", "MetricStat": {"Metric": {"MetricName": "SecretAccessed"}, "Period": 300, "Stat": "Sum"}},
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(reads, 3)"},
        ],
    }
    assert facts({**STATIC, "Trigger": trigger})["Condition"] == (
        "SecretAccessed, ANOMALY_DETECTION_BAND(reads, 3) above the band of band"
    )


def test_a_composite_alarm_shows_its_rule() -> None:
    message = {k: v for k, v in STATIC.items() if k != "Trigger"} | {"AlarmRule": 'ALARM("a") OR ALARM("b")'}
    assert facts(message)["Condition"] == 'ALARM("a") OR ALARM("b")'


def test_the_same_change_has_the_same_id_and_another_change_another() -> None:
    one, again = parse_alarm(STATIC), parse_alarm(dict(STATIC))
    later = parse_alarm({**STATIC, "StateChangeTime": "2026-01-31T13:00:00.000+0000"})
    assert one is not None
    assert again is not None
    assert later is not None
    assert one.id == again.id != later.id


def test_an_alarm_that_is_over_is_only_information() -> None:
    notice = parse_alarm({**STATIC, "NewStateValue": "OK"})
    assert notice is not None
    assert notice.severity is Severity.INFO


def test_a_message_with_hardly_anything_in_it_still_renders() -> None:
    notice = parse_alarm({"AlarmName": "x", "NewStateValue": "ALARM", "Trigger": {"Metrics": [5], "Threshold": "?"}})
    assert notice is not None
    assert notice.time == "unknown time"


def test_other_messages_are_no_alarm() -> None:
    assert parse_alarm({"Budget": "exceeded"}) is None
