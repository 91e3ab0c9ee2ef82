"""Records that were fetched, on disk, and how far the fetching came: an interrupted run goes on from there."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Position = Mapping[str, Any]
"""How far the fetching came, in the words of who fetches; JSON."""


class Spool:
    """One file of records, a JSON line each, and one with the position that belongs to it.

    The position is written after the records, and with it how long their file was: what an
    interrupted run wrote beyond that is cut off.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = folder / f"{name}.jsonl.gz"
        self._note = folder / f"{name}.position"
        self._size, self.position = self._read()

    def _read(self) -> tuple[int, Position]:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return int(note["bytes"]), dict(note["position"])
        except FileNotFoundError:
            return 0, {}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self._note} is not what a run before wrote ({error}): delete it to begin anew"
            ) from None

    def append(self, lines: Iterable[str], position: Position) -> None:
        """Keep records (a JSON text each) and the position that is reached with them."""
        text = "".join(f"{line}\n" for line in lines)
        with self.file.open("r+b" if self._size else "wb") as file:
            file.seek(self._size)
            file.truncate()
            if text:
                file.write(gzip.compress(text.encode("utf-8", "surrogatepass"), 6))
            self._size = file.tell()
        written = self._note.with_suffix(".new")
        written.write_text(json.dumps({"bytes": self._size, "position": dict(position)}), encoding="utf-8")
        written.replace(self._note)
        self.position = position

    def remove(self) -> None:
        """Delete both files: what was fetched is needed no more."""
        self._note.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)
        self._size, self.position = 0, {}
