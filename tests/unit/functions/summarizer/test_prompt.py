"""Which of a model's answers may be shown."""

from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.summarizer.explainer import Explainer, ModelSettings
from secretwatch.functions.summarizer.prompt import Subject, UnusableError, check, system
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


class Client:
    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def converse(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"output": {"message": {"content": [{"text": "my_role read prod/my_db[1]."}]}}, **self.answer}


def test_an_answer_cut_short_or_stopped_by_a_guardrail_is_dropped() -> None:
    for reason in ("max_tokens", "guardrail_intervened", "content_filtered"):
        prose, why = Explainer(Client(stopReason=reason), ModelSettings("m")).explain(subject())
        assert (prose, why) == (None, f"the model stopped: {reason}")


def test_language_and_guardrail_are_settings() -> None:
    client = Client()
    Explainer(client, ModelSettings("m", "German", ("g1", "3"))).explain(subject())
    (request,) = client.asked
    assert "plain German" in request["system"][0]["text"]
    assert system("German") == request["system"][0]["text"]
    assert request["guardrailConfig"] == {"guardrailIdentifier": "g1", "guardrailVersion": "3"}


def test_beyond_the_budget_nobody_is_asked() -> None:
    client = Client()
    prose, why = Explainer(client, ModelSettings("m"), lambda: False).explain(subject())
    assert (prose, why) == (None, "the hour's budget of model calls is used up")
    assert client.asked == []


def test_a_budget_that_cannot_be_counted_gives_facts_only() -> None:
    def broken() -> bool:
        raise ConnectionError

    assert Explainer(Client(), ModelSettings("m"), broken).explain(subject()) == (
        None,
        "the model failed: ConnectionError",
    )
