"""Evaluates inputs of the root module, half a second each and without a provider.

Real Terraform plans a copy of the root and its modules from which every resource and data source was
taken out: variables, validations, locals and what flows between modules stay as they are. A reference to
a resource is a fixed text there.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.terraform import ACCOUNT, REGION, REPOSITORY, binary, environment

_BLOCK = re.compile(r"^(\w+)[^\n]*\{(?:\}|\n.*?^\})\n", re.MULTILINE | re.DOTALL)
_KEPT = ("variable", "locals", "module", "output")
_REFERENCE = re.compile(r"\b((?:data\.)?aws_\w+)\.\w+((?:\[(?:[^\[\]]|\[[^\]]*\])*\])?)((?:\.\w+)*)")
_KNOWN = {"data.aws_partition": "aws", "data.aws_region": REGION, "data.aws_service": REGION,
          "data.aws_caller_identity": ACCOUNT, "data.aws_iam_policy_document": "{}"}  # fmt: skip
_FUNCTIONS = {
    "summarizer": ("summarization", "module.summarizer.given"),
    "rotator": ("rotation", "module.rotator.given"),
    "digest": ("summarization", "one(module.digest[*].given)"),
    "notifier": ("alerting", "one(module.notifier[*].given)"),
}


@dataclass(frozen=True)
class Function:
    """What a function is given."""

    settings: Any
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Evaluated:
    """What became of one set of inputs: refused with messages, or the functions as they would be deployed."""

    messages: tuple[str, ...] = ()
    functions: Mapping[str, Function] = field(default_factory=dict)
    rules: str = ""


class Inputs:
    """The copy, ready to be asked; ``folder`` must not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _strip(folder)
        self._terraform("init", "-backend=false")

    def outcomes(self, inputs: Sequence[Mapping[str, Any]]) -> list[Evaluated]:
        """Return what Terraform says to each set of inputs, two at a time."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self._outcome, range(len(inputs)), inputs))

    def _outcome(self, number: int, given: Mapping[str, Any]) -> Evaluated:
        values, plan = self._folder / f"{number}.tfvars.json", self._folder / f"{number}.plan"
        values.write_text(json.dumps(given), encoding="utf-8")
        options = ("-refresh=false", "-lock=false", "-json", f"-var-file={values.name}", f"-out={plan.name}")
        said = [json.loads(line) for line in self._terraform("plan", *options, check=False).splitlines()]
        diagnostics = [line["diagnostic"] for line in said if "diagnostic" in line]
        messages = tuple(_text(d) for d in diagnostics if d["severity"] == "error")
        undeclared = [_text(d) for d in diagnostics if d["summary"].startswith("Value for undeclared variable")]
        if undeclared:
            raise AssertionError(undeclared[0])
        if messages:
            return Evaluated(messages)
        outputs = json.loads(self._terraform("show", "-json", plan.name))["planned_values"]["outputs"]
        functions = {
            name: Function(json.loads(made["settings"]), made["environment"])
            for name, made in outputs["functions"]["value"].items()
            if made is not None
        }
        return Evaluated((), functions, outputs["rules"]["value"])

    def _terraform(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run([binary(), *arguments], check=False, cwd=self._folder, env=environment(),
                              capture_output=True, text=True)  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"terraform {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def _text(diagnostic: Mapping[str, Any]) -> str:
    said = f"{diagnostic['summary']}: {diagnostic.get('detail', '')}".removeprefix("Invalid value for variable: ")
    return re.sub(r"\s+", " ", said.split("\n\nThis was checked by")[0]).strip()


def _strip(folder: Path) -> None:
    """Write the copy without resources and data sources."""
    for source in (*REPOSITORY.glob("*.tf"), *REPOSITORY.glob("modules/*/*.tf")):
        target = folder / source.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_stripped(source.read_text(encoding="utf-8")), encoding="utf-8")
    for part in (REPOSITORY / "lambda_src", *REPOSITORY.glob("modules/*/*/")):
        (folder / part.relative_to(REPOSITORY)).symlink_to(part, target_is_directory=True)
    _stand_in_for_lambda_function(folder / "modules" / "lambda_function")
    for name, (module, given) in _FUNCTIONS.items():
        _append(folder / "modules" / module / "outputs.tf", f"given_to_{name}", given)
    functions = ", ".join(f"{name} = one(module.{m}[*].given_to_{name})" for name, (m, _) in _FUNCTIONS.items())
    _append(folder / "outputs.tf", "functions", f"{{ {functions} }}")


def _append(file: Path, output: str, value: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f'\noutput "{output}" {{\n  value = {value}\n}}\n')


def _stripped(text: str) -> str:
    blocks = (match[0] for match in _BLOCK.finditer(text) if match[1] in _KEPT)
    return "\n".join(_REFERENCE.sub(_stand_in, block) for block in blocks)


def _stand_in(reference: re.Match[str]) -> str:
    kind, index, attribute = reference.groups()
    if not attribute:
        return "{}"
    text = json.dumps(_KNOWN.get(kind, "created-here"))
    return f"[{text}]" if index == "[*]" else text


def _stand_in_for_lambda_function(folder: Path) -> None:
    """Leave the module's variables and outputs; what it was given is another output."""
    names = re.findall(r'^output "(\w+)"', (folder / "outputs.tf").read_text(encoding="utf-8"), re.MULTILINE)
    for file in folder.glob("*.tf"):
        if file.name != "variables.tf":
            file.unlink()
    for name in names:
        _append(folder / "outputs.tf", name, '"created-here"')
    _append(folder / "outputs.tf", "given", "{ settings = var.settings, environment = var.environment }")
