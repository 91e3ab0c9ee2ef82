"""The published ranges as they were last refreshed, or else as they are shipped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from secretwatch.record.ranges import PUBLISHERS, Ranges, parse, published_key, shipped_of
from secretwatch.store.table import DAY

log = logging.getLogger(__name__)
SIZE_LIMIT = 4 * 1024 * 1024
"""Largest object that is read, in bytes: thirty times what is shipped."""


class Published:
    """The ranges in the bucket, read anew each day; what cannot be read stays as it was. ``now``: epoch seconds."""

    def __init__(self, s3: Any, bucket: str, now: Callable[[], float] = time.time) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._now = now
        self._known: dict[str, Ranges] = {}
        self._read_at = 0.0

    def ranges(self) -> tuple[Ranges, ...]:
        """Return the ranges of every publisher. Never raises."""
        if not self._known or self._now() - self._read_at >= DAY:
            self._read_at = self._now()
            with ThreadPoolExecutor(len(PUBLISHERS)) as pool:
                read = zip(PUBLISHERS, pool.map(self._read, PUBLISHERS), strict=True)
                self._known = {name: new or self._known.get(name) or shipped_of(name) for name, new in read}
        return tuple(self._known.values())

    def _read(self, publisher: str) -> Ranges | None:
        key = published_key(publisher)
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read(SIZE_LIMIT + 1)
            if len(body) > SIZE_LIMIT:
                raise ValueError(f"is larger than {SIZE_LIMIT:,} bytes")
            return parse(body.decode("utf-8").splitlines())
        except Exception as error:  # habits are judged all the same
            log.warning("older ranges are used", extra={"key": key, "reason": f"{type(error).__name__}: {error}"})
            return None
