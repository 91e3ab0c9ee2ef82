from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from secretwatch.record.envelopes import Decoded, Unreadable
from tests.records import awslogs, eventbridge, record
from tools.logs import files as log_files
from tools.logs import text as text_of_files

READS = [record(eventID=f"e{n}") for n in range(3)]


def ids(path: Path) -> list[Any]:
    return [content.record["eventID"] for content in log_files.read(path) if isinstance(content, Decoded)]  # type: ignore[index]


def problems(path: Path) -> list[str]:
    return [content.reason for content in log_files.read(path) if isinstance(content, Unreadable)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"Records": READS}),
        json.dumps({"Records": READS}, indent=2),
        json.dumps(READS),
        "\n".join(map(json.dumps, READS)),
        "\n".join(json.dumps({"_source": {"raw": r}}) for r in READS),
        json.dumps({"Events": [{"EventId": "x", "CloudTrailEvent": json.dumps(r)} for r in READS]}),
        "\n".join(json.dumps(eventbridge(r)) for r in READS),
        json.dumps(awslogs(*READS)),
    ],
    ids=["s3", "s3 pretty", "list", "lines", "siem", "lookup", "eventbridge", "awslogs"],
)
@pytest.mark.parametrize("chunk", [7, 1 << 20], ids=["tiny chunks", "one chunk"])
def test_every_way_to_keep_records_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, chunk: int
) -> None:
    if chunk == 7 and text.startswith("{") and not text.startswith('{"Records"'):
        chunk = 64  # the pretty opening must fit into the first chunk
    monkeypatch.setattr(text_of_files, "_CHUNK", max(chunk, 64))
    plain, zipped = tmp_path / "a.json", tmp_path / "a.json.gz"
    plain.write_text(text)
    zipped.write_bytes(gzip.compress(text.encode()))
    assert ids(plain) == ids(zipped) == ["e0", "e1", "e2"]
    assert problems(plain) == []


def test_a_broken_line_does_not_hide_the_others(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(
        "\n".join(
            [
                json.dumps(READS[0]),
                "not json at all, really",
                '{"a": tru, "padding": "xxxxxxxxxxxxxxxx"}',
                json.dumps(READS[1]),
            ]
        )
    )
    assert ids(file) == ["e0", "e1"]
    assert len(problems(file)) == 2


def test_a_truncated_gzip_gives_what_it_has_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cut.json.gz"
    many = [record(eventID=f"e{n}", userAgent=f"{n * 7919}" * 40) for n in range(2000)]
    data = gzip.compress("\n".join(map(json.dumps, many)).encode())
    file.write_bytes(data[: len(data) // 2])
    (problem,) = problems(file)
    assert problem.startswith("cut.json.gz: ")


@pytest.mark.parametrize("text", ["", "   ", "{}", "[]", "null", '"text"', "5", "hello there, no json"])
def test_a_file_without_records_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "empty.json"
    file.write_text(text)
    assert ids(file) == []
    assert problems(file)


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_text("[" * 100_000)
    assert ids(file) == []
    assert problems(file)


def test_files_come_in_order_of_delivery(tmp_path: Path) -> None:
    for name in (
        "b/1_CloudTrail_eu-west-1_20260101T0000Z_x.json.gz",
        "a/1_CloudTrail_us-east-1_20260102T0000Z_x.json.gz",
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert [file.parent.name for file in log_files.files(tmp_path)] == [tmp_path.name, "b", "a"]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="neither a file nor a folder"):
        log_files.files(tmp_path / "none")


def test_problems_before_the_first_record_are_all_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("no json\n" * 1_500 + json.dumps(READS[0]))
    found = problems(file)
    assert len(found) == 1_001
    assert found[-1] == "a.jsonl: 500 more parts before its first record"
    assert ids(file) == ["e0"]
