"""Athena as the report's engine, for logs that outgrow one machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

PATIENCE = 900.0
"""Seconds that one query may take."""
_WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "integer", "int", "bigint"})


class AthenaError(Exception):
    """Athena did not answer a question; the message says why."""


class Athena:
    """The saved queries' answers from the workgroup that modules/analytics made."""

    def __init__(self, client: Any, workgroup: str, database: str, say: Callable[[str], None]) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database
        self._say = say
        self.scanned = 0
        """Bytes that Athena read so far: what AWS bills."""

    def ask(self, athena: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; raises AthenaError."""
        return [row for page in self.pages(athena, parameters) for row in page]

    def pages(self, athena: str, parameters: Sequence[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, up to a thousand together; raises AthenaError."""
        quoted = [value if isinstance(value, int) else "'" + value.replace("'", "''") + "'" for value in parameters]
        try:
            started = self._client.start_query_execution(
                QueryString=athena,
                QueryExecutionContext={"Database": self._database},
                WorkGroup=self._workgroup,
                **({"ExecutionParameters": [str(value) for value in quoted]} if quoted else {}),
            )
            execution = started["QueryExecutionId"]
            self._await(execution)
            yield from self._pages(execution)
        except self._client.exceptions.ClientError as error:
            raise AthenaError(f"workgroup {self._workgroup}: {error}") from error

    def _await(self, execution: str) -> None:
        deadline, wait = time.monotonic() + PATIENCE, 0.2
        while True:
            found = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            state = found["Status"]["State"]
            if state == "SUCCEEDED":
                self.scanned += found.get("Statistics", {}).get("DataScannedInBytes", 0)
                return
            if state in {"FAILED", "CANCELLED"}:
                raise AthenaError(f"query {execution} {state}: {found['Status'].get('StateChangeReason', 'no reason')}")
            if time.monotonic() > deadline:
                self._client.stop_query_execution(QueryExecutionId=execution)
                raise AthenaError(f"query {execution} was stopped after {PATIENCE:.0f} s: ask for fewer DAYS")
            self._say(f"Athena: query {execution} {state.lower()}")
            time.sleep(wait)
            wait = min(wait * 2, 5.0)

    def _pages(self, execution: str) -> Iterator[list[tuple[Any, ...]]]:
        names = 1  # the first row of a SELECT's results names the columns
        for page in self._client.get_paginator("get_query_results").paginate(QueryExecutionId=execution):
            columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            rows = []
            for row in page["ResultSet"]["Rows"][names:]:
                values = [cell.get("VarCharValue") for cell in row["Data"]]
                rows.append(tuple(_typed(column["Type"], value) for column, value in zip(columns, values, strict=True)))
            names = 0
            yield rows


def _typed(kind: str, value: str | None) -> Any:
    """Return a cell's value; Athena returns texts only."""
    if value is None or kind not in _WHOLE_NUMBERS:
        return value
    try:
        return int(value)
    except ValueError:
        return value
