"""A tag becomes a release only if tag, version and changelog agree; its notes are the changelog's section."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import release_notes
from dev.release_notes import ReleaseError, notes

PYPROJECT = '[project]\nname = "secretwatch"\nversion = "1.2.3"\n'
CHANGELOG = """# Changelog

## [Unreleased]

### Added

- Not released yet.

## [1.2.3] - 2026-02-28

Words on the release.

### Fixed

- What was fixed.

```sh
## [9.9.9] - 2026-01-01
```

## [1.2.30] - 2026-02-01

- Of another version.

## [11.2.3] - 2026-01-01

- Of a third.

[Unreleased]: https://example.com/compare/v1.2.3...HEAD
[1.2.3]: https://example.com/releases/v1.2.3
"""


def test_the_notes_are_the_section_of_the_version_and_nothing_else() -> None:
    assert notes("v1.2.3", PYPROJECT, CHANGELOG) == (
        "Words on the release.\n\n### Fixed\n\n- What was fixed.\n\n```sh\n## [9.9.9] - 2026-01-01\n```"
    )


def test_the_last_section_ends_before_the_links_of_the_headings() -> None:
    assert notes("v11.2.3", PYPROJECT.replace("1.2.3", "11.2.3"), CHANGELOG) == "- Of a third."


def test_a_changelog_from_windows_reads_the_same() -> None:
    crlf = CHANGELOG.replace("\n", "\r\n")
    assert notes("v1.2.3", PYPROJECT, crlf) == notes("v1.2.3", PYPROJECT, CHANGELOG)


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3-rc1", "v01.2.3", "v1.2.3\n", "version", ""])
def test_a_tag_that_is_no_version_is_refused(tag: str) -> None:
    with pytest.raises(ReleaseError, match=r"is not a version.*vX\.Y\.Z"):
        notes(tag, PYPROJECT, CHANGELOG)


def test_a_tag_that_is_not_the_projects_version_names_both() -> None:
    with pytest.raises(ReleaseError, match=r"'v1\.2\.4'.*pyproject\.toml, '1\.2\.3'"):
        notes("v1.2.4", PYPROJECT, CHANGELOG.replace("1.2.3", "1.2.4"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("## [1.2.3] - 2026-02-28", "## [1.2.2] - 2026-02-28", r"no section for 1\.2\.3.*\[1\.2\.2\] - 2026-02-28"),
        ("## [1.2.3] - 2026-02-28", "## [1.2.3-rc1] - 2026-02-28", r"no section for 1\.2\.3"),
        ("## [1.2.3] - 2026-02-28", "## [1.2.3]", r"'## \[1\.2\.3\]'.*YYYY-MM-DD"),
        ("## [1.2.3] - 2026-02-28", "## 1.2.3 - 2026-02-28", r"'## 1\.2\.3 - 2026-02-28'.*YYYY-MM-DD"),
        ("## [1.2.3] - 2026-02-28", "## [1.2.3] - 2026-02-30", r"2026-02-30.*YYYY-MM-DD"),
        ("## [1.2.30] - 2026-02-01", "## [1.2.3] - 2026-02-01", r"2 sections for 1\.2\.3"),
    ],
)
def test_a_section_that_is_missing_or_malformed_says_what_to_write(before: str, after: str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        notes("v1.2.3", PYPROJECT, CHANGELOG.replace(before, after))


@pytest.mark.parametrize("text", ["", "### Fixed\n"])
def test_a_section_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError, match=r"says nothing under.*1\.2\.3"):
        notes("v1.2.3", PYPROJECT, f"# Changelog\n\n## [1.2.3] - 2026-02-28\n\n{text}")


def test_the_command_prints_the_notes_or_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release_notes, "REPOSITORY", tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")

    assert release_notes.main(["v1.2.3"]) == 0
    printed = capsys.readouterr()
    assert "- What was fixed." in printed.out
    assert not printed.err

    assert release_notes.main(["v2.0.0"]) == 1
    printed = capsys.readouterr()
    assert "v2.0.0" in printed.err
    assert not printed.out
