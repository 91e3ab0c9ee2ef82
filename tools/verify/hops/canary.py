"""The canary: reads its own secret now, and each path has to bring that read. The delays are this account's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.result import Result, failed, not_yet, ok, skipped
from tools.verify.times import HOUR, span

_PATHS = {"fast path": "events", "complete path": "logs"}
"""Path → its name in the audit table."""
_CLOCKS = 2.0
"""Seconds: CloudTrail writes whole seconds, by a clock that is not ours."""
_SETTLED = HOUR
"""A new trail brings its first records, to its log group and to EventBridge, within minutes that nobody promises."""
_AGE = "CloudTrail takes about 5 minutes on average, and promises nothing: run it again with --timeout 1800"


def canary(deployment: Deployment) -> Iterator[Result]:
    """One read, and how long each path took to bring it."""
    if deployment.function("canary") is None:
        why = "see the lines on functions" if deployment.expects("canary") else "the canary is off"
        yield skipped("canary", f"no function {deployment.names.function('canary')}: {why}, no read was made")
        return
    on = {"fast path": deployment.has_fast_path, "complete path": deployment.log_group is not None}
    before = {path: _latest(deployment, _PATHS[path]) for path in _PATHS if on[path]}
    started = deployment.now()
    answer = deployment.ask("canary", "read")
    problems = [answer.problem, *answer.results.values()]
    if problem := next(filter(None, problems), None):
        yield failed(
            "canary: read", f"the canary could not read its secret: {problem}", "see the lines on functions and keys"
        )
        return
    yield ok("canary: read", f"the canary read its secret in {answer.milliseconds} ms")
    arrivals = _await(deployment, before)
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
                logged = _logged(deployment, arrival.read)
            except AwsError as error:
                unseen = f"; when the log group had it could not be seen: {error.detail}"
        yield judge_arrival(path, started, arrival, logged, deployment.timeout, unseen)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a read was made, as its record says, and when it was seen in the audit table (epoch seconds)."""

    read: float
    seen: float


def _await(deployment: Deployment, before: Mapping[str, float]) -> dict[str, Arrival]:
    """Wait for a later read than ``before`` on all paths at once: a dead one must not make the others look slow.

    CloudTrail's times are compared with each other only: this machine's clock may be wrong.
    """
    arrivals: dict[str, Arrival] = {}

    def look() -> bool:
        for path, last in before.items():
            if path not in arrivals and (read := _latest(deployment, _PATHS[path])) > last:
                arrivals[path] = Arrival(read, deployment.now())
        return len(arrivals) == len(before)

    deployment.wait(look, f"the canary on the {' and the '.join(before)}")
    return arrivals


def _latest(deployment: Deployment, path: str) -> float:
    """Return when the latest read was made that a path brought (epoch seconds); 0 where it never brought one."""
    found = deployment.aws.call(
        "dynamodb:GetItem",
        TableName=deployment.names.table,
        Key={"pk": {"S": f"SIGHTING#{path}"}, "sk": {"S": "SIGHTING"}},
        ConsistentRead=True,
    )
    text = found.get("Item", {}).get("read_at", {}).get("S")
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def _logged(deployment: Deployment, read: float) -> float | None:
    """Return how many seconds after the read the log group took its record in, None where it has none."""
    events = deployment.aws.call(
        "logs:FilterLogEvents",
        logGroupName=deployment.log_group,
        startTime=int((read - 60) * 1000),
        filterPattern=f'"{deployment.names.prefix}/canary"',
    )["events"]
    times = [float(event["ingestionTime"]) / 1000 for event in events if event.get("ingestionTime")]
    return min((max(0.0, time - read) for time in times if time >= read - _CLOCKS), default=None)


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
    first = min(logged, delay)
    rest = delay - first
    return ok(
        name,
        f"read → log group: {first:.1f} s, log group → audit table: {rest:.1f} s, together {delay:.1f} s",
    )


CHECKS = (Check("canary", canary),)
