"""The canary: reads its own secret now, and each path has to bring that read. The delays are this account's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.result import APPLY, Result, failed, not_yet, ok, skipped
from tools.verify.times import HOUR, span

_PATHS = {"fast path": "events", "complete path": "logs"}
"""Path → its name in the audit table."""
_CLOCKS = 2.0
"""Seconds: CloudTrail writes whole seconds, by a clock that is not ours."""
_SETTLED = HOUR
"""A new trail brings its first records, to its log group and to EventBridge, within minutes that nobody promises."""
_AGE = "CloudTrail takes about 5 minutes on average, and promises nothing: run it again with --timeout 1800"


def schedule(deployment: Deployment) -> Iterator[Result]:
    """The rule that runs the canary, on the account's own bus."""
    name, called = "canary: schedule", deployment.names.function("canary")
    if not deployment.expects("canary"):
        yield skipped(name, f"there is no function {called}: the canary is off")
    else:
        rule = deployment.aws.find("events:DescribeRule", Name=called, EventBusName="default")
        yield judge_schedule(name, called, rule)


def judge_schedule(name: str, called: str, rule: Mapping[str, Any] | None) -> Result:
    """Return whether a schedule (DescribeRule) runs."""
    if rule is None:
        return failed(name, f"there is no rule {called}: the canary never reads", APPLY)
    if rule.get("State") == "DISABLED":
        cure = f"aws events enable-rule --name {called}"
        return failed(name, f"{called} is DISABLED: a dead path goes unnoticed", cure)
    return ok(name, f"{called} runs at {rule.get('ScheduleExpression', 'an unknown rate')}")


def canary(deployment: Deployment) -> Iterator[Result]:
    """One read, and how long each path took to bring it."""
    if deployment.function("canary") is None:
        why = "see the lines on functions" if deployment.expects("canary") else "the canary is off"
        yield skipped("canary", f"no function {deployment.names.function('canary')}: {why}, no read was made")
        return
    started = deployment.now()
    answer = deployment.ask("canary", "read")
    problems = [answer.problem, *answer.results.values()]
    if problem := next(filter(None, problems), None):
        yield failed(
            "canary: read", f"the canary could not read its secret: {problem}", "see the lines on functions and keys"
        )
        return
    yield ok("canary: read", f"the canary read its secret in {answer.milliseconds} ms")
    on = {"fast path": deployment.has_fast_path, "complete path": deployment.log_group is not None}
    arrivals = _await(deployment, [path for path in _PATHS if on[path]], started)
    for path in _PATHS:
        if not on[path]:
            yield skipped(f"canary: {path}", "it is off")
            continue
        arrival = arrivals.get(path)
        if arrival is None and deployment.made is not None and deployment.now() - deployment.made < _SETTLED:
            left = deployment.made + _SETTLED - deployment.now()
            yield not_yet(f"canary: {path}", "the read did not arrive, in a deployment's first hour", left)
            continue
        logged, unseen = None, ""
        if path == "complete path" and arrival:
            try:
                logged = _logged(deployment, started)
            except AwsError as error:
                unseen = f"; when the log group had it could not be seen: {error.detail}"
        yield judge_arrival(path, started, arrival, logged, deployment.timeout, unseen)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a read was made, as its record says, and when it was seen in the audit table (epoch seconds)."""

    read: float
    seen: float


def _await(deployment: Deployment, paths: Sequence[str], started: float) -> dict[str, Arrival]:
    """Wait for the read on all paths at once: a dead one must not make the others look slow."""
    arrivals: dict[str, Arrival] = {}

    def look() -> bool:
        for path in paths:
            if path not in arrivals and (arrival := _arrived(deployment, _PATHS[path], started)):
                arrivals[path] = arrival
        return len(arrivals) == len(paths)

    deployment.wait(look, f"the canary on the {' and the '.join(paths)}")
    return arrivals


def _arrived(deployment: Deployment, path: str, started: float) -> Arrival | None:
    found = deployment.aws.call(
        "dynamodb:GetItem",
        TableName=deployment.names.table,
        Key={"pk": {"S": f"SIGHTING#{path}"}, "sk": {"S": "SIGHTING"}},
        ConsistentRead=True,
    )
    text = found.get("Item", {}).get("read_at", {}).get("S")
    read = datetime.fromisoformat(text).timestamp() if text else 0.0
    return Arrival(read, deployment.now()) if read >= started - _CLOCKS else None


def _logged(deployment: Deployment, started: float) -> float | None:
    """Return when the log group took the record of the read in (epoch seconds), None where it has none."""
    events = deployment.aws.call(
        "logs:FilterLogEvents",
        logGroupName=deployment.log_group,
        startTime=int((started - 60) * 1000),
        filterPattern=f'"{deployment.names.prefix}/canary"',
    )["events"]
    times = [float(event["ingestionTime"]) / 1000 for event in events if event.get("ingestionTime")]
    return min((time for time in times if time >= started - _CLOCKS), default=None)


def judge_arrival(
    path: str, started: float, arrived: Arrival | None, logged: float | None, timeout: float, unseen: str = ""
) -> Result:
    """Return how long a path took, hop by hop unless ``unseen`` says why not, or that nothing came."""
    name = f"canary: {path}"
    if arrived is None:
        return failed(
            name,
            f"the read did not arrive within {span(timeout)}",
            _AGE if path == "complete path" else "see the lines on rule, queue and key",
        )
    delay = max(0.0, arrived.seen - started)
    if logged is None:
        return ok(name, f"read → audit table: {delay:.1f} s{unseen}")
    first = max(0.0, logged - started)
    rest = max(0.0, delay - first)
    return ok(
        name,
        f"read → log group: {first:.1f} s, log group → audit table: {rest:.1f} s, together {delay:.1f} s",
    )


CHECKS = (Check("canary: schedule", schedule), Check("canary", canary))
