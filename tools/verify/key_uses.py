"""Which service uses the key of which thing by itself, for what, and with which condition keys.

The one place of this knowledge: ``make verify`` judges the keys of a deployment by it, and the rules
over plans (tests/aws_rules) those that the modules would make. What is written with the permissions of
whoever calls (the audit table, the buckets of summaries and results, parameters, secrets) is not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Place(Protocol):
    """A partition, region and account."""

    @property
    def partition(self) -> str:
        """Such as aws."""

    @property
    def region(self) -> str:
        """Such as eu-west-1."""

    @property
    def account(self) -> str:
        """Twelve digits."""

    @property
    def dns_suffix(self) -> str:
        """Of the names of services that have one for each partition: amazonaws.com, in China amazonaws.com.cn."""

    def arn(self, service: str, resource: str, /) -> str:
        """Return the ARN of something in this place."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One service's use of a key for one thing."""

    service: str
    actions: tuple[str, ...]
    sends: Mapping[str, str] = field(default_factory=dict)
    """Condition keys that come with the call by AWS's page; a policy may ask for no other."""
    lacks: frozenset[str] = frozenset()
    """Condition keys that do not come, by AWS's page."""


_CONTEXT = "kms:EncryptionContext:"
_WRITE = ("kms:GenerateDataKey", "kms:Decrypt")
_LOG_GROUP = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:DescribeKey",
)
_NOT_THE_TRAILS = frozenset({f"{_CONTEXT}aws:cloudtrail:arn"})
_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_EVENTS = "events.amazonaws.com"
TOPIC_PUBLISHERS = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com", _EVENTS, "s3.amazonaws.com")
"""Services that publish to a topic by themselves, CloudTrail aside."""


def of_trail(place: Place, trail_arn: str) -> Iterator[KeyUse]:
    """Log files. AWS: "Configure AWS KMS key policies for CloudTrail"."""
    source = _source(place, trail_arn)
    context = {f"{_CONTEXT}aws:cloudtrail:arn": trail_arn}
    yield KeyUse(_CLOUDTRAIL, ("kms:GenerateDataKey",), source | context)
    yield KeyUse(_CLOUDTRAIL, ("kms:DescribeKey",), source, _NOT_THE_TRAILS)


def of_trail_bucket(place: Place, trail_arn: str, bucket: str) -> KeyUse:
    """A bucket with an S3 Bucket Key: the context may be the bucket's, and CloudTrail must be able to decrypt.

    AWS: "Configure AWS KMS key policies for CloudTrail".
    """
    context = {f"{_CONTEXT}aws:s3:arn": f"arn:{place.partition}:s3:::{bucket}"}
    return KeyUse(_CLOUDTRAIL, _WRITE, _source(place, trail_arn) | context, _NOT_THE_TRAILS)


def of_trail_topic(place: Place, trail_arn: str, topic_arn: str) -> KeyUse:
    """A topic that a trail publishes to: with the topic's context, not the trail's.

    AWS: "Amazon SNS topic policy for CloudTrail".
    """
    context = {f"{_CONTEXT}aws:sns:topicArn": topic_arn}
    return KeyUse(_CLOUDTRAIL, _WRITE, _source(place, trail_arn) | context, _NOT_THE_TRAILS)


def of_log_group(place: Place, name: str) -> KeyUse:
    """AWS: "Encrypt log data in CloudWatch Logs using AWS Key Management Service"."""
    context = {f"{_CONTEXT}aws:logs:arn": place.arn("logs", f"log-group:{name}")}
    return KeyUse(f"logs.{place.region}.{place.dns_suffix}", _LOG_GROUP, context)


def of_topic(place: Place, publisher: str) -> KeyUse:
    """AWS: "Managing Amazon SNS encryption keys and costs".

    There of EventBridge: condition keys aws:SourceAccount and aws:SourceArn are not supported.
    """
    if publisher == _EVENTS:
        return KeyUse(publisher, _WRITE, lacks=frozenset({"aws:SourceAccount", "aws:SourceArn"}))
    return KeyUse(publisher, _WRITE, {"aws:SourceAccount": place.account})


def of_queue(sender: str) -> KeyUse:
    """AWS: "Amazon SQS Key management". That EventBridge or SNS sends condition keys along is unproven."""
    return KeyUse(sender, _WRITE)


def _source(place: Place, arn: str) -> dict[str, str]:
    return {"aws:SourceArn": arn, "aws:SourceAccount": place.account}
