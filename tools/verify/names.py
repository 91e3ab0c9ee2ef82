"""The names that a deployment gives to what it makes: all of them follow from its name prefix."""

from __future__ import annotations

from dataclasses import dataclass

FUNCTIONS = ("summarizer", "notifier", "rotator", "digest", "canary", "ranges")
"""In the order in which a record meets them; only the summarizer is always there."""
WATCHING = ("summarizer", "rotator")
"""The functions that records are brought to."""
DEAD_LETTERS = "-dead-letters"
"""End of the name of every dead-letter queue."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one deployment."""

    prefix: str
    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def function(self, part: str) -> str:
        """Return a function's name: "secretwatch-summarizer". Its rule and subscription filter have the same."""
        return f"{self.prefix}-{part}"

    def function_arn(self, part: str) -> str:
        """Return a function's ARN."""
        return self.arn("lambda", f"function:{self.function(part)}")

    def delivery_alarm(self, part: str) -> str:
        """Return the alarm on the subscription filter of a function: its dimension names the log group."""
        return f"{self.function(part)}-delivery"

    def errors_alarm(self, part: str) -> str:
        """Return the alarm that every function has."""
        return f"{self.function(part)}-errors"

    def detection_alarm(self, metric: str) -> str:
        """Return the alarm on a metric that is counted in the log group."""
        return f"{self.prefix}-{metric}"

    def dead_letters(self, part: str) -> str:
        """Return the dead-letter queue of a function."""
        return f"{self.function(part)}{DEAD_LETTERS}"

    @property
    def queue(self) -> str:
        """The queue of the fast path."""
        return f"{self.prefix}-accesses"

    @property
    def table(self) -> str:
        """The audit table."""
        return f"{self.prefix}-audit"

    @property
    def trail(self) -> str:
        """The trail, where it is our own."""
        return f"{self.prefix}-secrets-manager-trail"

    @property
    def log_group(self) -> str:
        """The trail's log group, where it is our own."""
        return f"/{self.prefix}/cloudtrail"

    @property
    def alerts_topic_arn(self) -> str:
        """The alerts topic, where it is our own."""
        return self.arn("sns", f"{self.prefix}-alerts")

    @property
    def operations_topic_arn(self) -> str:
        """The topic of alarms about the system itself."""
        return self.arn("sns", f"{self.prefix}-operations")

    @property
    def metric_namespace(self) -> str:
        """The namespace of the detections that are counted."""
        return f"SecretWatch/{self.prefix}"

    @property
    def freeze_parameter(self) -> str:
        """The SSM parameter that stops all rotations."""
        return f"/{self.prefix}/rotation/freeze"

    @property
    def workgroup(self) -> str:
        """The Athena workgroup."""
        return self.prefix

    @property
    def database(self) -> str:
        """The Glue database."""
        return self.prefix.replace("-", "_")

    @property
    def data_source(self) -> str:
        """QuickSight's data source."""
        return f"{self.prefix}-athena"
