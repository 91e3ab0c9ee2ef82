"""Sending what a channel gets: where to, as what, under which earlier message, and what is closed afterwards."""

from __future__ import annotations

import logging
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from secretwatch.functions.notifier.routes import Route
from secretwatch.notify.channels.webhook import (
    Address,
    DeliveryError,
    Payload,
    RefusedError,
    Threading,
    post,
    send,
)
from secretwatch.notify.gathered import gathered
from secretwatch.notify.notice import Kind, Notice
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.text import in_utc, timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.store import Store
from secretwatch.store.threads import Thread, Turn

log = logging.getLogger(__name__)
RESERVE = 3.0
"""Seconds kept back of the function's time, to record what was sent."""
_LIFETIME = 300.0
"""Seconds that a parameter is remembered: a changed one takes effect without a deployment."""


class BusyError(DeliveryError):
    """Another invocation is sending the first message of a notice's thread; other notices may be sent."""


class Parameters:
    """Webhooks' URLs, keys, tokens and headers, read from SSM and remembered for five minutes."""

    def __init__(self, ssm: Any) -> None:
        self._ssm = ssm
        self._known: dict[str, tuple[float, str]] = {}

    def address(self, route: Route) -> Address:
        """Return where a channel's messages go; raises DeliveryError naming the parameter, never its value."""
        value = self.text(route.parameter)
        try:
            to = route.channel.address(value)
        except DeliveryError as error:
            self._known.pop(route.parameter, None)
            raise DeliveryError(f"SSM parameter {route.parameter}: {error}") from None
        headers = {name: self._header(parameter) for name, parameter in route.header_parameters.items()}
        return replace(
            to,
            headers={**to.headers, **headers},
            body={**to.body, **({"channel": route.slack_channel} if route.slack_channel else {})},
            signing_key=None if route.signing_key_parameter is None else self.text(route.signing_key_parameter),
        )

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

    def _header(self, name: str) -> str:
        """Return the value of a header. A line break in it would be another header, or another request."""
        value = self.text(name)
        if not value or not value.isascii() or not value.isprintable():
            self._known.pop(name, None)
            raise DeliveryError(f"SSM parameter {name}: a header's value is one line of printable ASCII")
        return value


class Sender:
    """Sends notices to one channel or another."""

    def __init__(self, store: Store, parameters: Parameters) -> None:
        self._store = store
        self._parameters = parameters

    def send(self, notices: Sequence[Notice], route: Route, invocation: Invocation) -> bool:
        """Send some notices as one message; return whether the channel asked to slow down. Raises DeliveryError."""
        to, deadline = self._parameters.address(route), invocation.lease_until - RESERVE
        channel, notice = route.channel, notices[0] if len(notices) == 1 else gathered(notices)
        if channel.resolve is not None:
            return self._send_alert(channel.resolve, notice, to, route, deadline)
        if channel.threading is not None:
            return self._send_to_thread(channel.threading, notices, notice, to, route, invocation)
        return send(to, _message(notice, route), notice.id, channel, deadline).throttled

    def _send_alert(
        self, resolve: Callable[[str], Payload], notice: Notice, to: Address, route: Route, deadline: float
    ) -> bool:
        """Open an alert, or close it: a story's ends with its day, an alarm's with the alarm, any other by hand.

        A story is noted before it is sent, since nobody would close what was sent and not noted. An alarm's turn
        is noted before its alert is closed and after it is opened, so that of two that cross the last one counts.
        """
        threads, turn = self._store.threads, Turn(_time(notice), notice.is_over)
        over = f"{notice.id} is over", route.channel, deadline
        if notice.is_over:
            if threads.turned(route.name, notice.thread, turn).is_over:
                return send(to, resolve(notice.thread), *over).throttled
            log.info("not resolved: it went off again", extra={"channel": route.name, "notice": notice.id})
            return False
        if notice.kind is Kind.ACCESS:
            threads.open(route.name, _thread(notice))
        throttled = send(to, _message(notice, route), notice.id, route.channel, deadline).throttled
        if notice.kind is Kind.ALARM and threads.turned(route.name, notice.thread, turn).is_over:
            throttled |= send(to, resolve(notice.thread), *over).throttled
        return throttled

    def _send_to_thread(
        self,
        threading: Threading,
        notices: Sequence[Notice],
        notice: Notice,
        to: Address,
        route: Route,
        invocation: Invocation,
    ) -> bool:
        """Send a message under the first one of its thread, or as the first; one that lists many stands by itself."""
        payload, deadline = _message(notice, route), invocation.lease_until - RESERVE
        alone, action, subject = len(notices) == 1, f"ROOT#{route.name}", _subject(notice)
        first = self._first(notice, route, invocation) if alone else None
        if first is not None and first.root:
            worse = replace(first, severity=max(first.severity, notice.severity, key=lambda severity: severity.rank))
            try:
                under = threading.reply(payload, first.root, worse != first)
                throttled = send(to, under, notice.id, route.channel, deadline).throttled
            except RefusedError as error:  # somebody may have deleted the first message
                log.warning("not taken as a reply", extra={"channel": route.name, "reason": str(error)})
                posted = send(to, payload, notice.id, route.channel, deadline)
                self._replace(first, replace(worse, root=threading.root(posted.answer) or ""), route)
                return posted.throttled
            if worse != first:
                self._replace(first, worse, route)
            return throttled
        with self._store.claims.acting(action, [subject] if alone and first is None else [], invocation):
            posted = send(to, payload, notice.id, route.channel, deadline)
            self._note(notices, threading.root(posted.answer) or "", route)
        return posted.throttled

    def _first(self, notice: Notice, route: Route, invocation: Invocation) -> Thread | None:
        """Return the first message of a notice's thread, or None if this is to be it. Raises BusyError."""
        known = self._store.threads.get(route.name, _day(notice), notice.thread)
        if known is not None:
            return known
        claim = self._store.claims.claim(f"ROOT#{route.name}", _subject(notice), invocation)
        if claim is Claim.BUSY:
            raise BusyError("another invocation is sending the first message of this thread")
        return self._store.threads.get(route.name, _day(notice), notice.thread) if claim is Claim.DONE else None

    def _note(self, notices: Sequence[Notice], root: str, route: Route) -> None:
        """Note that something was sent of some threads. It was, even if that cannot be written."""
        for notice in notices:
            if notice.kind in (Kind.DIGEST, Kind.MESSAGE):
                continue
            try:
                self._store.threads.open(route.name, _thread(notice, root))
            except Exception as error:
                about = {"channel": route.name, "notice": notice.id, "reason": str(error)}
                log.error("the thread is not noted: its next message stands by itself", extra=about)

    def _replace(self, old: Thread, new: Thread, route: Route) -> None:
        """Note what became of a thread. It was sent, even if that cannot be written."""
        try:
            self._store.threads.replace(route.name, old, new)
        except Exception as error:
            log.error("the thread is not noted", extra={"channel": route.name, "reason": str(error)})

    def close(self, day: str, route: Route, invocation: Invocation) -> None:
        """Resolve the stories that are open in a channel of a day (UTC) and before: they end with their day.

        Raises DeliveryError where the channel does not take it or there is no time for all.
        """
        resolve = route.channel.resolve
        if resolve is None:
            return
        to, deadline = self._parameters.address(route), invocation.lease_until - RESERVE
        for thread in self._store.threads.before(route.name, f"{day}~"):
            try:
                send(to, resolve(thread.name), f"{thread.name} is over", route.channel, deadline)
            except RefusedError as error:  # it must not keep the others open
                log.error("not resolved", extra={"channel": route.name, "thread": thread.name, "reason": str(error)})
            self._store.threads.close(route.name, thread)

    def test(self, notice: Notice, route: Route, deadline: float) -> None:
        """Send a test message, and close what it opened. Raises DeliveryError."""
        to = self._parameters.address(route)
        post(to, notice, route.channel, deadline)
        if route.channel.resolve is not None:
            send(to, route.channel.resolve(notice.thread), f"{notice.id} is over", route.channel, deadline)


def _message(notice: Notice, route: Route) -> Any:
    payload = route.channel.render(notice)
    if route.mention is None or route.channel.mention is None or notice.severity.rank < route.mention_severity.rank:
        return payload
    return route.channel.mention(payload, route.mention)


def _thread(notice: Notice, root: str = "") -> Thread:
    return Thread(_day(notice), notice.thread, root, notice.severity)


def _subject(notice: Notice) -> str:
    """What the first message of a thread is claimed as."""
    return f"{_day(notice)} {notice.thread}"


def _day(notice: Notice) -> str:
    return _time(notice)[:10]


def _time(notice: Notice) -> str:
    """When it happened; now where a notice does not say it, since whatever is no time would sort after all days."""
    return in_utc(notice.time) or timestamp(datetime.now(UTC))
