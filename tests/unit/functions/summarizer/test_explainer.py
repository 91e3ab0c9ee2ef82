"""What the model is sent, and what becomes of its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.summarizer import prompt
from secretwatch.functions.summarizer.explainer import Explainer, ModelSettings
from secretwatch.functions.summarizer.prompt import system
from secretwatch.notify.notice import Prose
from tests.unit.doubles import raising, throttled
from tests.unit.functions.summarizer.test_prompt import subject


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


def test_below_its_severity_nothing_is_explained() -> None:
    client = Client()
    settings = ModelSettings("m", minimum=Severity.HIGH)
    assert Explainer(client, settings).explain(replace(subject(), severity=Severity.MEDIUM)) == (None, None)
    assert client.asked == []
    Explainer(client, settings).explain(replace(subject(), severity=Severity.HIGH))
    assert len(client.asked) == 1


def test_beyond_the_budget_nobody_is_asked() -> None:
    client = Client()
    prose, why = Explainer(client, ModelSettings("m"), lambda _: False).explain(subject())
    assert (prose, why) == (None, "the hour's budget of model calls is used up")
    assert client.asked == []


def test_a_budget_that_cannot_be_counted_gives_facts_only() -> None:
    def broken(severity: Severity) -> bool:
        raise ConnectionError

    assert Explainer(Client(), ModelSettings("m"), broken).explain(subject()) == (
        None,
        "the model failed: ConnectionError",
    )


def test_an_answer_that_may_be_shown_says_who_wrote_it_and_what_it_took() -> None:
    client = Client(usage={"inputTokens": 300, "outputTokens": 20})
    prose, why = Explainer(client, ModelSettings("m")).explain(subject())
    assert prose == Prose("my_role read prod/my_db[1].", "m", prompt.VERSION, 300, 20)
    assert why is None
    (request,) = client.asked
    assert request["modelId"] == "m"
    assert "guardrailConfig" not in request
    assert json.loads(request["messages"][0]["content"][0]["text"])["who"] == "role my_role (session s-1)"


def test_an_answer_that_may_not_be_shown_is_dropped_with_the_reason() -> None:
    client = Client(output={"message": {"content": [{"text": "See https://evil.example"}]}})
    assert Explainer(client, ModelSettings("m")).explain(subject()) == (
        None,
        "the answer was dropped: it is unusable, does not name the principal",
    )


def test_a_model_that_fails_is_named_by_its_error_alone() -> None:
    client = Client()
    client.converse = raising(throttled())  # type: ignore[method-assign]
    assert Explainer(client, ModelSettings("m")).explain(subject()) == (
        None,
        "the model failed: ThrottlingException",
    )


def test_without_a_model_there_is_nothing_to_say_and_no_reason() -> None:
    assert Explainer(None, None).explain(subject()) == (None, None)
