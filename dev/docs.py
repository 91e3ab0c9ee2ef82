"""Writes what the code says into the documentation; ``--check`` only compares.

Requirements, inputs and outputs of the root and every module go into their READMEs, the tables of
signals and detections into docs/detections.md, the rooms into docs/architecture.md, the costs into
docs/cost.md, what AWS asks for into docs/aws-rules.md.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev import cost, rooms
from dev.generated import replaced
from tests.aws_rules import RULES
from tests.harness.terraform import REPOSITORY

_CATALOGUE = REPOSITORY / "lambda_src" / "secretwatch" / "detect" / "catalogue.json"
_LONG = 40
"""Characters of a type from which on it stands below the table."""


def main(arguments: list[str]) -> int:
    """Return 1 with ``--check`` if a document is not what the code says."""
    stale = []
    for file, parts in documents().items():
        text = file.read_text(encoding="utf-8")
        new = text
        for name, content in parts.items():
            new = replaced(file, new, name, content)
        if new != text:
            stale.append(file.relative_to(REPOSITORY))
            if "--check" not in arguments:
                file.write_text(new, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not what the code says: {', '.join(map(str, stale))}. Run: make docs", file=sys.stderr)
        return 1
    return 0


def documents() -> dict[Path, dict[str, str]]:
    """Return each document's generated parts by name."""
    catalogue = json.loads(_CATALOGUE.read_text(encoding="utf-8"))
    modules = [REPOSITORY, *sorted(REPOSITORY.glob("modules/*"))]
    docs = REPOSITORY / "docs"
    return {
        **{module / "README.md": {"inputs and outputs": module_tables(module)} for module in modules},
        docs / "detections.md": {
            "signals": signal_table(catalogue["signals"]),
            "detections": detection_table(catalogue["detections"]),
        },
        docs / "architecture.md": {"rooms": rooms.table()},
        docs / "aws-rules.md": {"rules": rule_table()},
        docs / "cost.md": {"costs": "\n".join(cost.table())},
    }


def rule_table() -> str:
    """Return what AWS asks for as a Markdown table."""
    rows = [[f"`{rule.id}`", rule.looks_at, rule.cure, rule.page] for rule in RULES.values()]
    return _table(["rule", "looks at", "what AWS asks for", "page"], rows)


# --- signals and detections ------------------------------------------------------------------


def signal_table(signals: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the catalogue's signals as a Markdown table, with their default threshold and window."""
    rows = [
        [f"`{name}`", s["severity"], s["technique"], _fires(s), s["meaning"], s["advice"]]
        for name, s in signals.items()
    ]
    return _table(["signal", "severity", "MITRE ATT&CK", "fires when", "why it matters", "what to do"], rows)


def _fires(signal: Mapping[str, Any]) -> str:
    text = str(signal["fires_when"])
    for name in ("threshold", "window_minutes"):
        if name in signal:
            text = text.replace(f"`{name}`", f"`{name}` ({signal[name]})")
    usual = signal.get("usual_severity")
    if usual:
        text += f"; {usual} of an actor that did the same on an earlier day"
    if signal.get("only_new") and signal["severity"] not in ("info", "low"):
        text += "; low within `learning_days`"
    return text


def detection_table(detections: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the catalogue's detections as a Markdown table."""
    rows = [
        [f"`{name}`", d["severity"], d["technique"], d["goes_off_when"], _limit(d), _notifies(d)]
        for name, d in detections.items()
    ]
    return _table(["detection", "severity", "MITRE ATT&CK", "goes off when", "limit", "notifies by default"], rows)


def _notifies(detection: Mapping[str, Any]) -> str:
    return "no: stories tell it" if detection.get("told_by_stories") else "yes"


def _limit(detection: Mapping[str, Any]) -> str:
    if "band_width" in detection:
        return f"`band_width` {detection['band_width']}, `period` {detection['period']}"
    return f"`threshold` {detection['threshold']}, `period` {detection['period']}"


# --- modules ---------------------------------------------------------------------------------------


def module_tables(module: Path) -> str:
    """Return a module's requirements, inputs and outputs as Markdown."""
    inputs, outputs = blocks(module / "variables.tf", "variable"), blocks(module / "outputs.tf", "output")
    parts = [
        "### Requirements",
        _table(["name", "version"], [[f"`{name}`", f"`{version}`"] for name, version in _requirements(module)]),
        "### Inputs",
        _table(
            ["name", "what it is", "type", "default"],
            [
                [f"`{name}`", _unquoted(block["description"]), _shown(name, block["type"]), _default(block)]
                for name, block in inputs.items()
            ],
        ),
        *(f"`{name}`:\n\n```hcl\n{b['type']}\n```" for name, b in inputs.items() if _is_long(b["type"])),
        "### Outputs",
        _table(["name", "what it is"], [[f"`{n}`", _unquoted(b["description"])] for n, b in outputs.items()]),
    ]
    return "\n\n".join(parts)


def blocks(file: Path, kind: str) -> dict[str, dict[str, str]]:
    """Return the arguments of a file's blocks of one kind as they are written, by name; nested blocks are left out.

    The file has to be formatted (``terraform fmt``). A parser of the whole language takes seconds for a file.
    """
    text = file.read_text(encoding="utf-8")
    found = re.finditer(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.MULTILINE | re.DOTALL)
    return {match[1]: {name: _dedented(value) for name, value in _ARGUMENT.findall(match[2])} for match in found}


_ARGUMENT = re.compile(r"^  (\w+) += (.*?)\n(?=  \w|\n|\Z)", re.MULTILINE | re.DOTALL)


def _dedented(text: str) -> str:
    return re.sub(r"^  ", "", text, flags=re.MULTILINE)


def _requirements(module: Path) -> list[tuple[str, str]]:
    text = (module / "versions.tf").read_text(encoding="utf-8")
    terraform = re.findall(r'required_version\s*=\s*"([^"]+)"', text)
    providers = re.findall(r'source\s*=\s*"([^"]+)"\s*version\s*=\s*"([^"]+)"', text)
    return [*(("terraform", version) for version in terraform), *providers]


def _is_long(text: str) -> bool:
    return len(text) > _LONG or "\n" in text


def _shown(name: str, text: str) -> str:
    return f"see `{name}` below" if _is_long(text) else f"`{text}`"


def _default(block: Mapping[str, str]) -> str:
    return f"`{block['default']}`" if "default" in block else "required"


def _unquoted(text: str) -> str:
    return text[1:-1].replace('\\"', '"')


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
