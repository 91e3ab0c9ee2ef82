"""Whether a policy lets a service do something, given only the condition keys that the service sends.

A condition on a key that is not sent does not match, which is how a policy that looks careful lets
nobody in. AWS: "IAM JSON policy elements: Condition operators", "Policy evaluation logic".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.aws_rules.planned import Statement


@dataclass(frozen=True, slots=True)
class Request:
    """One call: who, what, on what, and the condition keys that come with it."""

    action: str
    resource: str = "*"
    service: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


class UnknownOperatorError(Exception):
    """A policy uses a condition operator that is not understood here."""


def allows(statements: Sequence[Statement], request: Request) -> bool:
    """Return whether the statements allow the request: an Allow that matches, and no Deny."""
    matching = [statement["Effect"] for statement in statements if _matches(statement, request)]
    return "Allow" in matching and "Deny" not in matching


def as_list(value: Any) -> list[Any]:
    """Return what may be written as one or as many."""
    return value if isinstance(value, list) else [value]


def _matches(statement: Statement, request: Request) -> bool:
    actions = as_list(statement.get("Action", []))
    resources = as_list(statement.get("Resource", "*"))
    return (
        any(like(request.action.lower(), action.lower()) for action in actions)
        and any(like(request.resource, resource) for resource in resources)
        and _is_for(statement.get("Principal"), request.service)
        and all(_holds(*condition, request.context) for condition in conditions(statement))
    )


def _is_for(principal: Any, service: str) -> bool:
    if principal is None or principal == "*":
        return True
    if not service:
        return False
    return service in as_list(principal.get("Service", [])) or "*" in as_list(principal.get("AWS", []))


def conditions(statement: Statement) -> Iterable[tuple[str, str, list[str]]]:
    """Yield operator, key and values of each condition."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key, [str(value) for value in as_list(values)]


def _holds(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    given = {name.lower(): value for name, value in context.items()}.get(key.lower())
    plain = operator.removesuffix("IfExists")
    plain, every = plain.removeprefix("ForAllValues:").removeprefix("ForAnyValue:"), plain.startswith("ForAllValues:")
    negated = "Not" in plain
    if given is None:
        return operator.endswith("IfExists") or every or negated
    match plain.replace("Not", ""):
        case "StringEquals":
            equal = given in values
        case "StringLike" | "ArnLike" | "ArnEquals":
            equal = any(like(given, value) for value in values)
        case "Bool":
            equal = given.lower() in [value.lower() for value in values]
        case "StringEqualsIgnoreCase":
            equal = given.lower() in [value.lower() for value in values]
        case _:
            raise UnknownOperatorError(operator)
    return equal != negated


def like(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern of IAM: * any number of characters, ? one."""
    escaped = re.sub(r"[\[\]]", lambda mark: f"[{mark[0]}]", pattern)
    return fnmatch.fnmatchcase(text, escaped)
