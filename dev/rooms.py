"""The rooms of the package and their order, as docs/architecture.md shows them: from the import contract."""

from __future__ import annotations

import ast
import tomllib
from typing import Any

from tests.harness.terraform import REPOSITORY

PACKAGE = REPOSITORY / "lambda_src" / "secretwatch"


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts of pyproject.toml, which ``make lint`` checks."""
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        found: list[dict[str, Any]] = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return found


def order() -> list[str]:
    """Return the rooms of the package from the top: each imports only from those below it."""
    return next(list(c["layers"]) for c in contracts() if c.get("containers") == ["secretwatch"])


def table() -> str:
    """Return the rooms as a Markdown table, the highest first."""
    rooms = order()
    rows = [
        f"| `{room}/` | {_purpose(room)} | {', '.join(f'`{below}`' for below in rooms[number + 1 :]) or 'nothing'} |"
        for number, room in enumerate(rooms)
    ]
    return "\n".join(["| room | what lives there | may import from |", "|---|---|---|", *rows])


def _purpose(room: str) -> str:
    docstring = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")))
    return (docstring or "").splitlines()[0].rstrip(".")
