"""Terraform's own checks: fmt, and validate on the root and every module."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.harness.terraform import REPOSITORY, TerraformError, TerraformMissingError, Workspace


def main(arguments: list[str]) -> int:
    """Format with ``--fix``, else check; return the exit code."""
    try:
        with Workspace(REPOSITORY) as root:
            root.run("fmt", "-recursive", *([] if "--fix" in arguments else ["-check", "-diff"]))
        if "--fix" not in arguments:
            for module in [REPOSITORY, *sorted(REPOSITORY.glob("modules/*"))]:
                _validate(module)
    except (TerraformError, TerraformMissingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _validate(module: Path) -> None:
    """Validate a module in place, keeping Terraform's own files out of the tree."""
    with tempfile.TemporaryDirectory(prefix="validate-") as data, Workspace(module) as terraform:
        terraform.environment["TF_DATA_DIR"] = data
        lock = module / ".terraform.lock.hcl"
        try:
            terraform.init()
            terraform.run("validate", "-no-color")
        finally:
            lock.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
