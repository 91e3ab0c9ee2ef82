"""The summarizer's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from secretwatch.detect.canary import Canary
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.settings import RETENTION_DAYS, named_networks, trust_policy, tuning
from secretwatch.functions.summarizer.explainer import ModelSettings
from secretwatch.record.origin import TrustPolicy
from secretwatch.record.secret_id import parse_secret_id
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
    """With the user's names of networks, without published ones."""
    refreshed: bool
    """Whether newer published ranges are put into the bucket each day."""
    tuning: Tuning
    canary: Canary | None
    """None where there is no canary."""
    metric_namespace: str | None
    """CloudWatch namespace of the canary's delay."""

    @classmethod
    def read(cls, environment: Environment, document: Document) -> SummarizerSettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        canary = _canary(document)
        settings = cls(
            table=environment.text("AUDIT_TABLE"),
            bucket=environment.text("SUMMARIES_BUCKET"),
            topic=environment.text("ALERTS_TOPIC_ARN"),
            region=environment.optional("AWS_REGION"),
            retention_days=document.whole("audit_retention_days", *RETENTION_DAYS),
            model=_model(document),
            model_region=document.optional_text("bedrock_region"),
            model_calls_per_hour=document.whole("model_calls_per_hour", 1, 1_000_000),
            trust=replace(trust_policy(document), ranges=named_networks(document)),
            refreshed=document.flag("refresh_published_ranges"),
            tuning=replace(
                tuning(document),
                canary_secret=None if canary is None else canary.secret,
                own_principals=frozenset(document.texts("own_principal_arns")),
            ),
            canary=canary,
            metric_namespace=document.text("metric_namespace")
            if canary
            else document.optional_text("metric_namespace"),
        )
        document.finish()
        return settings


def _model(document: Document) -> ModelSettings | None:
    model, language = document.optional_text("bedrock_model"), document.text("summary_language")
    guardrail, version = document.optional_text("guardrail_id"), document.text("guardrail_version")
    minimum = document.choice("model_minimum_severity", tuple(Severity))
    if model is None:
        return None
    return ModelSettings(model, language, None if guardrail is None else (guardrail, version), Severity(minimum))


def _canary(document: Document) -> Canary | None:
    principal, secret = document.optional_text("canary_principal_arn"), document.optional_text("canary_secret_arn")
    if principal is None and secret is None:
        return None
    if principal is None:
        raise document.error("canary_principal_arn", "is missing: canary_secret_arn is set")
    parsed = parse_secret_id(secret or "")
    if not parsed.is_arn:
        raise document.error("canary_secret_arn", f"must be the ARN of the canary's secret, not {secret!r}")
    return Canary(principal, parsed)
