"""Parts of documents that are generated: between two markers, written by ``make docs``, compared by ``make lint``."""

from __future__ import annotations

from pathlib import Path

END = "<!-- end -->"


class MarkerError(Exception):
    """A document lacks the markers of a generated part; the message names both."""


def marker(name: str) -> str:
    """Return the line above a generated part."""
    return f"<!-- {name}, written by make docs -->"


def replaced(file: Path, name: str, content: str) -> tuple[str, str]:
    """Return a document as it is and as it must be, with ``content`` between the markers of ``name``."""
    text = file.read_text(encoding="utf-8")
    before, start, rest = text.partition(marker(name))
    _, end, after = rest.partition(END)
    if not start or not end:
        raise MarkerError(f"{file} lacks the lines {marker(name)} and {END}")
    return text, f"{before}{start}\n\n{content.strip()}\n\n{end}{after}"
