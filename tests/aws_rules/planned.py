"""A plan (``terraform show -json``) as the rules look at it: resources, and which of them refer to which.

Terraform's plan has the values that are known and, apart from them, the expressions with what they
refer to; an ARN made in the same apply is known only by the latter. Locals stand in neither: a
reference that ends at a local leads to whatever its module makes of the type that is looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Values = dict[str, Any]
Statement = dict[str, Any]

ROOT_STATEMENT: Statement = {"Effect": "Allow", "Principal": {"AWS": "*root"}, "Action": "kms:*", "Resource": "*"}
"""What a key has that is given no policy: the account decides by IAM, and no service may use it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that is there after the apply."""

    address: str
    type: str
    name: str
    module: str
    values: Values
    unknown: Values

    def get(self, path: str) -> Any:
        """Return the value at a path such as ``rule.status``, through the first of each block; None if not known."""
        return at(self.values, path)

    def is_unknown(self, path: str) -> bool:
        """Return whether the value is known only after the apply."""
        found = at(self.unknown, path)
        return found is True

    def statements(self, attribute: str = "policy") -> list[Statement]:
        """Return the statements of a policy; none where it is not known at plan."""
        text = self.get(attribute)
        if not isinstance(text, str):
            return []
        found = json.loads(text)["Statement"]
        return found if isinstance(found, list) else [found]


@dataclass(frozen=True, slots=True)
class Key:
    """A KMS key and what its policy says, or for a key of the user's must say."""

    label: str
    statements: Sequence[Statement]


@dataclass(frozen=True)
class Planned:
    """A plan."""

    raw: Mapping[str, Any]

    @cached_property
    def resources(self) -> list[Resource]:
        """All managed resources that are there after the apply."""
        return [
            Resource(
                change["address"],
                change["type"],
                change["name"],
                change.get("module_address", ""),
                change["change"]["after"],
                change["change"].get("after_unknown") or {},
            )
            for change in self.raw["resource_changes"]
            if change["mode"] == "managed" and change["change"]["after"] is not None
        ]

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of some types."""
        return [resource for resource in self.resources if resource.type in types]

    def created(self, kind: str) -> list[Resource]:
        """Return the resources of a type that this apply makes."""
        new = {
            change["address"] for change in self.raw["resource_changes"] if change["change"]["actions"] == ["create"]
        }
        return [resource for resource in self.of(kind) if resource.address in new]

    # --- the place ---------------------------------------------------------------------

    @cached_property
    def partition(self) -> str:
        return self._data("aws_partition", "partition") or "aws"

    @cached_property
    def dns_suffix(self) -> str:
        """What ends the name of CloudWatch Logs as a principal; of other services it is amazonaws.com everywhere."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @cached_property
    def region(self) -> str:
        return (
            self._data("aws_service", "region")
            or self._data("aws_region", "id")
            or self._data("aws_region", "name")
            or "us-east-1"
        )

    @cached_property
    def account(self) -> str:
        return self._data("aws_caller_identity", "account_id") or "123456789012"

    def arn(self, service: str, rest: str) -> str:
        """Return an ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    def _data(self, kind: str, attribute: str) -> str | None:
        for values in self.data(kind):
            if values.get(attribute):
                return str(values[attribute])
        return None

    def data(self, kind: str, address: str = "") -> Iterator[Values]:
        """Yield the values of data sources that were read at plan, of those with a part of their address."""
        root = self.raw.get("prior_state", {}).get("values", {}).get("root_module", {})
        yield from (
            one["values"]
            for one in _walk_state(root)
            if one["mode"] == "data" and one["type"] == kind and address in one["address"]
        )

    # --- references --------------------------------------------------------------------

    def referred(self, resource: Resource, path: str, kind: str) -> list[Resource]:
        """Return the resources of a type that an argument refers to, through variables and outputs of modules."""
        module, expressions = self._configured(resource)
        found: dict[str, Resource] = {}
        for reference in _references(expressions, path):
            for target in self._resolve(module, reference, kind, set()):
                found[target.address] = target
        return list(found.values())

    def _configured(self, resource: Resource) -> tuple[str, Values]:
        module = _plain(resource.module)
        for entry in self._modules.get(module, {}).get("resources", []):
            if (entry["type"], entry["name"], entry["mode"]) == (resource.type, resource.name, "managed"):
                return module, entry.get("expressions", {})
        return module, {}

    @cached_property
    def _modules(self) -> dict[str, Values]:
        """Module address without indexes → its configuration."""
        found: dict[str, Values] = {}

        def visit(address: str, module: Values) -> None:
            found[address] = module
            for name, call in module.get("module_calls", {}).items():
                visit(f"{address}.module.{name}".lstrip("."), call["module"])

        visit("", self.raw["configuration"]["root_module"])
        return found

    def _resolve(self, module: str, reference: str, kind: str, seen: set[tuple[str, str]]) -> list[Resource]:
        if (module, reference) in seen:
            return []
        seen.add((module, reference))
        head, _, rest = _plain(reference).partition(".")
        if head == "var":
            parent, _, call = module.rpartition("module.")
            parent = parent.rstrip(".")
            expression = self._modules.get(parent, {}).get("module_calls", {}).get(call, {}).get("expressions", {})
            return self._resolve_all(parent, _references(expression, rest.split(".")[0]), kind, seen)
        if head == "module":
            call, _, output = rest.partition(".")
            child = f"{module}.module.{call}".lstrip(".")
            outputs = self._modules.get(child, {}).get("outputs", {})
            expression = outputs.get(output.split(".")[0], {}).get("expression", {})
            return self._resolve_all(child, expression.get("references", []), kind, seen)
        if head == "local":
            return self._made_in(module, kind, None)
        if head == kind:
            return self._made_in(module, kind, rest.split(".")[0])
        return []

    def _resolve_all(
        self, module: str, references: Sequence[str], kind: str, seen: set[tuple[str, str]]
    ) -> list[Resource]:
        return [found for reference in references for found in self._resolve(module, reference, kind, seen)]

    def _made_in(self, module: str, kind: str, name: str | None) -> list[Resource]:
        return [r for r in self.of(kind) if _plain(r.module) == module and (name is None or r.name == name)]

    def is_written(self, resource: Resource, argument: str) -> bool:
        """Return whether the configuration sets an argument, so that it is no default of the provider's."""
        return argument in self._configured(resource)[1]

    # --- keys --------------------------------------------------------------------------

    @cached_property
    def contract(self) -> list[Statement]:
        """The policy that a key of the user's must have: modules/kms_key_policy, where the plan reads it."""
        found = [v["json"] for v in self.data("aws_iam_policy_document", "module.key_policy.data.")]
        return list(json.loads(found[0])["Statement"]) if found else []

    def keys(self, resource: Resource, path: str) -> list[Key]:
        """Return the keys that an argument may name: none for keys of AWS, and where nobody knows the policy."""
        value = resource.get(path)
        if isinstance(value, str):
            known = self.contract and not value.startswith("alias/aws/")
            return [Key(value, self.contract)] if known else []
        if not resource.is_unknown(path):
            return []
        return [
            Key(key.address, key.statements() or [ROOT_STATEMENT])
            for key in self.referred(resource, path, "aws_kms_key")
        ]


def at(values: Any, path: str) -> Any:
    """Return what is at a path, through the first of each block; None where there is nothing."""
    for step in path.split("."):
        while isinstance(values, list):
            values = values[0] if values else None
        if not isinstance(values, Mapping):
            return values if values is True else None
        values = values.get(step)
    return values


def _walk_state(module: Values) -> Iterator[Values]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _walk_state(child)


def _references(expressions: Any, path: str) -> list[str]:
    for step in path.split("."):
        while isinstance(expressions, list):
            expressions = expressions[0] if expressions else {}
        expressions = expressions.get(step, {}) if isinstance(expressions, Mapping) else {}
    while isinstance(expressions, list):
        expressions = expressions[0] if expressions else {}
    return list(expressions.get("references", [])) if isinstance(expressions, Mapping) else []


def _plain(address: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", address)
