"""What the documentation points at exists: files, headings, tests, and targets of make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.terraform import REPOSITORY

PLACES = ("*.md", "docs/*.md", "modules/*/README.md", "examples/**/README.md")
DOCUMENTS = sorted(file for place in PLACES for file in REPOSITORY.glob(place))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
TEST = re.compile(r"\b((?:[\w/]+/)?test_\w+\.py)(?:::(test_\w+))?")
FOLDER = re.compile(r"`(tests/[\w/]+)`")
TARGET = re.compile(r"(?:`|^)make ([a-z0-9-]+)", re.MULTILINE)


def faults(text: str, home: Path) -> Iterator[str]:
    """Yield what a document in the folder ``home`` names and is not there."""
    for path, heading in LINK.findall(text):
        target = home / path
        if not target.exists():
            yield f"no file {path}"
        elif heading and heading not in headings(text if not path else target.read_text(encoding="utf-8")):
            yield f"no heading {heading} in {path}"
    for path, function in TEST.findall(text):
        found = [file for file in REPOSITORY.glob("tests/**/test_*.py") if f"/{file}".endswith(f"/{path}")]
        if not found:
            yield f"no test file {path}"
        elif function and not any(f"def {function}(" in file.read_text(encoding="utf-8") for file in found):
            yield f"no test {function} in {path}"
    yield from (f"no folder {path}" for path in FOLDER.findall(text) if not (REPOSITORY / path).exists())
    yield from (f"no target {name}" for name in TARGET.findall(text) if name not in targets())


def headings(text: str) -> set[str]:
    """Return the anchors that GitHub makes of a document's headings."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def targets() -> set[str]:
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_what_a_document_names_is_there(document: Path) -> None:
    assert list(faults(document.read_text(encoding="utf-8"), document.parent)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[x](docs/none.md)", "no file docs/none.md"),
        ("[x](README.md#nothing-of-the-kind)", "no heading nothing-of-the-kind in README.md"),
        ("held by `test_none.py`", "no test file test_none.py"),
        ("held by `test_root.py::test_none`", "no test test_none in test_root.py"),
        ("held by `tests/none`", "no folder tests/none"),
        ("run `make none`", "no target none"),
        ("```sh\nmake none ARGS=x\n```", "no target none"),
    ],
)
def test_a_stale_name_is_found(text: str, fault: str) -> None:
    assert list(faults(text, REPOSITORY)) == [fault]
