"""Just enough of HCL to read the examples of the documentation and the types of variables.

No expression is worked out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_TOKENS = re.compile(
    r'(?P<space>[ \t\r]+|(?:#|//)[^\n]*)|(?P<text>"(?:\\.|[^"\\])*")|(?P<word>[\w.*/-]+)|(?P<mark>.|\n)'
)
_OPEN, _CLOSED = "{[(", "}])"


@dataclass(frozen=True)
class Call:
    """A call such as ``optional(string)``; types are written as calls."""

    name: str
    arguments: list[Any]


@dataclass(frozen=True)
class Block:
    """A block, and a whole file: its labels, arguments and nested blocks."""

    kind: str = ""
    labels: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


def parse(text: str) -> Block:
    """Return a file's content: objects as dict, lists as list, calls as Call, all else as it is written."""
    return _Reader(text).body(Block(), end="")


def parse_expression(text: str) -> Any:
    """Return one expression, such as a type."""
    return _Reader(text).expression()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = [match[0] for match in _TOKENS.finditer(text) if match.lastgroup != "space"] + [""]
        self._at = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _after(self, marks: str) -> str:
        """Pass over these marks; return the token behind them, empty at the end."""
        while self._next and self._next in marks:
            self._at += 1
        return self._next

    def body(self, block: Block, end: str) -> Block:
        while self._after("\n") != end:
            name = self._take().strip('"')
            if self._next == "=":
                self._take()
                block.arguments[name] = self.expression()
                continue
            labels = []
            while self._next not in ("{", ""):
                labels.append(self._take().strip('"'))
            if not self._next:
                raise ValueError(f"no HCL from {name!r} on")
            self._take()
            block.blocks.append(self.body(Block(name, tuple(labels)), end="}"))
        self._take()
        return block

    def expression(self) -> Any:
        """Return an expression up to the end of its line, a comma or the bracket that it stands in."""
        if self._after("\n") == "{":
            return self._object()
        if self._next == "[":
            return self._items("]")
        first = self._take()
        if self._next == "(":
            return Call(first, self._items(")"))
        parts = [first]
        while self._next and self._next not in ",\n" and self._next not in _CLOSED:
            parts.append(str(self.expression()) if self._next in _OPEN else self._take())
        return " ".join(parts)

    def _items(self, end: str) -> list[Any]:
        self._take()
        found = []
        while self._after("\n,") not in (end, ""):
            found.append(self.expression())
        self._take()
        return found

    def _object(self) -> dict[str, Any]:
        self._take()
        found = {}
        while self._after("\n,") not in ("}", ""):
            name = self._take().strip('"')
            if self._take() not in ("=", ":"):
                raise ValueError(f"no object of HCL: {name!r} has no value")
            found[name] = self.expression()
        self._take()
        return found
