"""Delivering one payload to one webhook: timeout, retry, Retry-After, then a clear error.

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
from typing import Any
from urllib.parse import urlsplit

from secretwatch.notify.notice import Notice
from secretwatch.runtime.formats import looks_like

Payload = Mapping[str, Any]

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 8.0
ATTEMPTS = 4
_BODY_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Channel:
    """How a notice looks in one channel, and when its webhook took it."""

    render: Callable[[Notice], Payload]
    accepts: Callable[[int, str], bool]
    """From HTTP status and the body's first characters: whether the message was taken."""
    sign: Callable[[str, bytes, float], Mapping[str, str]] | None = None
    """From a signing key, the body and the time (epoch seconds): headers that prove who sent it."""


class DeliveryError(Exception):
    """A webhook did not take a message; the message says what it answered, never its URL."""


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


def post(url: str, notice: Notice, channel: Channel, deadline: float, signing_key: str | None = None) -> None:
    """Post a notice, retrying until ``deadline`` (epoch seconds); raises DeliveryError.

    Connection errors, 429 and 5xx are retried with backoff or after the answer's
    Retry-After; any other refusal is final. Redirects are not followed: they would
    carry the message to a host nobody configured.
    """
    import urllib3

    body = json.dumps(channel.render(notice), ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": notice.id}
    for attempt in range(1, ATTEMPTS + 1):
        wait: float | None = None
        if channel.sign is not None and signing_key is not None:
            headers |= channel.sign(signing_key, body, clock.time())
        try:
            response = _pool().request(
                "POST",
                check_url(url),
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=_within(deadline)),
                redirect=False,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            failure = f"no answer ({type(error).__name__})"
        else:
            answer = response.data[:_BODY_SHOWN].decode("utf-8", "replace")
            if channel.accepts(response.status, answer):
                return
            failure = _refusal(response.status, answer)
            if response.status != 429 and response.status < 500:
                raise DeliveryError(failure)
            wait = _retry_after(response.headers.get("Retry-After"))
        wait = wait if wait is not None else random.uniform(0.5, 1) * 2 ** (attempt - 1)  # noqa: S311
        if attempt == ATTEMPTS or clock.time() + wait >= deadline:
            raise DeliveryError(f"{failure}, tried {attempt} times")
        clock.sleep(wait)


def _refusal(status: int, answer: str) -> str:
    if status in (404, 410):
        return f"this webhook is gone (HTTP {status}): create a new one and store its URL in the parameter"
    return f"HTTP {status} {answer!r}"


def _within(deadline: float) -> float:
    return max(0.1, min(READ_TIMEOUT, deadline - clock.time()))


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
