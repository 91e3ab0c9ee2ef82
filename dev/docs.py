"""Writes the inputs and outputs of the root and every module into their READMEs; ``--check`` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import hcl2

from tests.harness.terraform import REPOSITORY

START, END = "<!-- inputs and outputs, written by make docs -->", "<!-- end -->"


def main(arguments: list[str]) -> int:
    """Return 1 with ``--check`` if a README is not what the code says."""
    stale = []
    for module in [REPOSITORY, *sorted(REPOSITORY.glob("modules/*"))]:
        readme = module / "README.md"
        text = readme.read_text(encoding="utf-8")
        before, start, rest = text.partition(START)
        _, end, after = rest.partition(END)
        if not start or not end:
            raise SystemExit(f"{readme.relative_to(REPOSITORY)} lacks the lines {START} and {END}")
        new = f"{before}{START}\n\n{tables(module)}\n{END}{after}"
        if new != text:
            stale.append(readme.relative_to(REPOSITORY))
            if "--check" not in arguments:
                readme.write_text(new, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not what the code says: {', '.join(map(str, stale))}. Run: make docs", file=sys.stderr)
        return 1
    return 0


def tables(module: Path) -> str:
    """Return a module's inputs and outputs as Markdown tables."""
    inputs = [
        f"| `{name}` | {_cell(block['description'])} | `{_type(block['type'])}` | {_default(block)} |"
        for name, block in _blocks(module / "variables.tf", "variable")
    ]
    outputs = [
        f"| `{name}` | {_cell(block['description'])} |" for name, block in _blocks(module / "outputs.tf", "output")
    ]
    return "\n".join(
        [
            "### Inputs",
            "",
            "| name | what it is | type | default |",
            "|---|---|---|---|",
            *inputs,
            "",
            "### Outputs",
            "",
            "| name | what it is |",
            "|---|---|",
            *outputs,
            "",
        ]
    )


def _blocks(file: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with file.open(encoding="utf-8") as source:
        blocks = hcl2.load(source).get(kind, [])
    return [(name.strip('"'), content) for block in blocks for name, content in block.items()]


def _cell(text: str) -> str:
    return text[1:-1].replace('\\"', '"').replace("|", "\\|").replace("\n", " ")


def _type(text: str) -> str:
    """The type, where it is long only its outer form: the description tells the rest."""
    text = text.removeprefix("${").removesuffix("}").strip('"')
    return text if len(text) < 40 else text.split("{")[0].rstrip("(") + "({…})" + ")" * (text.count("(", 0, 5))


def _default(block: dict[str, Any]) -> str:
    if "default" not in block:
        return "required"
    value = block["default"]
    plain = value.strip('"') if isinstance(value, str) else value
    return f"`{json.dumps(plain)}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
