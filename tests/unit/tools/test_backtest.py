from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.records import record, role
from tools import backtest

KEYS = {"event_id", "event_time", "event_name", "secrets", "principal", "account", "region", "outcome", "source",
        "network", "signals", "severity", "would_notify", "would_rotate", "reason"}  # fmt: skip


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    file = tmp_path / "trail.json"
    records = [
        record(eventID="office"),
        record(eventID="office"),
        record(eventID="stranger", sourceIPAddress="203.0.113.66"),
        record(eventID="garbled", sourceIPAddress="999.1.1.1"),
        record(eventID="refused", errorCode="AccessDenied", sourceIPAddress="203.0.113.66"),
        record(eventID="other", eventSource="s3.amazonaws.com"),
        record(eventID="broken", eventTime="never"),
        *(
            record(eventID=f"job-{n}", userIdentity=role("job"), eventTime=f"2026-01-{n + 1:02}T00:00:00Z")
            for n in range(25)
        ),
    ]
    file.write_text(json.dumps({"Records": records}))
    return file


OPTIONS = ["--trusted-cidrs", "198.51.100.0/24", "--rotation-targets", "prod/db"]


def rows(logs: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, object]]:
    assert backtest.main([str(logs), "--format", "jsonl", *OPTIONS, *options]) == 0
    return {row["event_id"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}


def test_every_access_is_a_line_once(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(logs, capsys)
    assert {name for name in found if not name.startswith("job")} == {"office", "stranger", "garbled", "refused"}
    assert all(row.keys() == KEYS for row in found.values())


def test_what_would_have_notified_and_rotated(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(logs, capsys)
    would = {
        name: (found[name]["would_notify"], found[name]["would_rotate"])
        for name in ("office", "stranger", "garbled", "refused")
    }
    assert would == {
        "office": (True, False),
        "stranger": (True, True),
        "garbled": (True, False),
        "refused": (False, False),
    }
    assert found["stranger"]["severity"] == "high"
    assert "untrusted_network" in found["stranger"]["signals"]  # type: ignore[operator]
    assert found["garbled"]["network"] == "unknown"
    assert str(found["garbled"]["reason"]).endswith("rotation: it cannot be determined where the read came from")


def test_the_table_and_the_summary_are_for_people(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest.main([str(logs), *OPTIONS]) == 0
    text = capsys.readouterr().out
    assert "high      user alice read prod/db from 203.0.113.66 (untrusted)" in text
    assert "ROTATES prod/db" in text
    assert "32 records: 29 about secrets on 26 days" in text
    assert "1 × record broken: eventTime is not a time" in text
    assert "1 × other event source" in text


def test_noisy_automation_is_named_with_the_setting_that_lowers_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "noise.json"
    file.write_text("\n".join(json.dumps(record(userIdentity=role("job"), requestParameters={"secretId": f"s{n}"},
                                                sourceIPAddress=f"198.51.100.{n}")) for n in range(25)))  # fmt: skip
    backtest.main([str(file)])
    text = capsys.readouterr().out
    assert 'automation = ["arn:aws:iam::123456789012:role/job"]' in text


def test_rules_are_taken_from_the_command_line_and_from_a_file(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = '{"untrusted_network": {"severity": "critical"}}'
    (tmp_path / "rules.json").write_text(rules)
    for given in (rules, f"@{tmp_path / 'rules.json'}"):
        assert rows(logs, capsys, "--rules", given)["stranger"]["severity"] == "critical"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rules", '{"x": 1}'], "--rules: 'x' is neither a signal nor a setting"),
        (["--trusted-cidrs", "office"], "'office' is not a network in CIDR notation"),
        (["--rules", "@nowhere.json"], "nowhere.json"),
    ],
)
def test_wrong_options_are_named(
    logs: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        backtest.main([str(logs), *options])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
