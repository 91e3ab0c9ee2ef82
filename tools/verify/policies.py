"""Whether a resource's policy lets an AWS service do something: what IAM decides, as far as such policies go.

AWS: "Policy evaluation logic", "IAM JSON policy elements: Condition operators" (IAM User Guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, str]
"""Condition key → the value that the service sends."""


def allows(document: str | Mapping[str, Any], service: str, action: str, context: Context) -> bool:
    """Return whether a policy lets a service (``logs.amazonaws.com``) do an action, given what it sends along.

    A condition with an operator that is not known here does not hold.
    """
    sent = {key.lower(): value for key, value in context.items()}
    applying = [s for s in _statements(document) if _applies(s, service, action, sent)]
    effects = {statement.get("Effect") for statement in applying}
    return "Allow" in effects and "Deny" not in effects


def _statements(document: str | Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    parsed = json.loads(document) if isinstance(document, str) else document
    yield from _list(parsed.get("Statement"))


def _applies(statement: Mapping[str, Any], service: str, action: str, sent: Context) -> bool:
    return (
        _names(statement.get("Principal"), service)
        and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _list(statement.get("Action")))
        and all(
            _holds(operator, key.lower(), _list(values), sent)
            for operator, conditions in (statement.get("Condition") or {}).items()
            for key, values in conditions.items()
        )
    )


def _names(principal: Any, service: str) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    if not isinstance(principal, Mapping):
        return False
    return service in _list(principal.get("Service")) or "*" in _list(principal.get("AWS"))


def _holds(operator: str, key: str, values: list[str], sent: Context) -> bool:
    value, name = sent.get(key), operator.removesuffix("IfExists")
    if name == "Null":
        return (value is None) == (str(values[0]).lower() == "true")
    if value is None:
        return operator.endswith("IfExists") or "Not" in name
    test = _TESTS.get(name.replace("Not", "", 1))
    if test is None:
        return False
    return any(test(value, str(wanted)) for wanted in values) != ("Not" in name)


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _equal_ignoring_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": fnmatchcase,
    "ArnEquals": fnmatchcase,
    "ArnLike": fnmatchcase,
    "Bool": _equal_ignoring_case,
}


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
