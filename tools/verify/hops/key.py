"""KMS: each key that something here is encrypted with, and whether AWS's services may use it for that.

AWS: "Configure AWS KMS key policies for CloudTrail", "Encrypt log data in CloudWatch Logs using AWS KMS",
"Key management" (Amazon SNS and Amazon SQS: compatibility with AWS services).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.verify import policies
from tools.verify.deployment import Check, Deployment
from tools.verify.result import Result, failed, ok, skipped

_DATA_KEYS = ("kms:GenerateDataKey", "kms:Decrypt")
_LOG_GROUP = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:DescribeKey",
)


@dataclass(frozen=True, slots=True)
class Need:
    """What one service must be allowed with the key of one thing."""

    key: str
    thing: str
    service: str
    actions: Sequence[str]
    context: policies.Context


def needs(deployment: Deployment) -> Iterator[Need]:
    """Yield what the keys are needed for: trail, log group, topics, queue."""
    names = deployment.names
    account = {"aws:SourceAccount": names.account}
    trail = deployment.trail or {}
    if key := trail.get("KmsKeyId"):
        arn = trail["TrailARN"]
        context = {**account, "aws:SourceArn": arn, "kms:EncryptionContext:aws:cloudtrail:arn": arn}
        yield Need(key, "the trail", "cloudtrail.amazonaws.com", ("kms:GenerateDataKey", "kms:DescribeKey"), context)
    group = deployment.log_group_description(deployment.log_group) if deployment.log_group else None
    if group and (key := group.get("kmsKeyId")):
        context = {"kms:EncryptionContext:aws:logs:arn": names.arn("logs", f"log-group:{deployment.log_group}")}
        yield Need(key, "the log group", f"logs.{names.region}.{names.dns_suffix}", _LOG_GROUP, context)
    for what, topic in (("alerts", deployment.alerts_topic_arn), ("operations", names.operations_topic_arn)):
        if key := (deployment.topic(topic) or {}).get("KmsMasterKeyId"):
            alarm = {**account, "aws:SourceArn": names.arn("cloudwatch", f"alarm:{names.prefix}-no-records")}
            yield Need(key, f"the {what} topic", "cloudwatch.amazonaws.com", _DATA_KEYS, alarm)
    if key := (deployment.queue or {}).get("KmsMasterKeyId"):
        context = {**account, "aws:SourceArn": names.arn("events", f"rule/{names.function('summarizer')}")}
        yield Need(key, "the queue", "events.amazonaws.com", _DATA_KEYS, context)


def keys(deployment: Deployment) -> Iterator[Result]:
    """Each key: enabled, and its policy in effect."""
    found = list(needs(deployment))
    table_key = ((deployment.table or {}).get("SSEDescription") or {}).get("KMSMasterKeyArn")
    if not found and table_key is None:
        yield skipped("key", "nothing that was found is encrypted with a KMS key")
    seen: set[str] = set()
    for identifier in [*([table_key] if table_key else []), *(need.key for need in found)]:
        key = deployment.key(identifier)
        if key["KeyId"] not in seen:
            seen.add(key["KeyId"])
            yield judge_key(key)
    for need in found:
        yield judge_need(need, deployment.key(need.key))


def judge_key(key: Mapping[str, Any]) -> Result:
    """Return whether a key (DescribeKey) can be used."""
    name, identifier = "key: enabled", key["KeyId"]
    state = key.get("KeyState", "Enabled")
    if state == "Enabled":
        return ok(name, identifier)
    cure = f"aws kms enable-key --key-id {identifier}"
    if state == "PendingDeletion":
        cure = f"aws kms cancel-key-deletion --key-id {identifier} && {cure}"
    return failed(name, f"{identifier} is {state}: nothing can be written, read or sent", cure)


def judge_need(need: Need, key: Mapping[str, Any]) -> Result:
    """Return whether a key's policy lets a service do what it must."""
    name, policy = f"key: {need.service} for {need.thing}", key["Policy"]
    refused = [action for action in need.actions if not policies.allows(policy, need.service, action, need.context)]
    if not refused:
        return ok(name, "its policy allows it")
    return failed(
        name,
        f"the policy of key {key['KeyId']} does not let {need.service} do {', '.join(refused)}",
        "apply the module again; to a key of your own add the statements that the README's part on keys lists",
    )


CHECKS = (Check("key", keys),)
