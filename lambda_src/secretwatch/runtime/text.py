"""Making text that a caller chose safe to carry: bounded, printable, one line."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime

FIELD_LIMIT = 2048
"""Longest text, in characters, taken over from one field of a record."""

# Cc control, Cf format (zero-width, bidirectional overrides), Co private use, Cs surrogates,
# Zl and Zp line and paragraph separators: nothing a person should meet in a message.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})

_WWW = re.compile(r"(www)\.", re.IGNORECASE)


def one_line(text: str, limit: int) -> str:
    """Return ``text`` as one printable line of at most ``limit`` characters, cut with an ellipsis."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _UNPRINTABLE else c for c in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def field(value: object) -> str | None:
    """Return a record's field as text, or None where it is missing, empty or not text.

    Some writers of CloudTrail leave ``""`` for a missing value. Longer text than
    ``FIELD_LIMIT`` is cut: a record of hostile size must not become a notice of hostile size.
    """
    if not isinstance(value, str) or not value:
        return None
    return value if len(value) <= FIELD_LIMIT else value[:FIELD_LIMIT]


def inert(text: str) -> str:
    """Return text in which no chat client finds a link or a mention to make live.

    Clients link bare URLs and some names after ``@`` by themselves; a zero-width space,
    the only one that we let through, breaks both.
    """
    text = text.replace("://", ":\u200b//").replace("@", "@\u200b")
    return _WWW.sub("\\1\u200b.", text)


def short_hash(*parts: str) -> str:
    """Return 32 hexadecimal digits that are the same whenever the parts are."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def timestamp(time: datetime) -> str:
    """Return a time in UTC as people and machines read it: 2026-01-31T12:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_utc(text: str | None) -> str | None:
    """Return an ISO 8601 time as ``timestamp`` writes it, or None where it is none; one without an offset is UTC."""
    try:
        time = datetime.fromisoformat(text or "")
        return timestamp(time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 secret", "3 secrets"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
