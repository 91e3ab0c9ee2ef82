"""The values of a text: JSON however it is laid out, lines with a time in front, CSV, YAML."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from io import BufferedReader
from json import JSONDecodeError, JSONDecoder
from typing import Any, ClassVar

import yaml

from secretwatch.record.envelopes import Unreadable
from tools.logs import containers

_CHUNK = 1 << 18
_LARGEST_VALUE = 64 << 20
"""Most characters that one JSON value may take; CloudTrail's records stay below 256 KB."""
_LARGEST_YAML = 16 << 20
_RECORDS = re.compile(r'\s*\{\s*"(?:Records|Events|events|results)"\s*:\s*\[')
_LIST = re.compile(r"\s*\[\s*(?=[{\[\]\"])")
_GAP = re.compile(r"[\s,\x1e]*")
_NEXT = re.compile(r",\s*(?=\{)")
"""What stands in front of the next record of a list."""
_OBJECT = re.compile(r"(?=\{)")
_COLON = re.compile(r"[\s:]*")
_KEPT = 64
"""Characters of a chunk's end in which what is looked for may begin."""
_CSV = re.compile(r'sep=.|"?[A-Za-z_@][\w@ .{}:()/-]*"?(?:[,;\t]"?[A-Za-z_@][\w@ .{}:()/-]*"?)+\Z')
_ONE_COLUMN = re.compile(r'"?(?:_raw|@message|message|eventJson|raw)"?\Z')
_YAML = re.compile(r"(?:---\s|- |Events:\s|events:\s|[A-Za-z]+:\s*\n)")
_COLUMNAR = {b"PAR1": "Parquet", b"ORC": "ORC", b"Obj\x01": "Avro"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def values(stream: BufferedReader) -> Iterator[tuple[int, object]]:
    """Yield the values of a text, each with the line on which it begins; Unreadable for what is none.

    Raises what the stream raises, behind the values that came before.
    """
    start = stream.peek(64)
    for magic, kind in _COLUMNAR.items():
        if start.startswith(magic):
            yield 1, Unreadable(f"{kind}: export it as JSON lines first")
            return
    if not start:
        yield 1, Unreadable("the file is empty")
        return
    encoding = _encoding(start)
    if encoding is None:
        yield 1, Unreadable("neither text nor a known container")
        return
    source = _Source(stream, encoding)
    first = source.first_line()
    if _CSV.match(first) or _ONE_COLUMN.match(first):
        yield from _rows(source)
    elif _YAML.match(source.ahead()):
        yield from _yaml(source)
    else:
        yield from _json(source)


def _encoding(start: bytes) -> str | None:
    """Return a text's encoding by its first bytes; None for what is no text."""
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name
    if b"\0" not in start:
        return "utf-8"
    even, odd = start[::2], start[1::2]
    if not even.strip(b"\0") and b"\0" not in odd:
        return "utf-16-be"
    return "utf-16-le" if not odd.strip(b"\0") and b"\0" not in even else None


def _json(source: _Source) -> Iterator[tuple[int, object]]:
    """Yield JSON values one behind another; the elements of a list at the top one by one."""
    in_list: re.Pattern[str] | None = None
    broken = behind_prefix = False
    while True:
        source.skip(_GAP)
        if source.at_end:
            return
        if in_list and source.character == "]":
            _leave_list(source, in_list)
            in_list = None
            continue
        if not in_list and (in_list := _opening(source)):
            continue
        line = source.line
        try:
            value = source.value()
        except _SyntaxError as error:
            if in_list:
                # Up to the next whole one what follows a broken record is broken too: one problem.
                if not broken:
                    yield line, Unreadable(f"not JSON: {error}")
                broken = True
                if not source.move_to(_NEXT, within_line=False):
                    return
            elif not behind_prefix and source.character != "{" and source.move_to(_OBJECT, within_line=True):
                behind_prefix = True  # a time or the name of a log stream stands in front
            else:
                behind_prefix = False
                yield line, Unreadable(f"not JSON: {error}")
                if not source.next_line():
                    return
            continue
        yield line, value
        if behind_prefix:
            source.leave_line(_OBJECT)
        broken = behind_prefix = False


def _opening(source: _Source) -> re.Pattern[str] | None:
    for pattern in (_RECORDS, _LIST):
        if opening := source.match(pattern):
            source.position = opening.end()
            return pattern
    return None


def _leave_list(source: _Source, opening: re.Pattern[str]) -> None:
    source.position += 1
    if opening is _RECORDS:
        source.leave_object()


def _rows(source: _Source) -> Iterator[tuple[int, object]]:
    """Yield the rows of a CSV as objects; a field may go over many lines."""
    csv.field_size_limit(_LARGEST_VALUE)
    lines = source.lines()
    first = next(lines)
    if first.startswith("sep="):
        first = next(lines, "")
    delimiter = max(",;\t", key=first.count)
    (names,) = csv.reader([first], delimiter=delimiter)
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        line = rows.line_num + 2
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield line, Unreadable(f"not CSV: {error}")
            continue
        if row is None:
            return
        if row:
            yield line, dict(zip(names, row, strict=False))


def _yaml(source: _Source) -> Iterator[tuple[int, object]]:
    """Yield the documents of a YAML text, as AWS's command line writes it."""
    whole = source.rest(_LARGEST_YAML)
    if whole is None:
        yield 1, Unreadable(f"YAML of more than {_LARGEST_YAML >> 20} MiB: write it with --output json")
        return
    try:
        for document in yaml.load_all(whole, _Yaml):
            yield 1, document
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        yield 1, Unreadable(f"neither JSON nor YAML: {str(error).splitlines()[0]}")


class _Yaml(yaml.SafeLoader):
    """YAML as AWS's command line writes it: times are texts, and nothing is said twice by reference."""

    yaml_implicit_resolvers: ClassVar[Any] = {  # type: ignore[misc]
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node; raises YAMLError for a reference, of which a few can stand for millions."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references are not read")
        return super().compose_node(parent, index)


class _SyntaxError(Exception):
    pass


class _Source:
    """Text read in chunks, with a position in it."""

    def __init__(self, stream: BufferedReader, encoding: str) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode
        self._json = JSONDecoder().raw_decode
        self._text = ""
        self._exhausted = False
        self._failure: Exception | None = None
        self._lines_before = 0
        self.position = 0
        self._more()

    @property
    def at_end(self) -> bool:
        while self.position >= len(self._text) and self._more():
            pass
        return self.position >= len(self._text)

    @property
    def character(self) -> str:
        return self._text[self.position]

    @property
    def line(self) -> int:
        """The line of the position, from 1."""
        return 1 + self._lines_before + self._text.count("\n", 0, self.position)

    def first_line(self) -> str:
        """Return the line at the position, without its end, or as much of it as a chunk holds."""
        end = self._text.find("\n", self.position)
        return self._text[self.position : end if end >= 0 else None].rstrip("\r")

    def ahead(self) -> str:
        """Return some of what is at the position."""
        return self._text[self.position : self.position + 200]

    def lines(self) -> Iterator[str]:
        """Yield the lines from the position on, with their ends; a line that is too long in parts."""
        while not self.at_end:
            while (end := self._text.find("\n", self.position)) < 0 and self._has_room() and self._more():
                pass
            start, self.position = self.position, end + 1 if end >= 0 else len(self._text)
            yield self._text[start : self.position]

    def rest(self, most: int) -> str | None:
        """Return what is behind the position; None where that is more than so many characters."""
        while len(self._text) - self.position <= most and self._more():
            pass
        return self._text[self.position :] if self._exhausted else None

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self._text, self.position)

    def skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            match = pattern.match(self._text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self._text) or not self._more():
                return

    def value(self) -> object:
        """Return the JSON value at the position and move behind it; raises _SyntaxError."""
        while True:
            try:
                value, self.position = self._json(self._text, self.position)
            except JSONDecodeError as error:
                cut_short = error.msg.startswith("Unterminated") or len(self._text) - error.pos < 16
                if cut_short and self._has_room() and self._more():
                    continue
                raise _SyntaxError(error.msg) from None
            except RecursionError:
                raise _SyntaxError("nested too deeply") from None
            except ValueError as error:  # a number of thousands of digits
                raise _SyntaxError(str(error).partition(":")[0]) from None
            # A number at the end of a chunk may go on in the next one.
            if self.position < len(self._text) or not isinstance(value, (int, float)) or not self._more():
                return value

    def leave_object(self) -> None:
        """Move behind the object whose list has ended, and whatever else is in it; not if it is broken."""
        self.skip(_GAP)
        while not self.at_end and self.character == '"':
            try:
                self.value()
                self.skip(_COLON)
                self.value()
            except _SyntaxError:
                return
            self.skip(_GAP)
        if not self.at_end and self.character == "}":
            self.position += 1

    def move_to(self, pattern: re.Pattern[str], *, within_line: bool) -> bool:
        """Move to what matches next, behind the position; return whether something does."""
        self.position += 1
        while True:
            end = self._text.find("\n", self.position) if within_line else -1
            match = pattern.search(self._text, self.position, end if end >= 0 else len(self._text))
            if match or end >= 0:
                self.position = match.end() if match else self.position - 1
                return match is not None
            if within_line and not self._has_room():
                self.position -= 1
                return False
            kept = self.position if within_line else max(self.position, len(self._text) - _KEPT)
            position, self.position = self.position, kept
            if not self._more():
                self.position = position - 1 if within_line else len(self._text)
                return False

    def leave_line(self, pattern: re.Pattern[str]) -> None:
        """Move to what matches next on the line, else behind the line: in between is what a tool wrote."""
        self.position -= 1  # a record may follow directly
        if not self.move_to(pattern, within_line=True):
            self.next_line()

    def next_line(self) -> bool:
        """Move behind the next line break; return whether there is one."""
        while (end := self._text.find("\n", self.position)) < 0:
            self.position = len(self._text)
            if not self._more():
                return False
        self.position = end + 1
        return True

    def _has_room(self) -> bool:
        return len(self._text) - self.position <= _LARGEST_VALUE

    def _more(self) -> bool:
        """Read one more chunk, a larger one while a long value is read; return whether there was one.

        Raises what the stream raises, once what came before is used up.
        """
        if self._failure:
            raise self._failure
        if self._exhausted:
            return False
        wanted, parts = max(_CHUNK, len(self._text) - self.position), []
        try:
            while wanted > 0 and (chunk := self._stream.read1(wanted)):
                parts.append(chunk)
                wanted -= len(chunk)
        except containers.FAILURES as error:
            self._failure = error
        self._exhausted = wanted > 0
        text = self._decode(b"".join(parts), self._exhausted)
        self._lines_before += self._text.count("\n", 0, self.position)
        self._text = self._text[self.position :] + text
        self.position = 0
        return bool(text)
