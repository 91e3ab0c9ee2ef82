"""Synthetic CloudTrail records, shaped like CloudTrail's own. None was recorded anywhere."""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
Record = dict[str, Any]


def user(name: str = "alice") -> Record:
    return {
        "type": "IAMUser",
        "principalId": "AIDASYNTHETIC0000000",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": "AKIASYNTHETIC0000000",
        "userName": name,
    }


def role(name: str = "deploy", session: str = "release-42") -> Record:
    return {
        "type": "AssumedRole",
        "principalId": f"AROASYNTHETIC0000000:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIASYNTHETIC0000000",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROASYNTHETIC0000000",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                "accountId": ACCOUNT,
                "userName": name,
            }
        },
    }


def record(name: str = "GetSecretValue", **changes: Any) -> Record:
    """A successful read of prod/db by alice from the office, with ``changes``."""
    base: Record = {
        "eventVersion": "1.11",
        "userIdentity": user(),
        "eventTime": "2026-01-31T12:00:00Z",
        "eventSource": "secretsmanager.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.0 (synthetic)",
        "requestParameters": {"secretId": "prod/db"},
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    return {**base, **changes}


def secret_arn(name: str, suffix: str = "Ab12Cd", region: str = REGION) -> str:
    return f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-{suffix}"


def awslogs(*records: Any) -> Record:
    """What a subscription filter hands to Lambda; a text stands for a log event that is not JSON."""
    events = [
        {"id": str(number), "timestamp": 0, "message": r if isinstance(r, str) else json.dumps(r)}
        for number, r in enumerate(records)
    ]
    return {"awslogs": {"data": encode({"messageType": "DATA_MESSAGE", "logEvents": events})}}


def encode(payload: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(payload).encode())).decode()


def eventbridge(detail: Record) -> Record:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.secretsmanager",
        "account": ACCOUNT,
        "time": detail.get("eventTime"),
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def sqs(*bodies: Any) -> Record:
    return {
        "Records": [
            {"messageId": f"m{number}", "eventSource": "aws:sqs", "body": b if isinstance(b, str) else json.dumps(b)}
            for number, b in enumerate(bodies)
        ]
    }


def channel_batch(*messages: str, channel: str = "slack", **attributes: Any) -> Record:
    """Return what Lambda hands over of a channel's queue: SNS's envelopes, each with a message."""
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:secretwatch-alerts"
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:secretwatch-channel-{channel}",
                "body": json.dumps(
                    {"Type": "Notification", "TopicArn": topic, "MessageId": f"s{number}", "Message": message}
                    | attributes
                ),
            }
            for number, message in enumerate(messages)
        ]
    }


def sns(message: str, **attributes: Any) -> Record:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "s1", "Message": message, **attributes}}]}
