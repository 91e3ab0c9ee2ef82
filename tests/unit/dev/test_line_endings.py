"""A checkout on Windows has the bytes of any other, or the functions' zips would differ there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dev.release_notes import REPOSITORY

TEXTS = ["lambda_src/handler.py", "modules/alerting/main.tf", "queries/reads.sql", "page.css", "Makefile", "run"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with this one's attributes, checked out again as git does it on Windows."""

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    git("init", "-q")
    shutil.copy(REPOSITORY / ".gitattributes", tmp_path)
    for name in TEXTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"one\ntwo\n")
    (tmp_path / "picture.png").write_bytes(b"one\r\ntwo\n")
    git("config", "core.autocrlf", "true")
    git("add", ".")
    for name in [*TEXTS, "picture.png"]:
        (tmp_path / name).unlink()
    git("checkout", "--", ".")
    return tmp_path


@pytest.mark.parametrize("name", TEXTS)
def test_text_keeps_its_line_feeds(checkout: Path, name: str) -> None:
    assert (checkout / name).read_bytes() == b"one\ntwo\n"


def test_a_picture_is_left_alone(checkout: Path) -> None:
    assert (checkout / "picture.png").read_bytes() == b"one\r\ntwo\n"
