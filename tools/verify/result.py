"""What one look at the system found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

APPLY = "apply the module again"
"""What brings back what was changed or deleted by hand."""


class State(StrEnum):
    """What became of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Could not look, cannot tell yet, or there is nothing to look at."""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report."""

    name: str
    """What was looked at: "trail: logging"."""
    state: State
    detail: str
    """What was found; of a failure the cause."""
    cure: str = ""
    """What to do next; empty where nothing is to be done."""


def ok(name: str, detail: str) -> Result:
    """Return the result of something that works."""
    return Result(name, State.OK, detail)


def failed(name: str, detail: str, cure: str) -> Result:
    """Return the result of something that does not work."""
    return Result(name, State.FAILED, detail, cure)


def skipped(name: str, detail: str, cure: str = "") -> Result:
    """Return the result of something that was not looked at."""
    return Result(name, State.SKIPPED, detail, cure)


def not_yet(name: str, detail: str, seconds: float) -> Result:
    """Return the result of something that has to be there in so many seconds, and need not be before."""
    minutes = max(1, math.ceil(seconds / 60))
    return skipped(name, f"not yet: {detail}", f"come back in {minutes} minute{'' if minutes == 1 else 's'}")
