"""Where CloudTrail's log files lie, a folder or S3, in groups of the asked days."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from secretwatch.record.envelopes import Decoded, Unreadable
from tools.logs import files as log_files

GROUP_BYTES = 32 << 20
GROUP_FILES = 500
_RECORDS_PER_FILE = 10_000
_DAY = re.compile(r"AWSLogs/(?:o-[^/]+/)?[0-9]+/CloudTrail/[^/]+/([0-9]{4}/[0-9]{2}/[0-9]{2})/[^/]+\.json(?:\.gz)?$")
_T = TypeVar("_T")
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?")


class SourceError(Exception):
    """There is nothing to report about; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Log files to load together; they may be gone once the next group is asked for."""

    files: tuple[Path, ...]
    size: int
    """Bytes, of Source.size."""
    problems: tuple[str, ...] = ()


class Source(Protocol):
    """Log files of some days."""

    name: str
    """What the report calls it."""
    size: int
    """Bytes of all log files of those days."""

    def groups(self) -> Iterator[FileGroup]:
        """Yield the files, in order of their days."""


@contextmanager
def opened(logs: str, days: int, s3: Callable[[], Any]) -> Iterator[Source]:
    """Yield the log files of the last ``days`` days: of today for S3, of the newest file for a folder.

    ``logs`` is a file, a folder or s3://bucket/prefix; ``s3`` makes a client with the user's
    credentials where one is needed. Raises SourceError.
    """
    with tempfile.TemporaryDirectory(prefix="secretwatch-report-") as scratch:
        if not logs.startswith("s3://"):
            yield Folder(Path(logs), days, Path(scratch))
            return
        match = _ADDRESS.fullmatch(logs)
        if not match:
            raise SourceError(f"{logs} is no address in S3, such as s3://bucket/prefix")
        today = datetime.now(UTC).date()
        yield Bucket(
            s3(), match["bucket"], match["prefix"] or "", today - timedelta(days=days - 1), today, Path(scratch)
        )


class Folder:
    """Log files on this machine, as S3 lays them; exports of other shapes are rewritten first."""

    def __init__(self, root: Path, days: int, scratch: Path) -> None:
        self.name = root.name or str(root)
        self._scratch = scratch
        try:
            files = log_files.files(root)
        except FileNotFoundError as error:
            raise SourceError(str(error)) from error
        if not files:
            raise SourceError(f"{root} holds no file")
        placed = {file: match[1] for file in files if (match := _DAY.search(file.as_posix()))}
        last = max(placed.values(), default="")
        first = f"{date(*map(int, last.split('/'))) - timedelta(days=days - 1):%Y/%m/%d}" if last else ""
        asked = [file for file, day in placed.items() if day >= first]
        self._placed = sorted(filter(log_files.is_as_delivered, asked), key=lambda file: placed[file])
        as_delivered = {*self._placed}
        self._others = [file for file in files if file not in placed] + [f for f in asked if f not in as_delivered]
        self.size = sum(file.stat().st_size for file in (*self._placed, *self._others) if file.exists())

    def groups(self) -> Iterator[FileGroup]:
        """Yield the files as they lie, then the rewritten ones."""
        for files in _together((file, file.stat().st_size) for file in self._placed):
            yield FileGroup(tuple(file for file, _ in files), sum(size for _, size in files))
        for file in self._others:
            yield from rewritten(file, self._scratch)


def rewritten(file: Path, scratch: Path) -> Iterator[FileGroup]:
    """Yield a file's records as CloudTrail lays them, in parts; with the last what could not be read."""
    size = file.stat().st_size if file.exists() else 0
    target = scratch / "records.json"
    records: list[Any] = []
    problems: list[str] = []
    for content in log_files.read(file):
        if isinstance(content, Unreadable):
            problems.append(content.reason)
        elif isinstance(content, Decoded):
            records.append(content.record)
        if len(records) == _RECORDS_PER_FILE:
            target.write_text(json.dumps({"Records": records}), encoding="utf-8")
            yield FileGroup((target,), 0)
            records = []
    target.write_text(json.dumps({"Records": records}), encoding="utf-8")
    yield FileGroup((target,), size, tuple(problems))


class Bucket:
    """Log files in S3, fetched a group at a time with the user's credentials."""

    def __init__(self, s3: Any, bucket: str, prefix: str, first: date, last: date, scratch: Path) -> None:
        self.name = f"s3://{bucket}"
        self._s3 = s3
        self._bucket = bucket
        self._scratch = scratch
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        try:
            regions = list(self._regions(prefix))
            with ThreadPoolExecutor(8) as pool:
                listed = pool.map(self._objects, [f"{region}{day:%Y/%m/%d}/" for day in days for region in regions])
                self._objects_of_days = [found for objects in listed for found in objects]
        except Exception as error:
            raise SourceError(f"s3://{bucket} cannot be listed: {error}") from error
        if not regions:
            raise SourceError(f"s3://{bucket}/{prefix} has no AWSLogs/…/CloudTrail/ below it")
        self.size = sum(size for _, size in self._objects_of_days)

    def groups(self) -> Iterator[FileGroup]:
        """Yield fetched files; those of the group before are deleted."""
        with ThreadPoolExecutor(8) as pool:
            for objects in _together(self._objects_of_days):
                files = tuple(pool.map(self._fetch, [key for key, _ in objects]))
                yield FileGroup(files, sum(size for _, size in objects))
                for file in files:
                    file.unlink()

    def _fetch(self, key: str) -> Path:
        # A key is a path below the scratch folder only because its parts are CloudTrail's own.
        file = self._scratch / key[key.index("AWSLogs/") :]
        file.parent.mkdir(parents=True, exist_ok=True)
        self._s3.download_file(self._bucket, key, str(file))
        return file

    def _regions(self, prefix: str) -> Iterator[str]:
        """Yield the folders of regions: …AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/."""
        start = prefix.partition("AWSLogs")[0].rstrip("/")
        for account in self._accounts(f"{start}/AWSLogs/".lstrip("/")):
            yield from self._folders(f"{account}CloudTrail/")

    def _accounts(self, start: str) -> Iterator[str]:
        for folder in self._folders(start):
            if folder.removeprefix(start).startswith("o-"):
                yield from self._folders(folder)
            else:
                yield folder

    def _folders(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
        return [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])]

    def _objects(self, prefix: str) -> list[tuple[str, int]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        found = ((each["Key"], each["Size"]) for page in pages for each in page.get("Contents", []))
        return [(key, size) for key, size in found if _DAY.search(key) and ".." not in key]


def _together(sized: Iterable[tuple[_T, int]]) -> Iterator[list[tuple[_T, int]]]:
    """Gather things into groups of about GROUP_BYTES, GROUP_FILES at most."""
    group: list[tuple[_T, int]] = []
    total = 0
    for thing, size in sized:
        group.append((thing, size))
        total += size
        if total >= GROUP_BYTES or len(group) >= GROUP_FILES:
            yield group
            group, total = [], 0
    if group:
        yield group
