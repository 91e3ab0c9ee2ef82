"""SSM: names of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import Problem, rule


@rule(
    "ssm.name",
    page='"PutParameter"',
    looks_at="the name of every parameter",
    cure="letters, digits, . - _ /; must not start with aws or ssm in any case; at most 15 levels",
)
def _name(planned: Planned) -> Iterator[Problem]:
    for parameter in planned.of("aws_ssm_parameter"):
        name = parameter.values["name"]
        if re.match(r"/?(aws|ssm)", name, re.IGNORECASE) or not re.fullmatch(r"[A-Za-z0-9._/-]{1,1011}", name):
            yield parameter.address, f"cannot be called {name!r}"
        if name.count("/") > 15:
            yield parameter.address, "has more than 15 levels"


@rule(
    "ssm.size",
    page='"Managing parameter tiers"',
    looks_at="the value of every parameter, where it is known",
    cure="4 KB in the standard tier, 8 KB in the advanced one",
)
def _size(planned: Planned) -> Iterator[Problem]:
    for parameter in planned.of("aws_ssm_parameter"):
        most = 8192 if parameter.values.get("tier") == "Advanced" else 4096
        size = len((parameter.values.get("value") or "").encode())
        if size > most:
            yield parameter.address, f"has {size} bytes"
