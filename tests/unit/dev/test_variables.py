"""One type, default and description for each setting, however many modules pass it on; every type in full."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dev.docs import blocks
from secretwatch.detect.catalogue import HISTORY_DAYS, LEARNING_DAYS, QUIET_MINUTES
from secretwatch.functions.rotator.passwords import _CLASSES
from tests.harness.terraform import REPOSITORY

MODULES = [REPOSITORY, *sorted(REPOSITORY.glob("modules/*"))]


def signature(module: Path, name: str) -> dict[str, str]:
    """What a user sees of a variable."""
    return blocks(module / "variables.tf", "variable")[name]


def passed_on(module: Path) -> list[tuple[Path, str]]:
    """Every variable that a module hands to another as it is: where to, and its name."""
    found = []
    for file in module.glob("*.tf"):
        for call in blocks(file, "module").values():
            target = (module / call["source"].strip('"')).resolve()
            found += [(target, name) for name, value in call.items() if value == f"var.{name}"]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_what_is_passed_on_is_the_same_variable_everywhere(module: Path) -> None:
    for target, name in passed_on(module):
        if target.name not in ("private_bucket", "lambda_function"):  # internal: they take what they are given
            assert signature(module, name) == signature(target, name), f"{name} of {target.name}"


def test_the_root_passes_most_of_its_variables_on() -> None:
    """The comparison above sees them: an expression in a call would hide a variable from it."""
    names = {name for _, name in passed_on(REPOSITORY)}
    declared = set(blocks(REPOSITORY / "variables.tf", "variable"))
    switches = {"create_kms_key", "kms_key_arn", "create_trail", "log_group_name", "trail_bucket_name",
                "trail_name", "enable_rotation", "enable_analytics", "enable_canary"}  # fmt: skip
    assert declared - names == switches


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_variable_has_a_full_type_and_a_description(module: Path) -> None:
    for name, variable in blocks(module / "variables.tf", "variable").items():
        assert not re.search(r"\bany\b", variable["type"]), name
        assert not re.search(r"\b(map|list|set|object)\b(?!\()", variable["type"]), name
        assert variable["description"].strip('"'), name


def test_defaults_that_python_knows_too_are_the_same() -> None:
    root = blocks(REPOSITORY / "variables.tf", "variable")
    assert [root[name]["default"] for name in ("history_days", "learning_days", "quiet_minutes")] == [
        str(HISTORY_DAYS),
        str(LEARNING_DAYS),
        str(QUIET_MINUTES),
    ]


def test_a_setting_at_its_default_is_not_taken_for_a_set_one() -> None:
    root = blocks(REPOSITORY / "variables.tf", "variable")
    files = [REPOSITORY / "locals.tf", *(module / "variables.tf" for module in MODULES)]
    text = "".join(file.read_text(encoding="utf-8") for file in files if file.exists())
    compared = dict(re.findall(r"var\.(\w+) (?:!=|==) (\d+|\"\w+\")", text))
    assert compared == {name: root[name]["default"] for name in compared}
    assert compared.keys() == {
        "rotation_mode",
        "rotation_cooldown_minutes",
        "rotations_per_hour",
        "canary_schedule_minutes",
        "log_archive_after_days",
        "event_bus_name",
        "guardrail_version",
        "model_calls_per_hour",
        "model_minimum_severity",
        "summary_language",
    }


def test_passwords_are_checked_against_the_characters_that_the_rotator_chooses_from() -> None:
    text = (REPOSITORY / "modules" / "rotation" / "variables.tf").read_text(encoding="utf-8")
    block = re.search(r"characters = \{\n(.*?)\n  \}", text, re.DOTALL)
    assert block
    assert dict(re.findall(r'(\w+) += "([^"]+)"', block[1])) == _CLASSES
