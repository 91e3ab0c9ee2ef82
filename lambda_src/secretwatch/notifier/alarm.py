"""A CloudWatch alarm's SNS message as a ``Notice``.

AWS: "Notify users on alarm changes" (CloudWatch User Guide). Metric, metric-math,
anomaly-band and composite alarms differ in ``Trigger`` and ``AlarmRule``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from secretwatch.notice import Fact, Kind, Notice, Severity, notice_id
from secretwatch.text import field, one_line

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


def parse_alarm(message: Mapping[str, object]) -> Notice | None:
    """Return the notice of an alarm's state change, or None if ``message`` is not one."""
    name, state = field(message.get("AlarmName")), field(message.get("NewStateValue"))
    if name is None or state is None:
        return None
    changed = _time(field(message.get("StateChangeTime")))
    trigger = message.get("Trigger")
    facts = [
        Fact("What", field(message.get("AlarmDescription")) or name),
        Fact("Why now", field(message.get("NewStateReason")) or "CloudWatch gave no reason"),
        Fact("Condition", _condition(trigger if isinstance(trigger, Mapping) else {}, message)),
        Fact(
            "Where",
            f"{field(message.get('Region')) or 'unknown region'}, "
            f"account {field(message.get('AWSAccountId')) or 'unknown'}",
        ),
        Fact("When", changed),
    ]
    return Notice(
        id=notice_id("alarm", field(message.get("AlarmArn")) or name, state, changed),
        kind=Kind.ALARM,
        severity=_SEVERITIES.get(state, Severity.MEDIUM),
        title=f"{_TITLES.get(state, one_line(state, 40))}: {one_line(name, 120)}",
        facts=tuple(fact for fact in facts if fact.value),
        time=changed,
    )


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
