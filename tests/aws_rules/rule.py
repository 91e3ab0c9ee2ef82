"""A rule: one documented condition of an AWS service, as a function over a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests.aws_rules.planned import Planned

UNPROVEN = "unproven"
"""In place of a page: likely, and no page of AWS says so; what we plan must not depend on it."""

Problem = tuple[str, str]
"""Address of a resource, and what is wrong with it."""

Check = Callable[[Planned], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What AWS asks for, where it says so, and how to comply."""

    id: str
    page: str
    looks_at: str
    cure: str
    check: Check


@dataclass(frozen=True, slots=True)
class Violation:
    """A planned resource that AWS would refuse, or that would do nothing."""

    rule: Rule
    address: str
    problem: str

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.address}: {self.problem} ({self.rule.cure}; {self.rule.page})"


_rules: dict[str, Rule] = {}


def rule(id: str, *, page: str, looks_at: str, cure: str) -> Callable[[Check], Check]:  # noqa: A002
    """Register a check; ``page`` is the title of AWS's page in quotation marks, or UNPROVEN."""

    def register(check: Check) -> Check:
        if id in _rules:
            raise ValueError(f"two rules are called {id}")
        _rules[id] = Rule(id, page, looks_at, cure, check)
        return check

    return register


def registered() -> dict[str, Rule]:
    """Return all rules by id."""
    return dict(sorted(_rules.items()))


def violations(planned: Planned, rules: Iterable[Rule]) -> Iterator[Violation]:
    """Yield what a plan does against the rules."""
    for one in rules:
        for address, problem in one.check(planned):
            yield Violation(one, address, problem)
