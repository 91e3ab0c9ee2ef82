"""Any HTTPS endpoint of your own: the notice as the alerts topic carries it.

The body is ``Notice.to_json``. Every request carries ``Idempotency-Key``, the notice's id,
and, where a signing key is configured, ``X-Secretwatch-Signature: t=<epoch seconds>,v1=<hex>``
with the HMAC-SHA256 of ``<t>.<body>``: docs/webhook.md shows how to check it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from secretwatch.notify.channels.webhook import Payload
from secretwatch.notify.notice import Notice

SIGNATURE = "X-Secretwatch-Signature"


def accepts(status: int, _answer: str) -> bool:
    """Any 2xx answer."""
    return 200 <= status < 300


def render(notice: Notice) -> Payload:
    """Return the notice itself."""
    payload: Payload = json.loads(notice.to_json())
    return payload


def sign(key: str, body: bytes, now: float) -> Mapping[str, str]:
    """Return the signature's header; the time in it lets a receiver refuse old requests."""
    digest = hmac.new(key.encode(), f"{int(now)}.".encode() + body, hashlib.sha256).hexdigest()
    return {SIGNATURE: f"t={int(now)},v1={digest}"}
