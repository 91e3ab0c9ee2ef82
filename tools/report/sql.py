"""Athena's SQL as modules/analytics keeps it, and the same in DuckDB's dialect."""

from __future__ import annotations

from pathlib import Path

import sqlglot

MODULE = Path(__file__).resolve().parents[2] / "modules" / "analytics"


def query(name: str) -> str:
    """Return a saved query as Athena runs it."""
    return (MODULE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def query_names() -> list[str]:
    """Return the names of the saved queries."""
    return sorted(file.stem for file in (MODULE / "queries").glob("*.sql"))


def view() -> str:
    """Return the view ``secret_calls`` as Athena runs it."""
    return (MODULE / "views" / "secret_calls.sql").read_text(encoding="utf-8")


def to_duckdb(athena: str) -> str:
    """Return Athena's SQL in DuckDB's dialect; raises sqlglot.ParseError."""
    (statement,) = sqlglot.transpile(athena, read="athena", write="duckdb")
    return statement
