"""Names and tags, where AWS's API model does not carry the rule."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import Problem, rule

_MARKS = "_.:/=+-@"


@rule(
    "tags",
    page='"Tag naming limits and requirements"',
    looks_at="the tags of every resource",
    cure="50 tags; keys of 1 to 128, values of at most 256 letters, digits, spaces and _ . : / = + - @; no key begins "
    "with aws:",
)
def _tags(planned: Planned) -> Iterator[Problem]:
    for one in planned.resources:
        tags = one.values.get("tags")
        if not isinstance(tags, dict):
            continue
        if len(tags) > 50:
            yield one.address, f"has {len(tags)} tags"
        for key, value in tags.items():
            if not 1 <= len(key) <= 128 or key.lower().startswith("aws:") or not _plain(key):
                yield one.address, f"cannot have a tag {key!r}"
            if len(value or "") > 256 or not _plain(value or ""):
                yield one.address, f"cannot have the value {value!r} of tag {key!r}"


def _plain(text: str) -> bool:
    return all(mark in _MARKS or unicodedata.category(mark)[0] in "LNZ" for mark in text)


_NAMED = {
    "aws_iam_role": "name",
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
    "aws_dynamodb_table": "name",
    "aws_cloudtrail": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_cloudwatch_composite_alarm": "alarm_name",
    "aws_ssm_parameter": "name",
    "aws_kms_alias": "name",
    "aws_athena_workgroup": "name",
    "aws_glue_catalog_database": "name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_dashboard": "dashboard_name",
}


@rule(
    "names.unique",
    page='"IAM name requirements" and the API of each service',
    looks_at="names of one kind in one account and region",
    cure="no two alike; role names are compared without case",
)
def _unique(planned: Planned) -> Iterator[Problem]:
    for kind, attribute in _NAMED.items():
        seen: dict[str, list[str]] = defaultdict(list)
        for one in planned.of(kind):
            name = one.values.get(attribute)
            if name:
                bus = one.values.get("event_bus_name") or ""
                seen[f"{bus}/{name.lower() if kind == 'aws_iam_role' else name}"].append(one.address)
        for name, addresses in seen.items():
            if len(addresses) > 1:
                yield addresses[1], f"has the name {name.lstrip('/')} of {addresses[0]}"


@rule(
    "names.sqs-sns",
    page='"CreateQueue", "CreateTopic"',
    looks_at="names of queues and topics",
    cure="letters, digits, hyphens and underscores: 80 for a queue, 256 for a topic",
)
def _queues(planned: Planned) -> Iterator[Problem]:
    for kind, most in {"aws_sqs_queue": 80, "aws_sns_topic": 256}.items():
        for one in planned.of(kind):
            name = one.values.get("name") or ""
            bare = name.removesuffix(".fifo")
            if len(name) > most or not all(mark.isascii() and (mark.isalnum() or mark in "-_") for mark in bare):
                yield one.address, f"cannot be called {name!r}"


@rule(
    "names.budget",
    page='"Budget" (AWS Billing API)',
    looks_at="names of budgets",
    cure="no colon, no backslash, and no /action/",
)
def _budget(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_budgets_budget"):
        if any(part in one.values["name"] for part in (":", "\\", "/action/")):
            yield one.address, f"cannot be called {one.values['name']!r}"
