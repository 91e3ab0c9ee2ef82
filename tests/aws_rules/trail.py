"""CloudTrail: bucket, log group and role of a trail, and its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.aws_rules.keys import planned_role_statements, trail_arn
from tests.aws_rules.planned import Planned, Resource
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


@dataclass(frozen=True, slots=True)
class Taken:
    """What one event selector takes of management events."""

    reads: bool
    writes: bool
    without: frozenset[str]
    """Event sources that it leaves out."""


def _taken(trail: Resource) -> Iterator[Taken]:
    """Yield what a trail's selectors take, basic or advanced; a trail without any takes everything."""
    basic, advanced = trail.values.get("event_selector") or [], trail.values.get("advanced_event_selector") or []
    if not basic and not advanced:
        yield Taken(reads=True, writes=True, without=frozenset())
    for one in basic:
        if one.get("include_management_events"):
            kind = one["read_write_type"]
            left_out = frozenset(one.get("exclude_management_event_sources") or [])
            yield Taken(kind != "WriteOnly", kind != "ReadOnly", left_out)
    for one in advanced:
        fields = {field["field"]: field for field in one["field_selector"]}
        if _listed(fields, "eventCategory", "equals") == ["Management"]:
            read_only = _listed(fields, "readOnly", "equals") or ["true", "false"]
            left_out = frozenset(_listed(fields, "eventSource", "not_equals"))
            yield Taken("true" in read_only, "false" in read_only, left_out)


def _listed(fields: dict[str, Any], field: str, operator: str) -> list[str]:
    return fields.get(field, {}).get(operator) or []


@rule(
    "cloudtrail.kms-writes",
    page='"Logging management events"',
    looks_at="what a trail leaves out",
    cure="leave out kms.amazonaws.com only for reads (Decrypt, GenerateDataKey, Encrypt are logged as reads): "
    "DisableKey, ScheduleKeyDeletion and PutKeyPolicy are writes and would blind us",
)
def _kms_writes(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        if not any(one.writes and "kms.amazonaws.com" not in one.without for one in _taken(trail)):
            yield trail.address, "no write to KMS is recorded, be it a deletion of our key"


@rule(
    "cloudtrail.selectors",
    page='"PutEventSelectors"',
    looks_at="the event selectors of a trail",
    cure="at most five basic ones, and reads and writes of management events among what they take",
)
def _selectors(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        count = len(trail.values.get("event_selector") or [])
        if count > 5:
            yield trail.address, f"has {count} event selectors"
        taken = list(_taken(trail))
        if not any(one.reads for one in taken):
            yield trail.address, "records no management events that read"
        if not any(one.writes for one in taken):
            yield trail.address, "records no management events that write"


@rule(
    "cloudtrail.excluded-sources",
    page='"EventSelector" (CloudTrail API Reference)',
    looks_at="the event sources that a trail leaves out",
    cure="kms.amazonaws.com only: rdsdata.amazonaws.com can be left out only in regions that have the RDS Data API",
)
def _excluded(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        for source in sorted({source for one in _taken(trail) for source in one.without} - {"kms.amazonaws.com"}):
            yield trail.address, f"cannot leave out {source} in every region"


@rule(
    "cloudtrail.selector-kinds",
    page='"AdvancedEventSelector", "AdvancedFieldSelector" (CloudTrail API Reference)',
    looks_at="the event selectors of a trail, basic and advanced",
    cure="one kind only; to leave out different sources for reads and for writes, advanced ones; of management events "
    "these know eventCategory and readOnly (Equals) and eventSource (NotEquals)",
)
def _kinds(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        basic, advanced = trail.values.get("event_selector") or [], trail.values.get("advanced_event_selector") or []
        if basic and advanced:
            yield trail.address, "has basic and advanced event selectors"
        if len({tuple(sorted(one.get("exclude_management_event_sources") or [])) for one in basic}) > 1:
            yield trail.address, "has basic event selectors that leave out different sources"
        for one in advanced:
            fields = {field["field"]: {key for key, value in field.items() if value} for field in one["field_selector"]}
            if fields.get("eventCategory") == {"field", "equals"} and not all(
                operators == _OPERATORS.get(field) for field, operators in fields.items()
            ):
                yield trail.address, f"selector {one.get('name')!r} filters by what CloudTrail does not take"


_OPERATORS = {
    "eventCategory": {"field", "equals"},
    "readOnly": {"field", "equals"},
    "eventSource": {"field", "not_equals"},
}


@rule(
    "cloudtrail.regions",
    page='"Understanding multi-Region trails and opt-in Regions", "StartLogging"',
    looks_at="every trail",
    cure="is_multi_region_trail, include_global_service_events and no enable_logging = false: a trail of one region "
    "or one that is stopped sees no read elsewhere",
)
def _regions(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        if not trail.values.get("is_multi_region_trail"):
            yield trail.address, "records one region only"
        if trail.values.get("include_global_service_events") is False:
            yield trail.address, "records no calls of IAM"
        if trail.values.get("enable_logging") is False:
            yield trail.address, "does not log"
