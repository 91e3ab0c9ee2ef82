"""What Terraform hands to each function, valid and as small as it can be: the variables and the settings document.

A test changes one thing of it and sees what comes of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secretwatch.functions.notifier.settings import NotifierSettings
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.runtime.settings import Document, Environment
from tests.records import ACCOUNT

TABLE = "secretwatch-audit"
BUCKET = "summaries"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
FREEZE = "/secretwatch/rotation/freeze"
ROTATOR = f"arn:aws:iam::{ACCOUNT}:role/secretwatch-rotator"
MODEL = "some.model"
OFFICE = ["198.51.100.0/24"]
GENERATE: dict[str, Any] = {
    "strategy": "generate",
    "json_keys": ["password"],
    "format": None,
    "password_length": 32,
    "character_classes": ["lowercase", "uppercase", "digits", "symbols"],
    "exclude_characters": "",
    "exempt_principal_arns": [],
}
MANAGED: dict[str, Any] = {"strategy": "managed", "exempt_principal_arns": []}
NOTIFY_ONLY: dict[str, Any] = {"strategy": "notify_only", "exempt_principal_arns": []}

VARIABLES: Mapping[str, Mapping[str, str]] = {
    "summarizer": {"AUDIT_TABLE": TABLE, "SUMMARIES_BUCKET": BUCKET, "ALERTS_TOPIC_ARN": TOPIC},
    "rotator": {"AUDIT_TABLE": TABLE, "ALERTS_TOPIC_ARN": TOPIC, "FREEZE_PARAMETER": FREEZE},
    "ranges": {"SUMMARIES_BUCKET": BUCKET},
    "notifier": {
        "AUDIT_TABLE": TABLE,
        "LOG_GROUP": "/secretwatch/cloudtrail",
        "METRIC_NAMESPACE": "SecretWatch/secretwatch",
        "KEY_TAMPERING_PATTERNS": '{ $.eventSource = "kms.amazonaws.com" && $.eventName = "DisableKey" }',
    },
    "digest": {"AUDIT_TABLE": TABLE, "ALERTS_TOPIC_ARN": TOPIC},
}
"""Function → its environment variables."""


def channel(kind: str, parameter: str, **changes: Any) -> dict[str, Any]:
    """Return the settings of a channel that takes every notice."""
    every = {"minimum_severity": "info", "secrets": [], "digest": True}
    own = {"slack_channel": "C0123456789"} if kind == "slack_bot" else {}
    return {"type": kind, "webhook_parameter": parameter, **every, **own, **changes}


DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "summarizer": {
        "audit_retention_days": 365,
        "bedrock_model": None,
        "bedrock_region": None,
        "summary_language": "English",
        "guardrail_id": None,
        "guardrail_version": "DRAFT",
        "model_calls_per_hour": 200,
        "model_minimum_severity": "low",
        "trusted_cidrs": OFFICE,
        "trusted_vpc_endpoint_ids": [],
        "network_names": "",
        "refresh_published_ranges": True,
        "rules": {},
        "own_principal_arns": [ROTATOR],
    },
    "rotator": {
        "audit_retention_days": 365,
        "trusted_cidrs": OFFICE,
        "trusted_vpc_endpoint_ids": [],
        "rotation_targets": {"prod/db": GENERATE},
        "rotation_exempt_principal_arns": [ROTATOR],
        "rotation_mode": "rotate",
        "rotate_unknown": False,
        "rotation_cooldown_minutes": 15,
        "rotations_per_hour": 10,
        "enable_security_hub_findings": False,
    },
    "ranges": {},
    "notifier": {
        "channels": {"slack": channel("slack", "/webhooks/slack")},
        "patterns": {
            "SecretAccessed": ['{ $.eventName = "GetSecretValue" && $.errorCode NOT EXISTS }'],
            "SecretAccessedByRole": ['{ $.eventName = "GetSecretValue" && $.userIdentity.type = "AssumedRole" }'],
            "TrailTampering": ['{ $.eventName = "StopLogging" }', '{ $.eventName = "PutBucketPolicy" }'],
        },
        "alarm_seconds": {"SecretAccessed": 1200, "SecretAccessedByRole": 60},
    },
    "digest": {
        "rules": {},
        "own_principal_arns": [ROTATOR],
        "canary_paths": ["logs", "events"],
        "bedrock_model_id": MODEL,
        "model_calls_per_hour": 200,
    },
}
"""Function → its settings document."""


def environment(function: str, **changes: str) -> Environment:
    """Return a function's environment with changes; an empty text is a missing variable."""
    return Environment({**VARIABLES[function], **changes})


def document(function: str, **changes: Any) -> Document:
    """Return a function's settings document with changes."""
    return Document({**DOCUMENTS[function], **changes})


def summarizer_settings(**changes: Any) -> SummarizerSettings:
    """Return the summarizer's settings with changes to its document."""
    return SummarizerSettings.read(environment("summarizer"), document("summarizer", **changes))


def rotator_settings(**changes: Any) -> RotatorSettings:
    """Return the rotator's settings with changes to its document."""
    return RotatorSettings.read(environment("rotator"), document("rotator", **changes))


def notifier_settings(channels: Any = DOCUMENTS["notifier"]["channels"]) -> NotifierSettings:
    """Return the notifier's settings with these channels."""
    return NotifierSettings.read(environment("notifier"), document("notifier", channels=channels))
