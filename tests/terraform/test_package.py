"""The zip of a function: the same bytes everywhere, and there when a plan is applied, whoever made it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import urllib.request
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.harness.local_aws import LocalAws
from tests.harness.stack import policy
from tests.harness.terraform import ACCOUNT, REGION, REPOSITORY, TerraformError, Workspace, workspace, write_root

MODULE = "modules/lambda_function"
PACKAGE = "module.secretwatch.terraform_data.package"
ARGUMENTS: dict[str, Any] = {
    "name": "watcher",
    "description": "A function",
    "handler": "secretwatch.functions.notifier.handler.handler",
    "environment": {},
    "policy_json": policy({"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}),
    "operations_topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:operations",
    "kms_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    "log_retention_in_days": 7,
}


@pytest.fixture(scope="module")
def aws(terraform: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws")) as local:
        yield local


def checkout(folder: Path) -> Path:
    """Copy what a checkout has of the module into a folder; return the module's place there."""
    for part in (MODULE, "lambda_src"):
        shutil.copytree(REPOSITORY / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
    return folder / MODULE


def packaged(aws: LocalAws, modules: dict[str, Path], folder: Path) -> dict[str, bytes]:
    """Return the zip that an apply writes for each module."""
    first, *_ = modules.values()
    file = write_root(folder, first, ARGUMENTS, aws.endpoint) / "main.tf.json"
    root = json.loads(file.read_text())
    (call,) = root["module"].values()
    root["module"] = {
        name: {**call, "name": name, "source": Path(os.path.relpath(path, folder)).as_posix()}
        for name, path in modules.items()
    }
    file.write_text(json.dumps(root))
    with workspace(folder) as terraform:
        targets = [f"-target=module.{name}.data.archive_file.package" for name in modules]
        terraform.run("apply", "-auto-approve", "-no-color", *targets)
    return {name: (folder / ".terraform" / f"{name}.zip").read_bytes() for name in modules}


def test_every_checkout_makes_the_same_bytes_of_the_sources_alone(aws: LocalAws, tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("clean", "beside", "inside")}
    modules = {name: checkout(place) for name, place in places.items()}
    sources = places["beside"] / "lambda_src"
    (places["beside"] / "tools.py").write_text("changed = True\n")
    (sources / "notes.py").write_text("beside the package\n")
    (sources / "secretwatch" / "notes.txt").write_text("not loaded\n")
    (sources / "secretwatch" / "record" / "access.py").touch(0o600)
    (places["inside"] / "lambda_src" / "secretwatch" / "words.json").write_text("[]\n")

    zips = packaged(aws, modules, tmp_path / "root")
    assert zips["beside"] == zips["clean"] != zips["inside"]
    with zipfile.ZipFile(BytesIO(zips["clean"])) as clean, zipfile.ZipFile(BytesIO(zips["inside"])) as inside:
        names = set(clean.namelist())
        assert {"settings.json", "secretwatch/__init__.py", "secretwatch/functions/notifier/handler.py"} <= names
        assert {name.rpartition(".")[2] for name in names} <= {"py", "json", "csv"}
        assert {name.split("/")[2] for name in names if name.startswith("secretwatch/functions/")} == {
            "__init__.py",
            "settings.py",
            "notifier",
        }
        assert set(inside.namelist()) - names == {"secretwatch/words.json"}
        assert clean.read("settings.json") == b"{}"


def test_settings_that_are_no_json_are_refused(aws: LocalAws, tmp_path: Path) -> None:
    root = write_root(tmp_path / "root", REPOSITORY / MODULE, {**ARGUMENTS, "settings": "{days: 3"}, aws.endpoint)
    with workspace(root) as terraform, pytest.raises(TerraformError, match="settings must be JSON text"):
        terraform.run("plan", "-no-color")


def test_a_module_without_its_sources_is_refused(aws: LocalAws, tmp_path: Path) -> None:
    module = checkout(tmp_path)
    shutil.rmtree(tmp_path / "lambda_src")
    root = write_root(tmp_path / "root", module, ARGUMENTS, aws.endpoint)
    with workspace(root) as terraform, pytest.raises(TerraformError, match="needs the folder lambda_src"):
        terraform.run("plan", "-no-color")


class Pipeline:
    """Plans in one folder, applies the saved plan in the next: a fresh checkout each, the state handed on."""

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.module = checkout(folder)
        self._aws, self._folder, self._runs = aws, folder, 0
        self._here = self._folder / "run-0"

    def deploy(self, **changes: Any) -> dict[str, Any]:
        """Return what the plan says is changed, by address."""
        state = self._here / "terraform.tfstate"
        kept = state.read_bytes() if state.exists() else None
        write_root(self._here, self.module, {**ARGUMENTS, **changes}, self._aws.endpoint)
        if kept:
            state.write_bytes(kept)
        with workspace(self._here) as terraform:
            terraform.run("plan", "-no-color", "-out=saved")
            planned = json.loads(terraform.run("show", "-json", "saved"))
        self._runs += 1
        there = self._folder / f"run-{self._runs}"
        shutil.copytree(self._here, there, ignore=shutil.ignore_patterns(".terraform"))
        self._here = there
        with workspace(there) as terraform:
            terraform.run("apply", "-no-color", "saved")
        return {c["address"]: c["change"] for c in planned["resource_changes"] if c["change"]["actions"] != ["no-op"]}

    def plan_again(self) -> dict[str, Any]:
        """Return what the next plan would change where nothing was."""
        with Workspace(self._here) as terraform:
            terraform.run("plan", "-no-color", "-out=again")
            planned = json.loads(terraform.run("show", "-json", "again"))
        return {c["address"]: c["change"] for c in planned["resource_changes"] if c["change"]["actions"] != ["no-op"]}

    def deployed(self, name: str = "watcher") -> dict[str, str]:
        """Return the files of the function's code, as AWS has it."""
        found = self._aws.client("lambda").get_function(FunctionName=name)
        with urllib.request.urlopen(found["Code"]["Location"]) as answer:
            code = answer.read()
        assert base64.b64encode(hashlib.sha256(code).digest()).decode() == found["Configuration"]["CodeSha256"]
        with zipfile.ZipFile(BytesIO(code)) as archive:
            return {entry: archive.read(entry).decode() for entry in archive.namelist()}


@pytest.mark.full
def test_a_saved_plan_is_applied_in_another_folder(aws: LocalAws, tmp_path: Path) -> None:
    pipeline = Pipeline(aws, tmp_path)
    source = pipeline.module.parents[1] / "lambda_src" / "secretwatch" / "runtime" / "text.py"
    function = "module.secretwatch.aws_lambda_function.function"

    pipeline.deploy(settings='{"days": 30}')
    code = pipeline.deployed()
    assert code.pop("settings.json") == '{"days": 30}'
    folder = REPOSITORY / "lambda_src"
    assert code == {name: (folder / name).read_text(encoding="utf-8") for name in code}
    assert "secretwatch/runtime/text.py" in code
    # Alarms of the local AWS do not read back as they were written; nothing of the package may change.
    assert not [address for address in pipeline.plan_again() if "alarm" not in address], "the second plan is quiet"

    source.write_text(source.read_text(encoding="utf-8") + "\n# a line more\n", encoding="utf-8")
    changed = pipeline.deploy(settings='{"days": 31}')
    before, after = (changed[PACKAGE][when]["input"] for when in ("before", "after"))
    assert (before["settings"], after["settings"]) == ({"days": 30}, {"days": 31}), "the plan shows what changes"
    assert before["sources"] != after["sources"]
    code = pipeline.deployed()
    assert code["settings.json"] == '{"days": 31}'
    assert code["secretwatch/runtime/text.py"].endswith("# a line more\n")

    aws.client("lambda").delete_function(FunctionName="watcher")
    changed = pipeline.deploy(settings='{"days": 31}')
    assert PACKAGE not in changed
    assert changed[function]["actions"] == ["create"]
    assert pipeline.deployed()["settings.json"] == '{"days": 31}'

    changed = pipeline.deploy(settings='{"days": 31}', name="guard")
    assert changed[function]["actions"] == ["delete", "create"]
    assert pipeline.deployed("guard")["settings.json"] == '{"days": 31}'
