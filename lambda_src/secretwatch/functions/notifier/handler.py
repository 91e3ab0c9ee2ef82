"""Lambda: a channel's queue → Slack, Teams, PagerDuty or anywhere else.

Each channel has a queue of its own, so that none waits for another, and each notice has a claim for
each channel: what comes again is sent to the channels that have not had it. What a channel did not
take goes back to its queue, which hands it over again, and in the end to the channel's dead-letter
queue. AWS: "Implementing partial batch responses".
"""

from __future__ import annotations

import json
import logging
import os
import time as clock
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.alarm import Alarm, Detections, parse_alarm, with_events
from secretwatch.functions.notifier.incoming import Message, NotifierError, read
from secretwatch.functions.notifier.routes import Route
from secretwatch.functions.notifier.sender import RESERVE, BusyError, Parameters, Sender
from secretwatch.functions.notifier.settings import NotifierSettings
from secretwatch.functions.notifier.trail_log import TrailLog
from secretwatch.notify.channels.webhook import DeliveryError, RefusedError
from secretwatch.notify.notice import Fact, Kind, Notice
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer, patterns_hash
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import field, one_line, short_hash, timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.store import Store, open_store

log = logging.getLogger(__name__)
AT_ONCE = 5
"""Most notices of a batch that people get one by one: more become one message that lists them."""
WORKERS = 16
"""Most test messages sent at once."""
_LOOK_UP_LASTS = 8.0
"""Seconds that the records behind an alarm are looked for; it is sent without them then."""
_LOOK_UPS_LAST = 20.0
"""Seconds of an invocation after which no more records are looked for."""
_TEST_LASTS = 15.0
"""Seconds that a test message is tried for."""


class Notifier:
    """Sends notices to the webhook of the queue that they came in, each once."""

    def __init__(self, settings: NotifierSettings, store: Store, parameters: Parameters, logs: Any) -> None:
        self._routes = settings.routes
        self._by_queue = {settings.queue(route): route for route in settings.routes}
        self._store = store
        self._sender = Sender(store, parameters)
        self._detections = settings.detections
        self._trail_log = TrailLog(logs, settings.log_group)

    def handle(self, event: object, invocation: Invocation) -> dict[str, Any]:
        """Send every notice of an SQS event; return which messages were not delivered. Raises NotifierError."""
        batch = read(event)
        route = self._by_queue.get(batch.queue)
        if route is None:
            raise NotifierError(f"the queue {batch.queue} is no channel's")
        failed: list[str] = []
        claimed: dict[str, Notice] = {}
        messages: dict[str, list[str]] = {}
        for message in batch.messages:
            try:
                notice = self._notice(message, route, invocation)
                if notice is not None and (notice.id in claimed or self._claim(notice, route, invocation)):
                    claimed[notice.id] = notice
                    messages.setdefault(notice.id, []).append(message.id)
            except Exception as error:  # the others of the batch must still be sent
                log.error(
                    "not delivered", extra={"channel": route.name, "sqs_message": message.id, "reason": str(error)}
                )
                failed.append(message.id)
        for notice in self._send([*claimed.values()], route, invocation):
            failed += messages[notice.id]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def _notice(self, message: Message, route: Route, invocation: Invocation) -> Notice | None:
        """Return what a message is about: our own notice, an alarm with who did what, or whatever else it carried.

        None where the channel does not take it.
        """
        found = parse(message.sns, self._detections)
        if isinstance(found, Alarm):
            # Whose secrets an alarm is about is not known yet; how severe it is, is.
            found = self._with_events(found, invocation) if route.hears(found.notice) else found.notice
        if found.kind is Kind.DIGEST:
            self._sender.close(found.time[:10], route, invocation)
        return found if route.takes(found) else None

    def _with_events(self, alarm: Alarm, invocation: Invocation) -> Notice:
        if alarm.window is None:
            return alarm.notice
        until = min(clock.time() + _LOOK_UP_LASTS, invocation.started + _LOOK_UPS_LAST)
        counted = self._trail_log.counted(alarm.patterns, alarm.window, until)
        if counted.gap:
            log.warning("not every record behind an alarm", extra={"notice": alarm.notice.id, "reason": counted.gap})
        return with_events(alarm, counted, self._detections.prefix)

    def _claim(self, notice: Notice, route: Route, invocation: Invocation) -> bool:
        """Return whether a notice is to be sent; False where the channel had it. Raises DeliveryError."""
        claim = self._store.claims.claim(route.action, notice.id, invocation)
        if claim is Claim.BUSY:
            raise DeliveryError("another invocation is delivering this notice")
        if claim is Claim.DONE:
            log.info("already delivered", extra={"channel": route.name, "notice": notice.id})
        return claim is Claim.TAKEN

    def _send(self, notices: Sequence[Notice], route: Route, invocation: Invocation) -> list[Notice]:
        """Send claimed notices at the channel's pace; return those that were not delivered, their claims released.

        Many become one message, and so does what is left once the channel asked to slow down; a
        digest, which is kept nowhere else, is one by itself. A message that was refused says
        nothing about the next, any other failure does: what is left waits for the next attempt.
        """
        left, failed = sorted(notices, key=lambda notice: notice.kind is not Kind.DIGEST), []
        together = route.channel.gathers and len(left) > AT_ONCE
        may_gather = route.channel.gathers
        while left:
            group = left if together and left[0].kind is not Kind.DIGEST else left[:1]
            try:
                throttled = self._sender.send(group, route, invocation)
            except RefusedError as error:
                if together and len(group) > 1:  # whichever it does not take must not keep the others
                    together = may_gather = False
                    continue
                failed += self._give_up(group, error, route, invocation)
            except BusyError as error:  # the others belong to other threads
                failed += self._give_up(group, error, route, invocation)
            except Exception as error:
                return failed + self._give_up(left, error, route, invocation)
            else:
                self._note_delivered(group, route)
                together = may_gather and (together or throttled)
            if left := left[len(group) :]:
                clock.sleep(route.channel.interval)
        return failed

    def _give_up(
        self, notices: Sequence[Notice], error: Exception, route: Route, invocation: Invocation
    ) -> list[Notice]:
        """Release the claims of what was not delivered; return it."""
        for notice in notices:
            log.error("not delivered", extra={"channel": route.name, "notice": notice.id, "reason": str(error)})
            try:
                self._store.claims.release(route.action, notice.id, invocation)
            except Exception as failure:  # its lease ends before the queue hands it over again
                log.error("claim not released", extra={"notice": notice.id, "reason": str(failure)})
        return list(notices)

    def _note_delivered(self, notices: Iterable[Notice], route: Route) -> None:
        """Mark deliveries done. They are done even if that cannot be written: failing now would send them again."""
        for notice in notices:
            about = {"channel": route.name, "notice": notice.id, "severity": notice.severity}
            try:
                self._store.claims.settle(route.action, notice.id)
            except Exception as error:
                log.error("delivered but not noted", extra={**about, "reason": str(error)})
            else:
                log.info("delivered", extra=about)

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        return {
            "channels": {route.name: route.minimum for route in self._routes},
            "patterns": {metric: patterns_hash(found) for metric, found in self._detections.patterns.items()},
        }

    def test_channels(self, invocation: Invocation) -> Results:
        """Send a message that says that it is a test to every channel at once, whatever they take."""
        notice = _test_notice(invocation)
        deadline = min(invocation.lease_until - RESERVE, clock.time() + _TEST_LASTS)

        def send(route: Route) -> str | None:
            try:
                self._sender.test(notice, route, deadline)
            except Exception as error:  # each channel has its own answer
                return str(error)
            return None

        first, *others = self._routes  # one before the others: SSM's client is made by the first that needs it
        results = {first.name: send(first)}
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return results | dict(zip((route.name for route in others), pool.map(send, others), strict=True))


def parse(sns: Mapping[str, Any], detections: Detections) -> Notice | Alarm:
    """Return what an SNS message is: our own notice, an alarm, or whatever else it carries."""
    text = sns["Message"]
    notice = Notice.from_json(text)
    if notice is not None:
        return notice
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    alarm = parse_alarm(message, detections) if isinstance(message, Mapping) else None
    return _other(sns, text) if alarm is None else alarm


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


def handler(event: object, context: Any) -> dict[str, Any]:
    """Lambda's entry point."""
    notifier, invocation = _notifier(), Invocation.of(context)
    probed = answer(event, notifier.about(), {"test-channels": lambda: notifier.test_channels(invocation)})
    return notifier.handle(event, invocation) if probed is None else probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _notifier()
