"""The names that a deployment gives to what it makes: all of them follow from its name prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass

from secretwatch.runtime.data import read_data

FUNCTIONS = ("summarizer", "notifier", "rotator", "digest", "canary", "ranges")
"""In the order in which a record meets them; only the summarizer is always there."""
WATCHING = ("summarizer", "rotator")
"""The functions that records are brought to."""
SCHEDULED = ("rotator", "digest", "canary", "ranges")
"""The functions that a schedule runs."""
TRAIL = "-secrets-manager-trail"
"""End of the name of a trail that the module makes."""
_OF_EVERY_FUNCTION = ("errors", "throttles", "destinationdeliveryfailures", "dead-letters")
_OF_A_FUNCTION = ("delivery", "undelivered", "due-undelivered", "not-run", "path-logs", "path-events")
_OTHERS = (
    "accesses-age",
    "alerts-major-undelivered",
    "alerts-minor-undelivered",
    "alerts-undelivered",
    "KeyTampering",
    "model-failures",
    "no-records",
    "several",
    "trail-undelivered",
)
"""Alarms beside those of functions, channels and detections."""
_WAITING = "waiting"


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

    @property
    def dns_suffix(self) -> str:
        """What ends the name of CloudWatch Logs as a principal; of other services it is amazonaws.com everywhere."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def function(self, part: str) -> str:
        """Return a function's name: "secretwatch-summarizer". Its rule and subscription filter have the same."""
        return f"{self.prefix}-{part}"

    def function_arn(self, part: str) -> str:
        """Return a function's ARN."""
        return self.arn("lambda", f"function:{self.function(part)}")

    def function_log_group(self, part: str) -> str:
        """Return the log group of a function."""
        return f"/aws/lambda/{self.function(part)}"

    def schedule(self, part: str) -> str:
        """Return the rule that runs a function by the clock: the rotator's other rule has its name."""
        return f"{self.function(part)}-due" if part in WATCHING else self.function(part)

    def delivery_alarm(self, part: str) -> str:
        """Return the alarm on the subscription filter of a function: its dimension names the log group."""
        return f"{self.function(part)}-delivery"

    def undelivered_alarm(self, part: str) -> str:
        """Return the alarm on a function's rule: its dimensions name the event bus."""
        return f"{self.function(part)}-undelivered"

    def schedule_alarm(self, part: str) -> str:
        """Return the alarm on a function's schedule."""
        return f"{self.schedule(part)}-undelivered"

    def standing_alarms(self, part: str) -> list[str]:
        """Return the alarms that every function has."""
        return [f"{self.function(part)}-{kind}" for kind in _OF_EVERY_FUNCTION]

    def channel_alarms(self, channel: str) -> list[str]:
        """Return the alarms of a channel."""
        return [f"{self.channel_queue(channel)}-{kind}" for kind in (_WAITING, "dead-letters")]

    def is_about_secrets(self, alarm: str) -> bool:
        """Return whether an alarm tells what happens to secrets, and not how the system itself is."""
        return alarm.removeprefix(f"{self.prefix}-") in {*read_data("detect/catalogue.json")["detections"], "several"}

    @property
    def alarms(self) -> frozenset[str]:
        """All alarms but those of channels: another deployment's may begin with this one's prefix."""
        functions = (f"{part}-{kind}" for part in FUNCTIONS for kind in (*_OF_EVERY_FUNCTION, *_OF_A_FUNCTION))
        detections = read_data("detect/catalogue.json")["detections"]
        return frozenset(f"{self.prefix}-{name}" for name in (*functions, *detections, *_OTHERS))

    def has_alarm(self, called: str) -> bool:
        """Return whether an alarm may be of this deployment: channels have names of the user's choice."""
        of_a_channel = rf"{re.escape(self.prefix)}-channel-.+-({_WAITING}|dead-letters)"
        return called in self.alarms or re.fullmatch(of_a_channel, called) is not None

    def channel_of(self, alarm: str) -> str | None:
        """Return the channel that an alarm is about, or None: each has one on what waits for it."""
        start, end = f"{self.prefix}-channel-", f"-{_WAITING}"
        return alarm[len(start) : -len(end)] if alarm.startswith(start) and alarm.endswith(end) else None

    def errors_alarm(self, part: str) -> str:
        """Return the alarm that every function has."""
        return f"{self.function(part)}-errors"

    def detection_alarm(self, metric: str) -> str:
        """Return the alarm on a metric that is counted in the log group."""
        return f"{self.prefix}-{metric}"

    def dead_letters(self, part: str) -> str:
        """Return the dead-letter queue of a function."""
        return f"{self.function(part)}-dead-letters"

    @property
    def queue(self) -> str:
        """The queue of the fast path."""
        return f"{self.prefix}-accesses"

    def channel_queue(self, channel: str) -> str:
        """Return the queue of a channel."""
        return f"{self.prefix}-channel-{channel}"

    def bucket(self, what: str) -> str:
        """Return a bucket's name: of cloudtrail, summaries or athena."""
        return f"{self.prefix}-{what}-{self.account}-{self.region}"

    @property
    def table(self) -> str:
        """The audit table."""
        return f"{self.prefix}-audit"

    @property
    def trail(self) -> str:
        """The trail, where it is our own."""
        return f"{self.prefix}{TRAIL}"

    @property
    def log_group(self) -> str:
        """The trail's log group, where it is our own."""
        return f"/{self.prefix}/cloudtrail"

    @property
    def alerts_topic_arn(self) -> str:
        """The alerts topic, where it is our own."""
        return self.arn("sns", f"{self.prefix}-alerts")

    @property
    def major_alerts_topic_arn(self) -> str:
        """The topic from which inboxes and phones get alarms of severity high and critical."""
        return self.arn("sns", f"{self.prefix}-alerts-major")

    @property
    def minor_alerts_topic_arn(self) -> str:
        """The topic of alarms below severity high."""
        return self.arn("sns", f"{self.prefix}-alerts-minor")

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
