"""Delivering one payload to one webhook: total deadline, retry, Retry-After, then a clear error.

The URL of a webhook is a secret: no error or log line carries it.
"""

from __future__ import annotations

import ipaddress
import json
import random
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from secretwatch.notify.notice import Notice
from secretwatch.runtime.formats import looks_like

Payload = Mapping[str, Any]

CONNECT_TIMEOUT = 3.0
ANSWER_TIMEOUT = 8.0
"""Seconds that one request may take in all, however busily its answer trickles in."""
ATTEMPTS = 4
THROTTLED_ATTEMPTS = 20
"""Attempts where each answer says how long to wait: another message may have been first each time."""
_BODY_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Channel:
    """How a notice looks in one channel, and when its webhook took it."""

    render: Callable[[Notice], Payload]
    accepts: Callable[[int, str], bool]
    """From HTTP status and the body's first characters: whether the message was taken."""
    sign: Callable[[str, bytes, float], Mapping[str, str]] | None = None
    """From a signing key, the body and the time (epoch seconds): headers that prove who sent it."""
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
    """The body's first characters."""
    retry_after: str | None


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


def post(url: str, notice: Notice, channel: Channel, deadline: float, signing_key: str | None = None) -> bool:
    """Post a notice, retrying until ``deadline`` (epoch seconds); return whether the webhook asked to slow down.

    Connection errors, 429 and 5xx are retried with backoff or after the answer's Retry-After, then
    DeliveryError is raised; any other refusal is final (RefusedError). Redirects are not followed:
    they would carry the message to a host nobody configured.
    """
    body = json.dumps(channel.render(notice), ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": notice.id}
    throttled = False
    for attempt in count(1):
        wait, most = None, ATTEMPTS
        if channel.sign is not None and signing_key is not None:
            headers |= channel.sign(signing_key, body, clock.time())
        answer = _exchange(check_url(url), body, headers, deadline - clock.time())
        if isinstance(answer, str):
            failure = f"no answer ({answer})"
        else:
            if channel.accepts(answer.status, answer.text):
                break
            failure = _refusal(answer)
            if answer.status != 429 and answer.status < 500:
                raise RefusedError(failure)
            wait = _retry_after(answer.retry_after)
            throttled |= answer.status == 429
            most = THROTTLED_ATTEMPTS if answer.status == 429 and wait is not None else ATTEMPTS
        wait = wait if wait is not None else random.uniform(0.5, 1) * 2 ** (attempt - 1)  # noqa: S311
        if attempt >= most or clock.time() + wait >= deadline:
            raise DeliveryError(f"{failure}, tried {attempt} times")
        clock.sleep(wait)
    return throttled


def _exchange(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> _Answer | str:
    """Return what a webhook answers, or the name of what went wrong.

    urllib3's timeouts begin anew with each byte, and looking up a host has none. So the request has a
    thread of its own, and nobody waits for it longer than the deadline; it is left to end by itself.
    """
    limit = min(ANSWER_TIMEOUT, seconds)
    if limit <= 0:
        return "no time left"
    outcome: SimpleQueue[_Answer | str] = SimpleQueue()
    Thread(target=lambda: outcome.put(_request(url, body, headers, limit)), daemon=True).start()
    try:
        return outcome.get(timeout=limit)
    except Empty:
        return "too slow"


def _request(url: str, body: bytes, headers: Mapping[str, str], limit: float) -> _Answer | str:
    import urllib3

    timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, limit), read=limit)
    try:
        response = _pool().request(
            "POST", url, body=body, headers=headers, timeout=timeout, redirect=False, retries=False,
            preload_content=False,
        )  # fmt: skip
        try:
            text = response.read(_BODY_SHOWN).decode("utf-8", "replace")
        finally:
            response.close()  # not drained: it may be endless
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return type(error).__name__
    return _Answer(response.status, text, response.headers.get("Retry-After"))


def _refusal(answer: _Answer) -> str:
    if answer.status in (404, 410):
        return f"this webhook is gone (HTTP {answer.status}): create a new one and store its URL in the parameter"
    return f"HTTP {answer.status} {answer.text!r}"


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait; None where the header is missing or a date, which no chat service sends."""
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _pool() -> Any:
    import urllib3

    return urllib3.PoolManager(num_pools=4)
