"""Bedrock: the model's id, its profile's geography, and the role that may call it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.aws_rules.keys import planned_role_statements
from tests.aws_rules.planned import Planned, Resource
from tests.aws_rules.policy import Request, allows
from tests.aws_rules.rule import Problem, rule

GEOGRAPHIES = {
    "us": ("us-east", "us-west", "ca-"),
    "us-gov": ("us-gov-",),
    "ca": ("ca-",),
    "eu": ("eu-", "il-"),
    "apac": ("ap-", "me-"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "global": ("",),
}
"""Prefix of a system-defined inference profile → regions that it can be called from."""


def _settings(planned: Planned, function: Resource) -> dict[str, str]:
    """Return what is packaged beside a function's code."""
    for package in planned.of("terraform_data"):
        if package.module == function.module:
            settings = package.get("input.settings")
            return json.loads(settings) if isinstance(settings, str) else settings or {}
    return {}


def _called(planned: Planned) -> Iterator[tuple[str, str, str, list[dict[str, object]]]]:
    for function in planned.of("aws_lambda_function"):
        settings = _settings(planned, function)
        model = settings.get("bedrock_model")
        if model:
            statements = [
                statement
                for role in planned.referred(function, "role", "aws_iam_role")
                if role.module == function.module
                for statement in planned_role_statements(planned, role)
            ]
            yield function.address, model, settings.get("bedrock_region") or planned.region, statements


def _arns(planned: Planned, model: str, region: str) -> list[str]:
    """Return what one call is authorized on: the model, or the profile and the model wherever it routes to."""
    if model.startswith("arn:"):
        return [model]
    prefix = model.split(".", maxsplit=1)[0]
    if prefix not in GEOGRAPHIES:
        return [f"arn:{planned.partition}:bedrock:{region}::foundation-model/{model}"]
    behind = model.removeprefix(f"{prefix}.")
    regions = [region, "us-west-2"] if prefix in ("us", "global") else [region]
    routed = [f"arn:{planned.partition}:bedrock:{one}::foundation-model/{behind}" for one in regions]
    unrouted = [f"arn:{planned.partition}:bedrock:::foundation-model/{behind}"] if prefix == "global" else []
    profile = f"arn:{planned.partition}:bedrock:{region}:{planned.account}:inference-profile/{model}"
    return [profile, *routed, *unrouted]


@rule(
    "bedrock.permissions",
    page='"Prerequisites for inference profiles", "Global cross-Region inference"',
    looks_at="the role of a function that asks a model",
    cure="bedrock:InvokeModel on the profile and on the model behind it in every region; for global profiles on the "
    "ARN without a region too",
)
def _permissions(planned: Planned) -> Iterator[Problem]:
    for address, model, region, statements in _called(planned):
        for arn in _arns(planned, model, region):
            if not allows(statements, Request("bedrock:InvokeModel", arn)):
                yield address, f"its role may not bedrock:InvokeModel on {arn}"


@rule(
    "bedrock.geography",
    page='"Supported Regions and models for inference profiles"',
    looks_at="the model that a function asks",
    cure="a profile of the region's own geography, or a global one; there is none in the China regions",
)
def _geography(planned: Planned) -> Iterator[Problem]:
    for address, model, region, _ in _called(planned):
        prefix = model.split(".")[0]
        if re.match(r"^(us-gov|us|ca|eu|apac|jp|au|global)\.", model) and not region.startswith(GEOGRAPHIES[prefix]):
            yield address, f"{model} cannot be called from {region}"
        if prefix == "global" and region.startswith(("us-gov-", "cn-")):
            yield address, f"{model} cannot be called from {region}"
