"""What a new value keeps of the old one: all but the password, byte for byte. No value ever reaches an error.

A value is a JSON object with the keys that change, or one plain password. Anything else (a
list, JSON with a mistake, a URL, a .env file, a key in PEM) is refused unless the target says
that it is to be replaced whole: what is not understood would be destroyed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from json import JSONDecoder
from urllib.parse import quote

from secretwatch.functions.rotator.passwords import new_password
from secretwatch.functions.rotator.policy import Generation

_LEAST_KNOWN = 8
"""Shortest password, in characters, that is taken for itself where it stands inside another text."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLAIN = re.compile(r"[^\s\ufeff{}\[\]<>'\"`]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[^@/]+:[^@/]+@")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*=\S|[A-Za-z ]+=[^;]*;")
_TEXT = 'write format = "text" for this target if all of it is to become one new password'


class ValueRefusedError(Exception):
    """No new value can be made of a value without breaking something; the message says why and what to do."""


def replace_value(current: str, generation: Generation, make: Callable[[Generation], str] = new_password) -> str:
    """Return ``current`` with new passwords: the listed keys of a JSON object, or all of a plain text.

    Everything else of an object is kept byte for byte: spaces, order, numbers as they were
    written. Where another text of it holds the old password too, that is changed as well.
    Raises ValueRefusedError.
    """
    if generation.format == "text":
        return make(generation)
    document = _json(current)
    if isinstance(document, dict):
        return _replace_members(current, document, generation, make)
    if isinstance(document, list):
        raise ValueRefusedError(f"the value is a JSON list, not an object: use strategy managed, or {_TEXT}")
    if generation.json_keys or generation.format == "json":
        raise ValueRefusedError(
            "the value is not a JSON object, although json_keys says so (a trailing comma, a comment, single quotes, "
            f"a byte order mark?): correct the value, or {_TEXT}"
        )
    kind = _no_password(current)
    if kind is not None:
        raise ValueRefusedError(f"the value looks like {kind}, not like one password: use strategy managed, or {_TEXT}")
    return make(generation)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _no_password(text: str) -> str | None:
    """Return what a plain text is that is not one password, or None."""
    if "-----BEGIN " in text:
        return "a key or a certificate in PEM"
    if text.startswith("\ufeff") or text.lstrip()[:1] in ("{", "["):
        return "JSON with a mistake in it"
    if _URL.match(text):
        return "a URL"
    if _ASSIGNMENT.match(text):
        return "a .env file or a connection string"
    if _PLAIN.fullmatch(text.strip()) is None:
        return "a text of several words"
    return None


def _replace_members(
    current: str, document: Mapping[str, object], generation: Generation, make: Callable[[Generation], str]
) -> str:
    missing = [key for key in generation.json_keys if key not in document]
    if missing or not generation.json_keys:
        raise ValueRefusedError(
            f"the value has no key {missing[0] if missing else ''!r}: correct json_keys of this target"
        )
    new: dict[str, str] = {}
    exposed: dict[str, str] = {}
    for key in generation.json_keys:
        old = document[key]
        # Two keys that had one password have one again.
        new[key] = exposed.setdefault(old, make(generation)) if isinstance(old, str) and old else make(generation)
    parts, end = [], 0
    for key, start, stop in _members(current):
        parts += [
            current[end:start],
            json.dumps(new[key]) if key in new else _renewed(key, current[start:stop], exposed),
        ]
        end = stop
    return "".join([*parts, current[end:]])


def _renewed(key: str, member: str, exposed: Mapping[str, str]) -> str:
    """Return a member of an object as it is written, with the old passwords in its texts replaced."""

    def renewed(match: re.Match[str]) -> str:
        text = changed = str(json.loads(match[0], strict=False))
        for old, new in exposed.items():
            changed = _exchanged(key, changed, old, new)
        return match[0] if changed == text else json.dumps(changed)

    return _STRING.sub(renewed, member)


def _exchanged(key: str, text: str, old: str, new: str) -> str:
    """Return a text with a new password in place of an old one; raises ValueRefusedError where that could be wrong."""
    if text == old:
        raise ValueRefusedError(
            f"{key!r} holds the same text as the exposed password: list it in json_keys if it is a copy, "
            "or rotate by hand"
        )
    for written in dict.fromkeys((old, quote(old, safe="", errors="replace"))):
        if written not in text:
            continue
        doubt = (
            "it may be a word"
            if not _is_unmistakable(old)
            else "it stands there more than once"
            if text.count(written) > 1
            else "the new one has symbols"
            if quote(new, safe="") != new
            else None
        )
        if doubt is not None:
            raise ValueRefusedError(
                f"{key!r} holds the exposed password too, inside a longer text, and it cannot be replaced there safely "
                f"({doubt}): rotate by hand, or keep the password in one place"
            )
        text = text.replace(written, new)
    return text


def _is_unmistakable(password: str) -> bool:
    """Return whether a password is that alone wherever it stands: long enough, and no word."""
    return len(password) >= _LEAST_KNOWN and not (password.isalpha() and (password.islower() or password.istitle()))


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield key, start and end of each value of the JSON object ``text``, which is known to be one."""
    decoder = JSONDecoder()
    position = text.index("{") + 1
    while True:
        position = _skip(text, position, " \t\r\n,")
        if text[position] == "}":
            return
        key, position = decoder.raw_decode(text, position)
        start = _skip(text, position, " \t\r\n:")
        _, position = decoder.raw_decode(text, start)
        yield key, start, position


def _skip(text: str, position: int, characters: str) -> int:
    while text[position] in characters:
        position += 1
    return position
