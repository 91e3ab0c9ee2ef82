"""The workflows run what make runs, pin what they use and ask for no more than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.release_notes import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yml"))
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs() -> list[tuple[Path, str, Any]]:
    return [(path, name, job) for path in WORKFLOWS for name, job in read(path)["jobs"].items()]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    uses = re.findall(r"uses: *(.+)", path.read_text(encoding="utf-8"))
    foreign = [line for line in uses if not line.startswith("./")]
    assert foreign
    assert [line for line in foreign if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_an_action_has_one_version_throughout() -> None:
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for action, pin in re.findall(r"uses: *([\w./-]+)@(.+)", path.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add(pin)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_a_job_cannot_hang_for_hours(path: Path, name: str, job: Any) -> None:
    called = "uses" in job  # the called workflow's jobs have their own limits
    assert called or "timeout-minutes" in job


def test_only_the_job_that_creates_the_release_may_write() -> None:
    assert all(read(path)["permissions"] == {} for path in WORKFLOWS)
    asked = {(path.name, name): job.get("permissions") for path, name, job in jobs()}
    assert asked.pop(("release.yml", "publish")) == {"contents": "write"}
    assert all(permissions == {"contents": "read"} for permissions in asked.values())


def test_the_jobs_run_all_that_make_test_and_make_test_full_run() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", MAKEFILE, re.MULTILINE))
    rule = re.search(r"^test:([^#\n]*).*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
    assert rule
    called = [rule[1], *(line for line in rule[2].splitlines() if "$(MAKE)" in line)]
    parts = {word for line in called for word in line.split() if word in targets}
    assert len(parts) > 1

    rows = read(REPOSITORY / ".github/workflows/test.yml")["jobs"]["test"]["strategy"]["matrix"]["include"]
    assert {row["target"] for row in rows} == parts | {"test-full"}
