"""Whether a resource's policy lets an AWS service, or a role of the account, do something.

It is what IAM decides, as far as that can be known here.

AWS: "Policy evaluation logic", "IAM JSON policy elements: Condition operators", "Set operators for
multivalued context keys", "AWS global condition context keys" (IAM User Guide).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Json = Mapping[str, Any]


class Decision(Enum):
    """What a policy says to a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """It depends on something that nobody but AWS knows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and of one that is not ALLOWED why."""

    decision: Decision
    why: str = ""
    is_deny: bool = False
    """Whether a statement denies it, whatever else allows it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call that a service makes by itself, and the condition keys that are known to come with it.

    Of a key that is in neither ``sends`` nor ``lacks``, nor follows from being a service's call, it
    is not known whether it comes.
    """

    service: str
    """As it stands in a policy: ``logs.amazonaws.com``."""
    action: str
    resource: str
    """ARN of what the policy belongs to."""
    sends: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleRequest(Request):
    """A call that a role of the account makes: its own policies allow it, as long as this policy lets them."""

    role: str = ""
    """ARN of the role; ``service`` is empty."""


def role_request(role: str, action: str, resource: str) -> RoleRequest:
    """Return a role's call."""
    return RoleRequest(
        "", action, resource, {"aws:PrincipalArn": role, "aws:PrincipalAccount": role.split(":")[4]}, role=role
    )


_ABSENT = frozenset({
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:referer",
    "aws:sourceidentity",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:username",
    "aws:vpcsourceip",
})  # fmt: skip
"""Keys of people, sessions, organizations' members and VPC endpoints: a service's own call has none of them."""
_ABSENT_TAGS = ("aws:principaltag/", "aws:requesttag/")


def judge(document: str | Json, request: Request) -> Verdict:
    """Return whether a policy lets a service make a call: an Allow that applies, and no Deny."""
    known = _known(request)
    applying: dict[str, list[str]] = {"Allow": [], "Deny": []}
    unsure: dict[str, list[str]] = {"Allow": [], "Deny": []}
    for number, statement in enumerate(_statements(document), 1):
        effect, name = str(statement.get("Effect")), str(statement.get("Sid") or f"number {number}")
        doubts = _applies(statement, request, known)
        if effect in applying and doubts is not None:
            if doubts:
                unsure[effect].append(f"statement {name} depends on {' and '.join(doubts)}")
            else:
                applying[effect].append(name)
    if applying["Deny"]:
        return Verdict(Decision.DENIED, f"statement {applying['Deny'][0]} denies it", is_deny=True)
    if not applying["Allow"] and not unsure["Allow"]:
        return Verdict(Decision.DENIED, "no statement allows it")
    if unsure["Deny"]:
        return Verdict(Decision.UNKNOWN, unsure["Deny"][0])
    return Verdict(Decision.ALLOWED) if applying["Allow"] else Verdict(Decision.UNKNOWN, unsure["Allow"][0])


def _statements(document: str | Json) -> Iterator[Json]:
    parsed = json.loads(document) if isinstance(document, str) else document
    yield from _list(parsed.get("Statement"))


# --- what a statement is about ----------------------------------------------------------------


def _applies(statement: Json, request: Request, known: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return None where a statement is not about a request, else the conditions that cannot be judged."""
    doubts: list[str] = []
    about = (
        _said(statement, "Principal", lambda wanted: _names(wanted, request)),
        _said(statement, "Action", lambda wanted: _any_like(request.action.lower(), wanted, str.lower)),
        _said(statement, "Resource", lambda wanted: _any_like(request.resource, wanted), absent=True),
    )
    if False in about:
        return None
    if None in about:
        doubts.append("a variable in its resources")
    for operator, conditions in (statement.get("Condition") or {}).items():
        for key, values in conditions.items():
            wanted, absent = [str(value) for value in _list(values)], _lacks(key.lower(), request)
            holds = _holds(operator, key.lower(), wanted, known, absent)
            if holds is False:
                return None
            if holds is None:
                doubts.append(f"{operator} {key}")
    return doubts


def _said(statement: Json, element: str, test: Callable[[Any], bool | None], absent: bool = False) -> bool | None:
    """Return whether an element, or its negation (NotPrincipal), fits; ``absent`` where there is neither."""
    if element in statement:
        return test(statement[element])
    if f"Not{element}" in statement:
        fits = test(statement[f"Not{element}"])
        return None if fits is None else not fits
    return absent


def _names(principal: Any, request: Request) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    if not isinstance(principal, Mapping):
        return False
    if isinstance(request, RoleRequest):
        partition, account = request.role.split(":")[1], request.role.split(":")[4]
        ours = {"*", request.role, account, f"arn:{partition}:iam::{account}:root"}
        return not ours.isdisjoint(map(str, _list(principal.get("AWS"))))
    return request.service in _list(principal.get("Service")) or any("*" in _list(n) for n in principal.values())


def _any_like(text: str, patterns: Any, fold: Callable[[str], str] = str) -> bool | None:
    found = [like(text, fold(str(pattern))) for pattern in _list(patterns)]
    return True if True in found else None if None in found else False


def like(text: str, pattern: str) -> bool | None:
    """Return whether a text fits a pattern of IAM (* any characters, ? one); None where it has a variable.

    AWS: "IAM policy elements: Variables and tags".
    """
    if "${" in pattern:
        return None
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _arn_like(text: str, pattern: str) -> bool | None:
    """AWS: "ARN condition operators": each of the six parts of an ARN is compared by itself."""
    parts, wanted = text.split(":", 5), pattern.split(":", 5)
    if len(wanted) < 6:
        return None
    fits = [like(*pair) for pair in zip(parts, wanted, strict=False)]
    return False if len(parts) < 6 or False in fits else None if None in fits else True


# --- conditions -------------------------------------------------------------------------------


def _known(request: Request) -> dict[str, Sequence[str]]:
    """Condition key in lower case → its values. AWS: "Properties of the principal", "… of the resource"."""
    parts = request.resource.split(":")
    found: dict[str, Sequence[str]] = {"aws:principalisawsservice": ["false"], "aws:securetransport": ["true"]}
    if not isinstance(request, RoleRequest):
        found |= {
            "aws:principalisawsservice": ["true"],
            "aws:principalservicename": [request.service],
            "aws:principalservicenameslist": [request.service],
        }
    if len(parts) > 5 and parts[4]:
        found |= {"aws:requestedregion": [parts[3]], "aws:resourceaccount": [parts[4]]}
    return found | {key.lower(): [value] for key, value in request.sends.items()}


def _lacks(key: str, request: Request) -> bool:
    """Return whether a call comes without a condition key: a role's may have any that a service's own has not."""
    of_services = not isinstance(request, RoleRequest) and (key in _ABSENT or key.startswith(_ABSENT_TAGS))
    return of_services or key in {name.lower() for name in request.lacks}


def _holds(
    operator: str, key: str, wanted: Sequence[str], known: Mapping[str, Sequence[str]], absent: bool
) -> bool | None:
    """Return whether a condition on a key holds; None where that cannot be judged."""
    given = known.get(key)
    if given is None and not absent:
        return None
    quantifier, _, name = operator.rpartition(":")
    name, optional = name.removesuffix("IfExists"), name.endswith("IfExists")
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    negated = "Not" in name
    if given is None:
        return quantifier == "ForAllValues" or ((optional or negated) and quantifier != "ForAnyValue")
    test = _TESTS.get(name.replace("Not", "", 1))
    if test is None:
        return None
    fits = [_fits(test, value, wanted, negated) for value in given]
    if quantifier == "ForAllValues":
        return False if False in fits else None if None in fits else True
    return True if True in fits else None if None in fits else False


def _fits(test: Test, value: str, wanted: Sequence[str], negated: bool) -> bool | None:
    found = [test(value, one) for one in wanted]
    fits = True if True in found else None if None in found else False
    return None if fits is None else fits != negated


Test = Callable[[str, str], bool | None]


def _equal(value: str, wanted: str) -> bool | None:
    return None if "${" in wanted else value == wanted


def _equal_ignoring_case(value: str, wanted: str) -> bool | None:
    return _equal(value.lower(), wanted.lower())


_TESTS: Mapping[str, Test] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _equal_ignoring_case,
}


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
