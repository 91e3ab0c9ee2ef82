"""Times as AWS gives them, in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def seconds_since(moment: Any, now: float) -> float | None:
    """Return seconds from a moment (a datetime, or epoch seconds) until now, None where there is none."""
    if isinstance(moment, datetime):
        return max(0.0, now - moment.timestamp())
    return max(0.0, now - float(moment)) if isinstance(moment, int | float) and moment else None


def ago(moment: Any, now: float) -> str:
    """Return "3 minutes ago"."""
    passed = seconds_since(moment, now)
    return "an unknown time ago" if passed is None else f"{span(passed)} ago"


def span(seconds: float) -> str:
    """Return a length of time: "12 seconds", "3 minutes", "2 hours", "5 days"."""
    for unit, length in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
