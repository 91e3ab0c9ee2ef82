"""Lambda: alerts topic → Slack and Teams.

Each channel of each notice has a claim: a repeated delivery sends to the channels that
have not had it, and a failed channel raises in the end, so that Lambda retries and then
parks the event in the failure queue.
"""

from __future__ import annotations

import json
import logging
import os
import time as clock
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from secretwatch.audit import AuditTable, Claim
from secretwatch.aws import Lazy, client
from secretwatch.channels import CHANNELS
from secretwatch.channels.webhook import DeliveryError, check_url, post
from secretwatch.logs import configure
from secretwatch.notice import Fact, Kind, Notice, Severity, notice_id
from secretwatch.notifier.alarm import parse_alarm
from secretwatch.settings import Environment, SettingsError
from secretwatch.text import field, one_line

log = logging.getLogger(__name__)
RESERVE = 3.0
"""Seconds kept back of the function's time, to record what was sent."""
_URL_LIFETIME = 300.0
"""Seconds that a webhook's URL is remembered: a changed parameter takes effect without a deployment."""


class NotifierError(Exception):
    """At least one channel did not get a notice; the message names channels and notices."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    table: str
    webhooks: Mapping[str, str]
    """Channel → name of the SSM parameter that holds its webhook's URL."""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Settings:
        """Return the settings; raises SettingsError naming the variable."""
        environment = Environment(variables)
        webhooks = environment.pairs("WEBHOOK_PARAMETERS")
        unknown = sorted(set(webhooks) - set(CHANNELS))
        if unknown:
            raise SettingsError(
                f"environment variable WEBHOOK_PARAMETERS names {unknown[0]!r}; channels are {', '.join(CHANNELS)}"
            )
        return cls(table=environment.text("AUDIT_TABLE"), webhooks=webhooks)


class Notifier:
    """Sends notices to every configured channel, each once."""

    def __init__(self, settings: Settings, audit: AuditTable, urls: WebhookUrls) -> None:
        self._settings = settings
        self._audit = audit
        self._urls = urls

    def handle(self, event: object, owner: str, lease_until: float) -> None:
        """Tell every notice of an SNS event; raises NotifierError if a channel failed."""
        failures = []
        for notice in notices(event):
            for channel in self._settings.webhooks:
                try:
                    self._tell(notice, channel, owner, lease_until)
                except Exception as error:  # the other channels must still be told
                    log.error("not delivered", extra={"channel": channel, "notice": notice.id, "reason": str(error)})
                    failures.append(f"{channel} (notice {notice.id[:12]}): {error}")
        if failures:
            raise NotifierError("; ".join(failures))

    def _tell(self, notice: Notice, channel: str, owner: str, lease_until: float) -> None:
        action = f"CHANNEL#{channel}"
        claim = self._audit.claim(action, notice.id, owner, lease_until)
        if claim is Claim.DONE:
            log.info("already delivered", extra={"channel": channel, "notice": notice.id})
            return
        if claim is Claim.BUSY:
            raise DeliveryError("another invocation is delivering this notice")
        entry = CHANNELS[channel]
        post(self._urls.get(channel), entry.render(notice), entry, lease_until - RESERVE)
        self._audit.settle(action, notice.id)
        log.info("delivered", extra={"channel": channel, "notice": notice.id, "severity": notice.severity})


class WebhookUrls:
    """The webhooks' URLs, read from SSM and remembered for five minutes."""

    def __init__(self, ssm: Any, parameters: Mapping[str, str]) -> None:
        self._ssm = ssm
        self._parameters = parameters
        self._known: dict[str, tuple[float, str]] = {}

    def get(self, channel: str) -> str:
        """Return a channel's URL; raises DeliveryError naming the parameter, never its value."""
        read_at, url = self._known.get(channel, (0.0, ""))
        if url and clock.time() - read_at < _URL_LIFETIME:
            return url
        name = self._parameters[channel]
        try:
            value = self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            url = check_url(value.strip())
        except DeliveryError as error:
            raise DeliveryError(f"SSM parameter {name}: {error}") from None
        except self._ssm.exceptions.ParameterNotFound:
            raise DeliveryError(f"SSM parameter {name} does not exist: create it as a SecureString") from None
        self._known[channel] = clock.time(), url
        return url


def notices(event: object) -> Iterator[Notice]:
    """Yield the notices of an SNS event: our own, alarms, and whatever else the topic carried."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not records:
        raise NotifierError("not an SNS event: no Records")
    for record in records:
        sns = record.get("Sns") if isinstance(record, Mapping) else None
        if not isinstance(sns, Mapping) or not isinstance(sns.get("Message"), str):
            raise NotifierError("not an SNS event: a record without Sns.Message")
        yield _notice(sns)


def _notice(sns: Mapping[str, Any]) -> Notice:
    text = sns["Message"]
    notice = Notice.from_json(text)
    if notice is not None:
        return notice
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    alarm = parse_alarm(message) if isinstance(message, Mapping) else None
    return alarm or _other(sns, text)


def _other(sns: Mapping[str, Any], text: str) -> Notice:
    """A message that is neither a notice nor an alarm (a budget's, say) is passed on as it is."""
    time = field(sns.get("Timestamp")) or "unknown time"
    return Notice(
        id=notice_id("message", field(sns.get("MessageId")) or text),
        kind=Kind.MESSAGE,
        severity=Severity.LOW,
        title=one_line(field(sns.get("Subject")) or "Message on the alerts topic", 120),
        facts=(Fact("Message", one_line(text, 500)),),
        time=time,
    )


@cache
def _notifier() -> Notifier:
    configure()
    settings = Settings.read(os.environ)
    audit = AuditTable(client("dynamodb"), settings.table)
    return Notifier(settings, audit, WebhookUrls(Lazy("ssm"), settings.webhooks))


def handler(event: object, context: Any) -> None:
    """Lambda's entry point."""
    lease_until = clock.time() + context.get_remaining_time_in_millis() / 1000
    _notifier().handle(event, context.aws_request_id, lease_until)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _notifier()
