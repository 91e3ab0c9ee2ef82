"""CloudTrail: the trail, whether it logs and delivers, and what it leaves out.

AWS: "GetTrailStatus", "PutEventSelectors" (CloudTrail API Reference), "Logging management events". A trail takes
what at least one of its selectors takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tools.verify.deployment import Check, Deployment
from tools.verify.result import APPLY, Result, failed, not_yet, ok, skipped
from tools.verify.times import HOUR, MINUTE, ago, seconds_since, span

_FIRST_DELIVERY = 30 * MINUTE
"""CloudTrail delivers within about 5 minutes on average; after this a first delivery is overdue."""
_QUIET = 6 * HOUR
"""An account without a single management event for that long is rare."""
OFF = "the complete path is off: no function is subscribed to a log group"

Json = Mapping[str, Any]


def paths(deployment: Deployment) -> Iterator[Result]:
    """Whether there is a path at all, and each that the canary is set to watch."""
    there = {"logs": deployment.log_group is not None, "events": deployment.has_fast_path}
    if not any(there.values()):
        yield failed("paths", "neither the complete path nor the fast path is there: no record is brought", APPLY)
    elif "logs" in deployment.paths and not there["logs"]:
        yield failed("paths", "the complete path is gone: no function is subscribed to a log group", APPLY)
    else:
        shown = [what for path, what in (("logs", "complete path"), ("events", "fast path")) if there[path]]
        yield ok("paths", f"{' and '.join(shown)}")


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
        bucket, wanted = deployment.trail.get("S3BucketName"), deployment.names.bucket("cloudtrail")
        if deployment.trail["Name"] == deployment.names.trail and bucket != wanted:
            yield failed("trail: bucket", f"{deployment.names.trail} delivers to {bucket}, not to {wanted}", APPLY)


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


def keeps(deployment: Deployment) -> Iterator[Result]:
    """Whether the bucket of the log files is there."""
    bucket = (deployment.trail or {}).get("S3BucketName")
    if bucket and deployment.bucket_encryption(bucket) is None:
        yield failed("trail: log files", f"the bucket {bucket} is not there: no log file is kept", APPLY)


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
            left = _FIRST_DELIVERY - (started or 0)
            return not_yet(name, f"CloudTrail has reported none, logging for {_for(started)}", left)
        return failed(name, f"none since logging began {_for(started)} ago", cure)
    if (seconds_since(last, now) or 0) > _QUIET:
        return failed(name, f"the last was {ago(last, now)}", cure)
    return ok(name, f"the last was {ago(last, now)}")


def _for(seconds: float | None) -> str:
    return "an unknown time" if seconds is None else span(seconds)


# --- what it records --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event that a trail has to take, as advanced event selectors see it."""

    what: str
    fields: Mapping[str, str]


def _wanted(what: str, read_only: bool, source: str, name: str) -> Wanted:
    fields = {
        "eventCategory": "Management",
        "readOnly": str(read_only).lower(),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
    }
    return Wanted(what, fields)


SECRETS = (
    _wanted("reads of secrets", True, "secretsmanager", "GetSecretValue"),
    _wanted("changes of secrets", False, "secretsmanager", "PutSecretValue"),
)
KEYS = (_wanted("changes of KMS keys", False, "kms", "DisableKey"),)
"""Without its key the whole watch is blind."""


def selects(deployment: Deployment) -> Iterator[Result]:
    """What the trail records."""
    name = "trail: event selectors"
    if deployment.trail is None:
        yield skipped(name, OFF if deployment.log_group is None else "there is no trail")
        return
    found = deployment.aws.call("cloudtrail:GetEventSelectors", TrailName=deployment.trail["TrailARN"])
    yield judge_selectors(name, deployment.trail["Name"], found, SECRETS, "not every call on a secret is seen")
    blind = "the alarm KeyTampering never goes off"
    yield judge_selectors("trail: changes of keys", deployment.trail["Name"], found, KEYS, blind)


def judge_selectors(name: str, trail: str, found: Json, wanted: Sequence[Wanted], otherwise: str) -> Result:
    """Return whether at least one event selector (GetEventSelectors) takes each event, and why each other does not."""
    selectors = [*_selectors(found)]
    if not selectors:
        return failed(name, f"{trail} has no event selector", _cure(trail, found))
    left_out = [event for event in wanted if all(why(event) for _, why in selectors)]
    if left_out:
        what = " and ".join(event.what for event in left_out)
        whys = "; ".join(f"{called} {why(left_out[0])}" for called, why in selectors)
        return failed(name, f"{trail} records no {what}, so that {otherwise}: {whys}", _cure(trail, found))
    by = [f"{event.what} by {next(called for called, why in selectors if not why(event))}" for event in wanted]
    return ok(name, f"{trail} records {', '.join(by)}")


_Why = Callable[[Wanted], str]
"""An event → why a selector leaves it out, empty where it takes it."""


def _selectors(found: Json) -> Iterator[tuple[str, _Why]]:
    for number, selector in enumerate(found.get("EventSelectors") or (), 1):
        yield f"selector {number}", partial(_basic, selector)
    for number, selector in enumerate(found.get("AdvancedEventSelectors") or (), 1):
        called = f' "{selector["Name"]}"' if selector.get("Name") else ""
        yield f"selector {number}{called}", partial(_advanced, selector)


def _basic(selector: Json, event: Wanted) -> str:
    kind, source = selector.get("ReadWriteType", "All"), event.fields["eventSource"]
    if not selector.get("IncludeManagementEvents", True):
        return "takes no management events"
    if kind == ("WriteOnly" if event.fields["readOnly"] == "true" else "ReadOnly"):
        return f"takes {kind} events"
    return f"leaves out {source}" if source in (selector.get("ExcludeManagementEventSources") or ()) else ""


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def _advanced(selector: Json, event: Wanted) -> str:
    """All fields of a selector must fit; one by which only some of these events differ leaves others out.

    AWS: "AdvancedFieldSelector".
    """
    for condition in selector["FieldSelectors"]:
        field = condition["Field"]
        for operator, values in condition.items():
            test = _OPERATORS.get(operator.removeprefix("Not"))
            if test is None:
                continue
            value = event.fields.get(field)
            fits = value is not None and any(test(value, one) for one in values)
            if value is None or fits == operator.startswith("Not"):
                return f"asks for {field} {operator} {', '.join(values)}"
    return ""


def _cure(trail: str, found: Json) -> str:
    """put-event-selectors replaces all selectors of a trail: what else it records has to be named again."""
    kind, value = ("event", '{"ReadWriteType": "All", "IncludeManagementEvents": true}')
    if found.get("AdvancedEventSelectors"):
        kind, value = "advanced-event", '{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}'
    return (
        "apply the module again; to a trail of your own add a selector that takes all management events: "
        f"aws cloudtrail put-event-selectors --trail-name {trail} --{kind}-selectors "
        f"'[<those that are there>, {value}]'"
    )


CHECKS = (
    Check("paths", paths),
    Check("trail: exists", exists),
    Check("trail: log files", keeps),
    Check("trail: logging", logs),
    Check("trail: event selectors", selects),
)
