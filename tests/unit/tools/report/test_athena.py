from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.report import athena
from tools.report.athena import Athena, AthenaError


class Exceptions:
    ClientError = ClientError


class Client:
    """Athena: a query that is in some states one after the other, and has pages of results."""

    exceptions = Exceptions

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.pages: list[list[list[str | None]]] = [[["day", "reads"], ["2026-01-31", "7"]], [["2026-02-01", None]]]

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        self.started.append(request)
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        status = {"State": state, "StateChangeReason": "SYNTAX_ERROR"}
        return {"QueryExecution": {"Status": status, "Statistics": {"DataScannedInBytes": 1000}}}

    def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803
        self.stopped.append(QueryExecutionId)

    def get_paginator(self, _: str) -> Client:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        columns = [{"Type": "varchar"}, {"Type": "bigint"}]
        return [
            {
                "ResultSet": {
                    "ResultSetMetadata": {"ColumnInfo": columns},
                    "Rows": [
                        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in page
                    ],
                }
            }
            for page in self.pages
        ]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("tools.report.athena.time.sleep", waits.append)
    return waits


def asking(client: Client, say: Callable[[str], None] = lambda _: None) -> Athena:
    return Athena(client, "secretwatch", "secretwatch_db", say)


def test_the_rows_of_every_page_come_without_the_heading(slept: list[float]) -> None:
    said: list[str] = []
    engine = asking(Client("QUEUED", "RUNNING", "SUCCEEDED"), said.append)
    assert engine.ask("SELECT 1") == [("2026-01-31", 7), ("2026-02-01", None)]
    assert said == ["Athena: query q1 queued", "Athena: query q1 running"]
    assert slept == [0.2, 0.4]
    assert engine.scanned == 1000


def test_parameters_are_quoted_as_sql(slept: list[float]) -> None:
    client = Client("SUCCEEDED")
    asking(client).ask("SELECT ?", ["2026/01/31", "o'clock", 7])
    asking(client).ask("SELECT 1")
    assert client.started[0]["ExecutionParameters"] == ["'2026/01/31'", "'o''clock'", "7"]
    assert client.started[0]["WorkGroup"] == "secretwatch"
    assert client.started[0]["QueryExecutionContext"] == {"Database": "secretwatch_db"}
    assert "ExecutionParameters" not in client.started[1]


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_failed_says_why(slept: list[float], state: str) -> None:
    with pytest.raises(AthenaError, match=f"query q1 {state}: SYNTAX_ERROR"):
        asking(Client(state)).ask("SELECT")


def test_a_query_that_lasts_too_long_is_stopped(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(0, 10_000, 300))
    monkeypatch.setattr("tools.report.athena.time.monotonic", lambda: next(times))
    client = Client("RUNNING")
    with pytest.raises(AthenaError, match="was stopped after 900 s: ask for fewer DAYS"):
        asking(client).ask("SELECT")
    assert client.stopped == ["q1"]
    assert max(slept) <= 5
    assert athena.PATIENCE == 900


def test_what_aws_refuses_is_said_with_the_workgroup(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = ClientError({"Error": {"Code": "InvalidRequestException", "Message": "no such"}}, "Start")
    client = Client("SUCCEEDED")
    monkeypatch.setattr(client, "start_query_execution", lambda **_: (_ for _ in ()).throw(refusal))
    with pytest.raises(AthenaError, match=r"workgroup secretwatch: .*InvalidRequestException"):
        asking(client).ask("SELECT")
