"""Athena's SQL as modules/analytics keeps it, and the same in DuckDB's dialect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlglot

from secretwatch.record.access import ACTIVITIES

MODULE = Path(__file__).resolve().parents[2] / "modules" / "analytics"


_PATTERN = re.compile(r"arn:[A-Za-z0-9:/_+=,.@*-]+")


@dataclass(frozen=True, slots=True)
class Declared:
    """Principals that are said to be people or automation, as in the variables of modules/analytics."""

    people_roles: tuple[str, ...] = ()
    """ARNs of roles that only people assume, in which ``*`` stands for any text."""
    automation: tuple[str, ...] = ()
    """ARNs of users and roles that are no people."""

    def __post_init__(self) -> None:
        for name in ("people_roles", "automation"):
            for pattern in getattr(self, name):
                if not _PATTERN.fullmatch(pattern):
                    raise ValueError(
                        f"{name} must be ARNs of IAM, in which * stands for any text, such as "
                        f"arn:*:iam::*:role/okta-*; not: {pattern}"
                    )


NOBODY = Declared()
ONCE = "WHERE copy = 1 OR COALESCE(eventid, '') = ''"
"""Where the view leaves out copies of a record: who counts them takes it out."""


def query(name: str) -> str:
    """Return a saved query as Athena runs it."""
    return (MODULE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def query_names() -> list[str]:
    """Return the names of the saved queries."""
    return sorted(file.stem for file in (MODULE / "queries").glob("*.sql"))


def view(declared: Declared = NOBODY) -> str:
    """Return the view ``secret_calls`` as Athena runs it."""
    sql = (MODULE / "views" / "secret_calls.sql").read_text(encoding="utf-8")
    parts = {
        "activities": " ".join(f"WHEN '{name}' THEN '{activity}'" for name, activity in sorted(ACTIVITIES.items())),
        "people_roles": _expression(declared.people_roles),
        "automation": _expression(declared.automation),
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
