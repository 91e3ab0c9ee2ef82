"""Data files of the package: written once, read by Python, by Terraform (``jsondecode(file(…))``) and by the docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[1]


def read_data(path: str) -> Any:
    """Return the JSON document at a path inside the package, such as ``detect/catalogue.json``."""
    return json.loads(read_text(path))


def read_text(path: str) -> str:
    """Return the text of a file inside the package."""
    return (_PACKAGE / path).read_text(encoding="utf-8")
