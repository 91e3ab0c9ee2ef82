"""Where the past is: CloudTrail's event history (90 days, in every account), or log files in S3."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from secretwatch.record.access import EVENT_SOURCE
from secretwatch.record.envelopes import Decoded, Unreadable
from secretwatch.store.table import DAY, chunked
from tools.logs import files as log_files
from tools.seed.spool import Spool

PAUSE = 1 / 1.5
"""Seconds between two calls: AWS allows two a second, account and region, and others may look too."""
LATE = 900
"""Seconds within which CloudTrail has an event in its history."""
_HOUR = 3600
_PAGE = 50
_AT_ONCE = 64
"""Log files after which the position is noted."""
_WORKERS = 8
_DAY_IN_KEY = re.compile(r"/(\d{4}/\d{2}/\d{2})/")
_YEAR = re.compile(r"/\d{4}/\Z")
_NOT_RECORDS = ("/CloudTrail-Digest/", "/CloudTrail-Insight/")


class EventHistory:
    """The event history of one region. AWS: "LookupEvents" (CloudTrail API Reference)."""

    def __init__(self, client: Any, spool: Spool, now: Callable[[], float]) -> None:
        self._client = client
        self._spool = spool
        self._now = now

    def fetch(self, days: int, pause: Callable[[float], bool], seen: Callable[[int], None]) -> None:
        """Fetch what was recorded on the last days, from where a run before was interrupted.

        ``pause`` waits for some seconds and returns whether to stop; ``seen`` is told how many events a page had.
        """
        position = self._spool.position
        if position.get("days") != days:
            self._spool.remove()
            now = int(self._now())
            position = {"days": days, "since": now - days * DAY, "until": now, "reached": now}
        while True:
            for reached, events in self._pages(position["since"], position["reached"], pause):
                position = {**position, "reached": reached}
                self._spool.append(events, position)
                seen(len(events))
            if position["reached"] > position["since"]:
                return  # stopped
            now = int(self._now())
            if now - position["until"] <= _HOUR:
                return
            # What was done while this ran, or since it was interrupted.
            position = {**position, "since": position["until"] - LATE, "until": now, "reached": now}

    def _pages(self, since: int, until: int, pause: Callable[[float], bool]) -> Iterator[tuple[int, list[str]]]:
        """Yield pages, the latest events first: the time that is reached (at the end ``since``), and the records."""
        reached, token = until, None
        while reached > since:
            try:
                answer = self._client.lookup_events(
                    LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": EVENT_SOURCE}],
                    StartTime=datetime.fromtimestamp(since, UTC),
                    EndTime=datetime.fromtimestamp(until, UTC),
                    MaxResults=_PAGE,
                    **({"NextToken": token} if token else {}),
                )
            except ClientError as error:
                if token is None or error.response["Error"]["Code"] != "InvalidNextTokenException":
                    raise
                until, token = reached, None  # tokens do not last for ever
                continue
            events, token = answer["Events"], answer.get("NextToken")
            times = [int(event["EventTime"].timestamp()) for event in events]
            # Not down to the beginning while there are more: another second's events may be on the next page.
            reached = max(min([reached, *times]), since + 1) if token else since
            yield reached, [event["CloudTrailEvent"] for event in events]
            if pause(PAUSE):
                return


class Bucket:
    """Log files in S3, in whatever folders: those of the last days, where a key names its day as CloudTrail's do."""

    def __init__(self, s3: Any, bucket: str, prefix: str, spool: Spool, now: Callable[[], float]) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix
        self._spool = spool
        self._now = now

    def fetch(self, days: int, say: Callable[[str], None]) -> Mapping[str, int]:
        """Fetch the records about secrets, from where a run before was interrupted; return what could not be read."""
        position = self._spool.position
        if position.get("days") != days or not isinstance(position.get("after"), Mapping):
            self._spool.remove()
        after: dict[str, str] = dict(self._spool.position.get("after", {}))
        problems: Counter[str] = Counter()
        since = f"{datetime.fromtimestamp(self._now() - days * DAY, UTC):%Y/%m/%d}"
        done = 0
        with tempfile.TemporaryDirectory(prefix="secretwatch-seed-") as scratch, ThreadPoolExecutor(_WORKERS) as pool:
            for entries in chunked(self._keys(since, dict(after)), _AT_ONCE):
                fetched = pool.map(lambda entry: self._fetch(entry[1], Path(scratch)), entries)
                lines: list[str] = []
                for records, wrong in fetched:
                    lines += records
                    problems.update(wrong)
                after.update(entries)
                self._spool.append(lines, {"days": days, "after": after})
                done += len(entries)
                say(f"{done:,} files of s3://{self._bucket}, now at {entries[-1][1]}")
        return problems

    def _keys(self, since: str, after: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield each folder's log files in order, as folder and key: those behind the last one that was fetched."""
        for folder, is_deep, days_in in self._folders(self._prefix):
            first = max(after.get(folder, ""), f"{days_in}{since}" if days_in else "")
            delimiter = {} if is_deep else {"Delimiter": "/"}
            start = {"StartAfter": first} if first else {}
            for page in self._pages(folder, **delimiter, **start):
                for key in (str(entry["Key"]) for entry in page.get("Contents", ())):
                    day = _DAY_IN_KEY.search(key)
                    is_old = day is not None and day[1] < since
                    if not is_old and not key.endswith("/") and not log_files.holds_no_records(key):
                        yield folder, key

    def _folders(self, prefix: str) -> Iterator[tuple[str, bool, str]]:
        """Yield the folders that have files, whether to look into theirs too, and behind what days stand ("": unknown).

        Of each account and region CloudTrail makes one. Each has files of its own time, so that no position in one says
        anything about another.
        """
        folders: list[str] = []
        has_files = False
        for page in self._pages(prefix, Delimiter="/"):
            folders += [str(entry["Prefix"]) for entry in page.get("CommonPrefixes", ())]
            has_files = has_files or bool(page.get("Contents"))
        years = [folder for folder in folders if _YEAR.search(folder)]
        if years:
            yield prefix, True, _YEAR.sub("/", years[0]) if years == folders and not has_files else ""
        elif has_files:
            yield prefix, False, ""
        if years:
            return  # the whole of it was looked at
        for folder in folders:
            if not folder.endswith(_NOT_RECORDS):
                yield from self._folders(folder)

    def _pages(self, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
        yield from self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **more)

    def _fetch(self, key: str, scratch: Path) -> tuple[list[str], list[str]]:
        """Return the records about secrets in a log file, and what in it could not be read."""
        with tempfile.NamedTemporaryFile(dir=scratch) as file:
            self._s3.download_fileobj(self._bucket, key, file)
            file.flush()
            lines, problems = [], []
            for content in log_files.read(Path(file.name), key):
                if isinstance(content, Unreadable):
                    problems.append(content.reason)
                elif (
                    isinstance(content, Decoded)
                    and isinstance(content.record, Mapping)
                    and content.record.get("eventSource") == EVENT_SOURCE
                ):
                    lines.append(json.dumps(content.record))
            return lines, problems
