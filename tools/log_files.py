"""CloudTrail history from files, one record at a time, in memory that does not grow with them.

Understood, gzipped or not: log files as S3 lays them ({"Records": […]}), lists, JSON lines,
and exports that wrap a record (EventBridge, LookupEvents, SIEMs), however deep.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import IO

from secretwatch.record.envelopes import Content, Decoded, Unreadable, unwrap

SUFFIXES = (".json", ".jsonl", ".ndjson", ".log", ".gz")
"""Ends of the names of log files."""
_CHUNK = 1 << 20
_LARGEST_VALUE = 64 << 20
"""Most characters that one JSON value may take; CloudTrail's records stay below 256 KB."""
_DEEPEST = 8
_RECORDS = re.compile(r'\s*\{\s*"Records"\s*:\s*\[')
_LIST = re.compile(r"\s*\[")
_DELIVERED = re.compile(r"_(\d{8}T\d{4}Z)_")
_GAP = re.compile(r"[\s,]*")


def files(path: Path) -> list[Path]:
    """Return the log files at or below ``path``, in order of delivery; raises FileNotFoundError."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is neither a file nor a folder")
    return sorted((f for f in path.rglob("*") if f.name.endswith(SUFFIXES) and f.is_file()), key=_delivery)


def _delivery(file: Path) -> tuple[str, str]:
    """CloudTrail writes the time of delivery into a file's name; other files come first, by name."""
    match = _DELIVERED.search(file.name)
    return (match[1] if match else "", str(file))


def read(file: Path) -> Iterator[Content]:
    """Yield the records of a file, and what in it could not be read, with the reason. Never raises."""
    found = False
    try:
        with _open(file) as stream:
            for value in _values(stream):
                for content in [value] if isinstance(value, Unreadable) else find(value):
                    found = True
                    yield content
    except (OSError, EOFError, zlib.error) as error:
        found = True
        yield Unreadable(f"{file.name}: {error}")
    if not found:
        yield Unreadable(f"{file.name}: no CloudTrail record inside")


def _open(file: Path) -> IO[str]:
    with file.open("rb") as start:
        zipped = start.read(2) == b"\x1f\x8b"
    if zipped:
        return gzip.open(file, "rt", encoding="utf-8", errors="replace")
    return file.open(encoding="utf-8", errors="replace")


def find(value: object, depth: int = 0) -> Iterator[Content]:
    """Yield the records inside a JSON value: itself, or whatever it wraps."""
    if isinstance(value, Mapping):
        if "eventName" in value and ("eventSource" in value or "eventID" in value):
            yield Decoded(value)
        elif "awslogs" in value:
            yield from unwrap(value)
        elif depth < _DEEPEST:
            for inner in value.values():
                yield from find(inner, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value:
            yield from find(inner, depth + 1)
    elif isinstance(value, str) and '"eventName"' in value and depth < _DEEPEST:
        try:
            yield from find(json.loads(value), depth + 1)
        except (ValueError, RecursionError):
            yield Unreadable("a text that should be a record is not JSON")


def _values(stream: IO[str]) -> Iterator[object]:
    """Yield a stream's JSON values: lines, or the elements of its one list."""
    source = _Source(stream)
    opening = source.match(_RECORDS) or source.match(_LIST)
    if opening:
        source.position = opening.end()
    while True:
        source.skip(_GAP)
        if source.at_end or (opening and source.character == "]"):
            return
        try:
            yield source.value()
        except _SyntaxError as error:
            yield Unreadable(f"not JSON: {error}")
            if opening or not source.next_line():
                return


class _SyntaxError(Exception):
    pass


class _Source:
    """Text read in chunks, with a position in it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._decoder = JSONDecoder()
        self._text = ""
        self._exhausted = False
        self.position = 0
        self._more()

    @property
    def at_end(self) -> bool:
        while self.position >= len(self._text) and self._more():
            pass
        return self.position >= len(self._text)

    @property
    def character(self) -> str:
        return self._text[self.position]

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self._text, self.position)

    def skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            match = pattern.match(self._text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self._text) or not self._more():
                return

    def value(self) -> object:
        """Return the JSON value at the position and move behind it; raises _SyntaxError."""
        while True:
            try:
                value, self.position = self._decoder.raw_decode(self._text, self.position)
            except JSONDecodeError as error:
                cut_short = error.msg.startswith("Unterminated") or len(self._text) - error.pos < 16
                if cut_short and len(self._text) - self.position <= _LARGEST_VALUE and self._more():
                    continue
                raise _SyntaxError(error.msg) from None
            except RecursionError:
                raise _SyntaxError("nested too deeply") from None
            # A number at the end of a chunk may go on in the next one.
            if self.position < len(self._text) or not isinstance(value, (int, float)) or not self._more():
                return value

    def next_line(self) -> bool:
        """Move behind the next line break; return whether there is one."""
        while (end := self._text.find("\n", self.position)) < 0:
            self.position = len(self._text)
            if not self._more():
                return False
        self.position = end + 1
        return True

    def _more(self) -> bool:
        """Read one more chunk; return whether there was one."""
        if self._exhausted:
            return False
        chunk = self._stream.read(_CHUNK)
        self._exhausted = not chunk
        self._text = self._text[self.position :] + chunk
        self.position = 0
        return bool(chunk)
