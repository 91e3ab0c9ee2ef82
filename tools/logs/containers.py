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
from typing import IO, Any, cast

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


class UnreadableError(ValueError):
    """A container that is not opened; the message says why, and the way out."""


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
        yield Member(name, stream)


class _Broken(RawIOBase):
    """A stream that fails when it is read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, _: Any) -> int:
        """Raise the failure."""
        raise self._error


def _broken(error: Exception) -> BufferedReader:
    return BufferedReader(_Broken(error))


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
    if depth == 0 and stream.seekable():
        yield from _entries(name, stream, depth)
        return
    with SpooledTemporaryFile(_HELD) as held:
        # Its table of contents is at the end: a stream has to be there as a whole.
        while chunk := stream.read1(1 << 20):
            held.write(chunk)
            if held.tell() > _LARGEST:
                raise UnreadableError(f"a zip of more than {_LARGEST >> 30} GiB within another file: unpack it first")
        yield from _entries(name, held, depth)


def _entries(name: str, file: IO[bytes], depth: int) -> Iterator[Member]:
    """Yield the texts of a zip."""
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            try:
                content = archive.open(entry)
            except FAILURES as error:
                content = cast(IO[bytes], _broken(error))
            with content:
                yield from _inner(f"{name}/{entry.filename}", content, depth)


def _of_tar(name: str, stream: BufferedReader, depth: int) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            inner = archive.extractfile(entry) if entry.isfile() else None
            if inner is not None:
                yield from _inner(f"{name}/{entry.name}", inner, depth)


def _inner(name: str, content: IO[bytes], depth: int) -> Iterator[Member]:
    """Yield the texts of a member; one that cannot be opened is a text that breaks off at once."""
    try:
        yield from members(name, _buffered(content), depth + 1)
    except FAILURES as error:
        yield Member(name, _broken(error))
