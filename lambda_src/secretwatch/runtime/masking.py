"""Leaving secrets out of what a receiver answered: some repeat the request in their answer."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

_SHORTEST = 4
"""Shorter text is no secret, and may be part of any word."""
_SHORTEST_PART = 8
"""Of a path, a query or a header, shorter parts are words of its API."""
_PARTS = re.compile(r"[\s/?&=:;,]+")
_MASK = "***"


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text without some secrets, whole or in parts, as they are or as JSON, HTML or a URL writes them."""
    forms = {form for secret in secrets for part in _parts(secret) for form in _written(part)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    if not longest_first:
        return text
    return re.sub("|".join(map(re.escape, longest_first)), _MASK, text, flags=re.IGNORECASE)


def _parts(secret: str) -> Iterator[str]:
    if len(secret) >= _SHORTEST:
        yield secret
    yield from (part for part in _PARTS.split(secret) if len(part) >= _SHORTEST_PART)


def _written(part: str) -> Iterator[str]:
    for text in {part, unquote(part)}:
        in_json = json.dumps(text)[1:-1]
        yield from (text, in_json, in_json.replace("/", r"\/"), html.escape(text))
        yield from (quote(text, safe, errors="replace") for safe in ("/", ""))
