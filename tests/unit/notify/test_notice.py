from __future__ import annotations

import json

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.notice import Fact, Kind, Link, Notice, Prose

NOTICE = Notice(
    id="abc",
    kind=Kind.ACCESS,
    severity=Severity.HIGH,
    title="user alice read prod/db",
    facts=(Fact("Who", "user alice"),),
    time="2026-01-31T12:00:00Z",
    reasons=("It is odd.",),
    signals=("odd",),
    secrets=("prod/db",),
    prose=Prose("Alice read it.", "some-model", "2", 3, 4),
    links=(Link("Event", "https://console.example/1"),),
    event_ids=("e1",),
)


def test_json_there_and_back() -> None:
    assert Notice.from_json(NOTICE.to_json()) == NOTICE


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "plain", '{"version": 1}', '{"version": 2, "id": "x"}', "[" * 99_999]
)
def test_other_text_is_no_notice(text: str) -> None:
    assert Notice.from_json(text) is None


def test_a_notice_with_an_unknown_severity_is_no_notice() -> None:
    assert Notice.from_json(json.dumps({**json.loads(NOTICE.to_json()), "severity": "apocalyptic"})) is None


def test_a_notice_with_another_kind_of_link_is_no_notice() -> None:
    links = [{"label": "x", "url": "javascript:alert(1)"}]
    assert Notice.from_json(json.dumps({**json.loads(NOTICE.to_json()), "links": links})) is None


def test_the_text_leads_with_severity_and_marks_the_model() -> None:
    text = NOTICE.to_text()
    assert text.startswith("[HIGH] user alice read prod/db\n")
    assert "Alice read it. (written by some-model)" in text
    assert "- It is odd." in text


def test_a_subject_is_what_sns_takes() -> None:
    notice = Notice("x", Kind.ACCESS, Severity.INFO, "名前\n" * 100, (), "t")
    assert notice.subject.isascii()
    assert len(notice.subject) <= 100
    assert "\n" not in notice.subject
