"""Writes the plan of an example as JSON: ``python -m dev.plan_example complete build/plan.json``."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.harness.aws_provider import AwsProvider
from tests.harness.local_aws import LocalAws
from tests.harness.terraform import REPOSITORY, Workspace


def plan_in_place(folder: Path, endpoint: str, provider: AwsProvider | None = None) -> dict[str, Any]:
    """Return the plan of a folder as a user has it, keeping Terraform's files out of the tree.

    ``provider`` is one that runs already, with this endpoint; without it Terraform starts its own.
    """
    with tempfile.TemporaryDirectory(prefix="example-") as data, Workspace(folder) as terraform:
        terraform.environment |= {"TF_DATA_DIR": data, "AWS_ENDPOINT_URL": endpoint}
        if provider is not None:
            provider.attach(terraform.environment)
        try:
            terraform.init()
            terraform.run("plan", "-no-color", f"-out={data}/plan")
            planned: dict[str, Any] = json.loads(terraform.run("show", "-json", f"{data}/plan"))
            return planned
        finally:
            (folder / ".terraform.lock.hcl").unlink(missing_ok=True)


def main(example: str, out: Path) -> None:
    """Plan and write."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, LocalAws(Path(folder)) as aws:
        planned = plan_in_place(REPOSITORY / "examples" / example, aws.endpoint)
        out.write_text(json.dumps(planned, indent=2, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
