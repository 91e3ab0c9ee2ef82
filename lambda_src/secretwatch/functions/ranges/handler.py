"""Lambda: each day, what AWS and others publish of their networks → networks by name in the bucket.

Each publisher has an object of its own. One that cannot be fetched, or is not plausible, leaves its
object as it is: that is an error only when the object is two weeks old, since GitHub refuses
addresses that ask often, and those of Lambda are shared.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from secretwatch.functions.ranges.documents import PUBLISHERS, NetworkList, check
from secretwatch.functions.ranges.download import download
from secretwatch.functions.ranges.settings import RangesSettings
from secretwatch.record.ranges import published_key, shipped_csv
from secretwatch.runtime.aws import Lazy, error_code
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import one_line
from secretwatch.store.table import DAY

log = logging.getLogger(__name__)
PATIENCE_DAYS = 14
"""How old ranges may be before people are told."""


class RefreshError(Exception):
    """Ranges are old and could not be refreshed; the message says whose and why."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """One refresh after the other; ``now`` returns epoch seconds."""

    settings: RangesSettings
    s3: Any
    publishers: Mapping[str, NetworkList]
    now: Callable[[], float] = time.time

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        return {"bucket": self.settings.bucket, "publishers": ", ".join(self.publishers)}

    def run(self) -> None:
        """Refresh the ranges of every publisher; raises RefreshError at the end about those that are too old."""
        failures = []
        for name, publisher in self.publishers.items():
            try:
                self._refresh(name, publisher)
            except Exception as error:  # one publisher must not hold back the others
                why = one_line(f"{name}: {error}", 300)
                log.warning("not refreshed", extra={"publisher": name, "reason": why})
                if not self._is_recent(name):
                    failures.append(why)
        if failures:
            raise RefreshError(f"for {PATIENCE_DAYS} days or ever, no ranges could be had of {'; '.join(failures)}")

    def _refresh(self, name: str, publisher: NetworkList) -> None:
        day = datetime.fromtimestamp(self.now(), UTC).date().isoformat()
        text = publisher.to_csv(download(publisher.url), day)
        networks = check(text, shipped_csv(name))
        self.s3.put_object(
            Bucket=self.settings.bucket,
            Key=published_key(name),
            Body=text.encode("utf-8"),
            ContentType="text/csv; charset=utf-8",
        )
        log.info("refreshed", extra={"publisher": name, "networks": networks})

    def _is_recent(self, name: str) -> bool:
        """Whether there is an object that is not too old: without ListBucket S3 denies what is not there."""
        try:
            found = self.s3.head_object(Bucket=self.settings.bucket, Key=published_key(name))
        except Exception as error:
            log.warning("no ranges before", extra={"publisher": name, "reason": error_code(error)})
            return False
        written: datetime = found["LastModified"]
        return self.now() - written.timestamp() < PATIENCE_DAYS * DAY


@cache
def _ranges() -> Refresh:
    configure()
    return Refresh(RangesSettings.read(Environment(os.environ), packaged_settings()), Lazy("s3"), PUBLISHERS)


def handler(event: object, context: object) -> dict[str, Any] | None:  # noqa: ARG001
    """Lambda's entry point; what the schedule sends says nothing, a probe is answered."""
    refresh = _ranges()
    probed = answer(event, refresh.about(), {})
    if probed is None:
        refresh.run()
    return probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _ranges()
