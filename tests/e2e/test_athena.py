"""The report's questions asked of the local AWS's Athena, against the same of DuckDB."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.harness.lake import records, write_tree
from tests.harness.local_aws import LocalAws
from tools.report.athena import Athena, AthenaError
from tools.report.findings import find
from tools.report.lake import Lake
from tools.report.sql import query, query_names

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 11)
WINDOW = ["2026/01/05", "2026/01/11"]
MORE: dict[str, list[Any]] = {
    "first_time_readers": ["2026/01/08"],
    "off_hours": [8, 18],
    "many_secrets": [3],
    "who_read": ["team-1/secret-1"],
}
ASKED = set(query_names()) - {"kms_decrypts"}  # it asks CloudTrail's files, for which there is no SerDe here


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("tree")
    write_tree(root, records(2_000, FIRST, 7))
    lake = Lake()
    lake.load(sorted(root.rglob("*.json.gz")))
    return lake


@pytest.fixture(scope="module")
def aws(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """The rows of the view secret_calls as a Glue table: the local AWS's Athena has no views."""
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        columns: list[tuple[str, str]] = lake.ask(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'secret_calls'"
        )
        rows = lake.ask("SELECT * FROM secret_calls")
        lines = (json.dumps(dict(zip([name for name, _ in columns], row, strict=True)), default=str) for row in rows)
        s3, glue = aws.client("s3"), aws.client("glue")
        for bucket in ("calls", "results"):
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket="calls", Key="calls/1.json.gz", Body=gzip.compress("\n".join(lines).encode()))
        glue.create_database(DatabaseInput={"Name": "secretwatch"})
        hive = {"VARCHAR": "string", "TIMESTAMP": "timestamp", "BOOLEAN": "boolean"}
        storage = {
            "Columns": [{"Name": name, "Type": hive[kind]} for name, kind in columns],
            "Location": "s3://calls/calls/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        }
        glue.create_table(DatabaseName="secretwatch", TableInput={"Name": "secret_calls", "StorageDescriptor": storage})
        configuration = {"ResultConfiguration": {"OutputLocation": "s3://results/results/"}}
        aws.client("athena").create_work_group(Name="secretwatch", Configuration=configuration)
        yield aws


@pytest.fixture
def athena(aws: LocalAws) -> Athena:
    return Athena(aws.client("athena"), "secretwatch", "secretwatch", lambda _: None)


@pytest.mark.parametrize("name", sorted(ASKED))
def test_a_saved_query_answers_as_duckdb_does(athena: Athena, lake: Lake, name: str) -> None:
    parameters: list[Any] = [*WINDOW, *MORE.get(name, [])] if "?" in query(name) else []
    expected = [tuple(map(str, row)) for row in lake.ask(query(name), parameters)]
    assert expected or name == "dashboard", "only the dashboard looks back from today"
    assert sorted(tuple(map(str, row)) for row in athena.ask(query(name), parameters)) == sorted(expected)


def test_the_whole_report_is_the_same(athena: Athena, lake: Lake) -> None:
    assert find(athena, FIRST, LAST) == find(lake, FIRST, LAST)


def test_what_athena_refuses_is_said(athena: Athena) -> None:
    with pytest.raises(AthenaError, match=r"query .+ FAILED: .*nonsense"):
        athena.ask("SELECT nonsense FROM secret_calls")
