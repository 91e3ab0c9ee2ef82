from __future__ import annotations

import gzip
import io
import zipfile
from io import BufferedReader, BytesIO
from typing import cast

import pytest

from tools.logs import containers
from tools.logs.containers import UnreadableError, members


def opened(content: bytes) -> BufferedReader:
    return BufferedReader(cast(io.RawIOBase, BytesIO(content)))


def texts(content: bytes) -> dict[str, bytes]:
    return {member.name: member.stream.read() for member in members("file", opened(content))}


def archive(**files: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def test_a_member_has_the_names_of_all_that_it_is_in() -> None:
    inner = archive(**{"b/c.json": b"1", "d.json": gzip.compress(b"2")})
    assert texts(archive(**{"inner.zip": inner, "e": b"3"})) == {
        "file/inner.zip/b/c.json": b"1",
        "file/inner.zip/d.json": b"2",
        "file/e": b"3",
    }


def test_an_archive_within_another_file_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_LARGEST", 100)
    with pytest.raises(UnreadableError, match="unpack it first"):
        texts(gzip.compress(archive(a=b"x" * 5_000)))


def test_members_before_a_broken_one_are_right() -> None:
    whole = archive(a=b"1", b=gzip.compress(b"2" * 500)[:-9])
    found: list[bytes] = []

    def read_all() -> None:
        found.extend(member.stream.read() for member in members("file", opened(whole)))

    with pytest.raises(containers.FAILURES):
        read_all()
    assert found == [b"1"]
