"""CloudWatch: whether the alarms may act, and which of those about the system itself are going off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.verify.deployment import Check, Deployment
from tools.verify.result import APPLY, Result, failed, ok


def alarms(deployment: Deployment) -> Iterator[Result]:
    """The alarms, by what CloudWatch says of them."""
    yield from judge_alarms(deployment.alarms, deployment.names.operations_topic_arn)


def judge_alarms(alarms: Mapping[str, Mapping[str, Any]], operations: str) -> Iterator[Result]:
    """Yield whether alarms (DescribeAlarms) may act, and those on the operations topic that are in ALARM."""
    if not alarms:
        yield failed("alarms", "there is none", APPLY)
        return
    silent = sorted(name for name, alarm in alarms.items() if alarm.get("ActionsEnabled") is False)
    if silent:
        yield failed(
            "alarms",
            f"may not act: {', '.join(silent)}",
            f"aws cloudwatch enable-alarm-actions --alarm-names {' '.join(silent)}",
        )
    else:
        yield ok("alarms", f"{len(alarms)} alarms, all may act")
    for name, alarm in sorted(alarms.items()):
        if alarm.get("StateValue") == "ALARM" and operations in alarm.get("AlarmActions", ()):
            yield failed(f"alarm: {name}", f"is going off: {alarm.get('AlarmDescription', '')}", "see docs/runbook.md")


CHECKS = (Check("alarms", alarms),)
