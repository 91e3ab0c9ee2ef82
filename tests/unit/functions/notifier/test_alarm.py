from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.alarm import Alarm, parse_alarm, with_accesses
from secretwatch.notify.notice import Kind, Notice
from secretwatch.runtime.data import read_data

DETECTIONS = read_data("detect/catalogue.json")["detections"]

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
        "Namespace": "SecretWatch/secretwatch",
        "Statistic": "SUM",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
    },
}


def notice_of(message: dict[str, Any]) -> Notice:
    alarm = parse_alarm(message)
    assert alarm is not None
    return alarm.notice


def facts(message: dict[str, Any]) -> dict[str, str]:
    return {fact.label: fact.value for fact in notice_of(message).facts}


def test_a_static_alarm() -> None:
    notice = notice_of(STATIC)
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
    one, again = notice_of(STATIC), notice_of(dict(STATIC))
    later = notice_of({**STATIC, "StateChangeTime": "2026-01-31T13:00:00.000+0000"})
    assert one.id == again.id != later.id


def test_an_alarm_that_is_over_is_only_information() -> None:
    notice = notice_of({**STATIC, "NewStateValue": "OK"})
    assert notice.severity is Severity.INFO
    assert [fact.label for fact in notice.facts] == ["Why now", "When"], "briefly"


def test_a_message_with_hardly_anything_in_it_still_renders() -> None:
    notice = notice_of({"AlarmName": "x", "NewStateValue": "ALARM", "Trigger": {"Metrics": [5], "Threshold": "?"}})
    assert notice.time == "unknown time"


def test_other_messages_are_no_alarm() -> None:
    assert parse_alarm({"Budget": "exceeded"}) is None


def alarm_of(message: dict[str, Any]) -> Alarm:
    alarm = parse_alarm(message)
    assert alarm is not None
    return alarm


def access(**changes: Any) -> dict[str, Any]:
    return {
        "event_id": "e1",
        "principal": "arn:aws:iam::123456789012:role/deploy",
        "secret": "prod/db",
        "event_name": "GetSecretValue",
        "activity": "read",
        "outcome": "allowed",
        "principal_type": "AssumedRole",
        "source_address": "198.51.100.7",
        **changes,
    }


def test_an_alarm_says_who_is_behind_it() -> None:
    found = [access(), access(event_id="e2"), access(principal="user/eve", principal_type="IAMUser")]
    notice = with_accesses(alarm_of(STATIC), found)
    found_facts = {fact.label: fact.value for fact in notice.facts}
    assert found_facts["Who"] == "arn:aws:iam::123456789012:role/deploy (2)"
    assert found_facts["What"] == "prod/db (2)"
    assert found_facts["From"] == "198.51.100.7 (2)"
    assert found_facts["Alarm"] == "An assumed role read a secret."
    assert notice.secrets == ("prod/db",)
    assert notice.id == alarm_of(STATIC).notice.id


READER, DENIED = access(), access(principal="user/eve", outcome="denied", secret=None)
ROOT = access(principal="root", principal_type="Root")
IN_A_BATCH = access(principal="role/batch", event_name="BatchGetSecretValue")
CHANGER = access(principal="user/mallory", activity="tampering", event_name="DeleteSecret")


@pytest.mark.parametrize(
    ("metric", "who"),
    [
        ("SecretAccessedByRole", ["role/deploy", "role/batch"]),
        ("DeniedReads", ["user/eve"]),
        ("RootRead", ["root"]),
        ("BatchRead", ["role/batch"]),
        ("SecretTampering", ["user/mallory"]),
    ],
)
def test_an_alarm_names_those_whom_it_counted_and_nobody_else(metric: str, who: list[str]) -> None:
    alarm = alarm_of({**STATIC, "Trigger": {**STATIC["Trigger"], "MetricName": metric}})
    notice = with_accesses(alarm, [READER, DENIED, ROOT, IN_A_BATCH, CHANGER])
    shown = next(fact.value for fact in notice.facts if fact.label == "Who")
    named = [p for p in ("role/deploy", "role/batch", "user/eve", "root", "user/mallory") if p in shown]
    assert named == who


@pytest.mark.parametrize("metric", ["TrailTampering", "KeyTampering", "AnotherOne"])
def test_an_alarm_about_something_else_accuses_no_reader(metric: str) -> None:
    assert alarm_of({**STATIC, "Trigger": {**STATIC["Trigger"], "MetricName": metric}}).window is None


def test_many_principals_are_cut_and_counted() -> None:
    notice = with_accesses(alarm_of(STATIC), [access(principal=f"user/{n}", secret=f"s{n}") for n in range(60)])
    found_facts = {fact.label: fact.value for fact in notice.facts}
    assert found_facts["Who"].endswith("… and 55 more principals")
    assert (len(notice.secrets), notice.more_secrets) == (50, 10)


def test_an_alarm_before_its_records_says_so() -> None:
    assert with_accesses(alarm_of(STATIC), []).facts[0].value.startswith("nobody in the audit table yet")


def test_the_window_reaches_back_as_far_as_cloudtrail_is_late() -> None:
    window = alarm_of(STATIC).window
    assert window is not None
    since, until = window
    assert f"{until:%H:%M:%S}" == "12:00:00"
    assert (until - since).total_seconds() == 21 * 60


@pytest.mark.parametrize(
    "changes",
    [
        {"NewStateValue": "OK"},
        {"NewStateValue": "INSUFFICIENT_DATA"},
        {"StateChangeTime": "yesterday"},
        {"Trigger": {**STATIC["Trigger"], "Namespace": "AWS/SQS"}},
        {"Trigger": {**STATIC["Trigger"], "Period": "often"}},
    ],
)
def test_nobody_is_looked_up_where_nothing_was_counted(changes: dict[str, Any]) -> None:
    assert alarm_of({**STATIC, **changes}).window is None


def test_a_band_alarm_of_ours_is_looked_up() -> None:
    metrics = [
        {"Id": "reads", "MetricStat": {"Metric": {"Namespace": "SecretWatch/x", "MetricName": "SecretAccessed"}}}
    ]
    assert alarm_of({**STATIC, "Trigger": {"Metrics": metrics}}).window is not None


@pytest.mark.parametrize("severity", list(Severity))
def test_an_alarm_of_ours_says_its_severity_first(severity: Severity) -> None:
    message = {**STATIC, "AlarmDescription": f"[{severity}] The account root user read a secret."}
    assert notice_of(message).severity is severity
    assert facts(message)["What"] == "The account root user read a secret."


def test_a_severity_counts_while_the_alarm_lasts() -> None:
    critical = {**STATIC, "AlarmDescription": "[critical] The trail was changed."}
    assert notice_of({**critical, "NewStateValue": "OK"}).severity is Severity.INFO
    assert notice_of({**critical, "NewStateValue": "INSUFFICIENT_DATA"}).severity is Severity.LOW


@pytest.mark.parametrize("description", ["[urgent] Look.", "[HIGH] Look.", "[high]Look.", "Look [high] here.", "[] x"])
def test_what_is_no_severity_stays_in_the_description(description: str) -> None:
    message = {**STATIC, "AlarmDescription": description}
    assert notice_of(message).severity is Severity.MEDIUM
    assert facts(message)["What"] == description


def test_an_alarm_without_a_description_is_described_by_its_name() -> None:
    assert facts({**STATIC, "AlarmDescription": None})["What"] == STATIC["AlarmName"]


@pytest.mark.parametrize("name", DETECTIONS)
def test_every_detection_has_its_own_severity(name: str) -> None:
    """As modules/alerting writes the description of an alarm."""
    detection = DETECTIONS[name]
    message = {**STATIC, "AlarmDescription": f"[{detection['severity']}] {detection['description']}"}
    assert notice_of(message).severity == detection["severity"]
    assert facts(message)["What"] == detection["description"]
