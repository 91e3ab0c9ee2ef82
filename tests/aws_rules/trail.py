"""CloudTrail: bucket, log group and role of a trail, and its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.aws_rules.keys import planned_role_statements, trail_arn
from tests.aws_rules.planned import Planned
from tests.aws_rules.policy import Request, allows
from tests.aws_rules.rule import Problem, rule


@rule(
    "cloudtrail.bucket-policy",
    page='"Amazon S3 bucket policy for CloudTrail"',
    looks_at="the policy of a trail's bucket",
    cure="let CloudTrail s3:GetBucketAcl on the bucket and s3:PutObject under AWSLogs/<account>/, by aws:SourceArn",
)
def _bucket_policy(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        bucket = trail.values["s3_bucket_name"]
        arn = f"arn:{planned.partition}:s3:::{bucket}"
        context = {"aws:SourceArn": trail_arn(planned, trail), "aws:SecureTransport": "true"}
        put = context | {"s3:x-amz-acl": "bucket-owner-full-control"}
        log_file = f"{arn}/AWSLogs/{planned.account}/CloudTrail/{planned.region}/2026/01/01/file.json.gz"
        requests = [
            Request("s3:GetBucketAcl", arn, "cloudtrail.amazonaws.com", context),
            Request("s3:PutObject", log_file, "cloudtrail.amazonaws.com", put),
        ]
        for policy in planned.of("aws_s3_bucket_policy"):
            if policy.values.get("bucket") == bucket:
                for request in requests:
                    if not allows(policy.statements(), request):
                        yield policy.address, f"does not let CloudTrail {request.action}"


@rule(
    "cloudtrail.log-role-trust",
    page='"Role policy document for CloudTrail to use CloudWatch Logs for monitoring"',
    looks_at="the role by which a trail writes to its log group",
    cure="no condition in its trust policy: CloudTrail sends neither aws:SourceArn nor aws:SourceAccount there",
)
def _log_role_trust(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        for role in planned.referred(trail, "cloud_watch_logs_role_arn", "aws_iam_role"):
            request = Request("sts:AssumeRole", service="cloudtrail.amazonaws.com")
            if not allows(role.statements("assume_role_policy"), request):
                yield role.address, "CloudTrail cannot assume it"


@rule(
    "cloudtrail.log-role-permissions",
    page='"Role policy document for CloudTrail to use CloudWatch Logs for monitoring"',
    looks_at="the role by which a trail writes to its log group",
    cure="logs:CreateLogStream and logs:PutLogEvents on the stream <account>_CloudTrail_<region>",
)
def _log_role_permissions(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        for role in planned.referred(trail, "cloud_watch_logs_role_arn", "aws_iam_role"):
            for group in planned.referred(trail, "cloud_watch_logs_group_arn", "aws_cloudwatch_log_group"):
                stream = f"{planned.account}_CloudTrail_{planned.region}"
                arn = planned.arn("logs", f"log-group:{group.values['name']}:log-stream:{stream}")
                for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                    if not allows(planned_role_statements(planned, role), Request(action, arn)):
                        yield role.address, f"may not {action} on {stream}"


@rule(
    "cloudtrail.name",
    page='"Naming requirements for CloudTrail resources, S3 buckets, and KMS keys"',
    looks_at="a trail's name",
    cure="3 to 128 letters, digits, dots, underscores, hyphens; begins and ends with a letter or digit; no two marks "
    "in a row; not an IP address",
)
def _name(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        name = trail.values["name"]
        if not re.fullmatch(r"(?=.{3,128}$)[A-Za-z0-9]+([._-][A-Za-z0-9]+)*", name) or re.fullmatch(r"[\d.]+", name):
            yield trail.address, f"cannot be called {name!r}"


@rule(
    "cloudtrail.kms-writes",
    page='"Logging management events"',
    looks_at="what a trail leaves out",
    cure="leave out kms.amazonaws.com only for reads (Decrypt, GenerateDataKey, Encrypt are logged as reads): "
    "DisableKey, ScheduleKeyDeletion and PutKeyPolicy are writes and would blind us",
)
def _kms_writes(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        selectors = trail.values.get("event_selector") or []
        if selectors and not any(_takes_kms_writes(selector) for selector in selectors):
            yield trail.address, "no write to KMS is recorded, be it a deletion of our key"


def _takes_kms_writes(selector: dict[str, Any]) -> bool:
    excluded = selector.get("exclude_management_event_sources") or []
    return selector["read_write_type"] != "ReadOnly" and "kms.amazonaws.com" not in excluded


@rule(
    "cloudtrail.selectors",
    page='"PutEventSelectors"',
    looks_at="the event selectors of a trail",
    cure="at most five, and reads and writes of management events among what they take",
)
def _selectors(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        selectors = trail.values.get("event_selector") or []
        if len(selectors) > 5:
            yield trail.address, f"has {len(selectors)} event selectors"
        taken = {s["read_write_type"] for s in selectors if s.get("include_management_events")}
        if selectors and "All" not in taken and not {"ReadOnly", "WriteOnly"} <= taken:
            yield trail.address, f"records {', '.join(sorted(taken)) or 'no'} management events only"
