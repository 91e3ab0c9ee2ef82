"""Which of a model's answers may be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.summarizer.prompt import Subject, UnusableError, check, question, system
from secretwatch.notify.notice import Fact

FACTS = (
    Fact("Who", "role my_role (session s-1)"),
    Fact("What", "prod/my_db[1] (2 GetSecretValue)"),
    Fact("From", "203.0.113.66 (untrusted: outside every trusted network)"),
    Fact("When", "2026-01-31T12:00:00Z"),
)


def subject(**changes: Any) -> Subject:
    values = {"facts": FACTS, "name": "my_role", "session": "s-1", "secrets": ("prod/my_db[1]",)}
    return Subject(**{**values, "severity": Severity.LOW, **changes})


@pytest.mark.parametrize(
    "answer",
    [
        "The role my_role read prod/my_db[1] from 203.0.113.66 at 2026-01-31T12:00:00Z.",
        "my_role (session s-1) made 2 calls for prod/my_db[1] at 12:00.",
        "The first-time reader my_role read prod/my_db[1].\n",
    ],
)
def test_a_plain_sentence_is_shown(answer: str) -> None:
    assert check(answer, subject()) == answer.strip()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        ("\u200b\n", "empty"),
        ("my_role read prod/my_db[1] " + "x" * 400, "too long"),
        ("word " * 5_000, "too long"),
        ("A role read prod/my_db[1].", "principal"),
        ("my_role read a secret.", "secret"),
        ("my_role read other/secret.", "secret"),
        ("my_role read prod/my_db[1] and other/secret.", "not in the facts"),
        ("my_role read prod/my_db[1] and payroll-db.", "not in the facts"),
        ("my_role read prod/my_db[1] 17 times.", "not in the facts"),
        ("my_role read prod/my_db[1] from 10.0.0.1.", "not in the facts"),
        ("my_role read prod/my_db[1], see evil.example.", "not in the facts"),
        ('{"summary": "my_role read prod/my_db[1]"}', "markup"),
        ("**my_role** read prod/my_db[1].", "markup"),
        ("my_role read prod/my_db[1], see https://x", "link"),
        ("my_role read prod/my_db[1], @channel", "mention"),
        ("my_role read prod/my_db[1]. Nothing to do.", "more than one sentence"),
        ("I'm sorry, but I cannot say what my_role did to prod/my_db[1].", "itself"),
        ("my_role read prod/my_db[1], a critical breach.", "more than the signals carry"),
        ("my_role read prod/my_db[1], which was legitimate.", "harmless"),
        ("my_role read prod/my_db[1], as expected.", "harmless"),
    ],
)
def test_anything_else_is_dropped_and_why_is_said(answer: str, why: str) -> None:
    with pytest.raises(UnusableError, match=why):
        check(answer, subject())


def test_alarming_words_are_the_signals_to_allow() -> None:
    answer = "my_role read prod/my_db[1] in a suspicious way."
    assert check(answer, subject(severity=Severity.HIGH)) == answer


def test_of_many_secrets_the_number_is_enough() -> None:
    facts = (*FACTS, Fact("What", "37 secrets"))
    assert check("my_role read 37 secrets.", subject(facts=facts, secrets=tuple(f"s{n}" for n in range(37))))


def test_a_question_is_data_one_bounded_line_each() -> None:
    asked = json.loads(question((Fact("User agent", "line\nbreak" + "x" * 5000), Fact("Who", "名"))))
    assert list(asked) == ["user agent", "who"]
    assert "\n" not in asked["user agent"]
    assert len(asked["user agent"]) == 300
    assert question((Fact("Who", "名"),)).isascii()


def test_the_instructions_are_the_settings_words_only() -> None:
    assert "plain French, at most 50 words" in system("French")
