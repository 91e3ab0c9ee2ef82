"""The digest's settings."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.detect.tuning import Tuning
from secretwatch.functions.settings import tuning
from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.settings import Document, Environment


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """What Terraform set."""

    table: str
    topic: str
    """The alerts topic."""
    region: str | None
    """Where the system itself runs: its Athena is there."""
    tuning: Tuning
    own_principals: frozenset[str]
    """Role ARNs of this system and of its canary: their accesses are counted by themselves."""
    canary_paths: tuple[RecordPath, ...]
    """The paths that bring the canary's reads; none where there is no canary."""
    model: str | None
    model_calls_per_hour: int

    @classmethod
    def read(cls, environment: Environment, document: Document) -> DigestSettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        paths = document.texts("canary_paths")
        unknown = [path for path in paths if path not in list(RecordPath)]
        if unknown:
            raise document.error("canary_paths", f"must be some of {', '.join(RecordPath)}, not {unknown[0]!r}")
        settings = cls(
            table=environment.text("AUDIT_TABLE"),
            topic=environment.text("ALERTS_TOPIC_ARN"),
            region=environment.optional("AWS_REGION"),
            tuning=tuning(document),
            own_principals=frozenset(document.texts("own_principal_arns")),
            canary_paths=tuple(map(RecordPath, paths)),
            model=document.optional_text("bedrock_model_id"),
            model_calls_per_hour=document.whole("model_calls_per_hour", 1, 1_000_000),
        )
        document.finish()
        return settings
