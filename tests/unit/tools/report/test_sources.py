from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.harness.lake import records, write_tree
from tests.records import record
from tests.unit.conftest import aws_client
from tests.unit.doubles import clock_at
from tools.report import sources
from tools.report.__main__ import from_logs
from tools.report.lake import Lake, UnreadableError
from tools.report.sources import SourceError, opened

FIRST = date(2026, 1, 5)
TODAY = date(2026, 1, 2)
"""So that the last days lie in two years."""


def no_s3() -> Any:
    raise AssertionError("a folder needs no S3")


def names(logs: Path | str, days: int, s3: Any = no_s3) -> list[str]:
    with opened(str(logs), days, s3) as source:
        return [file.as_posix() for group in source.groups() for file in group.files]


def quiet(_: str) -> None:
    """No progress."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_tree(tmp_path / "logs", records(500, FIRST, 7))
    return tmp_path / "logs"


def test_only_the_files_of_the_last_days_are_opened(tree: Path) -> None:
    for file in tree.rglob("*.json.gz"):
        if not any(day in file.as_posix() for day in ("2026/01/10", "2026/01/11")):
            file.write_bytes(b"whoever opens this file fails")
    assert len(names(tree, 2)) == 8, "two accounts, two regions, two days"
    report = from_logs(str(tree), 2, no_s3, quiet)
    assert (report.findings.first, report.findings.last, report.problems) == ("2026/01/10", "2026/01/11", ())
    assert {row[0] for row in report.findings.reads} == {"2026-01-10", "2026-01-11"}


def test_exports_of_other_shapes_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text("\n".join(json.dumps(record(eventID=str(n))) for n in range(3)))
    (tmp_path / "lookup.json").write_text(json.dumps({"Events": [{"CloudTrailEvent": json.dumps(record())}]}))
    assert from_logs(str(tmp_path), 30, no_s3, quiet).findings.total == 4


def test_a_broken_file_is_named_and_the_others_are_counted(tree: Path) -> None:
    whole = from_logs(str(tree), 7, no_s3, quiet).findings.total
    folder = next(tree.rglob("*.json.gz")).parent
    (folder / "broken.json.gz").write_bytes(gzip.compress(b'{"Records": [')[:-8])
    (folder / "no.json").write_text("not JSON")
    report = from_logs(str(tree), 7, no_s3, quiet)
    assert report.findings.total == whole
    assert [problem.partition(":")[0] for problem in sorted(report.problems)] == ["broken.json.gz", "no.json"]


def test_every_unread_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "alarm.json").write_text('{"AlarmName": "x"}')
    (tmp_path / "a.json").write_text(json.dumps([record()]))
    assert from_logs(str(tmp_path), 30, no_s3, quiet).problems == ("alarm.json: no CloudTrail record inside",)


def test_older_calls_are_counted(tmp_path: Path) -> None:
    for day in ("05", "25"):
        (tmp_path / f"{day}.json").write_text(json.dumps([record(eventTime=f"2026-01-{day}T12:00:00Z")]))
    report = from_logs(str(tmp_path), 10, no_s3, quiet)
    assert (report.findings.total, report.older) == (1, 1)


def test_odd_fields_cost_their_own_record_at_most(tmp_path: Path) -> None:
    odd = [record(eventTime="banana"), record(userIdentity="x"), record(requestParameters=[1]), 7, None, record()]
    folder = tmp_path / "AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/31"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps({"Records": odd}))
    findings = from_logs(str(tmp_path), 30, no_s3, quiet).findings
    assert sorted(row[3] for row in findings.reads) == ["arn:aws:iam::123456789012:user/alice"] * 3 + ["unknown"]


def test_rewritten_files_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_RECORDS_PER_FILE", 10)
    (tmp_path / "a.json").write_text(json.dumps([record(eventID=str(n)) for n in range(25)]))
    assert len(names(tmp_path, 30)) == 3
    assert from_logs(str(tmp_path), 30, no_s3, quiet).findings.total == 25


@pytest.fixture
def s3(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sources, "datetime", clock_at(TODAY.year, TODAY.month, TODAY.day))
    client = aws_client("s3")
    client.create_bucket(Bucket="trail")
    return client


def upload(s3: Any, tree: Path, prefix: str = "") -> None:
    for file in tree.rglob("*.json.gz"):
        s3.upload_file(str(file), "trail", prefix + file.relative_to(tree).as_posix())


@pytest.mark.parametrize(
    ("prefix", "logs", "organization"),
    [("", "s3://trail", ""), ("a/b/", "s3://trail/a/b/", "o-a1b2c3d4e5"), ("", "s3://trail/AWSLogs/", "")],
)
def test_s3_is_listed_and_fetched_by_day(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, logs: str, organization: str
) -> None:
    write_tree(tmp_path, records(400, TODAY - timedelta(days=9), 10), organization)
    upload(s3, tmp_path, prefix)
    fetched: list[str] = []
    download = s3.download_file

    def noted(bucket: str, key: str, file: str) -> None:
        fetched.append(key)
        download(bucket, key, file)

    monkeypatch.setattr(s3, "download_file", noted)
    report = from_logs(logs, 3, lambda: s3, quiet)
    assert report.findings == from_logs(str(tmp_path), 3, no_s3, quiet).findings
    wanted = [f"{TODAY - timedelta(days=n):%Y/%m/%d}" for n in range(3)]
    assert len(fetched) == 12
    assert all(any(day in key for day in wanted) for key in fetched)


def test_fetched_files_are_gone_after_their_group(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "GROUP_FILES", 2)
    write_tree(tmp_path, records(100, TODAY, 1))
    upload(s3, tmp_path)
    with opened("s3://trail", 1, lambda: s3) as source:
        first, second = source.groups()
        assert not any(file.exists() for file in (*first.files, *second.files))


@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ("missing", "missing is neither a file nor a folder"),
        ("s3://UPPER", "no address in S3"),
        ("s3://trail", "has no AWSLogs/"),
        ("s3://elsewhere", "s3://elsewhere cannot be listed: .*NoSuchBucket"),
    ],
)
def test_what_is_not_there_is_said(s3: Any, logs: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        from_logs(logs, 30, lambda: s3, quiet)


def test_no_call_to_secrets_manager_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([record(eventSource="s3.amazonaws.com")]))
    with pytest.raises(SourceError, match="no call to Secrets Manager"):
        from_logs(str(tmp_path), 30, no_s3, quiet)
    with pytest.raises(UnreadableError, match=r"b\.json"):
        Lake().load([_file(tmp_path / "b.json", "[")])


def _file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
