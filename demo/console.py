"""What the demo prints: progress, colour only on a terminal, tables, and the timeline file."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path


class Console:
    """Prints to standard output and keeps what happened in ``timeline.jsonl``."""

    def __init__(self, timeline: Path) -> None:
        self._started = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._colour = self._terminal and "NO_COLOR" not in os.environ
        self._timeline = timeline
        self._last_progress = 0.0
        timeline.write_text("")

    @property
    def elapsed(self) -> float:
        """Seconds since the demo started."""
        return time.monotonic() - self._started

    def say(self, text: str = "") -> None:
        self._clear()
        print(text, flush=True)

    def title(self, text: str) -> None:
        self.say()
        self.say(self._style(text, "1"))

    def event(self, what: str, *, seconds: float | None = None, good: bool = True) -> None:
        """One thing that happened, kept in the timeline too."""
        mark = self._style("✓", "32") if good else self._style("✗", "31")
        took = f"  ({seconds:.2f} s)" if seconds is not None else ""
        self.say(f"  {mark} {what}{took}")
        with self._timeline.open("a", encoding="utf-8") as file:
            entry = {
                "time": time.time(),
                "elapsed": round(self.elapsed, 3),
                "what": what,
                "seconds": seconds,
                "good": good,
            }
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def progress(self, text: str) -> None:
        """What is being worked on: one line that changes, or a line every ten seconds where that cannot be."""
        if self._terminal:
            print(f"\r\033[K  … {text}", end="", flush=True)
        elif time.monotonic() - self._last_progress > 10:
            self._last_progress = time.monotonic()
            print(f"  … {text}", flush=True)

    def message(self, heading: str, text: str) -> None:
        """A message as a person reads it, in a frame."""
        self.say(f"  ┌ {self._style(heading, '36')}")
        for line in text.splitlines():
            self.say(f"  │ {line}")
        self.say("  └")

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
        for row in [header, ["─" * width for width in widths], *rows]:
            self.say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def _clear(self) -> None:
        if self._terminal:
            print("\r\033[K", end="")

    def _style(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text
