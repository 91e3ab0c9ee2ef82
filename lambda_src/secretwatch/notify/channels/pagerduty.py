"""PagerDuty: a notice as an alert of the Events API v2.

What is about the same thing has one ``dedup_key``: PagerDuty keeps one alert of it, which each message
triggers again, and which is resolved when its story is over. PagerDuty: "Send an Alert Event",
"Events API v2 Overview" (answers, 512 KB a message), "PD-CEF".
"""

from __future__ import annotations

import json
import re

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels.webhook import (
    Address,
    DeliveryError,
    Payload,
    Refusal,
    Scope,
    keyed_address,
    refusal,
)
from secretwatch.notify.notice import Notice
from secretwatch.runtime.text import inert, one_line

ENDPOINT = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES = {
    Severity.INFO: "info",
    Severity.LOW: "info",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "critical",
}
_SUMMARY_LIMIT = 1024
_FACT_LIMIT = 1200
_REASONS_SHOWN = 20
_KEY = re.compile(r"[A-Za-z0-9]{32}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def accepts(status: int, _answer: str) -> bool:
    """PagerDuty answers 202."""
    return status == 202


def refuses(status: int, answer: str) -> Refusal:
    """Return what a refusal is about: PagerDuty says in the answer's ``errors`` what is wrong with an event."""
    if status in (401, 403, 404) or (status == 400 and "routing" in answer.lower()):
        words = f"PagerDuty does not know this integration key (HTTP {status}): store the key of an Events API v2 "
        return Refusal(Scope.CHANNEL, words + "integration in the parameter, with its endpoint if it is in the EU")
    return refusal(status, _errors(answer))


def address(value: str) -> Address:
    """Return where events go, from "KEY" or "https://events.eu.pagerduty.com/v2/enqueue KEY"; raises DeliveryError."""
    url, key = keyed_address(value, ENDPOINT)
    if not _KEY.fullmatch(key):
        raise DeliveryError("not an integration key of PagerDuty's Events API v2, which has 32 letters and digits")
    return Address(url, body={"routing_key": key})


def render(notice: Notice) -> Payload:
    """Return the event that opens the notice's alert, or adds to it."""
    details: dict[str, str] = {}
    for fact in notice.facts:  # a label may come twice
        value = inert(one_line(fact.value, _FACT_LIMIT))
        details[fact.label] = f"{details[fact.label]} · {value}" if fact.label in details else value
    if notice.reasons:
        details[notice.heading] = inert(one_line(" · ".join(notice.reasons[:_REASONS_SHOWN]), 10 * _FACT_LIMIT))
    if notice.prose:
        details["Sentence"] = inert(one_line(notice.prose.text, _FACT_LIMIT))
    payload: dict[str, object] = {
        "summary": inert(one_line(f"[{notice.severity}] {notice.title}", _SUMMARY_LIMIT)),
        "source": inert(one_line(notice.fact("Where") or "AWS Secrets Manager", 255)),
        "severity": _SEVERITIES[notice.severity],
        "class": ", ".join(notice.signals) or notice.kind,
        "custom_details": {**details, "Notice": notice.footer},
    }
    if _TIME.fullmatch(notice.time):
        payload["timestamp"] = notice.time
    return {
        "event_action": "trigger",
        "dedup_key": notice.thread,
        "payload": payload,
        "links": [{"href": link.url, "text": link.label} for link in notice.links],
        "client": "secretwatch",
    }


def resolve(thread: str) -> Payload:
    """Return the event that closes the alert of a story; of one that is not open PagerDuty takes no notice."""
    return {"event_action": "resolve", "dedup_key": thread}


def _errors(answer: str) -> str:
    try:
        found = json.loads(answer)
        return "; ".join(map(str, found.get("errors") or [found.get("message") or answer]))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return answer
