"""Every module of the package and of the tools has its test file, where one looks for it."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.harness.terraform import REPOSITORY

HERE = Path(__file__).parent
SOURCES = {
    REPOSITORY / "lambda_src" / "secretwatch": HERE,
    REPOSITORY / "tools": HERE / "tools",
}
"""Folder of modules → folder of their tests."""


def has_code(module: Path) -> bool:
    """Whether a module holds more than its docstring and imports."""
    passive = (ast.Import, ast.ImportFrom)
    body = ast.parse(module.read_text(encoding="utf-8")).body
    return any(
        not isinstance(node, passive) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )


def place_of_tests(module: Path, source: Path, tests: Path) -> Path:
    """Return where a module's tests are: record/access.py in record/test_access.py, a package in test_<package>.py."""
    place = module.relative_to(source)
    if place.stem == "__init__":
        place = place.parent
    return tests / place.parent / f"test_{place.stem.strip('_')}.py"


# Tested as a whole: tests/unit/tools/verify breaks each hop of a sound deployment and reads the report,
# tests/unit/tools/backtest reads what becomes of whole histories.
AS_A_WHOLE = (REPOSITORY / "tools" / "verify", REPOSITORY / "tools" / "backtest")

EXPECTED = {
    place_of_tests(module, source, tests): module
    for source, tests in SOURCES.items()
    for module in sorted(source.rglob("*.py"))
    if has_code(module) and not any(map(module.is_relative_to, AS_A_WHOLE))
}


def test_every_module_has_its_tests() -> None:
    assert [str(module.relative_to(REPOSITORY)) for file, module in EXPECTED.items() if not file.exists()] == []


def test_every_test_file_of_a_room_has_its_module() -> None:
    """A module that is moved or removed takes its tests along; test_sql_agrees.py is another one of sql.py."""
    rooms = {file.parent for file in EXPECTED}
    found = {file for room in rooms if room != HERE for file in room.glob("test_*.py")}
    strangers = [f for f in found if not any(f.parent == e.parent and f.stem.startswith(e.stem) for e in EXPECTED)]
    assert sorted(str(file.relative_to(HERE)) for file in strangers) == []


def test_every_test_file_tests_something() -> None:
    for file in EXPECTED:
        if file.exists():
            functions = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.FunctionDef)]
            assert any(function.name.startswith("test_") for function in functions), file.name
