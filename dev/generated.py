"""Parts of documents that are generated: between two markers, written by ``make docs``, compared by ``make lint``."""

from __future__ import annotations

from pathlib import Path

END = "<!-- end -->"


class MarkerError(Exception):
    """A document lacks the markers of a generated part; the message names both."""


def replaced(file: Path, text: str, name: str, content: str) -> str:
    """Return the text of a document with ``content`` between the markers of the part ``name``."""
    marker = f"<!-- {name}, written by make docs -->"
    before, start, rest = text.partition(marker)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise MarkerError(f"{file} lacks the lines {marker} and {END}")
    return f"{before}{start}\n\n{content.strip()}\n\n{end}{after}"
