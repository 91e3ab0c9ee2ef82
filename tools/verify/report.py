"""The report: a line for each result, or a JSON object for each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

from tools.verify.result import Result, State

IDENTITY = "identity"
"""Name of the line that says who looks."""
COULD_NOT_RUN = 2
"""Exit code."""
MARKS = {State.OK: "✓", State.FAILED: "✗", State.SKIPPED: "–"}
_COLOURS = {State.OK: "32", State.FAILED: "31", State.SKIPPED: "33"}
_WIDTH = 50


def line(result: Result, colour: bool = False) -> str:
    """Return a result as text: mark, name, what was found, and on a line of its own what to do."""
    mark = f"\033[{_COLOURS[result.state]}m{MARKS[result.state]}\033[0m" if colour else MARKS[result.state]
    text = f"{mark} {result.name.ljust(_WIDTH)}  {result.detail}"
    return f"{text}\n    → {result.cure}" if result.cure else text


def as_json(result: Result) -> str:
    """Return a result as one line of JSON: name, state, detail, cure."""
    return json.dumps(asdict(result), ensure_ascii=False)


def summary(results: Iterable[Result]) -> str:
    """Return "41 ✓, 1 ✗, 3 – not looked at"."""
    states = Counter(result.state for result in results)
    skipped = f", {states[State.SKIPPED]} – not looked at" if states[State.SKIPPED] else ""
    return f"{states[State.OK]} ✓, {states[State.FAILED]} ✗{skipped}"


def exit_code(results: Iterable[Result]) -> int:
    """Return 1 if something failed, 2 if nothing but who is asking could be looked at, else 0."""
    states = {result.state for result in results if result.name != IDENTITY}
    if State.FAILED in states:
        return 1
    return 0 if State.OK in states else COULD_NOT_RUN
