"""The summarizer's settings."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.detect.tuning import Tuning
from secretwatch.functions.settings import RETENTION_DAYS, trust_policy, tuning
from secretwatch.functions.summarizer.explainer import ModelSettings
from secretwatch.record.origin import TrustPolicy
from secretwatch.runtime.settings import Document, Environment


@dataclass(frozen=True, slots=True)
class SummarizerSettings:
    """What Terraform set."""

    table: str
    bucket: str
    topic: str
    region: str | None
    """Where the system itself runs: its Athena is there."""
    retention_days: int
    model: ModelSettings | None
    model_region: str | None
    model_calls_per_hour: int
    trust: TrustPolicy
    tuning: Tuning
    own_principals: frozenset[str]
    """Role ARNs whose reads are recorded and not notified: the rotator's."""

    @classmethod
    def read(cls, environment: Environment, document: Document) -> SummarizerSettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        settings = cls(
            table=environment.text("AUDIT_TABLE"),
            bucket=environment.text("SUMMARIES_BUCKET"),
            topic=environment.text("ALERTS_TOPIC_ARN"),
            region=environment.optional("AWS_REGION"),
            retention_days=document.whole("audit_retention_days", *RETENTION_DAYS),
            model=_model(document),
            model_region=document.optional_text("bedrock_region"),
            model_calls_per_hour=document.whole("model_calls_per_hour", 1, 1_000_000),
            trust=trust_policy(document),
            tuning=tuning(document),
            own_principals=frozenset(document.texts("own_principal_arns")),
        )
        document.finish()
        return settings


def _model(document: Document) -> ModelSettings | None:
    model, language = document.optional_text("bedrock_model"), document.text("summary_language")
    guardrail, version = document.optional_text("guardrail_id"), document.text("guardrail_version")
    if model is None:
        return None
    return ModelSettings(model, language, None if guardrail is None else (guardrail, version))
