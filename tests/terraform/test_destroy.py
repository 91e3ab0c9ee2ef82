"""A default deployment is refused to be removed before anything is; docs/runbook.md says how it is done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.harness.local_aws import LocalAws
from tests.harness.terraform import REPOSITORY, TerraformError, Workspace, workspace, write_root

pytestmark = pytest.mark.full
ARGUMENTS: dict[str, Any] = {
    "alert_emails": ["a@example.com"],
    "trusted_cidrs": ["198.51.100.0/24"],
    "enable_rotation": True,
    "rotation_targets": {"prod/db": {"strategy": "notify_only"}},
    # What the local AWS does not have, or the aws provider waits a minute for.
    "enable_dashboard": False,
    "log_archive_after_days": None,
}
REFUSED = "secretwatch-apply-force-destroy-first"


def changes(terraform: Workspace) -> dict[str, Any]:
    """Return what a plan changes, by address."""
    terraform.run("plan", "-no-color", "-out=saved")
    planned = json.loads(terraform.run("show", "-json", "saved"))
    return {c["address"]: c["change"] for c in planned["resource_changes"] if c["change"]["actions"] != ["no-op"]}


def resources(terraform: Workspace) -> list[str]:
    """Return the addresses in the state; data sources, which nothing can remove, come and go with every run."""
    return [address for address in terraform.run("state", "list").splitlines() if ".data." not in address]


def test_removing_is_refused_whole_or_done_whole(terraform: None, tmp_path: Path) -> None:
    with LocalAws(tmp_path / "aws") as aws:
        root = write_root(tmp_path / "root", REPOSITORY, ARGUMENTS, aws.endpoint)
        with workspace(root) as run:
            run.run("apply", "-auto-approve", "-no-color")
            deployed = resources(run)
            s3 = aws.client("s3")
            buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
            for bucket in buckets:
                s3.put_object(Bucket=bucket, Key="kept", Body=b"a record")
            drift = changes(run)  # what the local AWS does not read back as it was written

            with pytest.raises(TerraformError, match=REFUSED):
                run.run("destroy", "-auto-approve", "-no-color")
            assert resources(run) == deployed

            configuration = root / "main.tf.json"
            without = json.loads(configuration.read_text())
            module = without.pop("module")
            configuration.write_text(json.dumps(without))
            with pytest.raises(TerraformError, match=REFUSED):
                run.run("apply", "-auto-approve", "-no-color")
            assert resources(run) == deployed

            module["secretwatch"]["force_destroy"] = True
            configuration.write_text(json.dumps({**without, "module": module}))
            shutil.rmtree(root / ".terraform" / "modules")
            run.init()
            flags = {
                (address, name)
                for address, change in changes(run).items()
                for name, value in change["after"].items()
                if address not in drift and value != change["before"][name]
            }
            assert {name for _, name in flags} == {"deletion_protection_enabled", "force_destroy"}
            assert len(flags) == len(buckets) + 3, "two tables and a workgroup beside the buckets"
            run.run("apply", "-auto-approve", "-no-color", "saved")

            run.run("destroy", "-auto-approve", "-no-color")
            assert run.run("state", "list") == ""
            assert s3.list_buckets()["Buckets"] == []
            assert aws.client("dynamodb").list_tables()["TableNames"] == []
            assert aws.client("lambda").list_functions()["Functions"] == []
