"""A read of a secret as CloudTrail records it and EventBridge sends it: what patterns are tried with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tools.verify.names import Names


def record(names: Names, at: datetime) -> dict[str, Any]:
    """Return the record of a read that never happened."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:{names.partition}:iam::{names.account}:user/example",
            "accountId": names.account,
            "userName": "example",
        },
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "secretsmanager.amazonaws.com",
        "eventName": "GetSecretValue",
        "awsRegion": names.region,
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "secretwatch-verify",
        "requestParameters": {"secretId": "example"},
        "responseElements": None,
        "requestID": "00000000-0000-4000-8000-000000000000",
        "eventID": "00000000-0000-4000-8000-000000000001",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": names.account,
        "eventCategory": "Management",
    }


def records(names: Names, at: datetime) -> dict[str, dict[str, Any]]:
    """Return reads by whoever may make them, by what they are: a pattern may leave some of them out."""
    made, account = record(names, at), f"arn:{names.partition}:iam::{names.account}"
    role = {
        "type": "AssumedRole",
        "arn": f"arn:{names.partition}:sts::{names.account}:assumed-role/example/session",
        "accountId": names.account,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"{account}:role/example"}},
    }
    return {
        "a user's read": made,
        "a role's read": made | {"userIdentity": role},
        "the root user's read": made
        | {"userIdentity": {"type": "Root", "arn": f"{account}:root", "accountId": names.account}},
        "a batch": made | {"eventName": "BatchGetSecretValue", "requestParameters": {"secretIdList": ["example"]}},
    }


def event(names: Names, at: datetime, detail: dict[str, Any]) -> str:
    """Return a record as EventBridge sends it."""
    return json.dumps(
        {
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000002",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.secretsmanager",
            "account": names.account,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": names.region,
            "resources": [],
            "detail": detail,
        }
    )
