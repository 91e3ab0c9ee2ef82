"""What a plan packages for a function beside its code."""

from __future__ import annotations

from typing import Any

from tests.terraform.conftest import Plan


def settings(plan: Plan, module: str) -> Any:
    """Return the settings.json of a function, by the module call that makes it, such as "module.rotator"."""
    (package,) = (
        values
        for address, values in plan.resources("terraform_data").items()
        if address.endswith(".package") and (f"{module}." in address or f"{module}[0]." in address)
    )
    return package["input"]["settings"]


def environment(plan: Plan, name: str) -> dict[str, str]:
    """Return the environment of a function by its name."""
    (function,) = [f for f in plan.resources("aws_lambda_function").values() if f["function_name"] == name]
    variables: dict[str, str] = function["environment"][0]["variables"]
    return variables
