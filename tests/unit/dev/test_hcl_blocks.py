"""The HCL of the documentation names only variables and attributes that exist, and none that is required is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.docs import blocks
from tests.harness.hcl import Block, Call, parse, parse_expression
from tests.harness.terraform import REPOSITORY

DOCUMENTS = sorted(
    file
    for place in ("*.md", "docs/*.md", "modules/*/README.md", "examples/**/README.md")
    for file in REPOSITORY.glob(place)
)
MODULES = {place.name: place for place in REPOSITORY.glob("modules/*")}
BLOCKS = re.compile(r"^```hcl\n(.*?)^```|^cat > \S+\.tf <<'EOF'\n(.*?)^EOF$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(\w+ = [^`]+)`")
NOT_OURS = {"source"}
"""Names in running text that are no variables: source of an EventBridge event."""


def variables(module: Path) -> dict[str, Any]:
    """Return a module's variables with their types."""
    return {name: parse_expression(b["type"]) for name, b in blocks(module / "variables.tf", "variable").items()}


def module_of(source: str) -> Path | None:
    """Return the module of this repository that a source names, wherever it was cloned to."""
    name = source.strip('"').rstrip("/").rpartition("/")[2]
    return REPOSITORY if name == "secretwatch" else MODULES.get(name)


def written(text: str) -> str:
    """Return a document's text without its generated parts: types are no examples."""
    return re.sub(r"<!-- [^>]*written by .*?<!-- end -->", "", text, flags=re.DOTALL)


def faults(text: str, home: Path) -> Iterator[str]:
    """Yield what is wrong in a document's HCL; what stands outside a module block is of the module ``home``."""
    text = written(text)
    for match in BLOCKS.finditer(text):
        found = parse(match[1] or match[2])
        yield from of_arguments(found.arguments, variables(home))
        for block in found.blocks:
            if block.kind == "module":
                yield from of_module(block)
    anywhere = attributes_and_variables(home)
    for match in INLINE.finditer(text):
        yield from of_arguments(
            {name: value for name, value in parse(match[1]).arguments.items() if name not in NOT_OURS}, anywhere
        )


def attributes_and_variables(home: Path) -> dict[str, Any]:
    """Return what running text may set: a variable of any module, those of ``home`` before others, or an attribute."""
    found: dict[str, Any] = {}
    for module in (*MODULES.values(), REPOSITORY, home):
        for name, kind in variables(module).items():
            match kind:
                case Call("map", [Call("object", [attributes])]):
                    found |= attributes
            found[name] = kind
    return found


def of_module(block: Block) -> Iterator[str]:
    module = module_of(block.arguments["source"])
    if module is None:
        yield f"module {block.labels[0]}: no module of this repository: {block.arguments['source']}"
    else:
        yield from of_arguments({k: v for k, v in block.arguments.items() if k != "source"}, variables(module))


def of_arguments(arguments: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    for name, value in arguments.items():
        if name in known:
            yield from of_value(name, value, known[name])
        else:
            yield f"there is no variable {name}"


def of_value(path: str, value: Any, kind: Any) -> Iterator[str]:
    match kind:
        case Call("optional", [inner, *_]):
            yield from of_value(path, value, inner)
        case Call("map", [inner]) if isinstance(value, dict):
            for key, item in value.items():
                yield from of_value(f"{path}.{key}", item, inner)
        case Call("list" | "set", [inner]) if isinstance(value, list):
            for item in value:
                yield from of_value(f"{path}[]", item, inner)
        case Call("object", [attributes]) if isinstance(value, dict):
            required = {k for k, v in attributes.items() if not (isinstance(v, Call) and v.name == "optional")}
            yield from (f"{path}: there is no attribute {name}" for name in value.keys() - attributes.keys())
            yield from (f"{path}: {name} is required" for name in sorted(required - value.keys()))
            for name in value.keys() & attributes.keys():
                yield from of_value(f"{path}.{name}", value[name], attributes[name])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_a_document_writes_what_the_variables_take(document: Path) -> None:
    home = document.parent if (document.parent / "variables.tf").exists() else REPOSITORY
    assert list(faults(document.read_text(encoding="utf-8"), home)) == []


def hcl(text: str) -> str:
    return f"```hcl\n{text}\n```\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (hcl("channel = {}"), "there is no variable channel"),
        (hcl('channels = { a = { type = "slack", minimum_severity = "info", key = "k" } }'), "no attribute key"),
        (hcl('channels = {\n  "a" = { type = "slack" } # no severity\n}'), "channels.a: minimum_severity is required"),
        (hcl('module "x" {\n  source = "./secretwatch/modules/audit"\n  log_group_name = "g"\n}'), "log_group_name"),
        (hcl('module "x" {\n  source = "../modules/audits"\n}'), "no module of this repository"),
        ("cat > main.tf <<'EOF'\nmodule \"x\" {\n  source = \"./secretwatch\"\n  cidrs = []\n}\nEOF\n", "cidrs"),
        ("Set `rotation_target = {}` first.", "there is no variable rotation_target"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text: str, fault: str) -> None:
    (found,) = faults(text, REPOSITORY)
    assert fault in found


def test_what_is_right_passes() -> None:
    text = hcl("""
module "x" {
  source        = "./secretwatch"
  trusted_cidrs = [for n in local.networks : n.cidr]
  tags          = merge(local.tags, { a = "b" })
  channels = {
    a = { type = "slack", minimum_severity = "info" } # a comment, { with a bracket
  }
}
""")
    assert list(faults(text, REPOSITORY)) == []
