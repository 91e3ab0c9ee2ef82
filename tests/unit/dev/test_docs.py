"""What is generated stands in the documents, between markers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import docs
from dev.generated import END, MarkerError, replaced


def test_the_documents_are_what_the_code_says() -> None:
    assert docs.main(["--check"]) == 0


def test_a_stale_document_is_named_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "cost.md"
    document.write_text(f"# Costs\n<!-- costs, written by make docs -->\nold\n{END}\nkept\n")
    monkeypatch.setattr(docs, "REPOSITORY", tmp_path)
    monkeypatch.setattr(docs, "documents", lambda: {document: {"costs": "new"}})
    assert docs.main(["--check"]) == 1
    assert "cost.md" in capsys.readouterr().err
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    text = document.read_text()
    assert "old" not in text
    assert "new" in text
    assert text.endswith(f"{END}\nkept\n")


def test_a_document_without_the_markers_is_named() -> None:
    with pytest.raises(MarkerError, match=r"cost\.md lacks the lines"):
        replaced(Path("cost.md"), "# Costs\n", "costs", "new")
