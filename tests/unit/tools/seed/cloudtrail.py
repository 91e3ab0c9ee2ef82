"""CloudTrail's event history as LookupEvents shows it: the latest events first, a page at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.records import Record

DAY_ONE = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When the history begins that tests look up."""
NOW = (DAY_ONE + timedelta(days=20)).timestamp()


class EventHistoryDouble:
    """Answers LookupEvents for one region; interrupted at the calls that a test names."""

    def __init__(self, records: list[Record], page: int = 50) -> None:
        self._records = sorted(records, key=lambda record: str(record["eventTime"]), reverse=True)
        self._page = page
        self.calls: list[dict[str, Any]] = []
        self.fails: dict[int, BaseException] = {}
        """Number of a call, from 1 → what happens at it."""

    def lookup_events(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        if (failure := self.fails.pop(len(self.calls), None)) is not None:
            raise failure
        assert request["StartTime"] <= request["EndTime"], "AWS refuses that"
        asked = request["LookupAttributes"]
        assert asked == [{"AttributeKey": "EventSource", "AttributeValue": "secretsmanager.amazonaws.com"}]
        found = [record for record in self._records if request["StartTime"] <= _time(record) <= request["EndTime"]]
        start = int(request.get("NextToken", 0))
        events = [
            {"EventId": record["eventID"], "EventTime": _time(record), "CloudTrailEvent": json.dumps(record)}
            for record in found[start : start + self._page]
        ]
        more = start + self._page < len(found)
        return {"Events": events, **({"NextToken": str(start + self._page)} if more else {})}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "LookupEvents")


def _time(record: Record) -> datetime:
    return datetime.fromisoformat(str(record["eventTime"]))
