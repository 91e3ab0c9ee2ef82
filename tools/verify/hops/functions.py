"""Lambda: each function, whether it can run, starts with its settings, and has failed lately.

AWS: "Lambda function states", "Configuring reserved concurrency for a function".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secretwatch.runtime.probe import NO_OP
from tools.verify.deployment import Answer, Check, Deployment
from tools.verify.looking import guarded
from tools.verify.names import FUNCTIONS
from tools.verify.result import APPLY, Result, failed, not_yet, ok
from tools.verify.times import MINUTE, span

_HOURS = 3
_UNSHOWN = frozenset({"patterns"})
"""Settings that other lines compare, and that say nothing to people."""


def ready(deployment: Deployment) -> Iterator[Result]:
    """Whether each function is there, active, up to date, and may run."""
    for part in FUNCTIONS:
        yield from guarded(f"function: {part}", _ready(deployment, part))


def _ready(deployment: Deployment, part: str) -> Iterator[Result]:
    if deployment.expects(part):
        yield judge_function(f"function: {part}", deployment.names.function(part), deployment.function(part))


def judge_function(name: str, called: str, found: Mapping[str, Any] | None) -> Result:
    """Return whether a function (GetFunction) can be invoked."""
    if found is None:
        return failed(name, f"{called} is not there", APPLY)
    configuration = found["Configuration"]
    state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if state == "Pending" or update == "InProgress":
        return not_yet(name, f"Lambda is making {called}, or its update", MINUTE)
    if state not in ("Active", "Inactive"):
        why = configuration.get("StateReason") or configuration.get("StateReasonCode") or "Lambda does not say why"
        return failed(
            name, f"{called} is {state}: {why}", "apply the module again; the reason names the key, role or network"
        )
    if update == "Failed":
        why = configuration.get("LastUpdateStatusReason") or "Lambda does not say why"
        return failed(name, f"the last update of {called} failed, an older version runs: {why}", APPLY)
    if found.get("Concurrency", {}).get("ReservedConcurrentExecutions") == 0:
        return failed(
            name,
            f"{called} has a reserved concurrency of 0: every invocation is throttled",
            f"aws lambda delete-function-concurrency --function-name {called}",
        )
    return ok(name, f"{called} is active, its last update was successful")


def answers(deployment: Deployment) -> Iterator[Result]:
    """Whether each function starts, reads its settings and answers a no-op event."""
    for part in FUNCTIONS:
        yield from guarded(f"no-op: {part}", _answers(deployment, part))


def _answers(deployment: Deployment, part: str) -> Iterator[Result]:
    called = deployment.names.function(part)
    if deployment.function(part) is not None:
        deployment.progress(f"invoking {called}")
        yield judge_answer(f"no-op: {part}", called, deployment.ask(part, NO_OP))


def judge_answer(name: str, called: str, answer: Answer) -> Result:
    """Return whether a function answered, and with which settings."""
    if answer.problem is None:
        settings = ", ".join(f"{key} {_shown(value)}" for key, value in answer.settings.items() if key not in _UNSHOWN)
        return ok(name, f"answered in {answer.milliseconds} ms{': ' if settings else ''}{settings}")
    if answer.problem.startswith("SettingsError"):
        return failed(name, f"{called} refuses its settings: {answer.problem}", "correct that input and apply again")
    if answer.problem.startswith("TooManyRequests"):
        return failed(
            name,
            f"{called} is throttled: {answer.problem}",
            "look at its reserved concurrency and at the account's concurrency",
        )
    return failed(name, f"{called}: {answer.problem}", f"its log is /aws/lambda/{called}; apply the module again")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={entry}" for key, entry in value.items()) or "none"
    return "none" if value is None else str(value)


def errors(deployment: Deployment) -> Iterator[Result]:
    """Whether a function failed in the last hours."""
    for part in FUNCTIONS:
        yield from guarded(f"errors: {part}", _errors(deployment, part))


def _errors(deployment: Deployment, part: str) -> Iterator[Result]:
    called = deployment.names.function(part)
    if deployment.function(part) is not None:
        count = deployment.total("AWS/Lambda", "Errors", {"FunctionName": called}, _HOURS)
        throttles = deployment.total("AWS/Lambda", "Throttles", {"FunctionName": called}, _HOURS)
        yield judge_errors(f"errors: {part}", called, count, throttles)


def judge_errors(name: str, called: str, count: float, throttles: float) -> Result:
    """Return whether a function failed or was throttled in the last hours."""
    window = f"in the last {span(_HOURS * 3600)}"
    if count or throttles:
        what = [f"{count:.0f} errors"] * bool(count) + [f"{throttles:.0f} throttles"] * bool(throttles)
        return failed(
            name, f"{called}: {' and '.join(what)} {window}", f"its log says why: aws logs tail /aws/lambda/{called}"
        )
    return ok(name, f"none {window}")


CHECKS = (Check("functions", ready), Check("no-op", answers), Check("errors", errors))
