from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest

from secretwatch.runtime.logs import configure


@contextmanager
def root_with(*handlers: logging.Handler) -> Iterator[logging.Logger]:
    """The root logger as Lambda has it, without pytest's own handlers."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    root.handlers = list(handlers)
    try:
        yield root
    finally:
        root.handlers = before
        root.setLevel(level)


class Log:
    """What is written while ``with`` runs."""

    def __init__(self) -> None:
        self._stream = StringIO()
        self._root = root_with(logging.StreamHandler(self._stream))

    def __enter__(self) -> Log:
        self._root.__enter__()
        configure()
        return self

    def __exit__(self, *_: object) -> None:
        self._root.__exit__(None, None, None)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_its_fields() -> None:
    with Log() as log:
        logging.getLogger("a.b").warning("not %s", "delivered", extra={"channel": "名", "reads": 7, "when": object})
    assert log.lines == [
        {"level": "WARNING", "logger": "a.b", "message": "not delivered", "channel": "名", "reads": 7,
         "when": "<class 'object'>"}
    ]  # fmt: skip


def test_what_a_caller_wrote_stays_one_bounded_printable_line() -> None:
    with Log() as log:
        logging.getLogger().error("x", extra={"agent": "a\nb\u202e" + "x" * 5000})
    (line,) = log.lines
    assert line["agent"].startswith("a b x")
    assert len(line["agent"]) == 500


def test_an_exception_is_part_of_the_line() -> None:
    with Log() as log:
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger().exception("not handled")
    (line,) = log.lines
    assert line["exception"].endswith("ValueError: why")


@pytest.mark.parametrize(("level", "shown"), [(None, 2), ("debug", 3), ("ERROR", 1)])
def test_the_level_is_a_setting(monkeypatch: pytest.MonkeyPatch, level: str | None, shown: int) -> None:
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    if level is not None:
        monkeypatch.setenv("LOG_LEVEL", level)
    with Log() as log:
        for severity in (logging.DEBUG, logging.INFO, logging.ERROR):
            logging.getLogger("secretwatch").log(severity, "x")
    assert len(log.lines) == shown


def test_libraries_are_quiet() -> None:
    with Log() as log:
        logging.getLogger("botocore").info("x")
        logging.getLogger("urllib3").info("x")
    assert log.lines == []


def test_without_a_handler_there_is_one() -> None:
    with root_with() as root:
        configure()
        assert len(root.handlers) == 1
