"""The notifier's settings."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.alarm import Detections
from secretwatch.functions.notifier.routes import Route
from secretwatch.notify.channels import CHANNELS
from secretwatch.runtime.formats import looks_like
from secretwatch.runtime.settings import Document, Environment

MAX_CHANNELS = 50


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
                # By variable what a plan need not know yet: this pattern has the key's ARN in it.
                patterns={**document.lists("patterns"), "KeyTampering": (environment.text("KEY_TAMPERING_PATTERN"),)},
            ),
        )
        document.finish()
        return settings


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
    )
    part.finish()
    return route
