"""The canary's settings."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.functions.canary.hops import Parts
from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.settings import Document, Environment, SettingsError

SCHEDULE_MINUTES = (15, 480)
"""Least and most minutes between two reads. CloudTrail delivers to a log group within some five minutes of
a call, sometimes fifteen; a CloudWatch alarm looks back one day at most, and three periods must fit into it."""


@dataclass(frozen=True, slots=True)
class CanarySettings:
    """What Terraform set."""

    name_prefix: str
    """Which system speaks: there may be several in an account."""
    table: str
    topic: str
    """The operations topic."""
    secret: str
    """Name of the canary's own secret."""
    schedule_minutes: int
    paths: tuple[RecordPath, ...]
    """The paths that must bring the canary's reads; at least one."""
    parts: Parts

    @classmethod
    def read(cls, environment: Environment, document: Document) -> CanarySettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        on = {
            RecordPath.LOGS: document.flag("enable_complete_path"),
            RecordPath.EVENTS: document.flag("enable_fast_path"),
        }
        settings = cls(
            name_prefix=document.text("name_prefix"),
            table=environment.text("AUDIT_TABLE"),
            topic=environment.text("OPERATIONS_TOPIC_ARN"),
            secret=environment.text("CANARY_SECRET"),
            schedule_minutes=document.whole("canary_schedule_minutes", *SCHEDULE_MINUTES),
            paths=tuple(path for path, expected in on.items() if expected),
            parts=Parts(
                summarizer=environment.text("SUMMARIZER_FUNCTION"),
                trail=environment.optional("TRAIL"),
                log_group=environment.optional("TRAIL_LOG_GROUP"),
                event_bus=environment.optional("EVENT_BUS") or "default",
                rule=environment.optional("EVENT_RULE"),
                queue=environment.optional("ACCESS_QUEUE"),
            ),
        )
        document.finish()
        if not settings.paths:
            raise SettingsError("enable_complete_path and enable_fast_path are both false: the canary watches nothing")
        return settings
