"""A read that is answered later: what the answer needs of its record, as a record that is parsed again."""

from __future__ import annotations

import json
from typing import Any

from secretwatch.record.access import EVENT_SOURCE, SecretAccess
from secretwatch.runtime.text import timestamp

_ISSUED = ("AssumedRole", "Role", "FederatedUser")
"""Types of identities whose key is that of their session's issuer."""


def to_record(access: SecretAccess, version: str | None = None) -> str:
    """Return the JSON of a CloudTrail record that says the same as an access of a single secret.

    ``version`` is the one whose value it returned: its label may be another's by the time it is answered.
    """
    call = access.call
    parameters = dict(call.parameters)
    if version is not None:
        parameters.pop("versionStage", None)
        parameters["versionId"] = version
    record = {
        "eventSource": EVENT_SOURCE,
        "eventType": "AwsApiCall",
        "eventName": call.event_name,
        "eventID": access.event_id,
        "sharedEventID": access.shared_event_id,
        "eventTime": timestamp(access.time),
        "awsRegion": call.region,
        "recipientAccountId": call.account,
        "sourceIPAddress": call.source_address,
        "vpcEndpointId": call.vpc_endpoint_id,
        "userAgent": call.user_agent,
        "errorCode": call.error_code,
        "sessionCredentialFromConsole": "true" if call.from_console else None,
        "requestParameters": parameters,
        "userIdentity": _identity(access),
    }
    return json.dumps(record, default=str)


def _identity(access: SecretAccess) -> dict[str, Any]:
    principal, session = access.call.principal, access.session
    return {
        "type": principal.type,
        "arn": _arn(access),
        "accountId": principal.account,
        "userName": principal.name,
        "invokedBy": access.call.invoked_by,
        "accessKeyId": session.access_key_id,
        "principalId": session.principal_id,
        "sessionContext": {
            "sourceIdentity": session.source_identity,
            "sessionIssuer": {"arn": principal.key} if principal.type in _ISSUED else {},
        },
        "onBehalfOf": {"userId": session.on_behalf_of},
    }


def _arn(access: SecretAccess) -> str:
    key, name = access.call.principal.key, access.session.name
    parts = key.split(":")
    if name is None or len(parts) < 6:
        return key
    federated = access.call.principal.type == "FederatedUser"
    kind = "federated-user" if federated else f"assumed-role/{key.rpartition('/')[2]}"
    return f"{parts[0]}:{parts[1]}:sts::{parts[4]}:{kind}/{name}"
