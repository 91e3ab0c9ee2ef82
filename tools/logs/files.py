"""CloudTrail history from files, one record at a time, in memory that does not grow with them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from secretwatch.record.envelopes import Content, Decoded, Unreadable
from tools.logs import containers, envelopes, text

_DELIVERED = re.compile(r"_(\d{8}T\d{4}Z)_")
_NO_RECORDS = re.compile(r"/(?:CloudTrail-Digest|CloudTrail-Insight)/|_CloudTrail-(?:Digest|Insight)_")
"""Other files that CloudTrail writes: digests and Insights. AWS: "CloudTrail digest file structure"."""
_NO_RECORDS_KIND = "file of digests or Insights"
NOTHING = "no CloudTrail record inside"
_WAITING = 1_000
"""Most problems of a text that are kept until its first record."""
_START = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')


class Skipped(NamedTuple):
    """A file that is known to hold no records."""

    kind: str


def files(path: Path) -> list[Path]:
    """Return the files at or below ``path``, in order of delivery; raises FileNotFoundError.

    A folder that cannot be looked into is among them, so that reading it says why.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is neither a file nor a folder")
    return sorted(_below(path), key=_delivery)


def is_as_delivered(file: Path) -> bool:
    """Return whether a file begins as CloudTrail writes it: one list of records, gzipped or not."""
    try:
        with file.open("rb") as stream:
            (start,) = (member.stream.peek(64) for member in containers.members(file.name, stream))
    except containers.FAILURES:
        return False
    return _START.match(start) is not None


def holds_no_records(name: str) -> bool:
    """Return whether CloudTrail wrote a file of this path for something else than records."""
    return _NO_RECORDS.search(name) is not None


def _below(root: Path) -> Iterator[Path]:
    refused: list[Path] = []
    seen: set[str] = set()
    for folder, folders, names in os.walk(
        root, onerror=lambda error: refused.append(Path(error.filename)), followlinks=True
    ):
        # A link may lead back to where it is.
        real = os.path.realpath(folder)
        folders[:] = [] if real in seen else [name for name in folders if not _is_hidden(name)]
        if real not in seen:
            seen.add(real)
            found = (Path(folder, name) for name in names if not _is_hidden(name))
            yield from (file for file in found if file.is_file() or file.is_symlink())
    yield from refused


def _is_hidden(name: str) -> bool:
    """Return whether a name is the system's or an editor's own, as .DS_Store is."""
    return name.startswith(".")


def _delivery(file: Path) -> tuple[str, str]:
    """CloudTrail writes the time of delivery into a file's name; other files come first, by name."""
    match = _DELIVERED.search(file.name)
    return (match[1] if match else "", str(file))


def read(file: Path, name: str = "") -> Iterator[Content | Skipped]:
    """Yield the records of a file, and what in it could not be read, with file, place and reason. Never raises.

    ``name`` is what the file is called where it is not its own.
    """
    name = name or file.name
    if holds_no_records(f"/{name}") or holds_no_records(file.as_posix()):
        yield Skipped(_NO_RECORDS_KIND)
        return
    found = False
    try:
        with file.open("rb") as stream:
            for member in containers.members(name, stream):
                for content in _guarded(member):
                    found = True
                    yield content
    except containers.FAILURES as error:
        found = True
        yield Unreadable(f"{name}: {_reason(error)}")
    if not found:
        yield Unreadable(f"{name}: {NOTHING}")


def _guarded(member: containers.Member) -> Iterator[Content | Skipped]:
    """Yield a text's records and problems; one that breaks off stops none that follows it in an archive."""
    if holds_no_records(f"/{member.name}"):
        yield Skipped(_NO_RECORDS_KIND)
        return
    try:
        yield from _of_member(member)
    except containers.FAILURES as error:
        yield Unreadable(f"{member.name}: {_reason(error)}")


def _of_member(member: containers.Member) -> Iterator[Content]:
    """Yield a text's records and problems; a text without a record is one problem, however many lines it has."""
    found = False
    waiting: list[Unreadable] = []
    number = 0
    for place, value in text.values(member.stream):
        for content in [value] if isinstance(value, Unreadable) else envelopes.find(value):
            if isinstance(content, Decoded):
                yield from waiting
                if number > len(waiting) > 0:
                    yield Unreadable(f"{member.name}: {number - len(waiting):,} more parts before its first record")
                found, waiting = True, []
                yield content
                continue
            number += 1
            problem = Unreadable(f"{member.name}, line {place:,}: {content.reason}")
            if found:
                yield problem
            elif len(waiting) < _WAITING:
                waiting.append(problem)
    if not found:
        first = f": {waiting[0].reason.removeprefix(f'{member.name}, ')}" if waiting else ""
        more = f", and {number - 1:,} more such parts" if number > 1 else ""
        yield Unreadable(f"{member.name}: {NOTHING}{first}{more}")


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said or type(error).__name__
