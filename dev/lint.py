"""Terraform's own checks: fmt, and validate on the root and every module."""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.harness.aws_provider import AwsProvider
from tests.harness.terraform import REPOSITORY, TerraformError, TerraformMissingError, Workspace, workspace, write_root

MODULES = [REPOSITORY, *sorted(REPOSITORY.glob("modules/*"))]


def main(arguments: list[str]) -> int:
    """Format with ``--fix``, else check; return the exit code."""
    try:
        with Workspace(REPOSITORY) as root:
            root.run("fmt", "-recursive", *([] if "--fix" in arguments else ["-check", "-diff"]))
        if "--fix" not in arguments:
            _validate_all()
    except (TerraformError, TerraformMissingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _validate_all() -> None:
    """Validate every module with one provider: it is asked for schemas and types, and configured by none."""
    with tempfile.TemporaryDirectory(prefix="validate-") as folder:
        root = write_root(Path(folder, "root"), REPOSITORY, {}, endpoint="http://127.0.0.1:9")
        with workspace(root) as up, AwsProvider(up) as provider, ThreadPoolExecutor(os.cpu_count()) as at_once:
            list(at_once.map(lambda module: _validate(module, provider), MODULES))


def _validate(module: Path, provider: AwsProvider) -> None:
    """Validate a module in place, keeping Terraform's own files out of the tree."""
    with tempfile.TemporaryDirectory(prefix="validate-") as data, Workspace(module) as terraform:
        terraform.environment["TF_DATA_DIR"] = data
        provider.attach(terraform.environment)
        lock = module / ".terraform.lock.hcl"
        try:
            terraform.init()
            terraform.run("validate", "-no-color")
        finally:
            lock.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
