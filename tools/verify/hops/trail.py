"""CloudTrail: the trail, whether it logs and delivers, and what it leaves out.

AWS: "GetTrailStatus", "GetEventSelectors" (CloudTrail API Reference), "Logging management events".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.verify.deployment import Check, Deployment
from tools.verify.result import Result, failed, ok, skipped
from tools.verify.times import HOUR, MINUTE, ago, seconds_since, span

_FIRST_DELIVERY = 30 * MINUTE
"""CloudTrail delivers within about 5 minutes on average; after this a first delivery is overdue."""
_QUIET = 6 * HOUR
"""An account without a single management event for that long is rare."""
OFF = "the complete path is off: no function is subscribed to a log group"
_EXCLUDABLE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})

Json = Mapping[str, Any]


def exists(deployment: Deployment) -> Iterator[Result]:
    """The trail, and where it delivers to."""
    name = "trail: exists"
    if deployment.log_group is None:
        yield skipped(name, OFF)
    elif deployment.trail is None:
        yield failed(
            name,
            f"no trail delivers to {deployment.log_group}, and there is none called {deployment.names.trail}",
            "apply the module again; with a trail of your own, let it deliver to that log group",
        )
    else:
        yield judge_trail(deployment.trail, deployment.names.arn("logs", f"log-group:{deployment.log_group}:*"))


def judge_trail(trail: Json, log_group_arn: str) -> Result:
    """Return whether a trail (DescribeTrails) reaches the log group, and from all regions."""
    name, called = "trail: exists", trail["Name"]
    if trail.get("CloudWatchLogsLogGroupArn") != log_group_arn:
        where = trail.get("CloudWatchLogsLogGroupArn") or "no log group"
        return failed(
            name,
            f"{called} delivers to {where}, not to {log_group_arn}",
            f"apply the module again, or: aws cloudtrail update-trail --name {called} "
            f"--cloud-watch-logs-log-group-arn {log_group_arn} --cloud-watch-logs-role-arn <its delivery role>",
        )
    if not trail.get("IsMultiRegionTrail"):
        return failed(
            name,
            f"{called} records {trail.get('HomeRegion')} only: reads in other regions go unseen",
            f"aws cloudtrail update-trail --name {called} --is-multi-region-trail",
        )
    return ok(name, f"{called}, all regions, home {trail.get('HomeRegion')}")


def logs(deployment: Deployment) -> Iterator[Result]:
    """Whether the trail is on, and when and how it delivered."""
    if deployment.trail is None:
        yield skipped("trail: logging", OFF if deployment.log_group is None else "there is no trail")
        return
    status = deployment.aws.call("cloudtrail:GetTrailStatus", Name=deployment.trail["TrailARN"])
    yield from judge_status(deployment.trail, status, deployment.now())


def judge_status(trail: Json, status: Json, now: float) -> Iterator[Result]:
    """Yield what a trail's status (GetTrailStatus) says about logging and both deliveries."""
    name = trail["Name"]
    if status.get("IsLogging"):
        yield ok("trail: logging", f"on since {ago(status.get('StartLoggingTime'), now)}")
    else:
        yield failed(
            "trail: logging",
            f"{name} was stopped {ago(status.get('StopLoggingTime'), now)}: no read is recorded",
            f"aws cloudtrail start-logging --name {name}; who stopped it stands in CloudTrail's event history",
        )
    started = seconds_since(status.get("StartLoggingTime"), now)
    bucket, group = trail.get("S3BucketName", "its bucket"), "its log group"
    for what, last, error, where, cure in (
        ("S3", "LatestDeliveryTime", "LatestDeliveryError", bucket, "the bucket's policy and its key's policy"),
        (
            "CloudWatch Logs",
            "LatestCloudWatchLogsDeliveryTime",
            "LatestCloudWatchLogsDeliveryError",
            group,
            "the delivery role (its trust takes no conditions) and the log group",
        ),
    ):
        yield _judge_delivery(
            f"trail: delivery to {what}", status.get(last), status.get(error), where, cure, started, now
        )


def _judge_delivery(
    name: str, last: Any, error: Any, where: str, look_at: str, started: float | None, now: float
) -> Result:
    cure = f"look at {look_at}, then apply again"
    if error:
        return failed(name, f"CloudTrail cannot write to {where}: {error}", cure)
    if not last:
        if started is None or started < _FIRST_DELIVERY:
            return skipped(name, f"CloudTrail has reported none yet, logging for {_for(started)}", "look again later")
        return failed(name, f"none since logging began {_for(started)} ago", cure)
    if (seconds_since(last, now) or 0) > _QUIET:
        return failed(name, f"the last was {ago(last, now)}", cure)
    return ok(name, f"the last was {ago(last, now)}")


def _for(seconds: float | None) -> str:
    return "an unknown time" if seconds is None else span(seconds)


def selects(deployment: Deployment) -> Iterator[Result]:
    """What the trail records."""
    name = "trail: event selectors"
    if deployment.trail is None:
        yield skipped(name, OFF if deployment.log_group is None else "there is no trail")
        return
    found = deployment.aws.call("cloudtrail:GetEventSelectors", TrailName=deployment.trail["TrailARN"])
    yield judge_selectors(deployment.trail["Name"], found)


def judge_selectors(trail: str, found: Json) -> Result:
    """Return whether event selectors, plain or advanced, record management events, reads and writes."""
    name = "trail: event selectors"
    recorded: set[str] = set()
    excluded: set[str] = set()
    for selector in found.get("EventSelectors") or ():
        if selector.get("IncludeManagementEvents"):
            kinds = {"ReadOnly": {"reads"}, "WriteOnly": {"writes"}}.get(
                selector.get("ReadWriteType"), {"reads", "writes"}
            )
            recorded |= kinds
            excluded |= set(selector.get("ExcludeManagementEventSources") or ())
    for selector in found.get("AdvancedEventSelectors") or ():
        fields = {entry["Field"]: entry for entry in selector["FieldSelectors"]}
        if fields.get("eventCategory", {}).get("Equals") != ["Management"]:
            continue
        read_only = fields.get("readOnly", {}).get("Equals", [])
        recorded |= (
            {"reads"} if read_only == ["true"] else {"writes"} if read_only == ["false"] else {"reads", "writes"}
        )
        excluded |= set(fields.get("eventSource", {}).get("NotEquals", []))
    cure = (
        f"aws cloudtrail put-event-selectors --trail-name {trail} --event-selectors "
        '\'[{"ReadWriteType": "All", "IncludeManagementEvents": true}]\''
    )
    missing = {"reads", "writes"} - recorded
    if missing:
        return failed(name, f"{trail} leaves out management events: {' and '.join(sorted(missing))}", cure)
    if excluded - _EXCLUDABLE:
        return failed(name, f"{trail} leaves out {', '.join(sorted(excluded - _EXCLUDABLE))}", cure)
    without = f", without {', '.join(sorted(excluded))}" if excluded else ""
    return ok(name, f"management events, reads and writes{without}")


CHECKS = (Check("trail: exists", exists), Check("trail: logging", logs), Check("trail: event selectors", selects))
