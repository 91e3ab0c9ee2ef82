"""CloudWatch Logs: the trail's log group, its metric filters and its subscription filters.

AWS: "Log group-level subscription filters", "Filter pattern syntax for metric filters".
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from secretwatch.runtime.probe import patterns_hash
from tools.verify import samples
from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.hops.trail import OFF
from tools.verify.looking import guarded, judge_access
from tools.verify.policies import Request, judge
from tools.verify.result import APPLY, Result, failed, not_yet, ok, skipped
from tools.verify.times import HOUR, MINUTE, ago

_RECEIVING_HOURS = 1
_FIRST_RECORDS = 30 * MINUTE

Json = Mapping[str, Any]


def exists(deployment: Deployment) -> Iterator[Result]:
    """The log group and how long it keeps records."""
    name = "log group: exists"
    if deployment.log_group is None:
        yield skipped(name, OFF)
        return
    found = deployment.log_group_description(deployment.log_group)
    if found is None:
        yield failed(name, f"{deployment.log_group} is not there: the complete path is dead", APPLY)
    else:
        days = found.get("retentionInDays")
        yield ok(name, f"{deployment.log_group} keeps records {f'for {days} days' if days else 'for ever'}")


def receives(deployment: Deployment) -> Iterator[Result]:
    """Whether records arrive."""
    name, group = "log group: receiving", deployment.log_group
    found = None if group is None else deployment.log_group_description(group)
    if group is None or found is None:
        yield skipped(name, OFF if group is None else "there is no log group")
        return
    arrived = deployment.total("AWS/Logs", "IncomingLogEvents", {"LogGroupName": group}, _RECEIVING_HOURS)
    newest = None
    if not arrived:
        streams = deployment.aws.call(
            "logs:DescribeLogStreams", logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
        )["logStreams"]
        newest = streams[0].get("lastIngestionTime") if streams else None
    yield judge_receiving(group, arrived, newest, found.get("creationTime", 0), deployment.now())


def judge_receiving(group: str, arrived: float, newest: int | None, created: int, now: float) -> Result:
    """Return whether a log group gets records: how many within the hour, or when the newest came (milliseconds)."""
    name = "log group: receiving"
    if arrived:
        return ok(name, f"{arrived:,.0f} records in the last hour")
    if newest and now - newest / 1000 < HOUR:
        return ok(name, f"the newest record came {ago(newest / 1000, now)}")
    if newest is None and now - created / 1000 < _FIRST_RECORDS:
        left = _FIRST_RECORDS - (now - created / 1000)
        return not_yet(name, f"no record; the log group was made {ago(created / 1000, now)}", left)
    what = "never got a record" if newest is None else f"got its newest record {ago(newest / 1000, now)}"
    return failed(name, f"{group} {what}", "see the trail's lines above: logging, and delivery to CloudWatch Logs")


def counts(deployment: Deployment) -> Iterator[Result]:
    """Whether the metric of every detection's alarm is counted by a metric filter."""
    name, names = "metric filters", deployment.names
    counted = {
        metric
        for called, alarm in deployment.alarms.items()
        for metric in _metrics(alarm, names.metric_namespace)
        if called == names.detection_alarm(metric)
    }
    if deployment.log_group is None or not counted:
        yield skipped(name, OFF if deployment.log_group is None else "no alarm counts records")
        return
    filters = deployment.aws.pages("logs:DescribeMetricFilters", "metricFilters", logGroupName=deployment.log_group)
    patterns: dict[str, list[str]] = defaultdict(list)
    for found in filters:
        for entry in found["metricTransformations"]:
            if entry["metricNamespace"] == names.metric_namespace and entry.get("metricValue", "1") == "1":
                patterns[entry["metricName"]].append(found.get("filterPattern", ""))
    detections = {metric for metric in patterns if names.is_about_secrets(names.detection_alarm(metric))}
    if unheard := sorted(one for one in detections if names.detection_alarm(one) not in deployment.alarms):
        yield failed("metric filters: alarms", f"no alarm watches what is counted as {', '.join(unheard)}", APPLY)
    yield judge_counting(counted, patterns, deployment.about("notifier").get("patterns") or {})


def _metrics(alarm: Json, namespace: str) -> Iterator[str]:
    """The metrics of a namespace that an alarm watches, by itself or by queries (an anomaly band)."""
    queried = [query.get("MetricStat", {}).get("Metric", {}) for query in alarm.get("Metrics") or ()]
    yield from (metric["MetricName"] for metric in (alarm, *queried) if metric.get("Namespace") == namespace)


def judge_counting(wanted: set[str], made: Mapping[str, Sequence[str]], packaged: Mapping[str, str]) -> Result:
    """Return whether metric filters count each metric that an alarm watches, each event as 1, by the right patterns.

    ``made`` has the patterns of each metric, ``packaged`` what the notifier says of those that it was deployed with
    (patterns_hash); without a notifier nobody knows them.
    """
    missing = sorted(wanted - set(made))
    if missing:
        return failed(
            "metric filters",
            f"nothing counts {', '.join(missing)}: those alarms can never go off",
            APPLY,
        )
    other = sorted(metric for metric in wanted & set(packaged) if patterns_hash(made[metric]) != packaged[metric])
    if other:
        return failed("metric filters", f"other patterns than were deployed count {', '.join(other)}", APPLY)
    compared = "" if packaged else "; their patterns are not compared: there is no notifier that knows them"
    return ok("metric filters", f"all {len(wanted)} metrics that alarms watch are counted{compared}")


def subscribes(deployment: Deployment) -> Iterator[Result]:
    """Whether each function that watches is subscribed, and may be invoked."""
    if deployment.log_group is None:
        yield skipped("subscription filters", OFF)
        return
    found = deployment.aws.find("logs:DescribeSubscriptionFilters", logGroupName=deployment.log_group)
    filters = [] if found is None else found["subscriptionFilters"]
    for part in deployment.watching:
        name = f"subscription filter: {part}"
        judged = judge_subscription(name, deployment.names.function(part), deployment.names.function_arn(part), filters)
        yield judged if isinstance(judged, Result) else _matched(deployment, name, judged)


def judge_subscription(name: str, function: str, arn: str, filters: Sequence[Json]) -> Result | str:
    """Return the pattern of the subscription filter that sends to a function, or what is wrong."""
    ours = [entry for entry in filters if entry["destinationArn"] == arn or entry["filterName"] == function]
    if not ours:
        others = ", ".join(entry["filterName"] for entry in filters) or "none at all"
        return failed(
            name,
            f"no subscription filter sends to {function} (there are: {others}): the complete path does not reach it",
            "apply the module again; CloudWatch Logs allows two subscription filters for a log group",
        )
    if ours[0]["destinationArn"] != arn:
        return failed(name, f"{function} sends to {ours[0]['destinationArn']}, not to {arn}", APPLY)
    return str(ours[0]["filterPattern"])


def _matched(deployment: Deployment, name: str, pattern: str) -> Result:
    """Ask CloudWatch Logs itself whether the pattern lets a read through."""
    reads = samples.records(deployment.names, datetime.fromtimestamp(deployment.now(), UTC))
    messages = [*map(json.dumps, reads.values())]
    try:
        found = deployment.aws.call("logs:TestMetricFilter", filterPattern=pattern, logEventMessages=messages)
    except AwsError as error:
        return skipped(name, f"in place, but its pattern could not be tried: {error.detail}", error.cure)
    matched = {entry["eventNumber"] for entry in found["matches"]}
    missed = [what for number, what in enumerate(reads, 1) if number not in matched]
    if missed:
        return failed(name, f"its pattern does not let through {', '.join(missed)}: {pattern}", APPLY)
    return ok(name, "in place, and its pattern lets reads of secrets through")


def invokes(deployment: Deployment) -> Iterator[Result]:
    """Whether CloudWatch Logs may invoke the functions."""
    if deployment.log_group is None:
        yield skipped("subscription permission", OFF)
        return
    for part in deployment.watching:
        yield from guarded(f"subscription permission: {part}", _invokes(deployment, part))


def _invokes(deployment: Deployment, part: str) -> Iterator[Result]:
    names = deployment.names
    if deployment.function(part) is None:
        yield skipped(f"subscription permission: {part}", f"{names.function(part)} is not there")
        return
    source = names.arn("logs", f"log-group:{deployment.log_group}:*")
    context = {"aws:SourceArn": source, "aws:SourceAccount": names.account}
    policy = deployment.function_policy(part)
    request = Request(f"logs.{names.dns_suffix}", "lambda:InvokeFunction", names.function_arn(part), context)
    yield judge_access(
        f"subscription permission: {part}",
        judge(policy, request),
        "CloudWatch Logs may invoke it",
        f"CloudWatch Logs may not invoke {names.function(part)}: records do not reach it",
        "apply the module again: it gives the permission AllowCloudWatchLogs",
    )


CHECKS = (
    Check("log group: exists", exists),
    Check("log group: receiving", receives),
    Check("metric filters", counts),
    Check("subscription filters", subscribes),
    Check("subscription permission", invokes),
)
