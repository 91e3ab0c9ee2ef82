"""A kept read says later what it said first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secretwatch.functions.rotator.kept_read import to_record
from secretwatch.record.access import Call, SecretAccess, parse
from tests.records import record, role, secret_arn, user

PERMISSION_SET = role("AWSReservedSSO_Developers_0123456789abcdef", "ann@corp.example")
IDENTITIES: dict[str, Any] = {
    "user": user(),
    "role": role(),
    "people's role": PERMISSION_SET,
    "source identity": {**role(), "sessionContext": {**role()["sessionContext"], "sourceIdentity": "bob"}},
    "on behalf of": {**role(), "onBehalfOf": {"userId": "u-1"}},
    "root": {"type": "Root", "arn": "arn:aws:iam::123456789012:root", "accountId": "123456789012"},
    "another account": {"type": "AWSAccount", "accountId": "210987654321", "principalId": "AIDASYNTHETIC"},
    "federated": {"type": "FederatedUser", "arn": "arn:aws:sts::123456789012:federated-user/eve",
                  "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::123456789012:user/alice"}}},
    "none": None,
}  # fmt: skip


def content(access: SecretAccess) -> dict[str, Any]:
    call = {name: getattr(access.call, name) for name in Call.__slots__}
    return {**call, "parameters": dict(access.call.parameters), "id": access.id, "event": access.event_id,
            "time": access.time, "session": access.session}  # fmt: skip


@pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"requestParameters": {"secretId": secret_arn("prod/db"), "versionId": "v1"}, "vpcEndpointId": "vpce-1"},
        {"requestParameters": {"secretId": "prod/db", "versionStage": "AWSPREVIOUS"}, "sharedEventID": "s-1"},
        {"sourceIPAddress": None, "sessionCredentialFromConsole": "true", "userAgent": "\\u202e'; rm -rf /"},
    ],
)
def test_a_kept_read_says_the_same(identity: Any, changes: dict[str, Any]) -> None:
    read = parse(record(userIdentity=identity, **changes))
    assert isinstance(read, SecretAccess)
    again = parse(json.loads(to_record(read)))
    assert isinstance(again, SecretAccess)
    assert content(again) == content(read)
