"""The notifier's settings."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.alarm import Detections
from secretwatch.functions.notifier.routes import Route
from secretwatch.notify.channels import CHANNELS, OUR_HEADERS, TYPES
from secretwatch.runtime.formats import looks_like
from secretwatch.runtime.settings import Document, Environment

MAX_CHANNELS = 50
_LONGEST_PERIOD = 2 * 86_400
"""Seconds: two periods of a day."""


@dataclass(frozen=True, slots=True)
class NotifierSettings:
    """What Terraform set."""

    table: str
    log_group: str
    """The log group that the trail delivers to."""
    routes: tuple[Route, ...]
    detections: Detections

    def queue(self, route: Route) -> str:
        """Return the name of a channel's queue."""
        return f"{self.detections.prefix}-channel-{route.name}"

    @classmethod
    def read(cls, environment: Environment, document: Document) -> NotifierSettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        settings = cls(
            table=environment.text("AUDIT_TABLE"),
            log_group=environment.text("LOG_GROUP"),
            routes=routes_of(document),
            detections=Detections(
                namespace=environment.text("METRIC_NAMESPACE"),
                # By variable what a plan need not know yet: these patterns have the keys' ids in them.
                patterns={
                    **document.lists("patterns"),
                    "KeyTampering": tuple(environment.text("KEY_TAMPERING_PATTERNS").splitlines()),
                },
                seconds=_seconds(document),
            ),
        )
        document.finish()
        return settings


def _seconds(document: Document) -> dict[str, int]:
    part = document.part("alarm_seconds")
    return {name: part.whole(name, 1, _LONGEST_PERIOD) for name in part}


def routes_of(document: Document) -> tuple[Route, ...]:
    """Return the channels of the settings; raises SettingsError naming the channel and its setting."""
    return tuple(_route(*entry) for entry in document.parts("channels", MAX_CHANNELS).items())


def _route(name: str, part: Document) -> Route:
    kind, key = part.choice("type", tuple(CHANNELS)), part.optional_text("signing_key_parameter")
    if key is not None and CHANNELS[kind].sign is None:
        raise part.error("signing_key_parameter", "is for channels whose receiver checks a signature: type webhook")
    parameter, secrets = part.text("webhook_parameter"), part.texts("secrets")
    if key == parameter:
        raise part.error("signing_key_parameter", f"must be another parameter than the URL's, not {key!r}")
    channel, mention, headers = part.optional_text("slack_channel"), part.optional_text("mention"), _headers(part, kind)
    if (channel is not None) is not TYPES[kind]["names_a_slack_channel"]:
        raise part.error("slack_channel", "is the id of a channel: type slack_bot needs it, the others have none")
    if channel is not None and not looks_like("slack_channel", channel):
        raise part.error("slack_channel", f"must be the id of a Slack channel, such as C0123456789, not {channel!r}")
    if mention is not None and CHANNELS[kind].mention is None:
        raise part.error("mention", "is for channels where people can be called: types slack and slack_bot")
    if mention is not None and not looks_like("mention", mention):
        raise part.error("mention", f"must be @here, @channel or the id of a user group, not {mention!r}")
    for pattern in secrets:
        if not looks_like("secret_names", pattern):
            raise part.error("secrets", f"must be patterns of secret names, not {pattern!r}")
    route = Route(
        name=name,
        channel=CHANNELS[kind],
        parameter=parameter,
        minimum=Severity(part.choice("minimum_severity", tuple(Severity))),
        secrets=secrets,
        signing_key_parameter=key,
        digest=part.flag("digest"),
        slack_channel=channel,
        mention=mention,
        mention_severity=Severity(part.choice("mention_severity", tuple(Severity))) if mention else Severity.CRITICAL,
        header_parameters=headers,
    )
    part.value("mention_severity")  # means nothing without mention
    part.finish()
    return route


def _headers(part: Document, kind: str) -> dict[str, str]:
    headers = part.named_texts("header_parameters")
    if headers and not TYPES[kind]["takes_headers"]:
        raise part.error("header_parameters", "are for channels of type webhook")
    for name in headers:
        if not looks_like("header_name", name) or name.lower() in OUR_HEADERS:
            raise part.error("header_parameters", f"must be headers that are not sent anyway, not {name!r}")
    return headers
