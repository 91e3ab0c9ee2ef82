"""CloudWatch Logs: filter patterns, and how many of what a log group takes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tests.aws_rules.planned import Planned, Resource
from tests.aws_rules.rule import Problem, rule
from tests.harness.filter_pattern import PatternError, compile_pattern

_REGEXES_PER_GROUP = 5


def _patterns(planned: Planned) -> Iterator[tuple[Resource, str]]:
    for one in planned.of("aws_cloudwatch_log_metric_filter"):
        if one.values.get("pattern") is not None:  # one that names a key of the same apply is not known yet
            yield one, one.values["pattern"]
    for one in planned.of("aws_cloudwatch_log_subscription_filter"):
        yield one, one.values["filter_pattern"]


@rule(
    "logs.filter-pattern",
    page='"Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail"',
    looks_at="the pattern of every metric and subscription filter",
    cure="1,024 characters, two regular expressions, three wildcard selectors; a selector starts with $., and an "
    "asterisk stands at the beginning or the end of a term",
)
def _pattern(planned: Planned) -> Iterator[Problem]:
    for one, pattern in _patterns(planned):
        try:
            compile_pattern(pattern)
        except PatternError as error:
            yield one.address, str(error)


@rule(
    "logs.regexes",
    page='"PutMetricFilter"',
    looks_at="the patterns of a log group, together",
    cure="five regular expressions in one log group, two in one pattern",
)
def _regexes(planned: Planned) -> Iterator[Problem]:
    counts: dict[str, int] = defaultdict(int)
    for one, pattern in _patterns(planned):
        counts[one.values["log_group_name"]] += len(re.findall(r"%[^%]+%", pattern))
    for group, count in counts.items():
        if count > _REGEXES_PER_GROUP:
            yield group, f"its filters hold {count} regular expressions"


_PER_GROUP = {"aws_cloudwatch_log_subscription_filter": 2, "aws_cloudwatch_log_metric_filter": 100}


@rule(
    "logs.filters-per-group",
    page='"PutSubscriptionFilter", "PutMetricFilter"',
    looks_at="how many filters a log group has",
    cure="two subscription filters and 100 metric filters for a log group",
)
def _per_group(planned: Planned) -> Iterator[Problem]:
    for kind, most in _PER_GROUP.items():
        groups: dict[str, int] = defaultdict(int)
        for one in planned.of(kind):
            groups[one.values["log_group_name"]] += 1
        for group, count in groups.items():
            if count > most:
                yield group, f"has {count} of {kind}"


@rule(
    "logs.metric-filter-default",
    page='"PutMetricFilter"',
    looks_at="metric transformations",
    cure="either dimensions or a default value",
)
def _default(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_log_metric_filter"):
        if one.get("metric_transformation.dimensions") and one.get("metric_transformation.default_value"):
            yield one.address, "has dimensions and a default value"


@rule(
    "logs.metric-dimensions",
    page='"MetricTransformation" (CloudWatch Logs API Reference)',
    looks_at="metric transformations",
    cure="at most three dimensions",
)
def _dimensions(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_log_metric_filter"):
        count = len(one.get("metric_transformation.dimensions") or {})
        if count > 3:
            yield one.address, f"has {count} dimensions"


@rule(
    "logs.metric-namespace",
    page='"PutMetricData"',
    looks_at="the namespace of every metric that is counted here",
    cure="a namespace that does not begin with AWS/, which AWS's own services have",
)
def _namespace(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_log_metric_filter"):
        namespace = str(one.get("metric_transformation.namespace"))
        if namespace.upper().startswith("AWS/"):
            yield one.address, f"counts into {namespace}"


@rule(
    "logs.class",
    page='"Log classes"',
    looks_at="a log group with metric or subscription filters",
    cure="the class STANDARD: INFREQUENT_ACCESS and DELIVERY have neither",
)
def _class(planned: Planned) -> Iterator[Problem]:
    filtered = {one.values["log_group_name"] for kind in _PER_GROUP for one in planned.of(kind)}
    for group in planned.of("aws_cloudwatch_log_group"):
        kind = group.values.get("log_group_class") or "STANDARD"
        if kind != "STANDARD" and group.values["name"] in filtered:
            yield group.address, f"is of class {kind} and has filters"


@rule(
    "logs.subscription-permission",
    page='"Log group-level subscription filters"; for China unproven',
    looks_at="a subscription filter whose destination is a function",
    cure="a Lambda permission for logs.amazonaws.com (in China .amazonaws.com.cn) on the log group's ARN with :*",
)
def _permission(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_log_subscription_filter"):
        arn = planned.arn("logs", f"log-group:{one.values['log_group_name']}:*")
        function = one.values["destination_arn"].rsplit(":", 1)[-1]
        if ":lambda:" in one.values["destination_arn"] and not any(
            permission.values["function_name"].rsplit(":", 1)[-1] == function
            and permission.values["principal"] == f"logs.{planned.dns_suffix}"
            and permission.values.get("source_arn") == arn
            for permission in planned.of("aws_lambda_permission")
        ):
            yield one.address, f"{function} does not let CloudWatch Logs invoke it for {arn}"
