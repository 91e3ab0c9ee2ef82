"""What a plan packages for a function beside its code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.terraform.conftest import Plan


def settings(plan: Plan, module: str) -> Any:
    """Return the settings.json of a function, by the module call that makes it, such as "module.rotator"."""
    found = {text for address, text in _packaged(plan) if f"{module}." in address or f"{module}[0]." in address}
    (text,) = found
    return json.loads(text)


def environment(plan: Plan, name: str) -> dict[str, str]:
    """Return the environment of a function by its name."""
    (function,) = [f for f in plan.resources("aws_lambda_function").values() if f["function_name"] == name]
    variables: dict[str, str] = function["environment"][0]["variables"]
    return variables


def _packaged(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and text: of the data source where it was read at plan, else of what it will be read from."""
    for module in _modules(plan.raw.get("prior_state", {}).get("values", {}).get("root_module", {})):
        for resource in module.get("resources", []):
            if resource["type"] == "archive_file":
                for source in resource["values"]["source"]:
                    if source["filename"] == "settings.json":
                        yield resource["address"], source["content"]
    for change in plan.raw["resource_changes"]:
        if change["type"] == "terraform_data" and change["name"] == "package":
            yield change["address"], change["change"]["after"]["input"]["settings"]


def _modules(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield module
    for child in module.get("child_modules", []):
        yield from _modules(child)
