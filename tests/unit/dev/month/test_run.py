"""A month as its user meets it: options in, figures out."""

from __future__ import annotations

import json

import pytest

from dev.month.__main__ import main

KEYS = ["high_per_day", "medium_per_day", "low_per_day", "info_per_day", "digests_per_day", "alarms_per_day",
        "attacks_told", "attacks_high", "attacks_standing_out", "high_worth_reading", "emails_per_address_month",
        "model_calls"]  # fmt: skip
Capture = pytest.CaptureFixture[str]


def figures(capsys: Capture, *options: str) -> dict[str, float]:
    assert main(["small", "--format", "json", *options]) == 0
    found: dict[str, float] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_the_output_ends_with_the_figures(capsys: Capture) -> None:
    found = figures(capsys, "--rivals", "--why")
    assert list(found) == KEYS
    assert found["attacks_told"] >= 9
    assert found["alarms_per_day"] > 0


def test_late_deliveries_are_told_as_well(capsys: Capture) -> None:
    assert figures(capsys, "--late")["attacks_told"] >= 9


def test_settings_are_those_of_terraform(capsys: Capture) -> None:
    short, off = ("--days", "3", "--no-history"), json.dumps({"first_reader": {"enabled": False}})
    assert figures(capsys, *short, "--signal-overrides", off)["low_per_day"] < figures(capsys, *short)["low_per_day"]


def test_records_can_be_written_instead(capsys: Capture) -> None:
    assert main(["small", "--days", "1", "--records"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["eventSource"] == "secretsmanager.amazonaws.com"


def test_a_wrong_setting_is_named(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["small", "--rules", "{"])
    assert stopped.value.code == 2
    assert "--rules" in capsys.readouterr().err
