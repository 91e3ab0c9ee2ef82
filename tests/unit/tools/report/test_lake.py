from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.records import record
from tools.report.lake import Lake, UnreadableError
from tools.report.sql import query


def written(path: Path, *made: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps({"Records": made}).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def test_the_lake_keeps_to_its_memory_limit() -> None:
    assert Lake().ask("SELECT current_setting('memory_limit')") == [("953.6 MiB",)]


def test_an_empty_lake_has_no_reads() -> None:
    assert Lake().ask(query("reads"), ["2026/01/31", "2026/01/31"]) == []


def test_files_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake.duckdb")
    lake.load([written(tmp_path / "a.json", record())])
    lake.load([written(tmp_path / "b.json.gz", record(), record(eventSource="s3.amazonaws.com"))])
    assert lake.ask("SELECT count(*) FROM secret_calls") == [(2,)]
    lake.close()


def test_the_place_of_a_file_says_its_day_and_elsewhere_the_record_does(tmp_path: Path) -> None:
    place = tmp_path / "AWSLogs/210987654321/CloudTrail/eu-west-1/2026/02/01/x.json"
    lake = Lake()
    lake.load([written(place, record()), written(tmp_path / "y.json", record())])
    rows = lake.ask("SELECT account, region, day FROM secret_calls ORDER BY day")
    assert rows == [("123456789012", "us-east-1", "2026/01/31"), ("210987654321", "eu-west-1", "2026/02/01")]


def test_of_files_of_which_one_is_broken_none_is_loaded_and_it_can_be_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("[")
    lake, good = Lake(), written(tmp_path / "good.json", record())
    with pytest.raises(UnreadableError, match=r"good\.json, broken\.json: "):
        lake.load([good, broken])
    assert lake.ask("SELECT count(*) FROM secret_calls") == [(0,)]
    lake.load([good])
    assert lake.ask("SELECT count(*) FROM secret_calls") == [(1,)]
