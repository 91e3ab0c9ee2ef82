"""Situations that people are notified of, each as the notice that the code makes of it. All synthetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from secretwatch.detect.tuning import Tuning, parse_rules
from secretwatch.functions.digest.message import digest_notice
from secretwatch.functions.notifier.alarm import parse_alarm, with_events
from secretwatch.functions.notifier.trail_log import Counted
from secretwatch.functions.rotator.notices import Exposure, ended_notice, failed_notice, rotated_notice, withheld_notice
from secretwatch.functions.rotator.policy import Reason, Target
from secretwatch.functions.rotator.secret_value import Rotated
from secretwatch.notify.notice import Notice, Prose
from secretwatch.record.event import parse_event
from secretwatch.record.secret_id import parse_secret_id
from tests.days import CANARY, day_of
from tests.documents import notifier_settings
from tests.judging import decided, judged
from tests.records import ACCOUNT, Record, record, role, secret_arn, user

OUTSIDE = "203.0.113.66"
MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"
HOSTILE = "<!channel> <https://evil.example|click> *bold* [x](https://evil.example) @here \u202etxt.exe"


def event_id(number: int) -> str:
    """Return an event id that looks like AWS's and is the same every time."""
    return f"5e0c4f0e-6a0b-4f5e-9d0c-{number:012x}"


def notified(*records: Record, tuning: Tuning | None = None, prose: str | None = None) -> Notice:
    """Return the notice of records that make one story, made by a system that runs in us-east-1."""
    numbered = [{**record, "eventID": event_id(number)} for number, record in enumerate(records)]
    (found,) = decided(*numbered, tuning=tuning)
    (notice,) = found.notices()
    return notice if prose is None else replace(notice, prose=Prose(prose, MODEL, "2", 412, 38))


def alarm(*records: Record, gap: str | None = None, **changes: Any) -> Notice:
    """Return the notice of an alarm with the records behind it, newest first."""
    message = {
        "AlarmName": "secretwatch-SecretAccessedByRole",
        "AlarmDescription": "An assumed role read a secret.",
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [3.0] was greater than or equal to the threshold (1.0).",
        "StateChangeTime": "2026-01-31T12:05:00.000+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:secretwatch-SecretAccessedByRole",
        "Trigger": {"MetricName": "SecretAccessedByRole", "Namespace": "SecretWatch/secretwatch", "Statistic": "SUM",
                    "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
        **changes,
    }  # fmt: skip
    detections = notifier_settings().detections
    parsed = parse_alarm(message, detections)
    assert parsed is not None
    if parsed.window is None:
        return parsed.notice
    numbered = [{**record, "eventID": event_id(number)} for number, record in enumerate(records)]
    return with_events(parsed, Counted(tuple(map(parse_event, numbered)), gap), detections.prefix)


def of_role(name: str, secret: str = "prod/db", minute: int = 0) -> Record:
    """Return a read by a role."""
    when = f"2026-01-31T12:{minute:02}:00Z"
    return record(userIdentity=role(name), requestParameters={"secretId": secret}, eventTime=when)


def of_part(source: str, call: str, **parameters: Any) -> Record:
    """Return a change of one of our own parts, by mallory from outside."""
    return record(call, eventSource=f"{source}.amazonaws.com", userIdentity=user("mallory"), sourceIPAddress=OUTSIDE,
                  requestParameters=parameters)  # fmt: skip


_READ = judged(record(eventID=event_id(0), sourceIPAddress=OUTSIDE, userIdentity=user("mallory")))[0]
_TARGET = Target(parse_secret_id("prod/db"), "generate")
_NOW = datetime.fromisoformat("2026-01-31T12:00:41Z").timestamp()
_EXPOSURE = Exposure(_READ, 200, 0, "4d0c4f0e", _NOW - 1.4)
_STARTED = {"notice": "3" * 32, "version": "5e0c4f0e", "time": "2026-01-31T12:00:41Z"}
_BAND = {
    "ComparisonOperator": "GreaterThanUpperThreshold",
    "ThresholdMetricId": "band",
    "EvaluationPeriods": 2,
    "Metrics": [
        {"Id": "reads", "MetricStat": {"Metric": {"MetricName": "SecretAccessed", "Namespace": "SecretWatch/secretwatch"},
                                       "Period": 300, "Stat": "Sum"}},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(reads, 3)"},
    ],
}  # fmt: skip

_WEEK_BEFORE = "2026-01-24T09:00:00Z"
_CANARY = {**role("secretwatch-canary", "secretwatch-canary"),
           "sessionContext": {"sessionIssuer": {"type": "Role", "arn": CANARY, "userName": "secretwatch-canary"}}}  # fmt: skip


def _usual_day() -> list[Record]:
    """What happens every day: services that read their own secrets, Terraform's role, the canary."""
    services = [
        record(
            userIdentity=role(f"svc-{n}", f"task-{n}{hour}"),
            requestParameters={"secretId": f"svc-{n}/db"},
            userAgent="Boto3/1.34",
            eventTime=f"2026-01-31T{hour:02}:10:00Z",
            eventID=event_id(n * 100 + hour),
        )
        for n in range(6)
        for hour in range(24)
    ]
    secrets = [
        record(
            userIdentity=role("external-secrets", "sync"),
            requestParameters={"secretId": f"svc-{n}/db"},
            userAgent="aws-sdk-go/1.44",
            eventTime=f"2026-01-31T{hour:02}:00:00Z",
            eventID=event_id(10_000 + n * 100 + hour),
        )
        for n in range(6)
        for hour in range(24)
    ]
    canary = [
        record(
            userIdentity=_CANARY,
            requestParameters={"secretId": "secretwatch/canary"},
            eventTime=f"2026-01-31T{hour:02}:30:00Z",
            eventID=event_id(20_000 + hour),
        )
        for hour in range(24)
    ]
    return services + secrets + canary


def _bad_day() -> list[Record]:
    """Beside the usual: a stranger, a stolen key that reads all, a new role, a probe, a change."""

    def at(clock: str, number: int, **changes: Any) -> Record:
        return record(eventTime=f"2026-01-31T{clock}Z", eventID=event_id(30_000 + number), **changes)

    harvest = [
        at(
            f"03:12:{n:02}",
            n,
            userIdentity=role("ci", "build-7"),
            sourceIPAddress=OUTSIDE,
            requestParameters={"secretId": f"team-{n % 3}/service-{n}"},
        )
        for n in range(37)
    ]
    probe = [
        at(
            f"11:00:{n:02}",
            100 + n,
            errorCode="AccessDenied",
            userIdentity=user("eve"),
            requestParameters={"secretId": f"prod/{n}"},
        )
        for n in range(9)
    ]
    noisy = [
        at(
            f"{3 * run:02}:20:{n:02}",
            200 + run * 20 + n,
            userIdentity=role("report", f"run-{run}"),
            userAgent="Boto3/1.34",
            requestParameters={"secretId": f"reports/{run}-{n}"},
        )
        for run in range(6)
        for n in range(12)
    ]
    policy = {
        **at(
            "15:00:00",
            300,
            requestParameters={
                "secretId": secret_arn("prod/db"),
                "resourcePolicy": '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue"}]}',
            },
        ),
        "eventName": "PutResourcePolicy",
    }
    hostile = at(
        "16:00:00",
        301,
        userIdentity=role("deploy", HOSTILE),
        requestParameters={"secretId": HOSTILE},
        sourceIPAddress=OUTSIDE,
    )
    person = at("14:00:00", 302, requestParameters={"secretId": "prod/db"})
    another = at(
        "14:30:00",
        303,
        userAgent="Boto3/1.34",
        userIdentity=role("svc-0", "task-1"),
        requestParameters={"secretId": "svc-1/db"},
    )
    return [*_usual_day(), *harvest, *probe, *noisy, policy, hostile, person, another]


def _yesterday(records: list[Record]) -> list[Record]:
    return [
        {**each, "eventTime": _WEEK_BEFORE, "eventID": f"{each['eventID'][:-1]}x"}
        for each in records
        if CANARY not in str(each["userIdentity"])
    ]


_USUAL = _usual_day()
_DIGEST_ID = "d" * 32
_AUTOMATION = parse_rules('{"automation": ["arn:*:iam::*:role/external-secrets"], "history_days": 30}')

GALLERY: dict[str, Notice] = {
    "read_by_a_user": notified(
        record(), prose="The user alice read prod/db from 198.51.100.7, a trusted network, at 2026-01-31T12:00:00Z."
    ),
    "read_by_a_role_through_an_endpoint": notified(
        record(userIdentity=role(), sourceIPAddress="10.0.3.7", vpcEndpointId="vpce-0123456789abcdef0")
    ),
    "read_from_an_untrusted_network": notified(
        record(userIdentity=user("mallory"), sourceIPAddress=OUTSIDE),
        prose="The user mallory read prod/db from 203.0.113.66, which is outside every trusted network.",
    ),
    "thirty_seven_secrets": notified(
        *(record(requestParameters={"secretId": f"team-{n % 3}/service-{n}"}, userIdentity=role("ci", "build-7"))
          for n in range(37)),
        prose="The role ci read 37 secrets within seconds from 198.51.100.7.",
    ),
    "batch_that_catches_all": notified(
        record("BatchGetSecretValue", requestParameters={"filters": [{"key": "tag-key", "values": ["!x"]}]},
               sourceIPAddress=OUTSIDE, userIdentity=user("mallory")),
    ),
    "denied_again_and_again": notified(
        *(record(errorCode="AccessDenied", userIdentity=user("eve"), requestParameters={"secretId": f"s{n}"})
          for n in range(6)),
    ),
    "decoy": notified(record(requestParameters={"secretId": "honey/aws-root"}), tuning=parse_rules('{"decoys": ["honey/*"]}')),
    "root": notified(record(userIdentity={"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT})),
    "from_another_account": notified(record(userIdentity={"type": "AWSAccount", "principalId": "AIDA:x", "accountId": "210987654321"})),
    "shared_with_the_world": notified(
        record("PutResourcePolicy", requestParameters={"secretId": secret_arn("prod/db"), "resourcePolicy":
               '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue"}]}'}),
    ),
    "deleted_without_recovery": notified(
        record("DeleteSecret", requestParameters={"secretId": "prod/db", "forceDeleteWithoutRecovery": True}),
    ),
    "in_govcloud": notified(record(awsRegion="us-gov-west-1")),
    "in_china": notified(record(awsRegion="cn-north-1")),
    "hostile_names": notified(
        record(userIdentity=role("deploy", HOSTILE), userAgent=HOSTILE, requestParameters={"secretId": HOSTILE},
               sourceIPAddress=OUTSIDE),
    ),
    "emoji_and_endless_names": notified(record(requestParameters={"secretId": "🔑" * 5000}, userAgent="x" * 10_000)),
    "rotated": rotated_notice(_EXPOSURE, _TARGET, Rotated("arn", "5e0c4f0e", "4d0c4f0e", confirmed=True), _NOW),
    "rotation_started": rotated_notice(_EXPOSURE, replace(_TARGET, strategy="managed"),
                                       Rotated("arn", "5e0c4f0e", "4d0c4f0e", confirmed=False), _NOW),
    "rotation_confirmed": ended_notice(_READ, "prod/db", _STARTED, True, "Secrets Manager recorded RotationSucceeded"),
    "rotation_failed": ended_notice(_READ, "prod/db", _STARTED, False, "Secrets Manager recorded RotationFailed"),
    "not_rotated": failed_notice(_EXPOSURE, _TARGET, "access denied: the rotator's role may not use the secret's KMS key"),
    "dry_run": withheld_notice(_EXPOSURE, _TARGET, Reason.DRY_RUN),
    "breaker": withheld_notice(_EXPOSURE, _TARGET, Reason.BREAKER),
    "frozen": withheld_notice(_EXPOSURE, _TARGET, Reason.FROZEN),
    "alarm_with_who": alarm(of_role("deploy", "prod/db", 4), of_role("deploy", "prod/api", 3), of_role("ci", "prod/db", 1)),
    "digest_of_a_quiet_day": digest_notice(
        day_of(*_USUAL, before=_yesterday(_USUAL), tuning=_AUTOMATION), _DIGEST_ID, "us-east-1"),
    "digest_of_a_bad_day": digest_notice(
        day_of(*_bad_day(), before=_yesterday(_USUAL), tuning=_AUTOMATION, calls=[3, 200, 11],
               delays={"logs": [312.0, 655.0], "events": []}), _DIGEST_ID, "us-east-1"),
    "digest_of_an_empty_day": digest_notice(day_of(delays={}), _DIGEST_ID, "us-east-1"),
    "alarm_before_its_records": alarm(),
    "alarm_without_an_answer": alarm(gap="CloudWatch Logs did not answer: AccessDeniedException"),
    "alarm_of_the_trail": alarm(
        of_part("s3", "PutBucketPolicy", bucketName="secretwatch-cloudtrail-123456789012-us-east-1", policy="", Host="s3"),
        of_part("cloudtrail", "StopLogging", name=f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/secretwatch-trail"),
        AlarmName="secretwatch-TrailTampering",
        AlarmDescription="[critical] A part of the watch itself was changed, stopped or deleted: from here on reads may go unseen. (T1562.008)",
        Trigger={"MetricName": "TrailTampering", "Namespace": "SecretWatch/secretwatch", "Period": 60, "EvaluationPeriods": 1},
    ),
    "alarm_of_hostile_records": alarm(
        record(HOSTILE, eventSource="s3.amazonaws.com", userIdentity=role("deploy", HOSTILE), sourceIPAddress=HOSTILE,
               errorCode=HOSTILE, requestParameters={"bucketName": HOSTILE}),
        AlarmName="secretwatch-TrailTampering",
        Trigger={"MetricName": "TrailTampering", "Namespace": "SecretWatch/secretwatch"},
    ),
    "alarm_of_the_band": alarm(*(of_role(f"svc-{n % 8}", f"s{n}", 59 - n // 2) for n in range(90)),
                               gap="only the newest were looked at",
                               AlarmName="secretwatch-SecretAccessed", Trigger=_BAND,
                               AlarmDescription="Far more reads of secrets than usual at this hour."),
    "alarm_composite": alarm(record(userIdentity=user("mallory")), AlarmName="secretwatch-several", Trigger=None,
                             NewStateReason=f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:secretwatch-SecretAccessed "
                                            "transitioned to ALARM at Saturday 31 January, 2026 12:04:40 UTC",
                             AlarmRule='ALARM("secretwatch-SecretAccessed") OR ALARM("secretwatch-DeniedReads")'),
    "alarm_over": alarm(NewStateValue="OK", NewStateReason="Threshold Crossed: no datapoint was above the threshold."),
    "alarm_without_data": alarm(NewStateValue="INSUFFICIENT_DATA", NewStateReason="no datapoints were received"),
}  # fmt: skip
