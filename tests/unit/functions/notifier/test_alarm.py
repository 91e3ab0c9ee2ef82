from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.alarm import Alarm, parse_alarm, with_events
from secretwatch.functions.notifier.routes import Route
from secretwatch.functions.notifier.trail_log import Counted
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.notice import Kind, Notice
from secretwatch.record.event import parse_event
from secretwatch.runtime.data import read_data
from tests.detections import other
from tests.documents import notifier_settings
from tests.records import Record, record, role, user

OURS = notifier_settings().detections
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
    alarm = parse_alarm(message, OURS)
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
    later = notice_of({**STATIC, "StateChangeTime": "2026-01-31T12:00:00.124+0000"})
    assert one.id == again.id != later.id, "within the same second too"


def test_the_time_of_an_alarm_is_told_in_utc() -> None:
    assert notice_of({**STATIC, "StateChangeTime": "2026-01-31T23:30:00.000-0200"}).time == "2026-02-01T01:30:00Z"


def test_an_alarm_that_is_over_is_only_information() -> None:
    notice = notice_of({**STATIC, "NewStateValue": "OK"})
    assert notice.severity is Severity.INFO
    assert [fact.label for fact in notice.facts] == ["Why now", "When"], "briefly"


def test_a_message_with_hardly_anything_in_it_still_renders() -> None:
    notice = notice_of({"AlarmName": "x", "NewStateValue": "ALARM", "Trigger": {"Metrics": [5], "Threshold": "?"}})
    assert notice.time == "unknown time"


def test_other_messages_are_no_alarm() -> None:
    assert parse_alarm({"Budget": "exceeded"}, OURS) is None


def alarm_of(message: dict[str, Any]) -> Alarm:
    alarm = parse_alarm(message, OURS)
    assert alarm is not None
    return alarm


def told(*records: Record, gap: str | None = None, **changes: Any) -> Notice:
    """The notice of an alarm behind which are these records, newest first."""
    return with_events(alarm_of({**STATIC, **changes}), Counted(tuple(map(parse_event, records)), gap), OURS.prefix)


def lines(notice: Notice) -> list[str]:
    return [fact.value for fact in notice.facts if fact.label in ("Who did what", "And")]


def test_an_alarm_says_who_did_what_before_everything_else() -> None:
    change = other(
        "s3", "PutBucketPolicy", eventID="e9", userIdentity=user("mallory"), sourceIPAddress="203.0.113.66",
        requestParameters={"policy": "", "bucketName": "secretwatch-cloudtrail-1", "Host": "s3.amazonaws.com"},
    )  # fmt: skip
    notice = told(change)
    assert notice.facts[0].value == (
        "user mallory called PutBucketPolicy from 203.0.113.66 at 2026-01-31T12:00:00Z "
        "with access key AKIASYNTHETIC0000000, on secretwatch-cloudtrail-1"
    )
    assert [fact.label for fact in notice.facts] == ["Who did what", "What", "Why now", "Condition", "Where", "When"]
    assert notice.event_ids == ("e9",)
    assert notice.id == alarm_of(STATIC).notice.id


def test_the_same_by_the_same_is_told_once_with_its_number_and_the_newest_first() -> None:
    reads = [
        record(eventTime=f"2026-01-31T12:0{n}:00Z", requestParameters={"secretId": f"s{n}"}) for n in range(9, 5, -1)
    ]
    first, second = lines(told(*reads, record(userIdentity=role(), errorCode="AccessDenied")))
    assert first.startswith("user alice called GetSecretValue from 198.51.100.7 4 times, last at 2026-01-31T12:09:00Z")
    assert first.endswith("on s9, s8, s7 and 1 more")
    assert second.startswith("role deploy (session release-42) called GetSecretValue")
    assert "and got AccessDenied" in second


def test_the_secrets_choose_the_channels() -> None:
    notice = told(*(record(requestParameters={"secretId": f"s{n}"}) for n in range(60)))
    assert (len(notice.secrets), notice.more_secrets) == (50, 10)
    assert told(record(), gap="there was no time to look at all").more_secrets == 1
    assert told(other("cloudtrail", "StopLogging"), gap="there was no time to look at all").more_secrets == 0
    assert told(gap="CloudWatch Logs did not answer").more_secrets == 1, "it may be about any secret"


def test_many_are_cut_counted_and_named() -> None:
    shown = lines(told(*(record(userIdentity=user(f"u{n}")) for n in range(60))))
    assert len(shown) == 6
    assert shown[-1] == "55 more, by user u5, user u6, user u7 and 52 more"


def test_our_own_part_is_named_first_among_many() -> None:
    names = [f"theirs-{n}" for n in range(99)] + ["secretwatch-RootRead"]
    (line,) = lines(told(other("monitoring", "DeleteAlarms", requestParameters={"alarmNames": names})))
    assert line.endswith("on secretwatch-RootRead, theirs-0, theirs-1 and 97 more")


def test_what_is_more_than_a_name_stands_in_quotes_behind_the_facts() -> None:
    forged = 'db from 198.51.100.1 at noon, by "root"'
    (line,) = lines(told(record(requestParameters={"secretId": forged}, errorCode="AccessDenied")))
    assert line.endswith(""", on "db from 198.51.100.1 at noon, by 'root'\"""")
    assert line.index("198.51.100.7") < line.index("198.51.100.1 ")


def test_an_alarm_whose_records_are_not_found_says_so_and_where_they_are() -> None:
    assert lines(told()) == ["not known: the log group shows no such record yet. CloudTrail's event history has it"]
    (line,) = lines(told(gap="CloudWatch Logs did not answer: AccessDeniedException"))
    assert "AccessDeniedException" in line
    assert (
        lines(told(record(), gap="there was no time to look at all"))[1]
        == "perhaps more: there was no time to look at all"
    )


def test_the_link_leads_to_the_newest_event() -> None:
    identity = "5e0c4f0e-6a0b-4f5e-9d0c-000000000009"
    (link,) = told(record(eventID=identity, awsRegion="eu-west-1"), record()).links
    assert link.url.startswith("https://eu-west-1.console.aws.amazon.com/cloudtrailv2/")
    assert link.url.endswith(identity)


def of_metric(name: str, namespace: str = "SecretWatch/secretwatch") -> dict[str, Any]:
    return {**STATIC, "Trigger": {**STATIC["Trigger"], "MetricName": name, "Namespace": namespace}}


@pytest.mark.parametrize("metric", ["SecretAccessedByRole", "TrailTampering"])
def test_an_alarm_is_looked_up_by_the_patterns_of_its_metric(metric: str) -> None:
    assert alarm_of(of_metric(metric)).patterns == OURS.patterns[metric]


def test_the_alarm_on_the_key_is_looked_up_too() -> None:
    (pattern,) = alarm_of(of_metric("KeyTampering")).patterns
    assert "DisableKey" in pattern


@pytest.mark.parametrize(
    "message",
    [
        of_metric("AnotherOne"),
        of_metric("TrailTampering", "SecretWatch/another-deployment"),
        of_metric("NumberOfMessagesSent", "AWS/SQS"),
        of_metric("IncomingLogEvents", "AWS/Logs"),
        {**STATIC, "NewStateValue": "OK"},
        {**STATIC, "NewStateValue": "INSUFFICIENT_DATA"},
        {**STATIC, "StateChangeTime": "yesterday"},
        {**STATIC, "Trigger": {**STATIC["Trigger"], "Period": "often"}},
    ],
)
def test_nobody_is_looked_up_where_no_record_was_counted(message: dict[str, Any]) -> None:
    alarm = alarm_of(message)
    assert (alarm.patterns, alarm.window) == ((), None)


def test_a_band_alarm_is_looked_up_over_its_own_periods() -> None:
    metric = {"Namespace": "SecretWatch/secretwatch", "MetricName": "SecretAccessed"}
    metrics = [
        {"Id": "reads", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(reads, 3)"},
    ]
    alarm = alarm_of({**STATIC, "Trigger": {"Metrics": metrics, "EvaluationPeriods": 2}})
    assert alarm.patterns == OURS.patterns["SecretAccessed"]
    assert alarm.window is not None
    assert f"{alarm.window.arrived_since:%H:%M:%S}" == "09:55:00"


OF_OTHERS = 'ALARM("my-secretwatch-TrailTampering")'
RULE = f'ALARM("secretwatch-SecretAccessed") OR ALARM("secretwatch-SecretAccessedByRole") OR {OF_OTHERS}'
WENT_OFF = (
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:secretwatch-SecretAccessedByRole transitioned to ALARM at Friday"
)


@pytest.mark.parametrize(
    ("reason", "metrics"),
    [
        (WENT_OFF, ["SecretAccessedByRole"]),
        ("in other words", ["SecretAccessed", "SecretAccessedByRole"]),
    ],
)
def test_a_composite_alarm_is_looked_up_by_what_made_it_go_off(reason: str, metrics: list[str]) -> None:
    message = {k: v for k, v in STATIC.items() if k != "Trigger"} | {"AlarmRule": RULE, "NewStateReason": reason}
    assert alarm_of(message).patterns == tuple(p for metric in metrics for p in OURS.patterns[metric])


def test_a_composite_alarm_looks_back_as_far_as_the_longest_of_those_behind_it() -> None:
    message = {k: v for k, v in STATIC.items() if k != "Trigger"} | {"AlarmRule": RULE, "NewStateReason": "?"}
    ours = replace(OURS, seconds={"SecretAccessed": 7200, "SecretAccessedByRole": 60})
    for reason, since in (("?", "09:40:00"), (WENT_OFF, "11:39:00")):
        alarm = parse_alarm({**message, "NewStateReason": reason}, ours)
        assert alarm is not None
        assert alarm.window is not None
        assert f"{alarm.window.since:%H:%M:%S}" == since


def test_the_window_reaches_back_as_far_as_cloudtrail_is_late() -> None:
    window = alarm_of(STATIC).window
    assert window is not None
    assert [f"{time:%H:%M:%S}" for time in window] == ["11:39:00", "12:00:05", "11:54:00"]


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


ONLY_A_TEAMS = Route("team", CHANNELS["slack"], "/team", Severity.INFO, ("team-a/*",), None)


@pytest.mark.parametrize(
    ("found", "taken"),
    [
        ((), True),
        ((record(requestParameters={"secretId": "team-a/db"}),), True),
        ((record(requestParameters={"secretId": "team-b/db"}),), False),
        ((other("cloudtrail", "StopLogging"),), False),
    ],
)
def test_an_alarm_is_a_teams_unless_its_records_say_that_it_is_not(found: tuple[Record, ...], taken: bool) -> None:
    """No record found is not a record about no secret: CloudWatch Logs may not have it yet."""
    assert ONLY_A_TEAMS.takes(told(*found)) is taken


def test_an_alarm_whose_records_cannot_be_looked_up_is_every_teams() -> None:
    assert ONLY_A_TEAMS.takes(alarm_of({**STATIC, "StateChangeTime": "yesterday"}).notice)
    assert not ONLY_A_TEAMS.takes(alarm_of(of_metric("NumberOfMessagesSent", "AWS/SQS")).notice)


def test_a_session_that_calls_itself_a_person_is_shown_as_a_session() -> None:
    (line,) = lines(told(other("cloudtrail", "StopLogging", userIdentity=role("ci-deploy", "ceo@corp.example"))))
    assert line.startswith("role ci-deploy (session ceo@corp.example) called StopLogging")
