from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from secretwatch.store.memories import load
from secretwatch.store.table import decode
from tests.documents import TABLE
from tests.harness.audit_table import make_table
from tests.records import Record
from tests.unit.tools.backtest.test_order import stream
from tests.unit.tools.seed.cloudtrail import NOW, EventHistoryDouble, refused
from tests.unit.tools.seed.test_settings import Bucket, Functions, package
from tools.seed import __main__ as command
from tools.seed import athena
from tools.seed.__main__ import main

REGIONS = ("eu-west-1", "us-east-1")
Known = dict[str, tuple[Any, Any]]


class Session:
    """boto3's, with a table in memory, doubles of what else is asked, and nothing behind that."""

    def __init__(self, dynamodb: Any, records: list[Record]) -> None:
        self.region_name: str | None = "us-east-1"
        self.dynamodb = dynamodb
        self.event_histories = {
            region: EventHistoryDouble([entry for entry in records if entry["awsRegion"] == region], page=10)
            for region in REGIONS
        }

    def get_partition_for_region(self, _: str) -> str:
        return "aws"

    def client(self, service: str, region_name: str | None = None, config: Any = None) -> Any:
        if service == "cloudtrail":
            return self.event_histories[str(region_name)]
        here = {"dynamodb": self.dynamodb, "lambda": Functions(), "s3": Bucket(), "sts": self, "ec2": self}
        return here.get(service, service)

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def describe_regions(self) -> dict[str, Any]:
        return {"Regions": [{"RegionName": region} for region in REGIONS]}


class Interrupted:
    """DynamoDB, that the user interrupts at a put."""

    def __init__(self, client: Any, at: int) -> None:
        self._client = client
        self._left = at

    def put_item(self, **request: Any) -> Any:
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt
        return self._client.put_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@pytest.fixture
def session(dynamodb: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Session:
    session = Session(dynamodb, stream(1))
    monkeypatch.setattr(boto3, "Session", lambda region_name=None: session)
    monkeypatch.setattr(command, "_download", package())
    monkeypatch.setattr("tools.seed.sources.PAUSE", 0)
    monkeypatch.setattr("tools.seed.__main__.clock.time", lambda: NOW)
    monkeypatch.chdir(tmp_path)
    return session


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "AWSLogs"
    folder.mkdir()
    for part in range(4):
        (folder / f"part{part}.json").write_text(json.dumps({"Records": stream(1)[part::4]}))
    return folder


def known(client: Any) -> Known:
    """Return what the table remembers of each actor, without what is a matter of when it was written."""
    items = [decode(item) for item in client.scan(TableName=TABLE)["Items"]]
    memories = {item["pk"]: load(item) for item in items if "memory" in item}
    return {actor: (memory.habits, memory.version) for actor, memory in memories.items()}


def test_log_files_fill_the_table(session: Session, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(logs)]) == 0
    out, err = capsys.readouterr()
    records = stream(1)
    days = {str(entry["eventTime"])[:10] for entry in records}
    read = {
        (entry["awsRegion"], entry["requestParameters"]["secretId"])
        for entry in records
        if entry["eventName"] == "GetSecretValue" and not entry.get("errorCode")
    }
    assert out == (
        f"{len(records)} records, {len(records)} of them about secrets\n"
        f"4 actors, {len(read)} secrets, {len(days)} days; from now on first reads are first reads\n"
    )
    assert "settings: those of secretwatch-summarizer" in err
    assert len(known(session.dynamodb)) == 4


def test_the_event_history_fills_it_the_same(session: Session, logs: Path) -> None:
    assert main([str(logs)]) == 0
    by_files = known(session.dynamodb)
    make_table(session.dynamodb, TABLE)
    assert main(["--source", "lookup-events"]) == 0
    assert known(session.dynamodb) == by_files


def test_interrupted_twice_while_looking_up_and_once_while_storing_it_is_the_same(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--source", "lookup-events"]) == 0
    at_once = known(session.dynamodb)
    make_table(session.dynamodb, TABLE)
    session.event_histories = Session(session.dynamodb, stream(1)).event_histories
    cloudtrail = session.event_histories["us-east-1"]
    for _ in range(2):
        cloudtrail.fails = {len(cloudtrail.calls) + 2: KeyboardInterrupt()}
        assert main(["--source", "lookup-events"]) == 2
        assert known(session.dynamodb) == {}
    table, session.dynamodb = session.dynamodb, Interrupted(session.dynamodb, 3)
    assert main(["--source", "lookup-events"]) == 2
    assert len(known(table)) == 2
    assert "run it again to go on" in capsys.readouterr().err
    session.dynamodb = table
    assert main(["--source", "lookup-events"]) == 0
    assert known(table) == at_once


def test_running_it_twice_changes_nothing(session: Session, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(logs)])
    before = known(session.dynamodb)
    assert main([str(logs)]) == 0
    assert known(session.dynamodb) == before
    assert capsys.readouterr().out.endswith(f" days: all of it is known in {TABLE} already\n")


def test_what_was_fetched_is_deleted_once_it_is_learnt(session: Session, tmp_path: Path) -> None:
    assert main(["--source", "lookup-events"]) == 0
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_dry_run_stores_nothing_and_keeps_what_it_fetched(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--source", "lookup-events", "--dry-run"]) == 0
    assert known(session.dynamodb) == {}
    assert capsys.readouterr().out.endswith(" days: nothing was stored\n")
    calls = len(session.event_histories["us-east-1"].calls)
    assert main(["--source", "lookup-events"]) == 0
    assert len(session.event_histories["us-east-1"].calls) == calls
    assert known(session.dynamodb)


def test_athena_fills_it_by_the_workgroup_of_the_deployment(
    session: Session, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Athena:
        def __init__(self, client: Any, workgroup: str, database: str, say: Any) -> None:
            assert (client, workgroup, database) == ("athena", "secretwatch", "secretwatch")

        def pages(self, athena: str, parameters: Any = ()) -> Any:
            (day,) = parameters
            yield [row_of(entry) for entry in stream(1) if str(entry["eventTime"])[:10] == day.replace("/", "-")]

    assert main([str(logs)]) == 0
    by_files = known(session.dynamodb)
    make_table(session.dynamodb, TABLE)
    monkeypatch.setattr(command, "Athena", Athena)
    assert main(["--source", "athena"]) == 0
    assert known(session.dynamodb) == by_files


def row_of(entry: Record) -> list[Any]:
    """Return what Athena's table has of a record."""

    def within(path: tuple[str, ...]) -> Any:
        value: Any = entry["userIdentity"]
        for name in path:
            value = (value or {}).get(name)
        return value

    documents = [None if entry.get(name) is None else json.dumps(entry[name]) for name in athena._DOCUMENTS]
    return [*map(entry.get, athena._TEXTS), *documents, *map(within, athena._IDENTITY), None]


def test_a_region_that_refuses_is_named_and_can_be_left_out(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    session.event_histories["eu-west-1"].fails = {1: refused("AccessDeniedException")}
    assert main(["--source", "lookup-events"]) == 2
    assert "eu-west-1: " in (err := capsys.readouterr().err)
    assert "--regions" in err
    assert main(["--source", "lookup-events", "--regions", "us-east-1"]) == 0


def test_options_count_instead_of_the_deployed_settings(
    session: Session, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(logs), "--people-roles", "arn:*:iam::*:role/service"]) == 0
    assert "settings: by --people-roles; all else by default" in capsys.readouterr().err
    assert len(known(session.dynamodb)) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to learn from"),
        (["logs", "--source", "lookup-events"], "say what to learn from"),
        (["logs", "--source", "athena"], "or else SOURCE=lookup-events or SOURCE=athena"),
        (["s3:/bucket"], "no address in S3"),
        (["--source", "lookup-events", "--days", "91"], "CloudTrail keeps no more"),
        (["logs", "--prefix", "No!"], "no name_prefix"),
    ],
)
def test_a_wrong_command_line_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere"]) == 2
    assert "nowhere is neither a file nor a folder" in capsys.readouterr().err


def test_the_permissions_are_printed_without_a_deployment(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    session.region_name = None
    assert main(["--permissions", "--prefix", "watch", "s3://trail/AWSLogs"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["Statement"][0]["Resource"] == "arn:aws:dynamodb:*:*:table/watch-audit"
    assert document["Statement"][-1]["Resource"] == ["arn:aws:s3:::trail", "arn:aws:s3:::trail/*"]
