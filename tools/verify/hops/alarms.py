"""CloudWatch: whether the alarms are there, may act and tell somebody, and which about the system itself go off.

AWS: "DescribeAlarms", "PutCompositeAlarm", "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.names import SCHEDULED, WATCHING, Names
from tools.verify.result import APPLY, Result, failed, not_yet, ok
from tools.verify.times import MINUTE

_NAMED = re.compile(r"""(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*["']?([^"')]+)["']?\s*\)""")
"""In a composite alarm's rule: ALARM("name"), by name or ARN."""
_SLACK = 10 * MINUTE
"""CloudWatch looks some minutes later than a period ends."""

Json = Mapping[str, Any]


def alarms(deployment: Deployment) -> Iterator[Result]:
    """The alarms, by what CloudWatch says of them."""
    names = deployment.names
    wanted: set[str] = set()
    with contextlib.suppress(AwsError):  # who may not see functions is told so by the lines on functions
        there = [part for part in deployment.functions if deployment.function(part) is not None]
        wanted |= {alarm for part in there for alarm in names.standing_alarms(part)}
        wanted |= {alarm for part in there for alarm in _of_one_part(deployment, part)}
        wanted |= {alarm for channel in deployment.channels for alarm in names.channel_alarms(channel)}
        wanted |= {f"{names.prefix}-KeyTampering", f"{names.prefix}-no-records"}
    yield from judge_alarms(deployment.alarms, wanted)
    yield from judge_own(names, deployment.alarms, deployment.alerts_topic_arn)
    for name, alarm in sorted(deployment.alarms.items()):
        if alarm.get("StateValue") == "ALARM" and names.operations_topic_arn in alarm.get("AlarmActions", ()):
            yield judge_ringing(name, alarm, deployment.made, deployment.now())


def _of_one_part(deployment: Deployment, part: str) -> Iterator[str]:
    """The alarms that a function has beside those that all have."""
    names = deployment.names
    if part in WATCHING and deployment.log_group is not None:
        yield names.delivery_alarm(part)
    if part in SCHEDULED:
        yield names.schedule_alarm(part)
    if part == "canary":
        yield from (f"{names.function(part)}-{kind}" for kind in ("not-run", *(f"path-{p}" for p in deployment.paths)))


_THRESHOLDS = {"errors": 3, "throttles": 1, "destinationdeliveryfailures": 1, "dead-letters": 1, "delivery": 1,
               "undelivered": 1, "waiting": 1, "KeyTampering": 1}  # fmt: skip
"""End of an alarm's name → what it goes off at."""


def judge_own(names: Names, alarms: Mapping[str, Json], alerts_topic: str) -> Iterator[Result]:
    """Yield which alarms about the system itself may not act, tell other topics than ours or hardly ever go off."""
    ours = {alerts_topic, names.major_alerts_topic_arn, names.minor_alerts_topic_arn, names.operations_topic_arn}
    own = {name: alarm for name, alarm in alarms.items() if not names.is_about_secrets(name)}
    off = sorted(
        name for name, alarm in own.items() if alarm.get("ActionsEnabled") is False and not alarm.get("AlarmActions")
    )
    if off:
        yield failed("alarms: of the system", f"may not act, and tell nobody: {', '.join(off)}", APPLY)
    deaf = sorted(
        name
        for name, alarm in alarms.items()
        if alarm.get("AlarmActions")
        and (
            names.operations_topic_arn not in alarm["AlarmActions"]
            if name in own
            else ours.isdisjoint(alarm["AlarmActions"])
        )
    )
    if deaf:
        yield failed("alarms: topics", f"tell another topic than the deployment's: {', '.join(deaf)}", APPLY)
    late = sorted(
        f"{name} ({alarm['Threshold']:g})"
        for name, alarm in own.items()
        for end, most in _THRESHOLDS.items()
        if name.endswith(f"-{end}") and float(alarm.get("Threshold", 0)) > most
    )
    if late:
        yield failed("alarms: thresholds", f"go off at more than was deployed: {', '.join(late)}", APPLY)


def judge_alarms(alarms: Mapping[str, Json], wanted: set[str]) -> Iterator[Result]:
    """Yield whether alarms (DescribeAlarms), metric and composite, are there, may act and have somebody to tell."""
    if not alarms:
        yield failed("alarms", "there is none", APPLY)
        return
    # Without actions and not enabled to act: so are those made that notify nobody, since stories tell what they count.
    disabled = {name for name, alarm in alarms.items() if alarm.get("ActionsEnabled") is False}
    quiet = {name for name in disabled if not alarms[name].get("AlarmActions")}
    silent = sorted(disabled - quiet)
    if silent:
        yield failed(
            "alarms",
            f"may not act: {', '.join(silent)}",
            f"aws cloudwatch enable-alarm-actions --alarm-names {' '.join(silent)}",
        )
    else:
        only_counting = f"; {len(quiet)} only count: {', '.join(sorted(quiet))}" if quiet else ""
        yield ok("alarms", f"{len(alarms)} alarms, all may act{only_counting}")
    composed = {name: _composed(alarm) for name, alarm in alarms.items() if "AlarmRule" in alarm}
    spoken_for = {name for named in composed.values() for name in named}
    without = {name for name, alarm in alarms.items() if not alarm.get("AlarmActions")}
    mute = sorted(without - spoken_for - quiet)
    if mute:
        yield failed("alarms: actions", f"tell nobody: {', '.join(mute)}", APPLY)
    missing = sorted((wanted | spoken_for) - set(alarms))
    if missing:
        yield failed("alarms: complete", f"are not there: {', '.join(missing)}", APPLY)


def _composed(alarm: Json) -> set[str]:
    return {named.rsplit(":alarm:", 1)[-1].strip() for named in _NAMED.findall(alarm["AlarmRule"])}


def judge_ringing(name: str, alarm: Json, made: float | None, now: float) -> Result:
    """Return that an alarm is going off; one on missing data does so until there was time for data to come."""
    description = alarm.get("AlarmDescription", "")
    if alarm.get("TreatMissingData") == "breaching":
        since = max(filter(None, (made, _time(alarm.get("AlarmConfigurationUpdatedTimestamp")))), default=None)
        window = alarm.get("Period", 0) * alarm.get("EvaluationPeriods", 1) + _SLACK
        if since is not None and now - since < window:
            return not_yet(f"alarm: {name}", f"it waits for its first data: {description}", since + window - now)
    return failed(f"alarm: {name}", f"is going off: {description}", "see docs/runbook.md")


def _time(moment: Any) -> float | None:
    return moment.timestamp() if isinstance(moment, datetime) else None


CHECKS = (Check("alarms", alarms),)
