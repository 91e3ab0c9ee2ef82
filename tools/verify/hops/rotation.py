"""Rotation: its targets, its switch, and whether it rotates at all."""

from __future__ import annotations

from collections.abc import Iterator

from secretwatch.runtime.probe import NO_OP
from tools.verify.deployment import Answer, Check, Deployment
from tools.verify.result import APPLY, Result, failed, ok, skipped

_SHOWN = 20


def _off(deployment: Deployment) -> str:
    return "there is no rotator: see the lines on functions" if deployment.expects("rotator") else "rotation is off"


def targets(deployment: Deployment) -> Iterator[Result]:
    """Whether the rotator can describe every secret that it is to rotate."""
    if deployment.function("rotator") is None:
        yield skipped("rotation: targets", _off(deployment))
        return
    deployment.progress("describing the rotation targets")
    yield from judge_targets(deployment.ask("rotator", "test-targets"))


def judge_targets(answer: Answer) -> Iterator[Result]:
    """Yield the targets that cannot be rotated, or how many can."""
    name = "rotation: targets"
    if answer.problem is not None:
        yield skipped(name, f"the rotator did not look: {answer.problem}")
        return
    bad = {secret: problem for secret, problem in answer.results.items() if problem is not None}
    for secret, problem in list(bad.items())[:_SHOWN]:
        yield failed(f"rotation target: {secret}", problem, "correct rotation_targets, or create the secret, and apply")
    if len(bad) > _SHOWN:
        yield failed(name, f"{len(bad) - _SHOWN} more cannot be described", "correct rotation_targets, and apply")
    if not bad:
        yield ok(name, f"all {len(answer.results)} can be described")


def mode(deployment: Deployment) -> Iterator[Result]:
    """Dry run or not."""
    if deployment.function("rotator") is None:
        yield skipped("rotation: mode", _off(deployment))
    else:
        yield judge_mode(deployment.ask("rotator", NO_OP))


def judge_mode(answer: Answer) -> Result:
    """Return what the rotator does about an untrusted read."""
    name = "rotation: mode"
    if answer.problem is not None:
        return skipped(name, f"the rotator did not say: {answer.problem}")
    if answer.settings.get("mode") == "dry_run":
        return ok(name, "dry_run: nothing is rotated, notices say what would have been")
    return ok(name, f"{answer.settings.get('mode')}: a read from an untrusted network gives the secret a new value")


def freeze(deployment: Deployment) -> Iterator[Result]:
    """The switch that stops all rotations."""
    name, called = "rotation: freeze", deployment.names.freeze_parameter
    if deployment.function("rotator") is None:
        yield skipped(name, _off(deployment))
        return
    found = deployment.aws.find("ssm:GetParameter", Name=called)
    yield judge_freeze(name, called, None if found is None else str(found["Parameter"]["Value"]))


def judge_freeze(name: str, called: str, value: str | None) -> Result:
    """Return what the switch says; anything but ``off`` freezes."""
    if value is None:
        return failed(name, f"the parameter {called} is not there: rotations cannot be stopped by it", APPLY)
    if value.strip().lower() == "off":
        return ok(name, f"{called} is off: rotations go on")
    return failed(
        name,
        f"{called} is {value.strip()[:20]!r}: nothing is rotated",
        f"once that is over: aws ssm put-parameter --overwrite --name {called} --value off",
    )


CHECKS = (Check("rotation: targets", targets), Check("rotation: mode", mode), Check("rotation: freeze", freeze))
