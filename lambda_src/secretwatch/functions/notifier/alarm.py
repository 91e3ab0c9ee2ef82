"""A CloudWatch alarm's SNS message as a ``Notice``.

AWS: "Notify users on alarm changes" (CloudWatch User Guide). Metric, metric-math,
anomaly-band and composite alarms differ in ``Trigger`` and ``AlarmRule``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.notice import SECRET_LIMIT, SECRETS_KEPT, Fact, Kind, Notice
from secretwatch.runtime.text import count, field, one_line, short_hash

_SEVERITIES = {"ALARM": Severity.MEDIUM, "INSUFFICIENT_DATA": Severity.LOW, "OK": Severity.INFO}
_TITLES = {"ALARM": "Alarm", "INSUFFICIENT_DATA": "No data for alarm", "OK": "Alarm over"}
_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "above the band of",
    "LessThanLowerThreshold": "below the band of",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band of",
}
MOST_LOOKED_AT = 2_000
"""Accesses looked at behind one alarm."""
_STATED = re.compile(rf"\[({'|'.join(Severity)})\] ")
_LATEST = timedelta(minutes=20)
"""CloudTrail brings a record some minutes after the call, and CloudWatch needs a few more."""
_SHOWN = 5


def _is_read(access: Mapping[str, Any], outcome: str = "allowed") -> bool:
    return access.get("activity") == "read" and access.get("outcome") == outcome


# Which accesses of the audit table a detection counts. One that is not here counts no accesses:
# TrailTampering and KeyTampering are about our own parts, and alarms of others about anything.
_BEHIND: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "SecretAccessed": _is_read,
    "SecretAccessedByRole": lambda access: _is_read(access) and access.get("principal_type") == "AssumedRole",
    "DeniedReads": lambda access: _is_read(access, "denied"),
    "RootRead": lambda access: _is_read(access) and access.get("principal_type") == "Root",
    "BatchRead": lambda access: _is_read(access) and access.get("event_name") == "BatchGetSecretValue",
    "SecretTampering": lambda a: a.get("activity") == "tampering" and a.get("outcome") == "allowed",
    "ReadOffHours": _is_read,
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm's notice, and when the accesses behind it were."""

    notice: Notice
    window: tuple[datetime, datetime] | None
    """None where there is nothing to look up: the alarm is over, or about something else."""
    counts: Callable[[Mapping[str, Any]], bool] = _is_read
    """Whether an access of the audit table is one of those that the alarm counts."""


def parse_alarm(message: Mapping[str, object]) -> Alarm | None:
    """Return the notice of an alarm's state change, or None if ``message`` is not one."""
    name, state = field(message.get("AlarmName")), field(message.get("NewStateValue"))
    if name is None or state is None:
        return None
    changed = _time(field(message.get("StateChangeTime")))
    severity, description = _severity(field(message.get("AlarmDescription")) or name, state)
    given = message.get("Trigger")
    trigger = given if isinstance(given, Mapping) else {}
    facts = [
        Fact("What", description),
        Fact("Why now", field(message.get("NewStateReason")) or "CloudWatch gave no reason"),
        Fact("Condition", _condition(trigger, message)),
        Fact(
            "Where",
            f"{field(message.get('Region')) or 'unknown region'}, "
            f"account {field(message.get('AWSAccountId')) or 'unknown'}",
        ),
        Fact("When", changed),
    ]
    notice = Notice(
        id=short_hash("alarm", field(message.get("AlarmArn")) or name, state, changed),
        kind=Kind.ALARM,
        severity=severity,
        title=f"{_TITLES.get(state, one_line(state, 40))}: {one_line(name, 120)}",
        facts=tuple(fact for fact in facts if fact.value),
        time=changed,
    )
    if state != "ALARM":
        # What is over needs no details.
        return Alarm(replace(notice, facts=tuple(f for f in notice.facts if f.label in ("Why now", "When"))), None)
    if message.get("AlarmRule") is not None:  # a composite alarm speaks for several detections
        return Alarm(notice, _window(message, trigger), lambda access: any(c(access) for c in _BEHIND.values()))
    counts = next((counts for metric, counts in _BEHIND.items() if metric in _metrics(trigger)), None)
    return Alarm(notice, None) if counts is None else Alarm(notice, _window(message, trigger), counts)


def with_accesses(alarm: Alarm, accesses: Sequence[Mapping[str, Any]]) -> Notice:
    """Return the alarm's notice with the principals and secrets behind it, from items of the audit table."""
    are_all = len(accesses) < MOST_LOOKED_AT
    accesses = [access for access in accesses if alarm.counts(access)]
    if not accesses:
        nobody = Fact("Who", "nobody in the audit table yet: records arrive within minutes, look there again")
        return replace(alarm.notice, facts=(nobody, *alarm.notice.facts))
    who = Counter(_who(access) for access in accesses)
    secrets = Counter(str(access["secret"]) for access in accesses if access.get("secret"))
    facts = (
        Fact("Who", _first(who, "principal")),
        Fact("What", _first(secrets, "secret") or "no secret named"),
        Fact("From", _first(Counter(str(a.get("source_address") or "unknown") for a in accesses), "address")),
        *(Fact("Alarm", f.value) if f.label == "What" else f for f in alarm.notice.facts),
    )
    names = [one_line(name, SECRET_LIMIT) for name, _ in secrets.most_common()]
    return replace(
        alarm.notice,
        facts=facts,
        secrets=tuple(names[:SECRETS_KEPT]),
        more_secrets=max(0, len(names) - SECRETS_KEPT) + (not are_all),
        event_ids=tuple(str(access["event_id"]) for access in accesses[:_SHOWN]),
    )


def _severity(description: str, state: str) -> tuple[Severity, str]:
    """Our alarms say their severity first: "[high] The root user read a secret." """
    usual, match = _SEVERITIES.get(state, Severity.MEDIUM), _STATED.match(description)
    if match is None:
        return usual, description
    return Severity(match[1]) if state == "ALARM" else usual, description[match.end() :]


def _who(access: Mapping[str, Any]) -> str:
    name = str(access.get("principal") or "unknown")
    return name if access.get("outcome") == "allowed" else f"{name} ({access.get('outcome')})"


def _first(counted: Counter[str], noun: str) -> str:
    """The most frequent ones with their numbers: "role/deploy (3), user/alice … and 2 more principals"."""
    shown = [
        f"{one_line(name, 150)} ({number:,})" if number > 1 else one_line(name, 150)
        for name, number in counted.most_common(_SHOWN)
    ]
    more = f" … and {count(len(counted) - _SHOWN, f'more {noun}')}" if len(counted) > _SHOWN else ""
    return ", ".join(shown) + more


def _metrics(trigger: Mapping[str, object]) -> list[str]:
    """The names of the metrics of ours that an alarm looks at; none of another namespace."""
    own = str(trigger.get("Namespace")).startswith("SecretWatch/")
    queries = trigger.get("Metrics")
    if isinstance(queries, list):
        return [name for name in _band(queries).split(", ") if "SecretWatch/" in str(queries)]
    return [str(trigger.get("MetricName"))] if own else []


def _window(message: Mapping[str, object], trigger: Mapping[str, object]) -> tuple[datetime, datetime] | None:
    """When the counted accesses were; None for an alarm that does not count records of the trail."""
    try:
        end = datetime.fromisoformat(str(message.get("StateChangeTime"))).astimezone(UTC)
        periods = timedelta(seconds=float(str(trigger.get("Period") or 300)))
        periods *= min(float(str(trigger.get("EvaluationPeriods") or 1)), 100)
    except (ValueError, OverflowError):
        return None
    counts_records = "SecretWatch/" in str(trigger.get("Namespace")) + str(trigger.get("Metrics"))
    if not counts_records and message.get("AlarmRule") is None:
        return None
    return end - min(periods + _LATEST, timedelta(hours=12)), end


def _condition(trigger: Mapping[str, object], message: Mapping[str, object]) -> str:
    """What the alarm compares: "Sum of SecretAccessedByRole >= 1 in 1 x 60 s"."""
    rule = field(message.get("AlarmRule"))
    if rule is not None:
        return rule
    comparison = _COMPARISONS.get(str(trigger.get("ComparisonOperator")), "")
    metric = field(trigger.get("MetricName")) or _band(trigger.get("Metrics"))
    if not metric or not comparison:
        return ""
    statistic = str(trigger.get("Statistic") or "").capitalize()
    subject = f"{statistic} of {metric}" if statistic else metric
    if "band" in comparison:
        return f"{subject} {comparison} {field(trigger.get('ThresholdMetricId')) or 'the expected values'}"
    threshold = trigger.get("Threshold")
    shown = f"{threshold:g}" if isinstance(threshold, (int, float)) else one_line(str(threshold), 20)
    return f"{subject} {comparison} {shown} in {trigger.get('EvaluationPeriods', 1)} x {trigger.get('Period', '?')} s"


def _band(metrics: object) -> str:
    """The metrics and expressions of a metric-math or band alarm, in a line."""
    if not isinstance(metrics, list):
        return ""
    parts = []
    for query in metrics:
        if not isinstance(query, Mapping):
            continue
        expression = field(query.get("Expression")) or field(query.get("expression"))
        stat = query.get("MetricStat") or query.get("metricStat")
        metric = stat.get("Metric") or stat.get("metric") if isinstance(stat, Mapping) else None
        name = field(metric.get("MetricName")) or field(metric.get("name")) if isinstance(metric, Mapping) else None
        parts += [part for part in (expression, name) if part]
    return ", ".join(parts)


def _time(text: str | None) -> str:
    """CloudWatch writes 2026-01-31T12:00:00.000+0000; other text is passed on as it is."""
    try:
        return datetime.fromisoformat(text or "").strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text or "unknown time"
