"""The import contract covers what it is about: no room, function or channel is left out of it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from dev import rooms

CARRIED_BY_LAMBDA = {"boto3", "botocore", "urllib3", "secretwatch"}


def independent() -> set[str]:
    return {module for contract in rooms.contracts() for module in contract.get("modules", [])}


def test_the_rooms_are_those_of_the_package() -> None:
    folders = {place.name for place in rooms.PACKAGE.iterdir() if (place / "__init__.py").exists()}
    assert set(rooms.order()) == folders


def test_no_function_knows_another() -> None:
    functions = {f.parent.name for f in (rooms.PACKAGE / "functions").glob("*/handler.py")}
    assert {f"secretwatch.functions.{name}" for name in functions} <= independent()


def test_no_channel_knows_another() -> None:
    shared = {"__init__", "webhook"}
    channels = {f.stem for f in (rooms.PACKAGE / "notify" / "channels").glob("*.py")} - shared
    assert {f"secretwatch.notify.channels.{name}" for name in channels} <= independent()


@pytest.mark.parametrize("file", sorted(rooms.PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_the_package_needs_what_lambda_carries_and_nothing_else(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names | CARRIED_BY_LAMBDA
