"""The rules that run functions by the clock: the rotator's every minute, the digest, the canary, the ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.verify.deployment import Check, Deployment
from tools.verify.hops.fast_path import judge_target
from tools.verify.looking import guarded
from tools.verify.names import SCHEDULED
from tools.verify.policies import Decision, Request, judge
from tools.verify.result import APPLY, Result, State, failed, ok, skipped


def schedules(deployment: Deployment) -> Iterator[Result]:
    """The rules that run functions by the clock, on the account's own bus."""
    for part in SCHEDULED:
        yield from guarded(f"{part}: schedule", _schedule(deployment, part))


def _schedule(deployment: Deployment, part: str) -> Iterator[Result]:
    name, names, called = f"{part}: schedule", deployment.names, deployment.names.schedule(part)
    if not deployment.expects(part):
        if part == "canary":
            yield skipped(name, f"there is no function {names.function(part)}: the canary is off")
        return
    rule = deployment.aws.find("events:DescribeRule", Name=called, EventBusName="default")
    yield judge_schedule(name, called, rule, _rate(deployment, part))
    if rule is None or deployment.function(part) is None:
        return
    found = deployment.aws.pages("events:ListTargetsByRule", "Targets", Rule=called, EventBusName="default")
    target = next((entry for entry in found if entry["Arn"] == names.function_arn(part)), None)
    if target is None:
        yield failed(f"{name}: target", f"{called} does not run {names.function_arn(part)}", APPLY)
    elif (judged := judge_target(f"{name}: target", target)).state is not State.OK:
        yield judged
    source = {"aws:SourceArn": names.arn("events", f"rule/{called}")}
    request = Request("events.amazonaws.com", "lambda:InvokeFunction", names.function_arn(part), source)
    verdict = judge(deployment.function_policy(part), request)
    if verdict.decision is Decision.DENIED:
        yield failed(f"{name}: permission", f"{called} does not let its schedule in ({verdict.why})", APPLY)


def _rate(deployment: Deployment, part: str) -> str | None:
    """Return how often a function is to run, where that is known."""
    if part == "rotator":
        return "rate(1 minute)"
    minutes = deployment.about(part).get("schedule_minutes")
    return None if minutes is None else f"rate({minutes} minutes)"


def judge_schedule(name: str, called: str, rule: Mapping[str, Any] | None, wanted: str | None) -> Result:
    """Return whether a schedule (DescribeRule) runs, and as often as its function was told, where that is known."""
    if rule is None:
        return failed(name, f"there is no rule {called}: the function never runs", APPLY)
    if rule.get("State") == "DISABLED":
        cure = f"aws events enable-rule --name {called}"
        return failed(name, f"{called} is DISABLED: the function never runs", cure)
    expression = rule.get("ScheduleExpression")
    if not expression or (wanted is not None and expression != wanted):
        return failed(name, f"{called} runs at {expression or 'no time'}, not at {wanted or 'a schedule'}", APPLY)
    return ok(name, f"{called} runs at {expression}")


CHECKS = (Check("schedules", schedules),)
