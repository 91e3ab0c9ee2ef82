from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS, slack
from secretwatch.notify.notice import Kind, Link, Notice, Prose
from tests.unit.notify.test_channels import LONGEST

NOTICE = Notice("n" * 32, Kind.ACCESS, Severity.HIGH, "user alice read prod/db", (), "2026-01-31T12:00:00Z")


def blocks(notice: Notice) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = slack.render(notice)["blocks"]
    return found


def test_slack_limits_hold() -> None:
    payload = CHANNELS["slack"].render(LONGEST)
    assert len(payload["blocks"]) <= 50
    assert len(payload["blocks"][0]["text"]["text"]) <= 150


def test_the_fallback_line_is_escaped_as_slack_asks() -> None:
    assert slack.escape("a & <!channel> https://x") == "a &amp; &lt;!channel&gt; https:\u200b//x"


def test_only_what_there_is_is_shown() -> None:
    assert [block["type"] for block in blocks(NOTICE)] == ["header", "rich_text", "context"]


def test_the_models_sentence_is_told_apart() -> None:
    notice = replace(NOTICE, prose=Prose("Alice read it.", "m", "2", 1, 1))
    (run,) = blocks(notice)[2]["elements"][0]["elements"]
    assert run == {"type": "text", "text": "Alice read it.", "style": {"italic": True}}
    assert "sentence written by m" in blocks(notice)[-1]["elements"][0]["text"]


def test_links_are_the_notices_own() -> None:
    notice = replace(NOTICE, links=(Link("One", "https://a.example"), Link("Two", "https://b.example")))
    shown = blocks(notice)[2]["elements"][0]["elements"]
    assert [part["type"] for part in shown] == ["link", "text", "link"]
    assert [part["url"] for part in shown if part["type"] == "link"] == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_a_sign(severity: Severity) -> None:
    heading = blocks(replace(NOTICE, severity=severity))[0]["text"]["text"]
    assert not heading.startswith("user")
