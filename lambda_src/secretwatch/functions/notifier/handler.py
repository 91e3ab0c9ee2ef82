"""Lambda: alerts topic → Slack, Teams and other webhooks.

Each channel of each notice has a claim: a repeated delivery sends to the channels that
have not had it, and a failed channel raises in the end, so that Lambda retries and then
moves the event to the dead-letter queue.
"""

from __future__ import annotations

import json
import logging
import os
import time as clock
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.alarm import Detections, parse_alarm, with_events
from secretwatch.functions.notifier.routes import Route
from secretwatch.functions.notifier.settings import NotifierSettings
from secretwatch.functions.notifier.trail_log import TrailLog
from secretwatch.notify.channels.webhook import DeliveryError, check_url, post
from secretwatch.notify.notice import Fact, Kind, Notice
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import field, one_line, short_hash, timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.store import Store, open_store

log = logging.getLogger(__name__)
RESERVE = 3.0
"""Seconds kept back of the function's time, to record what was sent."""
WORKERS = 16
"""Most test messages sent at once."""
_LOOK_UP_LASTS = 8.0
"""Seconds that the records behind an alarm are looked for; it is sent without them then."""
_TEST_LASTS = 15.0
"""Seconds that a test message is tried for."""
_LIFETIME = 300.0
"""Seconds that a parameter is remembered: a changed one takes effect without a deployment."""


class NotifierError(Exception):
    """At least one channel did not get a notice; the message names channels and notices."""


class Notifier:
    """Sends notices to every webhook that takes them, each once."""

    def __init__(self, settings: NotifierSettings, store: Store, parameters: Parameters, logs: Any) -> None:
        self._routes = settings.routes
        self._store = store
        self._parameters = parameters
        self._detections = settings.detections
        self._trail_log = TrailLog(logs, settings.log_group)

    def handle(self, event: object, invocation: Invocation) -> None:
        """Send every notice of an SNS event; raises NotifierError if a webhook failed."""
        failures = []
        for notice in notices(event, self._detections, self._trail_log):
            for route in self._routes:
                try:
                    if route.takes(notice):
                        self._deliver(notice, route, invocation)
                except Exception as error:  # the other channels must still get it
                    log.error("not delivered", extra={"channel": route.name, "notice": notice.id, "reason": str(error)})
                    failures.append(f"{route.name} (notice {notice.id[:12]}): {error}")
        if failures:
            raise NotifierError("; ".join(failures))

    def _deliver(self, notice: Notice, route: Route, invocation: Invocation) -> None:
        action = f"CHANNEL#{route.name}"
        claim = self._store.claims.claim(action, notice.id, invocation)
        if claim is Claim.DONE:
            log.info("already delivered", extra={"channel": route.name, "notice": notice.id})
            return
        if claim is Claim.BUSY:
            raise DeliveryError("another invocation is delivering this notice")
        try:
            url, key = self._address(route)
            post(url, notice, route.channel, invocation.lease_until - RESERVE, key)
        except Exception:
            self._store.claims.release(action, notice.id, invocation)
            raise
        self._note_delivered(action, notice)
        log.info("delivered", extra={"channel": route.name, "notice": notice.id, "severity": notice.severity})

    def _address(self, route: Route) -> tuple[str, str | None]:
        """Return a route's URL and signing key."""
        key = None if route.signing_key_parameter is None else self._parameters.text(route.signing_key_parameter)
        return self._parameters.url(route.parameter), key

    def _note_delivered(self, action: str, notice: Notice) -> None:
        """Mark a delivery done. It is done even if that cannot be written: failing now would send it again."""
        try:
            self._store.claims.settle(action, notice.id)
        except Exception as error:
            log.error("delivered but not noted", extra={"action": action, "notice": notice.id, "reason": str(error)})

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        return {"channels": {route.name: route.minimum for route in self._routes}}

    def test_channels(self, invocation: Invocation) -> Results:
        """Send a message that says that it is a test to every channel at once, whatever they take."""
        notice = _test_notice(invocation)
        deadline = min(invocation.lease_until - RESERVE, clock.time() + _TEST_LASTS)

        def send(route: Route) -> str | None:
            try:
                url, key = self._address(route)
                post(url, notice, route.channel, deadline, key)
            except Exception as error:  # each channel has its own answer
                return str(error)
            return None

        first, *others = self._routes  # one before the others: SSM's client is made by the first that needs it
        results = {first.name: send(first)}
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return results | dict(zip((route.name for route in others), pool.map(send, others), strict=True))


class Parameters:
    """Webhooks' URLs and signing keys, read from SSM and remembered for five minutes."""

    def __init__(self, ssm: Any) -> None:
        self._ssm = ssm
        self._known: dict[str, tuple[float, str]] = {}

    def url(self, name: str) -> str:
        """Return a webhook's URL; raises DeliveryError naming the parameter, never its value."""
        try:
            return check_url(self.text(name))
        except DeliveryError as error:
            self._known.pop(name, None)
            raise DeliveryError(f"SSM parameter {name}: {error}") from None

    def text(self, name: str) -> str:
        """Return a parameter's value; raises DeliveryError naming the parameter."""
        read_at, value = self._known.get(name, (0.0, ""))
        if value and clock.time() - read_at < _LIFETIME:
            return value
        try:
            value = str(self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]).strip()
        except self._ssm.exceptions.ParameterNotFound:
            raise DeliveryError(f"SSM parameter {name} does not exist: create it as a SecureString") from None
        self._known[name] = clock.time(), value
        return value


def notices(event: object, detections: Detections, trail_log: TrailLog) -> Iterator[Notice]:
    """Yield the notices of an SNS event: our own, alarms with who did what, and whatever else it carried."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not records:
        raise NotifierError("not an SNS event: no Records")
    for record in records:
        sns = record.get("Sns") if isinstance(record, Mapping) else None
        if not isinstance(sns, Mapping) or not isinstance(sns.get("Message"), str):
            raise NotifierError("not an SNS event: a record without Sns.Message")
        yield _notice(sns, detections, trail_log)


def _notice(sns: Mapping[str, Any], detections: Detections, trail_log: TrailLog) -> Notice:
    text = sns["Message"]
    notice = Notice.from_json(text)
    if notice is not None:
        return notice
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    alarm = parse_alarm(message, detections) if isinstance(message, Mapping) else None
    if alarm is None:
        return _other(sns, text)
    if alarm.window is None:
        return alarm.notice
    counted = trail_log.counted(alarm.patterns, alarm.window, clock.time() + _LOOK_UP_LASTS)
    if counted.gap:
        log.warning("not every record behind an alarm", extra={"notice": alarm.notice.id, "reason": counted.gap})
    return with_events(alarm, counted, detections.prefix)


def _other(sns: Mapping[str, Any], text: str) -> Notice:
    """A message that is neither a notice nor an alarm (a budget's, say) is passed on as it is."""
    time = field(sns.get("Timestamp")) or "unknown time"
    return Notice(
        id=short_hash("message", field(sns.get("MessageId")) or text),
        kind=Kind.MESSAGE,
        severity=Severity.LOW,
        title=one_line(field(sns.get("Subject")) or "Message on the alerts topic", 120),
        facts=(Fact("Message", one_line(text, 500)),),
        time=time,
    )


def _test_notice(invocation: Invocation) -> Notice:
    return Notice(
        id=short_hash("test", invocation.id),
        kind=Kind.MESSAGE,
        severity=Severity.INFO,
        title="Test message: this channel works",
        facts=(Fact("Message", "Sent by make verify. Nothing happened, and there is nothing to do."),),
        time=timestamp(datetime.now(UTC)),
    )


@cache
def _notifier() -> Notifier:
    configure()
    settings = NotifierSettings.read(Environment(os.environ), packaged_settings())
    logs = Lazy("logs", read_timeout=3, attempts=3)
    return Notifier(settings, open_store(client("dynamodb"), settings.table), Parameters(Lazy("ssm")), logs)


def handler(event: object, context: Any) -> dict[str, Any] | None:
    """Lambda's entry point."""
    notifier, invocation = _notifier(), Invocation.of(context)
    probed = answer(event, notifier.about(), {"test-channels": lambda: notifier.test_channels(invocation)})
    if probed is None:
        notifier.handle(event, invocation)
    return probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _notifier()
