"""For each detection of modules/alerting: records that must be counted, and records that must not."""

from __future__ import annotations

import json
from typing import Any

from tests.records import ACCOUNT, Record, record, role, user

LOG_GROUP = "/secretwatch/cloudtrail"
ROTATOR = "secretwatch-rotator"
DEPLOYER = "deployer"
TRAIL = "secretwatch-secrets-manager-trail"
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{TRAIL}"
BUCKET = f"secretwatch-cloudtrail-{ACCOUNT}-us-east-1"


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
    "a rotation": record("RotateSecret", requestParameters={"secretId": "x", "rotateImmediately": True}),
    "a new secret": record("CreateSecret", requestParameters={"name": "x"}),
    "a policy read": record("GetResourcePolicy"),
    "versions listed": record("ListSecretVersionIds", userIdentity=role()),
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
                     "ReplicateSecretToRegions", "AssociateCrossAccountReplica", "StopReplicationToReplica",
                     "RemoveRegionsFromReplication")
    } | {
        "the key changed": record("UpdateSecret", requestParameters={"secretId": "x", "kmsKeyId": "alias/theirs"}),
        "another rotation function": record("RotateSecret", requestParameters={"rotationLambdaARN": "f"}),
        "a replica of another account's": record("CreateSecret", requestParameters={"crossAccountPrimaryARN": "p"}),
    },
    "ReadOffHours": {
        "a user at night": record(**NIGHT),
        "late": record(eventTime="2026-01-31T18:00:00Z"),
        "a role in the console": record(userIdentity=role(), sessionCredentialFromConsole="true", **NIGHT),
    },
    "TrailTampering": {
        **{f"{name} by ARN": other("cloudtrail", name, requestParameters={"name": TRAIL_ARN})
           for name in ("StopLogging", "DeleteTrail", "UpdateTrail")},
        "selectors": other("cloudtrail", "PutEventSelectors", requestParameters={"trailName": TRAIL}),
        **{name: other("logs", name, requestParameters={"logGroupName": LOG_GROUP})
           for name in ("DeleteLogGroup", "DeleteSubscriptionFilter", "PutSubscriptionFilter", "DeleteMetricFilter",
                        "PutMetricFilter", "PutRetentionPolicy", "DeleteLogStream", "AssociateKmsKey")},
        "records masked": other("logs", "PutDataProtectionPolicy", requestParameters={
            "logGroupIdentifier": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{LOG_GROUP}"}),
        "records rewritten": other("logs", "PutTransformer", requestParameters={"logGroupIdentifier": LOG_GROUP}),
        "the log group's key, by ARN": other("logs", "DisassociateKmsKey", requestParameters={
            "resourceIdentifier": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{LOG_GROUP}"}),
        **{name: other("s3", name, requestParameters={"bucketName": BUCKET})
           for name in ("DeleteBucket", "DeleteBucketPolicy", "PutBucketPolicy", "PutBucketLifecycle")},
        "a rule disabled": other("events", "DisableRule", requestParameters={"name": "secretwatch-summarizer"}),
        "the clock of waiting rotations": other("events", "DisableRule", requestParameters={"name": f"{ROTATOR}-due"}),
        "its target": other("events", "RemoveTargets", requestParameters={"rule": ROTATOR, "ids": ["1"]}),
        "concurrency": other("lambda", "PutFunctionConcurrency20171031", requestParameters={
            "functionName": "secretwatch-summarizer", "reservedConcurrentExecutions": 0}),
        "code": other("lambda", "UpdateFunctionCode20150331v2", requestParameters={
            "functionName": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{ROTATOR}"}),
        "a mapping": other("lambda", "UpdateEventSourceMapping20150331", responseElements={
            "functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:secretwatch-summarizer"}),
        "a queue": other("sqs", "PurgeQueue", requestParameters={
            "queueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/secretwatch-accesses"}),
        "dead letters moved away": other("sqs", "StartMessageMoveTask", requestParameters={
            "sourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:secretwatch-summarizer-dead-letters"}),
        "who may send": other("sqs", "RemovePermission", requestParameters={
            "queueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/secretwatch-accesses", "label": "x"}),
        "who may publish": other("sns", "RemovePermission", requestParameters={
            "topicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-alerts", "label": "x"}),
        "a webhook": other("ssm", "PutParameter", requestParameters={"name": "/secretwatch/webhooks/slack"}),
        "the freeze": other("ssm", "DeleteParameters", requestParameters={
            "names": ["/theirs", "/secretwatch/rotation/freeze"]}),
        "the table by ARN": other("dynamodb", "UpdateTable", requestParameters={
            "tableName": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/secretwatch-audit"}),
        "who may write to the table": other("dynamodb", "PutResourcePolicy", requestParameters={
            "resourceArn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/secretwatch-audit"}),
        "an alarm muted": other("monitoring", "PutAlarmMuteRule", requestParameters={
            "name": "quiet", "muteTargets": {"alarmNames": ["theirs", "secretwatch-RootRead"]}}),
        "a topic's policy": other("sns", "SetTopicAttributes", requestParameters={
            "topicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-alerts", "attributeName": "Policy"}),
        "a subscription's filter": other("sns", "SetSubscriptionAttributes", requestParameters={
            "subscriptionArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-alerts:1-2-3"}),
        "a topic": other("sns", "DeleteTopic", requestParameters={
            "topicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-alerts"}),
        "a subscription": other("sns", "Unsubscribe", requestParameters={
            "subscriptionArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-operations:1-2-3"}),
        "the table": other("dynamodb", "DeleteTable", requestParameters={"tableName": "secretwatch-audit"}),
        "a role": other("iam", "DeleteRolePolicy", requestParameters={"roleName": "secretwatch-summarizer"}),
        "one of many alarms": other("monitoring", "DeleteAlarms", requestParameters={
            "alarmNames": ["theirs", "secretwatch-RootRead"]}),
        "alarms' actions": other("monitoring", "DisableAlarmActions", requestParameters={
            "alarmNames": ["secretwatch-summarizer-dead-letters"]}),
        "a threshold": other("monitoring", "PutMetricAlarm", requestParameters={"alarmName": "secretwatch-no-records"}),
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
        # A trail may belong to another account, an organization's does.
        **{
            f"{what}, of another account": json.loads(json.dumps(made).replace(ACCOUNT, "210987654321"))
            for what, made in DETECTED["TrailTampering"].items()
            if made["eventSource"] != "cloudtrail.amazonaws.com"
        },
        "denied": other("cloudtrail", "StopLogging", requestParameters={"name": TRAIL}, **DENIED),
        "another trail": other("cloudtrail", "DeleteTrail", requestParameters={"name": "sandbox-trail"}),
        "another log group": other("logs", "DeleteSubscriptionFilter", requestParameters={"logGroupName": "/other"}),
        "a query": other("logs", "StartQuery", requestParameters={"logGroupName": LOG_GROUP}),
        "another deployment's rule": other(
            "events", "DisableRule", requestParameters={"name": "secretwatch-eu-summarizer"}
        ),
        "another deployment's alarm": other(
            "monitoring", "DeleteAlarms", requestParameters={"alarmNames": ["secretwatch-eu-RootRead"]}
        ),
        "another's parameter": other("ssm", "PutParameter", requestParameters={"name": "/secretwatch-eu/webhooks/x"}),
        "another table by ARN": other(
            "dynamodb",
            "UpdateTable",
            requestParameters={"tableName": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/my-secretwatch-audit"},
        ),
        "another alarm muted": other(
            "monitoring",
            "PutAlarmMuteRule",
            requestParameters={"muteTargets": {"alarmNames": ["secretwatch-eu-RootRead"]}},
        ),
        "a row written": other("dynamodb", "PutItem", requestParameters={"tableName": "secretwatch-audit"}),
        "another bucket": other("s3", "PutBucketPolicy", requestParameters={"bucketName": "theirs"}),
        "our own deployment": other(
            "logs", "PutMetricFilter", requestParameters={"logGroupName": LOG_GROUP}, userIdentity=role(DEPLOYER)
        ),
    },
}
assert DETECTED.keys() == NOT_DETECTED.keys()
