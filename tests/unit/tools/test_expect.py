"""``make expect`` against a table, as people type it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from secretwatch.store.store import open_store
from tests.documents import TABLE
from tools.expect import main

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
MOVER = "arn:aws:iam::123456789012:role/mover"
RIGHT = ["--actor", MOVER, "--secret", "prod/*", "--until", "2026-02-02", "--why", "we move to Aurora"]


def run(*arguments: str) -> int:
    return main(["--region", "us-east-1", *arguments], now=lambda: NOW)


def test_what_is_declared_is_listed_and_can_be_ended(dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*RIGHT) == 0
    identity, _, shown = capsys.readouterr().out.partition(": ")
    assert shown.startswith(f"{MOVER} on prod/* from 2026-01-31T12:00:00Z until 2026-02-02, by arn:aws:sts::")
    assert run("--list") == 0
    assert capsys.readouterr().out.rstrip().endswith(": we move to Aurora")
    assert run("--remove", identity) == 0
    assert run("--list") == 0
    assert capsys.readouterr().out.rstrip().endswith(": we move to Aurora (ended)")
    assert run("--remove", identity) == 2
    assert "--list shows them" in capsys.readouterr().err


def test_make_hands_over_its_variables_by_environment(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("ACTOR", "SECRET", "UNTIL", "WHY"), RIGHT[1::2], strict=True):
        monkeypatch.setenv(name, value)
    assert run() == 0
    (expectation,) = open_store(dynamodb, TABLE).expectations.all()
    assert (expectation.actor, expectation.secret, expectation.why) == (MOVER, "prod/*", "we move to Aurora")
    assert expectation.by.startswith("arn:aws:sts::")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--actor": "*", "--secret": "*"}, 'actor and secret cannot both be "*": that would silence everything'),
        ({"--actor": "mover"}, "actor must be a role or user ARN"),
        ({"--until": "2026-01-30"}, "until 2026-01-30 is over"),
        ({"--until": "2026-06-30"}, "more than 90 days from now; what lasts is the variable expectations"),
        ({"--until": "soon"}, "until must be a day"),
        ({"--why": ""}, "WHY missing: make expect ACTOR=<role or user ARN, or *>"),
        ({"--prefix": "Not A Prefix"}, "is no name_prefix"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(
    dynamodb: Any, capsys: pytest.CaptureFixture[str], changes: dict[str, str], said: str
) -> None:
    given = {**dict(zip(RIGHT[::2], RIGHT[1::2], strict=True)), **changes}
    try:
        code = run(*(part for pair in given.items() for part in pair))
    except SystemExit as stopped:
        code = int(str(stopped.code))
    assert code == 2
    assert said in capsys.readouterr().err
    assert list(open_store(dynamodb, TABLE).expectations.all()) == []


def test_what_is_wrong_is_said_without_credentials_and_region(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--actor", "*", "--secret", "*", "--until", "2026-02-02", "--why", "x"], now=lambda: NOW) == 2
    assert "actor and secret cannot both be" in capsys.readouterr().err


def test_a_table_that_is_not_there_is_said_with_the_cure(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 2
    assert "--permissions prints the policy" in capsys.readouterr().err


def test_it_needs_the_items_of_expectations_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--permissions") == 0
    table, key = json.loads(capsys.readouterr().out)["Statement"]
    assert table["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["EXPECTATION"]}}
    assert table["Resource"].endswith(f"table/{TABLE}")
    assert key["Action"] == ["kms:Decrypt"]
