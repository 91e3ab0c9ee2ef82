"""What AWS's documentation asks of the resources that we plan, as rules over a plan.

A local AWS accepts what the real one refuses: key policies that leave a service out, environments
that are too large, rules that never match. Each rule names AWS's page; ``docs/aws-rules.md`` lists
them. A rule is a check in the file of its topic; to add one, add its mutation to
``tests/terraform/test_aws_rules.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws_rules import (  # noqa: F401
    alarms,
    athena,
    bedrock,
    buckets,
    hops,
    iam,
    keys,
    log_groups,
    names,
    parameters,
    queues,
    roles,
    rules_and_targets,
    shapes,
    sizes,
    tables,
    topics,
    trail,
)
from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import UNPROVEN, Rule, Violation, registered, violations

RULES = registered()

__all__ = ["RULES", "UNPROVEN", "Planned", "Rule", "Violation", "check"]


def check(plan: Mapping[str, Any]) -> list[Violation]:
    """Return what a plan does against any rule."""
    return list(violations(Planned(plan), RULES.values()))
