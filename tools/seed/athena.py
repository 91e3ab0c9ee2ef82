"""CloudTrail's log files through Athena: the table and the workgroup that modules/analytics makes, a day at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from secretwatch.record.access import EVENT_SOURCE
from tools.seed.spool import Spool

_TEXTS = ("eventID", "eventTime", "eventSource", "eventName", "eventType", "awsRegion", "sourceIPAddress", "userAgent",
          "errorCode", "errorMessage", "vpcEndpointId", "recipientAccountId", "sharedEventID",
          "sessionCredentialFromConsole")  # fmt: skip
_DOCUMENTS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")
_IDENTITY = (
    ("type",), ("arn",), ("principalId",), ("accountId",), ("accessKeyId",), ("userName",), ("invokedBy",),
    ("onBehalfOf", "userId"), ("sessionContext", "sourceIdentity"), ("sessionContext", "sessionIssuer", "arn"),
)  # fmt: skip
"""What of userIdentity says who it was, as the table has it; a ROW as a whole is no JSON object in every engine."""
QUERY = f"""SELECT
    {", ".join(name.lower() for name in (*_TEXTS, *_DOCUMENTS))},
    {", ".join(f"useridentity.{'.'.join(path).lower()} AS {'_'.join(('by', *path)).lower()}" for path in _IDENTITY)},
    array_join(transform(resources, resource -> resource.arn), ' ') AS arns
FROM cloudtrail_logs
WHERE day = ?
    AND eventsource = '{EVENT_SOURCE}'"""  # noqa: S608 -- names of ours alone
"""The records about secrets of a day (2026/01/31): every column that makes a difference."""


class Asking(Protocol):
    """Athena, or what stands in for it."""

    def pages(self, athena: str, parameters: Sequence[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query."""


class LogTable:
    """The table of CloudTrail's log files."""

    def __init__(self, athena: Asking, spool: Spool, now: Callable[[], float]) -> None:
        self._athena = athena
        self._spool = spool
        self._now = now

    def fetch(self, days: int, say: Callable[[str], None]) -> None:
        """Fetch the records about secrets of the last days, from the day on at which a run before was interrupted.

        A day counts as fetched when all of it is; what came of it before comes again, and counts once.
        """
        today = datetime.fromtimestamp(self._now(), UTC).date()
        position = self._spool.position
        if position.get("days") != days or position.get("source") != "athena":
            self._spool.remove()
            position = {"source": "athena", "days": days, "next": (today - timedelta(days=days)).isoformat()}
        day, records = date.fromisoformat(position["next"]), 0
        while day <= today:
            for rows in self._athena.pages(QUERY, [f"{day:%Y/%m/%d}"]):
                self._spool.append((json.dumps(record_of(row)) for row in rows), position)
                records += len(rows)
                say(f"{records:,} records by Athena, now at {day}, {(today - day).days} days to go")
            day += timedelta(days=1)
            # There may be more of today later.
            position = {**position, "next": min(day, today).isoformat()}
            self._spool.append((), position)


def record_of(row: Sequence[Any]) -> Mapping[str, Any]:
    """Return the record of a row of QUERY, as far as a decision looks at it."""
    values = iter(row)
    record: dict[str, Any] = {name: next(values) for name in _TEXTS}
    record |= {name: _document(next(values)) for name in _DOCUMENTS}
    identity: dict[str, Any] = {}
    for path in _IDENTITY:
        value, inner = next(values), identity
        if value not in (None, ""):
            for name in path[:-1]:
                inner = inner.setdefault(name, {})
            inner[path[-1]] = value
    arns = next(values) or ""
    record["userIdentity"] = identity or None
    record["resources"] = [{"ARN": arn} for arn in arns.split(" ") if arn]
    return {name: value for name, value in record.items() if value not in (None, "")}


def _document(text: str | None) -> Any:
    """Return what a column of JSON holds; a text that is none stays one."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
