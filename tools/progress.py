"""How far a long run is: one line on standard error that changes on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time


class Progress:
    """Called with what is being worked on, as often as one likes; ``end`` clears the line."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + 1

    def __call__(self, text: str) -> None:
        """Show what is being worked on, at most twice a second."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (0.5 if self._terminal else 10)
        if self._terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
