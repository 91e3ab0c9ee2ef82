"""Athena's SQL as modules/analytics keeps it, and the same in DuckDB's dialect."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import sqlglot

from secretwatch.record.access import ACTIVITIES

MODULE = Path(__file__).resolve().parents[2] / "modules" / "analytics"


def query(name: str) -> str:
    """Return a saved query as Athena runs it."""
    return (MODULE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def query_names() -> list[str]:
    """Return the names of the saved queries."""
    return sorted(file.stem for file in (MODULE / "queries").glob("*.sql"))


def view(*, people_roles: Iterable[str] = (), automation: Iterable[str] = ()) -> str:
    """Return the view ``secret_calls`` as Athena runs it; the patterns are those of modules/analytics."""
    sql = (MODULE / "views" / "secret_calls.sql").read_text(encoding="utf-8")
    parts = {
        "activities": " ".join(f"WHEN '{name}' THEN '{activity}'" for name, activity in sorted(ACTIVITIES.items())),
        "people_roles": _expression(people_roles),
        "automation": _expression(automation),
    }
    for name, text in parts.items():
        sql = sql.replace(f"${{{name}}}", text)
    return sql


def to_duckdb(athena: str) -> str:
    """Return Athena's SQL in DuckDB's dialect; raises sqlglot.ParseError."""
    (statement,) = sqlglot.transpile(athena, read="athena", write="duckdb")
    return statement


def _expression(patterns: Iterable[str]) -> str:
    """Return patterns of ARNs as one regular expression, as tables.tf does."""
    return "|".join(pattern.replace(".", r"\.").replace("+", r"\+").replace("*", ".*") for pattern in patterns)
