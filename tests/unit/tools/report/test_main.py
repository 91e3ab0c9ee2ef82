"""The command: what it writes, says and ends with."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from tests.harness.lake import records, write_tree
from tests.records import record
from tests.unit.doubles import clock_at, raising
from tools.report import __main__ as command
from tools.report.__main__ import from_athena, main
from tools.report.athena import AthenaError
from tools.report.findings import Findings
from tools.report.sources import SourceError

FIRST = date(2026, 1, 5)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_tree(tmp_path / "logs", records(500, FIRST, 7))
    return tmp_path / "logs"


def test_the_command_writes_the_page_and_says_what_it_found(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out" / "report.html"
    assert main([str(tree), "--days", "7", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "reads from 2026/01/05 to 2026/01/11" in printed
    assert str(out) in printed
    assert out.read_text().startswith("<!doctype html>")
    assert main([str(tmp_path / "missing")]) == 1
    assert "neither a file nor a folder" in capsys.readouterr().err
    for wrong in ([], [str(tree), "--days", "0"]):
        with pytest.raises(SystemExit):
            main(wrong)


def test_what_could_not_be_read_and_what_is_older_is_said(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "no.json").write_text("not JSON")
    (tree / "old.json").write_text(old_record())
    assert main([str(tree), "--days", "2", "--out", str(tmp_path / "r.html")]) == 0
    printed = capsys.readouterr().out
    assert "1 older calls are left out: a larger DAYS takes them in" in printed
    assert "1 parts could not be read; the report's end lists them, first: no.json" in printed


def old_record() -> str:
    return '{"Records": [' + json.dumps(record(eventTime="2025-12-01T00:00:00Z")) + "]}"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SourceError("no files"), 1, "no files"),
        (AthenaError("no workgroup"), 1, "no workgroup"),
        (PermissionError("out"), 1, "out"),
        (NoCredentialsError(), 1, "Unable to locate credentials Set AWS_PROFILE and AWS_REGION, or log in."),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_run_that_fails_says_why_and_ends_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    monkeypatch.setattr(command, "from_logs", raising(error))
    assert main(["logs"]) == code
    assert said in capsys.readouterr().err


def test_athena_is_asked_about_the_last_days_until_today(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[date, date]] = []

    def find(_: Any, first: date, last: date) -> Findings:
        asked.append((first, last))
        return Findings(f"{first:%Y/%m/%d}", f"{last:%Y/%m/%d}", [], [], ())

    monkeypatch.setattr(command, "datetime", clock_at(2026, 1, 1))
    monkeypatch.setattr(command, "find", find)
    monkeypatch.setattr(boto3, "client", lambda _: None)
    report = from_athena("secretwatch", "secretwatch", 30, lambda _: None)
    assert asked == [(date(2025, 12, 3), date(2026, 1, 1))]
    assert asked[0][1] - asked[0][0] == timedelta(days=29)
    assert report.source == "Athena, secretwatch"


def test_a_workgroup_has_a_database_of_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[Any, ...]] = []

    def answer(*arguments: Any) -> Any:
        asked.append(arguments[:3])
        raise AthenaError("enough")

    monkeypatch.setattr(command, "from_athena", answer)
    main(["--engine", "athena", "--workgroup", "secret-watch", "--days", "7"])
    main(["--engine", "athena", "--workgroup", "w", "--database", "d"])
    assert asked == [("secret-watch", "secret_watch", 7), ("w", "d", 30)]
