"""CloudWatch: alarms and dashboards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import Problem, rule
from tests.aws_rules.topics import ACTIONS, ALARMS

_DAY, _WEEK, _HOUR = 86_400, 604_800, 3_600


@rule(
    "cloudwatch.alarm-window",
    page='"PutMetricAlarm"',
    looks_at="period × evaluation periods of every alarm",
    cure="at most a day, or seven days for periods of an hour and more",
)
def _window(planned: Planned) -> Iterator[Problem]:
    for alarm in planned.of("aws_cloudwatch_metric_alarm"):
        for period in _periods(alarm.values):
            window = period * alarm.values["evaluation_periods"]
            if window > (_WEEK if period >= _HOUR else _DAY):
                yield alarm.address, f"looks at {window} seconds"
            if period not in (10, 20, 30) and period % 60:
                yield alarm.address, f"has a period of {period} s, which is no multiple of 60"


def _periods(alarm: dict[str, object]) -> Iterator[int]:
    if isinstance(alarm.get("period"), int):
        yield alarm["period"]  # type: ignore[misc]
    for query in alarm.get("metric_query") or []:  # type: ignore[attr-defined]
        for metric in query.get("metric") or []:
            yield metric["period"]


@rule(
    "cloudwatch.anomaly-alarm",
    page='"Creating a CloudWatch alarm based on anomaly detection"',
    looks_at="alarms on an anomaly band",
    cure="threshold_metric_id of the band's query and no threshold; both queries return data",
)
def _anomaly(planned: Planned) -> Iterator[Problem]:
    for alarm in planned.of("aws_cloudwatch_metric_alarm"):
        queries = alarm.values.get("metric_query") or []
        bands = [q["id"] for q in queries if "ANOMALY_DETECTION_BAND" in (q.get("expression") or "")]
        if bands and (
            alarm.values.get("threshold_metric_id") not in bands or alarm.values.get("threshold") is not None
        ):
            yield alarm.address, "does not compare with its band"
        if bands and not all(query.get("return_data") for query in queries):
            yield alarm.address, "has a query that returns no data"


@rule(
    "cloudwatch.composite",
    page='"PutCompositeAlarm"',
    looks_at="composite alarms",
    cure="1 to 100 alarms, 10,240 characters",
)
def _composite(planned: Planned) -> Iterator[Problem]:
    for alarm in planned.of("aws_cloudwatch_composite_alarm"):
        text = alarm.values.get("alarm_rule")
        if text is not None and not (0 < len(text) <= 10_240 and text.count("ALARM(") <= 100):
            yield alarm.address, f"its rule of {len(text)} characters names {text.count('ALARM(')} alarms"


@rule(
    "cloudwatch.composite-members",
    page='"PutCompositeAlarm"',
    looks_at="the alarms that a composite alarm names",
    cure="name alarms of the same plan: the composite is refused, or never goes off, for one that does not exist",
)
def _members(planned: Planned) -> Iterator[Problem]:
    made = {alarm.values["alarm_name"] for alarm in planned.of(*ALARMS)}
    for alarm in planned.of("aws_cloudwatch_composite_alarm"):
        named = re.findall(r"(?:ALARM|OK|INSUFFICIENT_DATA)\(\"?([^\")]+)\"?\)", alarm.values.get("alarm_rule") or "")
        for name in named:
            if name.rsplit(":alarm:", 1)[-1] not in made:
                yield alarm.address, f"names {name}, which is not made here"


@rule(
    "cloudwatch.action-region",
    page='"Using Amazon CloudWatch alarms"; that an action of another region is refused is unproven',
    looks_at="the actions of every alarm",
    cure="topics and functions of the alarm's own region",
)
def _region(planned: Planned) -> Iterator[Problem]:
    for alarm in planned.of(*ALARMS):
        for action in {a for state in ACTIONS for a in alarm.values.get(state) or [] if a}:
            region = action.split(":")[3]
            if region and region != planned.region:
                yield alarm.address, f"its action {action} is in {region}"


@rule(
    "cloudwatch.alarm-actions",
    page='"PutMetricAlarm"',
    looks_at="the actions of every alarm",
    cure="one to five for each state; none only where a composite alarm speaks for it, or with actions_enabled = false",
)
def _actions(planned: Planned) -> Iterator[Problem]:
    spoken_for = " ".join(a.values.get("alarm_rule") or "" for a in planned.of("aws_cloudwatch_composite_alarm"))
    for alarm in planned.of("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"):
        actions = alarm.values.get("alarm_actions")
        if len(actions or []) > 5:
            yield alarm.address, f"has {len(actions or [])} actions"
        silent = not actions and not alarm.is_unknown("alarm_actions")
        is_meant = alarm.values.get("actions_enabled") is False
        if silent and not is_meant and f'"{alarm.values["alarm_name"]}"' not in spoken_for:
            yield alarm.address, "notifies nobody"


@rule(
    "cloudwatch.dashboard",
    page='"Dashboard Body Structure and Syntax"',
    looks_at="every widget of a dashboard",
    cure="1 to 500 metrics in a metric widget, 1 to 100 alarms in an alarm widget: leave an empty widget out",
)
def _dashboard(planned: Planned) -> Iterator[Problem]:
    for dashboard in planned.of("aws_cloudwatch_dashboard"):
        text = dashboard.values.get("dashboard_body")
        for widget in json.loads(text)["widgets"] if text else []:
            properties = widget["properties"]
            title = properties.get("title")
            if widget["type"] == "metric" and not 1 <= len(properties.get("metrics", [])) <= 500:
                yield dashboard.address, f"widget {title!r} has {len(properties.get('metrics', []))} metrics"
            if widget["type"] == "alarm" and not 1 <= len(properties.get("alarms", [])) <= 100:
                yield dashboard.address, f"widget {title!r} has {len(properties.get('alarms', []))} alarms"
            if widget["x"] + widget["width"] > 24:
                yield dashboard.address, f"widget {title!r} is wider than the 24 columns"
