"""Evaluates inputs of the root module by the hundred, without a provider.

Real Terraform plans a copy of the root and its modules from which every resource and data source was
taken out: variables, validations, locals and what flows between modules stay as they are. A reference to
a resource is a fixed text there. Each set of inputs is a module call with a path of its own, so that an
error says whose it is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
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
    "notifier": ("alerting", "one(module.notifier[*].given)"),
}


@dataclass(frozen=True)
class Function:
    """What a function is given."""

    settings: Any
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of one set of inputs: refused with messages, or the functions as they would be deployed."""

    messages: tuple[str, ...] = ()
    functions: Mapping[str, Function] = field(default_factory=dict)
    rules: str = ""


def evaluate(folder: Path, inputs: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Return what Terraform says to each set of inputs; ``folder`` must not exist yet."""
    strip(folder / "root")
    messages: dict[int, list[str]] = {}
    outputs: dict[str, Any] = {}
    pending = dict(enumerate(inputs))
    while pending:
        found, outputs = _plan(folder, pending)
        if not found:
            break
        messages |= found
        pending = {number: given for number, given in pending.items() if number not in messages}
    return [
        Outcome(tuple(messages[number])) if number in messages else _accepted(outputs[f"set_{number}"])
        for number in range(len(inputs))
    ]


def _accepted(output: Mapping[str, Any]) -> Outcome:
    functions = {
        name: Function(json.loads(made["settings"]), made["environment"])
        for name, made in output["functions"].items()
        if made is not None
    }
    return Outcome((), functions, output["rules"])


def _plan(folder: Path, inputs: Mapping[int, Mapping[str, Any]]) -> tuple[dict[int, list[str]], dict[str, Any]]:
    """Return the messages by number of the set, and the outputs."""
    for number in inputs:
        copy = folder / f"set_{number}"
        if not copy.exists():
            shutil.copytree(folder / "root", copy, symlinks=True)
    root = {
        "module": {f"set_{number}": {"source": f"./set_{number}", **given} for number, given in inputs.items()},
        "output": {
            f"set_{number}": {"value": {part: f"${{module.set_{number}.{part}}}" for part in ("functions", "rules")}}
            for number in inputs
        },
    }
    (folder / "main.tf.json").write_text(json.dumps(root))
    _terraform(folder, "init", "-backend=false")
    planned = _terraform(folder, "plan", "-refresh=false", "-json", "-out=plan", check=False)
    messages: dict[int, list[str]] = {}
    for line in planned.splitlines():
        diagnostic = json.loads(line).get("diagnostic", {})
        if diagnostic.get("severity") == "error":
            messages.setdefault(_set_of(diagnostic), []).append(_text(diagnostic))
    if messages:
        return messages, {}
    shown = json.loads(_terraform(folder, "show", "-json", "plan"))
    return {}, {name: output["value"] for name, output in shown["planned_values"]["outputs"].items()}


def _set_of(diagnostic: Mapping[str, Any]) -> int:
    where = f"{diagnostic.get('range', {}).get('filename', '')} {diagnostic.get('snippet', {}).get('context', '')}"
    match = re.search(r"\bset_(\d+)\b", where)
    if match is None:
        raise AssertionError(f"an error of no set of inputs: {json.dumps(diagnostic)[:2000]}")
    return int(match[1])


def _text(diagnostic: Mapping[str, Any]) -> str:
    said = str(diagnostic.get("detail") or diagnostic["summary"])
    return re.sub(r"\s+", " ", said.split("\n\nThis was checked by")[0]).strip()


def _terraform(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run([binary(), *arguments], cwd=folder, env=environment(), capture_output=True, text=True)
    if check and done.returncode:
        raise AssertionError(f"terraform {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def strip(folder: Path) -> None:
    """Write the copy without resources and data sources."""
    sources = [*REPOSITORY.glob("*.tf"), *REPOSITORY.glob("modules/*/*.tf")]
    for source in sources:
        target = folder / source.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_stripped(source.read_text(encoding="utf-8")), encoding="utf-8")
    for part in (REPOSITORY / "lambda_src", *REPOSITORY.glob("modules/*/*/")):
        os.symlink(part, folder / part.relative_to(REPOSITORY))
    _stand_in_for_lambda_function(folder / "modules" / "lambda_function")
    for name, (module, call) in _FUNCTIONS.items():
        with (folder / "modules" / module / "outputs.tf").open("a", encoding="utf-8") as file:
            file.write(f'\noutput "given_to_{name}" {{\n  value = {call}\n}}\n')
    given = "\n".join(
        f"    {name} = one(module.{module}[*].given_to_{name})" for name, (module, _) in _FUNCTIONS.items()
    )
    with (folder / "outputs.tf").open("a", encoding="utf-8") as file:
        file.write(f'\noutput "functions" {{\n  value = {{\n{given}\n  }}\n}}\n')


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
    """The module with its variables and outputs, and what it was given as another output."""
    names = re.findall(r'^output "(\w+)"', (folder / "outputs.tf").read_text(encoding="utf-8"), re.MULTILINE)
    outputs = [f'output "{name}" {{\n  value = "created-here"\n}}\n' for name in names]
    given = 'output "given" {\n  value = { settings = var.settings, environment = var.environment }\n}\n'
    (folder / "outputs.tf").write_text("\n".join([*outputs, given]), encoding="utf-8")
    for file in ("main.tf", "iam.tf"):
        (folder / file).unlink(missing_ok=True)
