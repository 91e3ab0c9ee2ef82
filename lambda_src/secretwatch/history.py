"""CloudTrail history from files: what S3, consoles and exports write, one record at a time."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

_SUFFIXES = (".json", ".json.gz")


def files(path: Path) -> list[Path]:
    """Return the log files at or below ``path``, in order of name; raises FileNotFoundError."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is neither a file nor a folder")
    return sorted(file for file in path.rglob("*") if file.name.endswith(_SUFFIXES) and file.is_file())


def records(file: Path) -> Iterator[object]:
    """Yield the records of one file: {"Records": […]}, a list, or one record; raises ValueError naming the file."""
    try:
        raw = file.read_bytes()
        document = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from error
    if isinstance(document, dict) and isinstance(document.get("Records"), list):
        document = document["Records"]
    yield from document if isinstance(document, list) else [document]
