"""For each detection of modules/alerting: records that must be counted, and records that must not."""

from __future__ import annotations

from typing import Any

from tests.records import ACCOUNT, Record, record, role, user

LOG_GROUP = "/secretwatch/cloudtrail"
ROTATOR = "secretwatch-rotator"


def other(source: str, name: str, **changes: Any) -> Record:
    """A successful call to another service by an administrator."""
    made = record(name, eventSource=f"{source}.amazonaws.com", userIdentity=user("admin"), requestParameters={})
    return {**made, **changes}


ROOT = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
NIGHT, DAY = {"eventTime": "2026-01-31T03:59:59Z"}, {"eventTime": "2026-01-31T08:00:00Z"}
DENIED = {"errorCode": "AccessDenied"}

NOISE: dict[str, Record] = {
    "a list": record("ListSecrets", userIdentity=role()),
    "a description": record("DescribeSecret"),
    "a value written": record("PutSecretValue", userIdentity=role()),
    "a parameter read": other("ssm", "GetParameter", userIdentity=role()),
    "a service's event": record("RotationSucceeded", eventType="AwsServiceEvent", userIdentity={"type": "AWSService"}),
    "a trail looked at": other("cloudtrail", "DescribeTrails"),
    "another log group deleted": other("logs", "DeleteLogGroup", requestParameters={"logGroupName": "/other"}),
    "a tag": record("UpdateSecret", requestParameters={"secretId": "x", "description": "new"}),
    "an endpoint's event": record(eventType="AwsVpceEvent", userIdentity=ROOT, **NIGHT),
}

DETECTED: dict[str, dict[str, Record]] = {
    "SecretAccessed": {
        "a user": record(),
        "a role": record(userIdentity=role()),
        "a batch": record("BatchGetSecretValue"),
    },
    "SecretAccessedByRole": {
        "a role": record(userIdentity=role()),
        "in a batch": record("BatchGetSecretValue", userIdentity=role()),
        "a role without issuer": record(userIdentity={"type": "AssumedRole"}),
    },
    "DeniedReads": {
        "denied": record(**DENIED),
        "denied, the other code": record(errorCode="AccessDeniedException", userIdentity=role()),
        "a batch": record("BatchGetSecretValue", **DENIED),
    },
    "RootRead": {"root": record(userIdentity=ROOT)},
    "BatchRead": {"a batch": record("BatchGetSecretValue", requestParameters={"filters": []})},
    "SecretTampering": {
        name: record(name)
        for name in ("PutResourcePolicy", "DeleteResourcePolicy", "DeleteSecret", "RestoreSecret", "CancelRotateSecret",
                     "ReplicateSecretToRegions")
    } | {"the key changed": record("UpdateSecret", requestParameters={"secretId": "x", "kmsKeyId": "alias/theirs"})},
    "ReadOffHours": {
        "a user at night": record(**NIGHT),
        "late": record(eventTime="2026-01-31T18:00:00Z"),
        "a role in the console": record(userIdentity=role(), sessionCredentialFromConsole="true", **NIGHT),
    },
    "TrailTampering": {
        **{name: other("cloudtrail", name)
           for name in ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")},
        **{name: other("logs", name, requestParameters={"logGroupName": LOG_GROUP})
           for name in ("DeleteLogGroup", "DeleteSubscriptionFilter", "PutSubscriptionFilter", "DeleteMetricFilter",
                        "PutMetricFilter", "PutRetentionPolicy", "DeleteLogStream")},
    },
}  # fmt: skip

NOT_DETECTED: dict[str, dict[str, Record]] = {
    "SecretAccessed": {"denied": record(**DENIED), "failed": record(errorCode="ResourceNotFoundException")},
    "SecretAccessedByRole": {
        "a user": record(),
        "denied": record(userIdentity=role(), **DENIED),
        "our rotator": record(userIdentity=role(ROTATOR)),
    },
    "DeniedReads": {"allowed": record(), "failed": record(errorCode="ResourceNotFoundException")},
    "RootRead": {"a user": record(), "root denied": record(userIdentity=ROOT, **DENIED)},
    "BatchRead": {"one": record(), "denied": record("BatchGetSecretValue", **DENIED)},
    "SecretTampering": {"denied": record("DeleteSecret", **DENIED), "a read": record()},
    "ReadOffHours": {
        "by day": record(**DAY),
        "the last minute": record(eventTime="2026-01-31T17:59:59Z"),
        "a role": record(userIdentity=role(), **NIGHT),
        "denied": record(**NIGHT, **DENIED),
        "at eight and three seconds": record(eventTime="2026-01-31T08:03:03Z"),
    },
    "TrailTampering": {
        "denied": other("cloudtrail", "StopLogging", **DENIED),
        "another log group": other("logs", "DeleteSubscriptionFilter", requestParameters={"logGroupName": "/other"}),
        "a query": other("logs", "StartQuery", requestParameters={"logGroupName": LOG_GROUP}),
    },
}
assert DETECTED.keys() == NOT_DETECTED.keys()
