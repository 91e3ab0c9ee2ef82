"""What the report says, asked from the saved queries of modules/analytics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from tools.report.sql import query

MOST_ROWS = 50_000
"""Rows of reads that a page carries; what is rarer is counted day by day only."""
MOST_NOTABLE = 100
MANY_SECRETS = 10
WORK = (8, 18)
"""First working hour and first hour after work, UTC."""
NEW_DAYS = 7


class Engine(Protocol):
    """Whoever answers Athena's SQL: DuckDB here, or Athena."""

    def ask(self, athena: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""


@dataclass(frozen=True, slots=True)
class Notable:
    """One kind of notable access, worst or latest first."""

    title: str
    explanation: str
    columns: tuple[str, ...]
    rows: list[list[Any]]
    total: int
    """How many there are; rows has the first MOST_NOTABLE."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the page shows."""

    first: str
    last: str
    """Days, YYYY/MM/DD."""
    reads: list[list[Any]]
    """[date, region, kind of principal, principal, secret, address, reads], most reads first."""
    rest: list[tuple[str, int]]
    """(date, reads) that stand in no row of ``reads``."""
    notable: tuple[Notable, ...]

    @property
    def total(self) -> int:
        """Return how many values were returned."""
        return sum(int(row[-1]) for row in self.reads) + sum(count for _, count in self.rest)


def find(engine: Engine, first: date, last: date) -> Findings:
    """Ask everything about the days from ``first`` to ``last``."""
    days = [f"{first:%Y/%m/%d}", f"{last:%Y/%m/%d}"]
    order = "reads DESC, date, region, principal_arn, principal_type, secret_name, source_address"
    cube = f"SELECT * FROM ({query('reads')}) AS reads ORDER BY {order} LIMIT {MOST_ROWS}"
    reads = [_texts(row) for row in engine.ask(cube, days)]
    shown: dict[str, int] = {}
    for row in reads:
        shown[row[0]] = shown.get(row[0], 0) + row[-1]
    by_day = [(_text(row[0]), int(row[1])) for row in engine.ask(query("accesses_by_day"), days)]
    rest = [(day, count - shown.get(day, 0)) for day, count in by_day if count > shown.get(day, 0)]
    return Findings(days[0], days[1], reads, rest, tuple(_notable(engine, days, first, last)))


def _notable(engine: Engine, days: list[str], first: date, last: date) -> list[Notable]:
    new = max(first + timedelta(days=1), last - timedelta(days=NEW_DAYS - 1))
    many = _ask(
        engine, "many_secrets", [*days, MANY_SECRETS], "secrets DESC, hour DESC",
        "Many secrets within an hour",
        f"Principals that read {MANY_SECRETS} different secrets or more in one hour.",
        ("Reader", "Hour", "Secrets", "Reads"),
    )  # fmt: skip
    denied = _ask(
        engine, "denied", days, "latest DESC",
        "Denied and failed",
        "Calls that got no value, by principal and reason: someone looking around, or a broken deployment.",
        ("Reader", "Call", "Reason", "Calls", "Latest"),
    )  # fmt: skip
    readers = _ask(
        engine, "first_time_readers", [*days, f"{new:%Y/%m/%d}"], "first_read DESC",
        "First readers",
        f"Who read a secret since {new:%Y-%m-%d} and not before, as far back as {first:%Y-%m-%d}.",
        ("Reader", "Secret", "First read", "Reads"),
    )  # fmt: skip
    night = _ask(
        engine, "off_hours", [*days, *WORK], "event_time DESC",
        "People off hours",
        f"Reads by people before {WORK[0]:02}:00, after {WORK[1]:02}:00 or at a weekend (UTC).",
        ("Reader", "Secret", "When", "Address"),
    )  # fmt: skip
    return [many, denied, readers, night]


def _ask(engine: Engine, name: str, parameters: list[Any], order: str, title: str, explanation: str,
         columns: tuple[str, ...]) -> Notable:  # fmt: skip
    """Ask for the first rows of a saved query and how many there are, in one scan."""
    sql = f"SELECT *, COUNT(*) OVER () AS found FROM ({query(name)}) AS asked ORDER BY {order} LIMIT {MOST_NOTABLE}"
    rows = engine.ask(sql, parameters)
    return Notable(title, explanation, columns, [_texts(row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0)


def _texts(row: Sequence[Any]) -> list[Any]:
    return [value if isinstance(value, int) else _text(value) for value in row]


def _text(value: Any) -> str:
    """Return a cell as the page shows it; DuckDB has dates and times, Athena texts of them."""
    if value is None or value == "":
        return "none"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = str(value)
    return text[:19] if text[19:] in {".000", ".000 UTC"} else text
