"""A CloudWatch alarm's SNS message as a ``Notice``.

AWS: "Notify users on alarm changes" (CloudWatch User Guide). Metric, metric-math,
anomaly-band and composite alarms differ in ``Trigger`` and ``AlarmRule``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.trail_log import Counted, Window
from secretwatch.notify.access_notice import EVENT_IDS_KEPT
from secretwatch.notify.links import event_link
from secretwatch.notify.notice import SECRET_LIMIT, SECRETS_KEPT, Fact, Kind, Notice
from secretwatch.record.event import Event
from secretwatch.runtime.text import field, in_utc, one_line, short_hash

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
_STATED = re.compile(rf"\[({'|'.join(Severity)})\] ")
_LATEST = timedelta(minutes=20)
"""CloudTrail brings a record some minutes after the call."""
_EVALUATED = timedelta(minutes=5)
"""Until a log event is counted and the alarm has looked at the count."""
_CLOCKS = timedelta(seconds=5)
"""How much the clocks of two services of AWS may differ."""
_LONGEST = timedelta(hours=25)
"""A period is a day at most."""
_USUAL = 600
"""Seconds that an alarm looks at of which nothing is known."""
_SHOWN = 5
_NAMES_SHOWN = 3
_WHO = "Who did what"
_PLAIN = re.compile(r"[\w/+=.,@:*!-]+")


@dataclass(frozen=True, slots=True)
class Detections:
    """What the alarms of this deployment count: patterns of metric filters, by metric."""

    namespace: str
    """CloudWatch namespace of the metrics: SecretWatch/ and the prefix of all names."""
    patterns: Mapping[str, tuple[str, ...]]
    """Metric → the filter patterns that count into it."""
    seconds: Mapping[str, int]
    """Metric → seconds that its alarm looks at."""

    @property
    def prefix(self) -> str:
        """What the names of all parts of the deployment begin with."""
        return self.namespace.partition("/")[2]

    def behind(self, message: Mapping[str, object], trigger: Mapping[str, object]) -> tuple[str, ...]:
        """Return the patterns of what an alarm counts; none for an alarm that counts no records."""
        if message.get("AlarmRule") is None:
            own = [name for namespace, name in _metrics(trigger) if namespace == self.namespace]
        else:
            own = self._composed(message)
        return tuple(pattern for name in dict.fromkeys(own) for pattern in self.patterns.get(name, ()))

    def looked_at(self, message: Mapping[str, object], trigger: Mapping[str, object]) -> float:
        """Return how many seconds before an alarm went off it has looked at; raises ValueError."""
        if message.get("AlarmRule") is not None:  # a composite alarm, which has no period of its own
            return max((self.seconds.get(name, _USUAL) for name in self._composed(message)), default=_USUAL)
        return float(str(_period(trigger))) * min(float(str(trigger.get("EvaluationPeriods") or 2)), 100)

    def _composed(self, message: Mapping[str, object]) -> list[str]:
        """Return the metrics behind a composite alarm: those that made it go off, or else all that it is about."""
        return self._named(message.get("NewStateReason")) or self._named(message.get("AlarmRule"))

    def _named(self, text: object) -> list[str]:
        names = re.findall(rf"(?<![\w-]){re.escape(self.prefix)}-(\w+)(?![\w-])", field(text) or "")
        return [name for name in names if name in self.patterns]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm's notice, and how to find the records that it counted."""

    notice: Notice
    patterns: tuple[str, ...] = ()
    """Filter patterns that they match; none where the alarm is over, or counts something else."""
    window: Window | None = None
    """None where there are no patterns."""


def parse_alarm(message: Mapping[str, object], detections: Detections) -> Alarm | None:
    """Return the notice of an alarm's state change, or None if ``message`` is not one."""
    name, state = field(message.get("AlarmName")), field(message.get("NewStateValue"))
    if name is None or state is None:
        return None
    at = field(message.get("StateChangeTime")) or "unknown time"
    changed = in_utc(at) or at  # CloudWatch writes 2026-01-31T12:00:00.000+0000
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
        id=short_hash("alarm", field(message.get("AlarmArn")) or name, state, at),
        kind=Kind.ALARM,
        severity=severity,
        title=f"{_TITLES.get(state, one_line(state, 40))}: {one_line(name, 120)}",
        facts=tuple(fact for fact in facts if fact.value),
        time=changed,
        story=short_hash("alarm", field(message.get("AlarmArn")) or name),
        is_over=state == "OK",
    )
    if state != "ALARM":
        # What is over needs no details.
        return Alarm(replace(notice, facts=tuple(f for f in notice.facts if f.label in ("Why now", "When"))))
    patterns, window = detections.behind(message, trigger), _window(message, trigger, detections)
    if patterns and window:
        return Alarm(notice, patterns, window)
    # Where records were counted and nobody can look them up, they may be about any secret.
    return Alarm(replace(notice, more_secrets=int(bool(patterns))))


def with_events(alarm: Alarm, counted: Counted, prefix: str) -> Notice:
    """Return the alarm's notice with who did what, newest first; ``prefix`` begins the names of our own parts."""
    alike: dict[tuple[object, ...], list[Event]] = {}
    for event in counted.events:
        key = (event.who, event.session.access_key_id, event.name, event.source_address, event.error_code)
        alike.setdefault(key, []).append(event)
    lines = [_did(events, prefix) for events in list(alike.values())[:_SHOWN]]
    others = [one_line(events[0].who, 120) for events in list(alike.values())[_SHOWN:]]
    if others:
        lines.append(f"{len(others):,} more, by {_some(dict.fromkeys(others))}")
    if counted.gap and lines:
        lines.append(f"perhaps more: {counted.gap}")
    facts = [Fact("And" if number else _WHO, line) for number, line in enumerate(lines)]
    secrets = [one_line(name, SECRET_LIMIT) for name, _ in Counter(_secrets(counted)).most_common()]
    lead = counted.events[0] if counted.events else None
    return replace(
        alarm.notice,
        facts=(*(facts or [Fact(_WHO, _nobody(counted))]), *alarm.notice.facts),
        secrets=tuple(secrets[:SECRETS_KEPT]),
        # What was not looked at, or not found, may be about any secret, unless what was found is about none.
        more_secrets=max(0, len(secrets) - SECRETS_KEPT) + bool(not counted.events or (counted.gap and secrets)),
        links=event_link(lead.region, lead.id) if lead else (),
        event_ids=tuple(event.id for event in counted.events[:EVENT_IDS_KEPT] if event.id),
    )


def _secrets(counted: Counted) -> Iterator[str]:
    for event in counted.events:
        yield from event.secrets


def _nobody(counted: Counted) -> str:
    if counted.gap:
        return f"not known: {counted.gap}. CloudTrail's event history has it"
    return "not known: the log group shows no such record yet. CloudTrail's event history has it"


def _did(events: Sequence[Event], prefix: str) -> str:
    """Return what a caller did: "user eve called PutBucketPolicy from 203.0.113.9 at …, on secretwatch-logs".

    What the caller may have worded as it likes comes last, and in quotes if it is more than a name.
    """
    last, times = events[0], len(events)
    refused = f" and got {_plain(last.error_code, 40)}" if last.error_code else ""
    at = one_line(last.time, 30) or "an unknown time"
    when = f"at {at}" if times == 1 else f"{times:,} times, last at {at}"
    key = last.session.access_key_id
    names = dict.fromkeys(name for event in events for name in event.secrets + event.names)
    ours_first = [_plain(name, 80) for name in sorted(names, key=lambda name: prefix not in name)]
    return (
        f"{one_line(last.who, 120)} called {_plain(last.name, 60)} from {_plain(last.source_address or 'unknown', 60)}"
        f" {when}{refused}{f' with access key {_plain(key, 30)}' if key else ''}"
        f"{f', on {_some(ours_first)}' if names else ''}"
    )


def _some(names: Iterable[str]) -> str:
    """Return the first few names and how many more there are."""
    names = list(names)
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN:,} more" if len(names) > _NAMES_SHOWN else shown


def _severity(description: str, state: str) -> tuple[Severity, str]:
    """Our alarms say their severity first: "[high] The root user read a secret." """
    usual, match = _SEVERITIES.get(state, Severity.MEDIUM), _STATED.match(description)
    if match is None:
        return usual, description
    return Severity(match[1]) if state == "ALARM" else usual, description[match.end() :]


def _plain(text: str, limit: int) -> str:
    """Return a name as it is, and anything else in quotes, so that it is not read as words of ours."""
    shown = one_line(text, limit)
    return shown if _PLAIN.fullmatch(shown) else '"' + shown.replace('"', "'") + '"'


def _metrics(trigger: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the metrics that an alarm looks at: (namespace, name)."""
    for metric in (trigger, *map(_metric, _queries(trigger.get("Metrics")))):
        yield (
            field(metric.get("Namespace")) or field(metric.get("namespace")) or "",
            field(metric.get("MetricName")) or field(metric.get("name")) or "",
        )


def _window(message: Mapping[str, object], trigger: Mapping[str, object], detections: Detections) -> Window | None:
    """Return when the counted records came; None where the message does not say it."""
    try:
        end = datetime.fromisoformat(str(message.get("StateChangeTime"))).astimezone(UTC)
        periods = min(timedelta(seconds=detections.looked_at(message, trigger)), _LONGEST)
        return Window(end - periods - _LATEST, end + _CLOCKS, end - periods - _EVALUATED)
    except (ValueError, OverflowError):
        return None


def _period(trigger: Mapping[str, object]) -> object:
    """Seconds of an alarm's period, in which a metric-math or band alarm's metrics may say theirs."""
    stats = [query.get("MetricStat") for query in _queries(trigger.get("Metrics"))]
    of_metrics = [stat.get("Period") for stat in stats if isinstance(stat, Mapping)]
    return trigger.get("Period") or next(filter(None, of_metrics), 300)


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
    parts = []
    for query in _queries(metrics):
        metric = _metric(query)
        expression = field(query.get("Expression")) or field(query.get("expression"))
        name = field(metric.get("MetricName")) or field(metric.get("name"))
        parts += [part for part in (expression, name) if part]
    return ", ".join(parts)


def _queries(metrics: object) -> list[Mapping[str, object]]:
    return [query for query in metrics if isinstance(query, Mapping)] if isinstance(metrics, list) else []


def _metric(query: Mapping[str, object]) -> Mapping[str, object]:
    stat = query.get("MetricStat") or query.get("metricStat")
    metric = stat.get("Metric") or stat.get("metric") if isinstance(stat, Mapping) else None
    return metric if isinstance(metric, Mapping) else {}
