"""The settings of the refresh."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.runtime.settings import Document, Environment


@dataclass(frozen=True, slots=True)
class RangesSettings:
    """What Terraform set."""

    bucket: str

    @classmethod
    def read(cls, environment: Environment, document: Document) -> RangesSettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        document.finish()
        return cls(bucket=environment.text("SUMMARIES_BUCKET"))
