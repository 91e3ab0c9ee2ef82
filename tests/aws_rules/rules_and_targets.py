"""EventBridge: states of rules, and who may be a target."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.aws_rules.planned import Planned, Resource
from tests.aws_rules.queues import rule_arn
from tests.aws_rules.rule import Problem, rule

ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_READS = ("Get", "BatchGet", "List", "Describe", "Lookup")


def _wants_reads(planned_rule: Resource) -> bool:
    pattern = json.loads(planned_rule.values.get("event_pattern") or "{}")
    if not any("via CloudTrail" in kind for kind in pattern.get("detail-type", [])):
        return False
    names = pattern.get("detail", {}).get("eventName")
    return names is None or any(isinstance(name, str) and name.startswith(_READS) for name in names)


@rule(
    "events.read-only-state",
    page='"PutRule"',
    looks_at="the state of every rule on CloudTrail's events that waits for reads, on any bus",
    cure=f"state = {ALL}, on custom buses too: a rule that is merely ENABLED matches no read-only management event",
)
def _state(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_event_rule"):
        if _wants_reads(one) and one.values["state"] != ALL:
            yield one.address, f"is {one.values['state']} on bus {one.values.get('event_bus_name')} and sees no read"


@rule(
    "events.source",
    page='"PutEvents"',
    looks_at="the pattern of every rule on CloudTrail's events",
    cure="pin a source that begins with aws., which only AWS itself can send",
)
def _source(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_event_rule"):
        pattern = json.loads(one.values.get("event_pattern") or "{}")
        kinds = pattern.get("detail-type", [])
        sources = pattern.get("source", [])
        if any("via CloudTrail" in kind for kind in kinds) and not (
            sources and all(isinstance(source, str) and source.startswith("aws.") for source in sources)
        ):
            yield one.address, "takes events that anybody with PutEvents can forge"


@rule(
    "events.schedule",
    page='"Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge"',
    looks_at="the schedule of every rule",
    cure="rate(1 minute), rate(2 minutes): the unit is singular for 1 and plural for more; or cron with six fields",
)
def _schedule(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_event_rule"):
        schedule = one.values.get("schedule_expression")
        bus = one.values.get("event_bus_name") or "default"
        if schedule and not _SCHEDULE.fullmatch(schedule):
            yield one.address, f"has the schedule {schedule!r}"
        if schedule and bus != "default":
            yield one.address, f"has a schedule on the bus {bus}, and only the default bus has them"


_SCHEDULE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\(\S+( \S+){5}\)")


@rule(
    "events.own-account",
    page='"Sending events between event buses in the same account and Region in Amazon EventBridge"',
    looks_at="a bus made here with a rule on CloudTrail's events",
    cure="a rule on the default bus that forwards them: there, and only there, this account's own events arrive",
)
def _own_account(planned: Planned) -> Iterator[Problem]:
    made = {bus.values["name"] for bus in planned.of("aws_cloudwatch_event_bus")}
    forwarded = {
        str(target.values.get("arn")).rsplit("/", 1)[-1]
        for target in planned.of("aws_cloudwatch_event_target")
        if (target.values.get("event_bus_name") or "default") == "default"
    }
    for one in planned.of("aws_cloudwatch_event_rule"):
        bus = (one.values.get("event_bus_name") or "default").rsplit("/", 1)[-1]
        if bus in made - forwarded and _wants_reads(one):
            yield one.address, f"sees nothing of this account: nothing forwards to the bus {bus}"


@rule(
    "events.lambda-permission",
    page='"Using resource-based policies for Amazon EventBridge"',
    looks_at="a rule whose target is a function",
    cure="a Lambda permission for events.amazonaws.com with the rule's ARN",
)
def _permission(planned: Planned) -> Iterator[Problem]:
    for target in planned.of("aws_cloudwatch_event_target"):
        arn = target.values.get("arn") or ""
        if ":lambda:" in arn and not any(
            permission.values["function_name"].rsplit(":", 1)[-1] == arn.rsplit(":", 1)[-1]
            and permission.values["principal"] == "events.amazonaws.com"
            and permission.values.get("source_arn") == rule_arn(planned, target)
            for permission in planned.of("aws_lambda_permission")
        ):
            yield target.address, f"{arn.rsplit(':', 1)[-1]} does not let {rule_arn(planned, target)} invoke it"


@rule(
    "events.targets",
    page='"PutTargets"',
    looks_at="how many targets a rule has",
    cure="five targets for a rule",
)
def _targets(planned: Planned) -> Iterator[Problem]:
    counts: dict[tuple[object, object], list[str]] = {}
    for target in planned.of("aws_cloudwatch_event_target"):
        counts.setdefault((target.values.get("event_bus_name"), target.values.get("rule")), []).append(target.address)
    for addresses in counts.values():
        if len(addresses) > 5:
            yield addresses[0], f"is one of {len(addresses)} targets of its rule"
