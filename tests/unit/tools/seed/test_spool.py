from __future__ import annotations

from pathlib import Path

import pytest

from secretwatch.record.envelopes import Decoded
from tests.records import record
from tools.logs import files as log_files
from tools.seed.spool import Spool


def line(identity: str) -> str:
    return f'{{"eventName": "GetSecretValue", "eventID": "{identity}"}}'


def read(file: Path) -> list[object]:
    return [content.record["eventID"] for content in log_files.read(file) if isinstance(content, Decoded)]  # type: ignore[index]


def test_what_is_kept_is_read_like_any_log_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "eu-west-1")
    assert spool.position == {}
    spool.append([line("e1"), line("e2")], {"reached": 5})
    spool.append([], {"reached": 4})
    spool.append([line("e3")], {"reached": 3})
    assert read(spool.file) == ["e1", "e2", "e3"]
    assert Spool(tmp_path, "eu-west-1").position == {"reached": 3}


def test_what_an_interrupted_run_wrote_without_its_position_is_cut_off(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "r")
    spool.append([line("e1")], {"reached": 5})
    with spool.file.open("ab") as file:
        file.write(b"\x1f\x8b half of a page")
    again = Spool(tmp_path, "r")
    again.append([line("e2")], {"reached": 4})
    assert read(again.file) == ["e1", "e2"]


def test_a_first_page_without_its_position_is_written_over(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "r")
    spool.file.write_bytes(b"half of a page")
    spool.append([line("e1")], {})
    assert read(spool.file) == ["e1"]


def test_a_position_that_nobody_wrote_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "r.position").write_text("{")
    with pytest.raises(ValueError, match=r"r\.position .* delete it to begin anew"):
        Spool(tmp_path, "r")


def test_nothing_is_left_when_it_is_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "r")
    spool.append([str(record())], {})
    spool.remove()
    assert list(tmp_path.iterdir()) == []
    assert spool.position == {}
