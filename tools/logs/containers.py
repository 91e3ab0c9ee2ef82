"""What is inside a file: archives and compressed streams are opened by their first bytes, nested ones too."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from tempfile import SpooledTemporaryFile
from typing import Any

import zstandard

FAILURES = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
            tarfile.TarError, zipfile.BadZipFile, zstandard.ZstdError)  # fmt: skip
"""What a broken or encrypted container raises."""
_DEEPEST = 4
_PEEKED = 1 << 13
_HELD = 32 << 20
"""Bytes of an archive within another one that are held in memory; what is larger is on disk."""
_LARGEST = 8 << 30
"""Most bytes of an archive within another one."""
_TAR = slice(257, 262)
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_COLUMNAR = {b"PAR1": "Parquet", b"ORC": "ORC", b"Obj\x01": "Avro"}


class UnreadableError(Exception):
    """A file that holds no text; the message says what it holds, and the way out."""


@dataclass(frozen=True, slots=True)
class Member:
    """A text inside a file."""

    name: str
    """The file's, and where it is an archive the member's too."""
    stream: BufferedReader


class _Parts(RawIOBase):
    """A stream that hands out what it has, so that what comes before a break is not lost."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes."""
        data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def members(name: str, stream: BufferedReader, depth: int = 0) -> Iterator[Member]:
    """Yield the texts of a stream, each to be read before the next is asked for.

    Raises UnreadableError, or one of FAILURES: then too what came before it is right.
    """
    start = stream.peek(_PEEKED)
    if depth > _DEEPEST:
        raise UnreadableError(f"more than {_DEEPEST} containers within each other")
    if inner := _decompressed(start, stream):
        yield from members(name, _buffered(inner), depth + 1)
    elif start.startswith(_ZIPS):
        yield from _of_zip(name, stream, depth)
    elif start[_TAR] == b"ustar":
        yield from _of_tar(name, stream, depth)
    else:
        for magic, kind in _COLUMNAR.items():
            if start.startswith(magic):
                raise UnreadableError(f"{kind}: export it as JSON lines first")
        yield Member(name, stream)


def _buffered(stream: Any) -> BufferedReader:
    return BufferedReader(_Parts(stream), _PEEKED)


def _decompressed(start: bytes, stream: BufferedReader) -> Any:
    """Return the stream behind a compressed one, however many were put one behind another; None for another stream."""
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if start.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if start.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(stream)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    return None


def _of_zip(name: str, stream: BufferedReader, depth: int) -> Iterator[Member]:
    with SpooledTemporaryFile(_HELD) as held:
        # Its table of contents is at the end: a stream has to be there as a whole.
        while chunk := stream.read1(1 << 20):
            held.write(chunk)
            if held.tell() > _LARGEST:
                raise UnreadableError(f"a zip of more than {_LARGEST >> 30} GiB within another file: unpack it first")
        with zipfile.ZipFile(held) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as inner:
                        yield from members(f"{name}/{entry.filename}", _buffered(inner), depth + 1)


def _of_tar(name: str, stream: BufferedReader, depth: int) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            inner = archive.extractfile(entry) if entry.isfile() else None
            if inner is not None:
                yield from members(f"{name}/{entry.name}", _buffered(inner), depth + 1)
