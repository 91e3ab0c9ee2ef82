"""Structured logs: one JSON object a line, with the fields given as ``extra``."""

from __future__ import annotations

import json
import logging
import os

from secretwatch.runtime.text import one_line

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "aws_request_id"}
_VALUE_LIMIT = 500


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                entry[name] = one_line(value, _VALUE_LIMIT) if isinstance(value, str) else value
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure() -> None:
    """Send every logger's lines through the JSON format, at LOG_LEVEL (default INFO)."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(_JsonFormatter())
    root.setLevel(os.environ.get("LOG_LEVEL", "INFO").upper())
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
