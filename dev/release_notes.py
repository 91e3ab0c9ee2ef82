"""Prints the section of CHANGELOG.md for a release's tag, once tag, version and changelog agree.

python -m dev.release_notes v1.2.3
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

_TAG = re.compile(r"v(?P<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))")
_HEADING = re.compile(r"## \[(?P<version>[^\]]+)\] - (?P<date>\d{4}-\d{2}-\d{2})")
_LINK = re.compile(r"\[(?:unreleased|\d+\.\d+\.\d+)\]:", re.IGNORECASE)
"""A heading's link, which "Keep a Changelog" has at the end of the file."""


class ReleaseError(Exception):
    """What keeps a tag from becoming a release, and what to do about it."""


def notes(tag: str, pyproject: str, changelog: str) -> str:
    """Return the changelog's section for a tag, without its heading.

    ``pyproject`` and ``changelog`` are the texts of the two files. Raises ReleaseError for a tag that is no
    version, that is not the project's version, or whose section is missing, empty or malformed.
    """
    match = _TAG.fullmatch(tag)
    if not match:
        raise ReleaseError(f"tag {tag!r} is not a version: a release's tag is vX.Y.Z, for example v1.2.3")
    version = match["version"]
    project = tomllib.loads(pyproject)["project"]["version"]
    if version != project:
        raise ReleaseError(
            f"tag {tag!r} is not the version in pyproject.toml, {project!r}: "
            f"set that to {version!r} before you tag, or tag v{project}"
        )
    return _section(changelog, version)


def _section(changelog: str, version: str) -> str:
    sections = _sections(changelog)
    named = [heading for heading, _ in sections if re.search(rf"(?<![\w.-]){re.escape(version)}(?![\w.-])", heading)]
    cure = f"a section starts with the line '## [{version}] - YYYY-MM-DD'"
    if not named:
        others = ", ".join(heading.removeprefix("## ") for heading, _ in sections) or "no section at all"
        raise ReleaseError(f"CHANGELOG.md has no section for {version}, only: {others}; {cure}")
    if len(named) > 1:
        raise ReleaseError(f"CHANGELOG.md has {len(named)} sections for {version}: leave one")
    match = _HEADING.fullmatch(named[0])
    if not match or not _is_date(match["date"]):
        raise ReleaseError(f"CHANGELOG.md has {named[0]!r}, but {cure}")
    text = next(text for heading, text in sections if heading == named[0])
    if not any(line.strip() and not line.startswith("#") for line in text.splitlines()):
        raise ReleaseError(f"CHANGELOG.md says nothing under {named[0]!r}: list there what changes for users")
    return text


def _sections(changelog: str) -> list[tuple[str, str]]:
    """Return each second-level heading with the text below it; what is in a code block is no heading."""
    sections: list[tuple[str, list[str]]] = []
    in_code = False
    for line in map(str.rstrip, changelog.splitlines()):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        if line.startswith("## ") and not in_code:
            sections.append((line, []))
        elif sections and (in_code or not _LINK.match(line)):
            sections[-1][1].append(line)
    return [(heading, "\n".join(lines).strip()) for heading, lines in sections]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Print the notes; return 1, with the reason on standard error, where there can be no release."""
    parser = argparse.ArgumentParser(prog="python -m dev.release_notes", description=__doc__.splitlines()[0])
    parser.add_argument("tag", help="the release's tag, vX.Y.Z")
    tag = parser.parse_args(arguments).tag
    try:
        print(
            notes(
                tag,
                (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"),
                (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"),
            )
        )
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
