from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tftest

from dev.plan_example import plan_in_place
from tests.harness.aws_provider import AwsProvider
from tests.harness.local_aws import LocalAws
from tests.harness.terraform import (
    ALONE,
    REGION,
    REPOSITORY,
    TerraformMissingError,
    Workspace,
    binary,
    workspace,
    write_instances,
    write_root,
)

Values = dict[str, Any]
FOLDER = REPOSITORY / "examples"
EXAMPLES = sorted(file.parent.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("main.tf"))


@dataclass(frozen=True)
class Plan:
    """What real Terraform with the real provider plans for one instance of a module."""

    raw: Values
    """As ``terraform show -json`` has it, with this instance's changes only."""
    instance: str = ALONE

    @property
    def text(self) -> str:
        return json.dumps(self.raw)

    def resources(self, kind: str) -> dict[str, Values]:
        """Address (inside the module under test) → planned values."""
        found = {}
        for change in self.raw["resource_changes"]:
            if change["type"] == kind and change["mode"] == "managed":
                found[change["address"].removeprefix(f"module.{self.instance}.")] = change["change"]["after"]
        return found

    def one(self, kind: str) -> Values:
        (values,) = self.resources(kind).values()
        return values

    def policies(self, ending: str = "") -> dict[str, list[Values]]:
        """Address of each inline role policy known at plan → its statements."""
        return {
            address: json.loads(values["policy"])["Statement"]
            for address, values in self.resources("aws_iam_role_policy").items()
            if values.get("policy") and address.endswith(ending)
        }


class Planner:
    """Plans modules of this repository.

    Every run of Terraform takes some seconds, however little it plans: ``together`` and ``refusals`` plan several
    instances of a module, each with arguments of its own, in one run.
    """

    def __init__(self, folder: Path, endpoint: str, provider: AwsProvider) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._provider = provider
        self._runs = 0

    def __call__(self, module: Path = REPOSITORY, *, region: str = REGION, **arguments: Any) -> Plan:
        """Plan a module with some arguments; raises tftest.TerraformTestError."""
        return Plan(self._run(module, {ALONE: arguments}, region=region))

    def together(
        self,
        instances: Mapping[str, Values],
        module: Path = REPOSITORY,
        *,
        variables: Values | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> dict[str, Plan]:
        """Return the plan of each instance, by name; ``variables`` are the root's, for arguments that name them."""
        whole = self._run(module, instances, variables=variables, environment=environment)
        return {name: Plan(_part(whole, name), name) for name in instances}

    def refusal(self, module: Path = REPOSITORY, **arguments: Any) -> str:
        """Return why Terraform refuses these arguments, on one line."""
        return " ".join(self._errors(module, {ALONE: arguments}))

    def refusals(self, instances: Mapping[str, Values], module: Path = REPOSITORY) -> dict[str, str]:
        """Return why Terraform refuses each instance, on one line; every one must be refused.

        What is refused as soon as it is validated keeps Terraform from planning the rest, which gets a run of its
        own. An error of a module inside names no instance: then each is planned alone.
        """
        said: dict[str, str] = {}
        while left := {name: arguments for name, arguments in instances.items() if name not in said}:
            found: dict[str | None, list[str]] = defaultdict(list)
            for message in self._errors(module, left):
                found[_refused(message, left)].append(message)
            if None in found:
                return said | {name: self.refusal(module, **arguments) for name, arguments in left.items()}
            said |= {str(name): " ".join(messages) for name, messages in found.items()}
        return said

    def _errors(self, module: Path, instances: Mapping[str, Values]) -> list[str]:
        try:
            self._run(module, instances)
        except tftest.TerraformTestError as error:
            return _messages(error.cmd_error)
        raise AssertionError(f"not refused: {instances}")

    def _run(
        self,
        module: Path,
        instances: Mapping[str, Values],
        *,
        variables: Values | None = None,
        environment: Mapping[str, str] | None = None,
        region: str = REGION,
    ) -> Values:
        self._runs += 1
        folder = self._folder / str(self._runs)
        write_instances(folder, module, instances, self._endpoint, variables=variables, region=region)
        with Workspace(folder) as opened:
            self._provider.attach(opened.environment)
            test = tftest.TerraformTest(str(folder), binary=binary(), env={**opened.environment, **(environment or {})})
            test.setup(cleanup_on_exit=False)
            return dict(test.plan(output=True))


def _part(whole: Values, instance: str) -> Values:
    """Return the plan with one instance's changes, data sources and configuration only."""
    root = whole["configuration"]["root_module"]
    state = whole["prior_state"]["values"]["root_module"]
    address = f"module.{instance}"
    parts = {
        "resource_changes": [c for c in whole["resource_changes"] if c["address"].startswith(f"{address}.")],
        "configuration": {"root_module": {**root, "module_calls": {instance: root["module_calls"][instance]}}},
        "prior_state": {"values": {"root_module": {
            "child_modules": [child for child in state.get("child_modules", []) if child["address"] == address]
        }}},
    }  # fmt: skip
    return {**{name: value for name, value in whole.items() if name != "planned_values"}, **parts}


def _messages(errors: str) -> list[str]:
    """Terraform's errors, each on one line, without the frame around them."""
    plain = re.sub(r"^[╷│╵] ?", "", errors, flags=re.M)
    found = re.split(r"^(?=(?:Error|Warning): )", plain, flags=re.M)
    return [" ".join(message.split()) for message in found if message.startswith("Error: ")]


def _refused(message: str, instances: Mapping[str, Values]) -> str | None:
    """Which instance an error is about: by the file of its arguments, or by the resource that refused them."""
    found = re.search(r" on (\w+)\.tf\.json line ", message) or re.search(r" with module\.(\w+)\.", message)
    return found[1] if found is not None and found[1] in instances else None


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Something that answers GetCallerIdentity."""
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws.endpoint


@pytest.fixture(scope="session")
def terraform() -> None:
    """Terraform; where it cannot be had, CI fails and a person sees why."""
    try:
        binary()
    except TerraformMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture(scope="session")
def provider(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsProvider]:
    """The aws provider of all plans; where it or Terraform cannot be had, CI fails and a person sees why."""
    try:
        root = write_root(tmp_path_factory.mktemp("init") / "root", REPOSITORY, {}, endpoint)
        with workspace(root) as initialised, AwsProvider(initialised, endpoint) as running:
            yield running
    except TerraformMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture(scope="session")
def plan(endpoint: str, provider: AwsProvider, tmp_path_factory: pytest.TempPathFactory) -> Planner:
    return Planner(tmp_path_factory.mktemp("plans"), endpoint, provider)


@pytest.fixture(scope="session")
def examples(endpoint: str, provider: AwsProvider) -> dict[str, Plan]:
    """Every example's plan, as a user has it."""
    return {name: Plan(plan_in_place(FOLDER / name, endpoint, provider)) for name in EXAMPLES}
