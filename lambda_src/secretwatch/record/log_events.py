"""The log events of a large CloudWatch Logs payload, one after the other.

A payload of a million tiny log events is some 95 KB as it arrives, 50 MB unpacked and several
hundred as Python objects. Here only one event is decoded at a time.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

_LARGE = 16 << 20
"""Bytes from which on a payload is large; 10,000 log events of Secrets Manager are 11 MB."""
_MANY = 200_000
"""Objects and lists, those in the text of log events as well, from which on a payload is large."""
_PAGE, _PAGES = 4096, 16
"""Bytes of one sample, and of how many such pieces it is one."""
_CHUNK = 1 << 20
_LONGEST = 8 << 20
"""Longest value, in characters, that is waited for; CloudWatch Logs' events have 1 MB at most."""
_SPACE = re.compile(r"[ \t\n\r]*")
_value_at = json.JSONDecoder().raw_decode


def is_large(document: bytes) -> bool:
    """Return whether a payload takes much memory as Python objects all at once: estimated from samples."""
    if len(document) > _LARGE:
        return True
    sample = b"".join(document[at : at + _PAGE] for at in range(0, len(document), _PAGE * _PAGES))
    return (sample.count(b"{") + sample.count(b"[")) * _PAGES > _MANY


def log_events(document: bytes) -> Iterator[object]:
    """Yield the log events of a payload as CloudWatch Logs sends it, and none of a control message.

    Raises ValueError or RecursionError where the document ends or is no JSON: what was yielded
    until then is good. A ``logEvents`` that is no list raises as well, or that is missing.
    """
    text = _Text(document)
    found = False
    for name in _members(text):
        if name == "logEvents" and text.peek() == "[":
            yield from text.elements()
            found = True
        elif (name, text.value()) == ("messageType", "CONTROL_MESSAGE"):
            return
    if text.peek():
        raise ValueError("something follows the JSON document")
    if not found:
        raise ValueError("it has no logEvents")


def _members(text: _Text) -> Iterator[object]:
    """Yield the names of an object's members, each before its value."""
    text.expect("{")
    if text.peek() == "}":
        text.expect("}")
        return
    while True:
        text.peek()
        name = text.value()
        text.expect(":")
        text.peek()
        yield name
        if text.peek() != ",":
            break
        text.expect(",")
    text.expect("}")


class _Text:
    """A JSON document that is turned into text a piece at a time."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._read = 0
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """Return the next character that is no white space, or "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        """Pass over a character; raises ValueError if another one is next."""
        if self.peek() != character:
            raise ValueError(f"{character!r} expected, {self.peek()!r} found")
        self._at += 1

    def elements(self) -> Iterator[object]:
        """Yield the elements of a list, which is next."""
        self.expect("[")
        if self.peek() == "]":
            self.expect("]")
            return
        while True:
            yield self.value()
            if self._text.startswith(",{", self._at):  # as CloudWatch Logs writes it: nearly always
                self._at += 1
            elif self.peek() == ",":
                self.expect(",")
                self.peek()
            else:
                break
        self.expect("]")

    def value(self) -> object:
        """Return the value that starts here; raises ValueError if it is no JSON or has no end."""
        while True:
            try:
                value, end = _value_at(self._text, self._at)
            except ValueError:
                if len(self._text) - self._at > _LONGEST or not self._more():
                    raise
                continue
            # A number that ends with the text may go on: 12 of 123, 1 of 1e+5.
            if end > len(self._text) - 3 and self._more():
                continue
            self._at = end
            return value

    def _more(self) -> bool:
        """Take in the next piece, and let go of what was passed; return whether there was one."""
        if self._read >= len(self._document):
            return False
        piece = self._document[self._read : self._read + _CHUNK]
        self._read += len(piece)
        text = self._decoder.decode(piece, final=self._read >= len(self._document))
        self._text = self._text[self._at :] + text
        self._at = 0
        return True
