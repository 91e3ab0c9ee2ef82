from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import teams
from secretwatch.notify.notice import Kind, Link, Notice, Prose
from tests.unit.notify.test_channels import LONGEST

NOTICE = Notice("n" * 32, Kind.ACCESS, Severity.HIGH, "user alice read prod/db", (), "2026-01-31T12:00:00Z")


def card(notice: Notice) -> dict[str, Any]:
    (attachment,) = teams.render(notice)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    return found


def runs(notice: Notice) -> list[dict[str, Any]]:
    return [run for line in card(notice)["body"] for run in line["inlines"]]


def test_only_what_there_is_is_shown() -> None:
    assert [run["text"] for run in runs(NOTICE)] == [NOTICE.title, NOTICE.footer]
    assert card(NOTICE)["actions"] == []


def test_the_models_sentence_is_told_apart() -> None:
    found = runs(replace(NOTICE, prose=Prose("Alice read it.", "m", "2", 1, 1)))
    assert found[1] == {"type": "TextRun", "text": "Alice read it.", "italic": True}
    assert "sentence written by m" in found[-1]["text"]


def test_links_are_buttons() -> None:
    (action,) = card(replace(NOTICE, links=(Link("One", "https://a.example"),)))["actions"]
    assert action == {"type": "Action.OpenUrl", "title": "One", "url": "https://a.example"}


@pytest.mark.parametrize("severity", list(Severity))
def test_what_is_severe_has_another_colour_than_what_is_not(severity: Severity) -> None:
    colour = runs(replace(NOTICE, severity=severity))[0]["color"]
    assert (colour == "attention") == (severity.rank >= Severity.HIGH.rank)


def test_many_reasons_are_cut_and_counted() -> None:
    shown = [run["text"] for run in runs(LONGEST)]
    assert sum(text.startswith("• ") for text in shown) == 8
    assert "… and 32 more" in shown
