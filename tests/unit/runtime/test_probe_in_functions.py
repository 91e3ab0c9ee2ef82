"""What each function answers to the probes of make verify, through its handler."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.notifier import handler as notifier_handler
from secretwatch.functions.notifier.handler import Notifier
from secretwatch.functions.notifier.routes import Route
from secretwatch.functions.notifier.sender import Parameters
from secretwatch.functions.rotator import handler as rotator_handler
from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.functions.rotator.policy import Policy, Target
from secretwatch.functions.rotator.secret_value import SecretStore
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.functions.summarizer import handler as summarizer_handler
from secretwatch.functions.summarizer.explainer import Explainer, ModelSettings
from secretwatch.notify.channels import CHANNELS
from secretwatch.record.origin import TrustPolicy
from secretwatch.record.secret_id import parse_secret_id
from secretwatch.runtime.probe import patterns_hash
from tests.documents import notifier_settings
from tests.harness.reading import read
from tests.harness.webhooks import WebhookReceiver

CONTEXT = SimpleNamespace(aws_request_id="r1", get_remaining_time_in_millis=lambda: 30_000)
NOTHING: Any = None
"""What a probe must not touch: the store, the topic."""


class NotFoundError(Exception):
    pass


class Ssm:
    """SSM: some parameters, and no others."""

    exceptions = SimpleNamespace(ParameterNotFound=NotFoundError)

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def get_parameter(self, Name: str, **_: Any) -> Any:  # noqa: N803
        if Name not in self._values:
            raise NotFoundError
        return {"Parameter": {"Value": self._values[Name]}}


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    monkeypatch.setattr("secretwatch.notify.channels.webhook.clock.sleep", lambda _: None)
    with WebhookReceiver(tmp_path / "notices.jsonl") as running:
        yield running


def use_notifier(monkeypatch: pytest.MonkeyPatch, receiver: WebhookReceiver, *names: str) -> None:
    routes = tuple(Route(name, CHANNELS[name], f"/{name}", Severity.CRITICAL, ("prod/*",), None) for name in names)
    parameters = {f"/{name}": receiver.url(name) for name in ("slack", "teams")}
    notifier = Notifier(replace(notifier_settings(), routes=routes), NOTHING, Parameters(Ssm(parameters)), NOTHING)
    monkeypatch.setattr(notifier_handler, "_notifier", lambda: notifier)


def test_every_channel_gets_a_message_that_says_that_it_is_a_test(
    monkeypatch: pytest.MonkeyPatch, receiver: WebhookReceiver
) -> None:
    use_notifier(monkeypatch, receiver, "slack", "teams")
    answered = notifier_handler.handler({"secretwatch": "test-channels"}, CONTEXT)
    assert answered is not None
    assert answered["results"] == {"slack": None, "teams": None}
    texts = [read(post["channel"], post["body"]) for post in receiver.posts]
    assert len(texts) == 2
    assert all("Test message" in text and "nothing to do" in text for text in texts)


def test_each_channel_has_its_own_answer(monkeypatch: pytest.MonkeyPatch, receiver: WebhookReceiver) -> None:
    use_notifier(monkeypatch, receiver, "slack", "teams", "webhook")
    receiver.answers["slack"].append((403, "invalid_token", {}))
    answered = notifier_handler.handler({"secretwatch": "test-channels"}, CONTEXT)
    assert answered is not None
    assert not answered["ok"]
    assert "HTTP 403 'invalid_token'" in answered["results"]["slack"]
    assert answered["results"]["teams"] is None
    assert "SSM parameter /webhook" in answered["results"]["webhook"]
    assert "hook/" not in str(answered)


def test_a_no_op_sends_nothing(monkeypatch: pytest.MonkeyPatch, receiver: WebhookReceiver) -> None:
    use_notifier(monkeypatch, receiver, "slack")
    answered = notifier_handler.handler({"secretwatch": "no-op"}, CONTEXT)
    assert answered is not None
    assert (answered["ok"], answered["results"]) == (True, {})
    assert answered["settings"]["channels"] == {"slack": "critical"}
    patterns = notifier_settings().detections.patterns
    assert answered["settings"]["patterns"] == {name: patterns_hash(found[::-1]) for name, found in patterns.items()}
    assert receiver.posts == []


class Bedrock:
    """Converse, answering what a test wants."""

    def __init__(self, answer: str | Exception) -> None:
        self._answer = answer
        self.asked: list[Any] = []

    def converse(self, **request: Any) -> Any:
        self.asked.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"output": {"message": {"content": [{"text": self._answer}]}}, "stopReason": "end_turn"}


def use_summarizer(monkeypatch: pytest.MonkeyPatch, model: Bedrock, configured: bool = True) -> None:
    settings = ModelSettings("some.model") if configured else None
    summarizer = summarizer_handler.Summarizer(
        settings=SimpleNamespace(  # type: ignore[arg-type]
            model=settings, model_region="eu-west-1", tuning=Tuning(), canary=None
        ),
        store=NOTHING,
        explainer=Explainer(model, settings),
        summaries=NOTHING,
        publisher=NOTHING,
    )
    monkeypatch.setattr(summarizer_handler, "_summarizer", lambda: summarizer)


def ask_model() -> Any:
    answered = summarizer_handler.handler({"secretwatch": "test-model"}, CONTEXT)
    assert answered is not None
    return answered["results"]


@pytest.mark.parametrize("said", ["The user test read example/secret.", "I am sorry, I cannot help with that."])
def test_a_model_that_answers_works_whatever_it_says(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    model = Bedrock(said)
    use_summarizer(monkeypatch, model)
    assert ask_model() == {"some.model": None}
    assert len(model.asked) == 1


def test_a_model_that_refuses_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"Error": {"Code": "AccessDeniedException", "Message": "You don't have access to the model"}}
    use_summarizer(monkeypatch, Bedrock(ClientError(error, "Converse")))
    problem = ask_model()["some.model"]
    assert problem.startswith("AccessDeniedException: ")
    assert "You don't have access to the model" in problem


def test_without_a_model_there_is_nothing_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Bedrock("")
    use_summarizer(monkeypatch, model, configured=False)
    assert ask_model() == {}
    assert model.asked == []


class Secrets:
    """Secrets Manager: knows one secret."""

    def describe_secret(self, SecretId: str) -> Any:  # noqa: N803
        if SecretId != "prod/db":
            error = {"Error": {"Code": "ResourceNotFoundException", "Message": "no such secret"}}
            raise ClientError(error, "DescribeSecret")
        return {"ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"}

    def list_secret_version_ids(self, **_: Any) -> dict[str, Any]:
        return {"Versions": []}


def test_every_rotation_target_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = tuple(Target(parse_secret_id(name), "managed", None, frozenset()) for name in ("prod/db", "prod/gone"))
    rotator = Rotator(
        settings=RotatorSettings(
            table="audit",
            topic="arn:topic",
            freeze_parameter="/watch/rotation/freeze",
            retention_days=365,
            trust=TrustPolicy((), frozenset()),
            targets=targets,
            policy=Policy(exempt=frozenset(), dry_run=True, rotate_unknown=False),
            cooldown_minutes=15,
            rotations_per_hour=10,
            security_hub=False,
        ),
        store=NOTHING,
        secrets=SecretStore(Secrets()),
        publisher=NOTHING,
        freeze=Freeze(NOTHING, None),
        hub=None,
    )
    monkeypatch.setattr(rotator_handler, "_rotator", lambda: rotator)
    answered = rotator_handler.handler({"secretwatch": "test-targets"}, CONTEXT)
    assert answered is not None
    assert answered["results"]["prod/db"] is None
    assert "prod/gone" in answered["results"]["prod/gone"]
    assert answered["settings"]["mode"] == "dry_run"
