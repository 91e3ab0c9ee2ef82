"""IAM roles: who may assume them, and the sizes of what hangs on them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.policy import Request, allows, as_list
from tests.aws_rules.rule import Problem, rule

_SENDS = {
    "lambda.amazonaws.com": (),
    "cloudtrail.amazonaws.com": (),
    "quicksight.amazonaws.com": (),
    "events.amazonaws.com": ("aws:SourceAccount", "aws:SourceArn"),
    "scheduler.amazonaws.com": ("aws:SourceAccount",),
}
"""Service → condition keys that it is documented to send when it assumes a role; no others may be asked for."""


@rule(
    "trust.conditions",
    page='"Role policy document for CloudTrail to use CloudWatch Logs for monitoring", '
    '"Cross-service confused deputy prevention in Amazon EventBridge"; for Lambda and QuickSight unproven',
    looks_at="the trust policy of every role that a service assumes",
    cure="ask only for condition keys that the service sends; for others use …IfExists",
)
def _conditions(planned: Planned) -> Iterator[Problem]:
    for role in planned.of("aws_iam_role"):
        statements = role.statements("assume_role_policy")
        for service in {s for one in statements for s in as_list(one.get("Principal", {}).get("Service", []))}:
            sends = dict.fromkeys(_SENDS.get(service, ()), planned.account)
            if not allows(statements, Request("sts:AssumeRole", service=service, context=sends)):
                yield role.address, f"{service} cannot assume it with the condition keys that it is known to send"


_QUOTAS = {"aws_iam_role_policy": ("inline policies", 10_240)}


@rule(
    "size.role-inline-policies",
    page='"IAM and AWS STS quotas"',
    looks_at="the inline policies of a role, together and without white space",
    cure="10,240 characters in total: name fewer resources, or share a pattern",
)
def _inline(planned: Planned) -> Iterator[Problem]:
    sizes: dict[str, int] = defaultdict(int)
    roles = {role.values["name"]: role.address for role in planned.of("aws_iam_role") if role.values.get("name")}
    for policy in planned.of("aws_iam_role_policy"):
        sizes[policy.values.get("role") or ""] += len(_minified(policy.values.get("policy")))
    for name, size in sizes.items():
        if size > _QUOTAS["aws_iam_role_policy"][1]:
            yield roles.get(name, name), f"its inline policies have {size} characters"


@rule(
    "size.trust-policy",
    page='"IAM and AWS STS quotas"',
    looks_at="the trust policy of every role",
    cure="2,048 characters",
)
def _trust(planned: Planned) -> Iterator[Problem]:
    for role in planned.of("aws_iam_role"):
        size = len(_minified(role.values.get("assume_role_policy")))
        if size > 2048:
            yield role.address, f"its trust policy has {size} characters"


@rule(
    "size.managed-policy",
    page='"IAM and AWS STS quotas"',
    looks_at="every managed policy",
    cure="6,144 characters without white space",
)
def _managed(planned: Planned) -> Iterator[Problem]:
    for policy in planned.of("aws_iam_policy"):
        size = len(_minified(policy.values.get("policy")))
        if size > 6144:
            yield policy.address, f"has {size} characters"


def _minified(text: str | None) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) if text else ""
