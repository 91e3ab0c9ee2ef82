from __future__ import annotations

import sys
from io import StringIO

import pytest

from tools.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes when a test says so."""
    time = [100.0]
    monkeypatch.setattr("tools.progress.time.monotonic", lambda: time[0])
    return time


def shown(stream: StringIO, now: list[float], monkeypatch: pytest.MonkeyPatch, seconds: float) -> str:
    """What is shown of a run that says twice a second where it is."""
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress()
    for half in range(int(seconds * 2)):
        now[0] = 100 + half / 2
        progress(f"half {half}")
    progress.end()
    return stream.getvalue()


def test_a_short_run_says_nothing(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(StringIO(), now, monkeypatch, 1) == ""


def test_a_terminal_has_one_line_that_changes_and_is_cleared(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(Terminal(), now, monkeypatch, 3)
    assert "\n" not in text
    assert text.split("\r\033[K")[1:] == ["half 2", "half 3", "half 4", "half 5", ""]


def test_a_file_has_a_line_every_ten_seconds(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(StringIO(), now, monkeypatch, 25) == "half 2\nhalf 22\nhalf 42\n"
