from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tftest

from tests.harness.local_aws import LocalAws
from tests.harness.terraform import REGION, REPOSITORY, TerraformMissingError, Workspace, binary, write_root

Values = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A plan made by real Terraform with the real provider."""

    raw: Values

    @property
    def text(self) -> str:
        return json.dumps(self.raw)

    def resources(self, kind: str) -> dict[str, Values]:
        """Address (inside the module under test) → planned values."""
        found = {}
        for change in self.raw["resource_changes"]:
            if change["type"] == kind and change["mode"] == "managed":
                found[change["address"].removeprefix("module.secretwatch.")] = change["change"]["after"]
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


Planner = Callable[..., Plan]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Something that answers GetCallerIdentity."""
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws.endpoint


@pytest.fixture(scope="session")
def terraform() -> None:
    """Terraform and its providers; where they cannot be had, CI fails and a person is told."""
    try:
        binary()
    except TerraformMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture(scope="session")
def plan(endpoint: str, terraform: None, tmp_path_factory: pytest.TempPathFactory) -> Planner:
    """Plan a module of this repository with some arguments; raises tftest.TerraformTestError."""

    def make(
        module: Path = REPOSITORY,
        variables: Values | None = None,
        environment: Values | None = None,
        instances: Sequence[Values] = (),
        region: str = REGION,
        **arguments: Any,
    ) -> Plan:
        folder = tmp_path_factory.mktemp("plan") / "root"
        write_root(folder, module, arguments, endpoint, variables=variables, region=region)
        if instances:
            _instantiate(folder / "main.tf.json", instances)
        with Workspace(folder) as workspace:
            workspace.environment |= environment or {}
            test = tftest.TerraformTest(str(folder), binary=binary(), env=workspace.environment)
            test.setup(cleanup_on_exit=False)
            return Plan(dict(test.plan(output=True)))

    return make


def _instantiate(file: Path, instances: Sequence[Values]) -> None:
    """Turn a root's one module into several with other arguments."""
    root = json.loads(file.read_text())
    (module,) = root["module"].values()
    root["module"] = {f"instance_{number}": {**module, **changes} for number, changes in enumerate(instances)}
    file.write_text(json.dumps(root))
