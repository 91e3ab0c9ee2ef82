from __future__ import annotations

import json
from pathlib import Path

import pytest

import secretwatch
from secretwatch.runtime.data import read_data

PACKAGE = Path(secretwatch.__file__).parent
FILES = [str(file.relative_to(PACKAGE)) for file in sorted(PACKAGE.rglob("*.json"))]


@pytest.mark.parametrize("path", FILES)
def test_every_data_file_is_read_as_it_is_and_written_plainly(path: str) -> None:
    """Terraform's jsondecode reads the same file: a name that stands there twice would count once, in silence."""
    text = (PACKAGE / path).read_text(encoding="utf-8")
    assert text == json.dumps(read_data(path), indent=2, ensure_ascii=False) + "\n"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        read_data("none.json")
