"""One sentence from a Bedrock model, or the reason why there is none: a dead model never holds up a notice.

AWS: "Converse" (Amazon Bedrock Runtime API Reference), the one shape for every model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.summarizer import prompt
from secretwatch.functions.summarizer.prompt import Subject, UnusableError
from secretwatch.notify.notice import Fact, Prose
from secretwatch.runtime.aws import error_code
from secretwatch.runtime.text import one_line

log = logging.getLogger(__name__)
MAX_TOKENS = 200
_FINISHED = frozenset({"end_turn", "stop_sequence"})
_MADE_UP = Subject(
    facts=(
        Fact("Who", "user test"),
        Fact("What", "read example/secret (GetSecretValue)"),
        Fact("From", "192.0.2.1"),
        Fact("When", "2026-01-31T12:00:00Z"),
        Fact("Outcome", "allowed"),
    ),
    name="test",
    session=None,
    secrets=("example/secret",),
    severity=Severity.INFO,
)


MayAsk = Callable[[Severity], bool]
"""Whether the model may be asked about something of a severity."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model writes, and how."""

    model: str
    """Model or inference profile id."""
    language: str = "English"
    guardrail: tuple[str, str] | None = None
    """Id and version of a Bedrock guardrail."""
    minimum: Severity = Severity.INFO
    """Below that nothing is explained."""


class StoppedError(UnusableError):
    """The model did not finish its answer; the message says why it stopped."""


class Explainer:
    """Asks one model; without a model it has nothing to say.

    ``may_ask`` is asked before every call, with the severity: the budget of calls in an hour.
    """

    def __init__(self, client: Any, settings: ModelSettings | None, may_ask: MayAsk = lambda _: True) -> None:
        self._client = client
        self._settings = settings
        self._may_ask = may_ask

    def explain(self, subject: Subject) -> tuple[Prose | None, str | None]:
        """Return a checked sentence, or None and why (None too where none is meant to be). Never raises."""
        if self._settings is None or subject.severity.rank < self._settings.minimum.rank:
            return None, None
        try:
            if not self._may_ask(subject.severity):
                return self._none("the hour's budget of model calls is used up")
            return self._ask(self._settings, subject), None
        except StoppedError as error:
            return self._none(str(error))
        except UnusableError as error:
            return self._none(f"the answer was dropped: it is unusable, {error}")
        except Exception as error:  # whatever a model does, the facts go out
            return self._none(f"the model failed: {error_code(error)}")

    def test(self) -> str | None:
        """Ask for a sentence about a made-up access; return None if the model gave an answer, else what it said.

        An answer that is no usable sentence is one: access, region and parameters are what is tested.
        """
        if self._settings is None:
            return "no model is configured"
        try:
            self._ask(self._settings, _MADE_UP)
        except UnusableError:
            return None
        except Exception as error:  # AWS's own words: they say what to do
            return f"{error_code(error)}: {one_line(str(error), 500)}"
        return None

    def _ask(self, settings: ModelSettings, subject: Subject) -> Prose:
        """Return the model's checked sentence; raises UnusableError, and whatever the client raises."""
        answer = self._client.converse(**self._request(settings, subject))
        if answer.get("stopReason", "end_turn") not in _FINISHED:
            raise StoppedError(f"the model stopped: {answer['stopReason']}")
        text = "".join(part.get("text", "") for part in answer["output"]["message"]["content"])
        usage = answer.get("usage", {})
        return Prose(
            text=prompt.check(text, subject),
            model=settings.model,
            prompt_version=prompt.VERSION,
            input_tokens=int(usage.get("inputTokens", 0)),
            output_tokens=int(usage.get("outputTokens", 0)),
        )

    def _none(self, reason: str) -> tuple[None, str]:
        log.warning("facts only", extra={"model": self._settings and self._settings.model, "reason": reason})
        return None, reason

    @staticmethod
    def _request(settings: ModelSettings, subject: Subject) -> dict[str, Any]:
        request: dict[str, Any] = {
            "modelId": settings.model,
            "system": [{"text": prompt.system(settings.language)}],
            "messages": [{"role": "user", "content": [{"text": prompt.question(subject.facts)}]}],
            # Nothing else: newer models refuse a temperature, and what is refused is never prose.
            "inferenceConfig": {"maxTokens": MAX_TOKENS},
        }
        if settings.guardrail is not None:
            identifier, version = settings.guardrail
            request["guardrailConfig"] = {"guardrailIdentifier": identifier, "guardrailVersion": version}
        return request
