"""Delivering one payload to one endpoint: total deadline, retry, Retry-After, then a clear error.

The URL of a webhook is a secret, and so are keys and tokens: no error or log line carries one.
"""

from __future__ import annotations

import ipaddress
import json
import math
import random
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import count
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from secretwatch.notify.notice import Notice
from secretwatch.runtime.formats import looks_like
from secretwatch.runtime.masking import masked
from secretwatch.runtime.text import short_hash

Payload = Mapping[str, Any]

CONNECT_TIMEOUT = 3.0
ANSWER_TIMEOUT = 8.0
"""Seconds that one request may take in all, however busily its answer trickles in."""
ATTEMPTS = 4
UNANSWERED_ATTEMPTS = 2
"""Attempts where the request was sent and nothing came back: it may have been taken, and the next one is a copy."""
SHORTEST_WAIT = 0.5
"""Seconds that are waited between two attempts, even if the receiver asks for less."""
THROTTLED_ATTEMPTS = 20
"""Attempts where each answer says how long to wait: another message may have been first each time."""
_BODY_SHOWN = 120
_KEY_LIMIT = 100
"""Longest notice's id, in characters, that is an Idempotency-Key as it is."""
_BODY_READ = 100_000
"""Most bytes of an answer that are looked at: an API repeats the message in it."""


class Scope(StrEnum):
    """What a refusal is about, and so what becomes of the other messages."""

    MOMENT = "moment"
    """It may pass by itself: the same message is tried again at once."""
    MESSAGE = "message"
    """This very message: another one may be taken."""
    CHANNEL = "channel"
    """Every message, until somebody does something about it."""


class Refusal(NamedTuple):
    """Why a message was not taken; the words name the cure where one is known."""

    scope: Scope
    words: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where messages go, and what proves that they are ours. All of it is secret."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Payload = field(default_factory=dict, repr=False)
    """What is in every message, such as a routing key."""
    signing_key: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may be shown, even if an answer repeats it."""
        parts = urlsplit(self.url)
        return (parts.path, parts.query, *self.headers.values(), *map(str, self.body.values()), self.signing_key or "")


def refusal(status: int, text: str) -> Refusal:
    """What an answer that is no yes means where a receiver has no words of its own."""
    if status in (404, 410):
        words = f"this webhook is gone (HTTP {status}): create a new one and store its URL in the parameter"
        return Refusal(Scope.MESSAGE, words)
    scope = Scope.MOMENT if status == 429 or status >= 500 else Scope.MESSAGE
    return Refusal(scope, f"HTTP {status} {text[:_BODY_SHOWN]!r}")


def webhook_address(value: str) -> Address:
    """Return the address in a parameter that holds a webhook's URL; raises DeliveryError."""
    return Address(check_url(value))


class Threading(NamedTuple):
    """How messages are put under an earlier one."""

    reply: Callable[[Payload, str, bool], Payload]
    """From a message, what ``root`` returned of the first one, and whether all should see it: the reply."""
    root: Callable[[str], str | None]
    """From the answer to a message: what replies name it by."""


@dataclass(frozen=True, slots=True)
class Channel:
    """How a notice looks in one channel, and when its receiver took it."""

    render: Callable[[Notice], Payload]
    accepts: Callable[[int, str], bool]
    """From HTTP status and body of an answer: whether the message was taken."""
    refusal: Callable[[int, str], Refusal] = refusal
    """From HTTP status and body of an answer that does not accept: what it means."""
    address: Callable[[str], Address] = webhook_address
    """From the value of the channel's parameter (a URL or a key): where to send. Raises DeliveryError."""
    sign: Callable[[str, bytes, float], Mapping[str, str]] | None = None
    """From a signing key, the body and the time (epoch seconds): headers that prove who sent it."""
    resolve: Callable[[str], Payload] | None = None
    """From a notice's thread: the message that closes it. None where nothing stays open."""
    mention: Callable[[Payload, str], Payload] | None = None
    """From a message and who is called in it ("@here"): the message that calls them."""
    threading: Threading | None = None
    """How updates stand under the first message of their thread; None where each stands by itself."""
    interval: float = 0.0
    """Seconds between two messages that its receiver asks for."""
    gathers: bool = False
    """Whether one message may list many notices: people read it, and no program counts on one notice a request."""


class DeliveryError(Exception):
    """A webhook did not take a message; the message says what it answered, never its URL."""


class RefusedError(DeliveryError):
    """A webhook refused this very message: to send it again is of no use, another one may be taken."""


class _Answer(NamedTuple):
    status: int
    text: str
    retry_after: str | None


class _NoAnswer(NamedTuple):
    why: str
    """The name of what went wrong."""
    is_sent: bool
    """Whether the request may have reached the receiver."""


def check_url(url: str) -> str:
    """Return the URL, or raise DeliveryError: webhooks are HTTPS, plain HTTP only on this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if looks_like("webhook_url", url) or (parts.scheme == "http" and _is_loopback(host)):
        return url
    raise DeliveryError("the webhook's URL is not an https:// URL: write the one that the channel gave you")


def keyed_address(value: str, usual: str) -> tuple[str, str]:
    """Return URL and key of a parameter that holds "KEY", or "URL KEY" for another endpoint than the usual one."""
    first, *rest = value.split()[:3] or [""]
    if len(rest) > 1:
        raise DeliveryError("more than an endpoint and a key: write the key alone, or both with one space between")
    return (check_url(first), rest[0]) if rest else (usual, first)


class Posted(NamedTuple):
    """What came of a message that was taken."""

    throttled: bool
    """Whether its receiver asked to slow down."""
    answer: str


def post(to: Address, notice: Notice, channel: Channel, deadline: float) -> Posted:
    """Render a notice and ``send`` it."""
    return send(to, channel.render(notice), notice.id, channel, deadline)


def send(to: Address, payload: Payload, identity: str, channel: Channel, deadline: float) -> Posted:
    """Post a message, retrying until ``deadline`` (epoch seconds); ``identity`` is the same for each copy of it.

    What was not sent, and refusals of the moment (429, 5xx), are retried with backoff or after the answer's
    Retry-After, what was sent and not answered once, since it may have been taken; then DeliveryError is raised.
    A refusal of the message is final (RefusedError), one of every message too (DeliveryError). Redirects are not
    followed: they would carry the message to a host nobody configured.
    """
    body = json.dumps({**payload, **to.body}, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": _key(identity), **to.headers}
    throttled = False
    for attempt in count(1):
        wait, most = None, ATTEMPTS
        if channel.sign is not None and to.signing_key is not None:
            headers |= channel.sign(to.signing_key, body, clock.time())
        answer = _exchange(to.url, body, headers, deadline - clock.time())
        if isinstance(answer, _NoAnswer):
            failure = f"no answer ({answer.why})"
            most = UNANSWERED_ATTEMPTS if answer.is_sent else ATTEMPTS
        else:
            if channel.accepts(answer.status, answer.text):
                return Posted(throttled, answer.text)
            # Before and after: a channel cuts what it shows, and reads what JSON spells in its own way.
            scope, words = channel.refusal(answer.status, masked(answer.text, to.secrets))
            failure = masked(words, to.secrets)
            if scope is not Scope.MOMENT:
                raise (RefusedError if scope is Scope.MESSAGE else DeliveryError)(failure)
            wait = _retry_after(answer.retry_after, max(channel.interval, SHORTEST_WAIT))
            throttled |= answer.status == 429
            most = THROTTLED_ATTEMPTS if answer.status == 429 and wait is not None else ATTEMPTS
        wait = wait if wait is not None else random.uniform(0.5, 1) * 2 ** (attempt - 1)  # noqa: S311
        if attempt >= most or clock.time() + wait >= deadline:
            raise DeliveryError(f"{failure}, tried {attempt} times")
        clock.sleep(wait)
    raise AssertionError("unreachable")


def _exchange(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> _Answer | _NoAnswer:
    """Return what a webhook answers, or what went wrong.

    urllib3's timeouts begin anew with each byte, and looking up a host has none. So the request has a
    thread of its own, and nobody waits for it longer than the deadline; it is left to end by itself.
    """
    limit = min(ANSWER_TIMEOUT, seconds)
    if limit <= 0:
        return _NoAnswer("no time left", is_sent=False)
    outcome: SimpleQueue[_Answer | _NoAnswer] = SimpleQueue()
    Thread(target=lambda: outcome.put(_request(url, body, headers, limit)), daemon=True).start()
    try:
        return outcome.get(timeout=limit)
    except Empty:
        return _NoAnswer("too slow", is_sent=True)


def _request(url: str, body: bytes, headers: Mapping[str, str], limit: float) -> _Answer | _NoAnswer:
    import urllib3

    timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, limit), read=limit)
    try:
        response = _pool().request(
            "POST", url, body=body, headers=headers, timeout=timeout, redirect=False, retries=False,
            preload_content=False,
        )  # fmt: skip
        try:
            text = response.read(_BODY_READ).decode("utf-8", "replace")
        finally:
            response.close()  # not drained: it may be endless
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
        return _NoAnswer(type(error).__name__, is_sent=False)
    except Exception as error:  # nobody else would hear of it: this is the thread's end
        return _NoAnswer(type(error).__name__, is_sent=True)
    return _Answer(response.status, text, response.headers.get("Retry-After"))


def _key(identity: str) -> str:
    """Return a notice's id as a header may carry it: as it is, or its hash where it is long or no plain text."""
    plain = identity.isascii() and identity.isprintable() and identity == identity.strip()
    return identity if plain and 0 < len(identity) <= _KEY_LIMIT else short_hash(identity)


def _retry_after(header: str | None, least: float) -> float | None:
    """Seconds to wait; None where the header is missing or no number (a date, which no chat service sends)."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return max(least, seconds) if math.isfinite(seconds) else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _pool() -> Any:
    import urllib3

    return urllib3.PoolManager(num_pools=4)
