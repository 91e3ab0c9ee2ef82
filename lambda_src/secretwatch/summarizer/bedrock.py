"""One sentence from a Bedrock model, or none: a dead model never holds up a notice.

AWS: "Converse" (Amazon Bedrock Runtime API Reference), the one shape for every model.
"""

from __future__ import annotations

import logging
from typing import Any

from secretwatch.aws import error_code
from secretwatch.notice import Fact
from secretwatch.summarizer import prompt

log = logging.getLogger(__name__)
MAX_TOKENS = 200


class Explainer:
    """Asks one model; without a model it has nothing to say."""

    def __init__(self, client: Any, model: str | None) -> None:
        self._client = client
        self.model = model
        """Model or inference profile id, or None: facts only."""

    def explain(self, facts: tuple[Fact, ...]) -> str | None:
        """Return a checked sentence about ``facts``; None if the model failed or talked nonsense."""
        if self.model is None:
            return None
        try:
            answer = self._client.converse(
                modelId=self.model,
                system=[{"text": prompt.SYSTEM}],
                messages=[{"role": "user", "content": [{"text": prompt.question(facts)}]}],
                inferenceConfig={"maxTokens": MAX_TOKENS, "temperature": 0},
            )
            text = "".join(part.get("text", "") for part in answer["output"]["message"]["content"])
        except Exception as error:  # whatever a model does, the facts go out
            log.warning("model failed, facts only", extra={"model": self.model, "error": error_code(error)})
            return None
        sentence = prompt.accept(text)
        if sentence is None:
            log.warning("model's answer dropped", extra={"model": self.model, "length": len(text)})
        return sentence
