"""Slack: a notice as Block Kit for an incoming webhook.

Whatever a caller may have chosen goes into ``rich_text`` elements: Slack shows their
text as it is, since mentions, links and styles are element types of their own there.
Slack: "Sending messages using incoming webhooks", "Rich text block", "Formatting text
for app surfaces".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels.webhook import Payload
from secretwatch.notify.notice import Link, Notice
from secretwatch.runtime.text import inert, one_line

_SIGNS = {
    Severity.INFO: "🔎",
    Severity.LOW: "🔹",
    Severity.MEDIUM: "🔶",
    Severity.HIGH: "🚨",
    Severity.CRITICAL: "🚨",
}
_HEADER_LIMIT = 150
_PROSE_LIMIT = 500
_FACT_LIMIT = 500
_REASON_LIMIT = 250
_REASONS_SHOWN = 8

Element = dict[str, Any]


def accepts(status: int, answer: str) -> bool:
    """Slack says "ok"; a 200 with other words (invalid_payload) is a refusal."""
    return status == 200 and answer.strip().lower() == "ok"


def render(notice: Notice) -> Payload:
    """Return the message: header, facts, reasons, the model's sentence if any, links, footer."""
    heading = one_line(inert(f"{_SIGNS[notice.severity]} {notice.title}"), _HEADER_LIMIT)
    blocks: list[Element] = [{"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}]
    blocks.append(_rich(_fact(fact.label, fact.value) for fact in notice.facts))
    if notice.reasons:
        blocks.append(_rich(_reasons(notice.heading, notice.reasons)))
    if notice.prose:
        blocks.append(_rich([_section([_text(one_line(notice.prose.text, _PROSE_LIMIT), italic=True)])]))
    if notice.links:
        blocks.append(_rich([_section(_links(notice.links))]))
    blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": notice.footer, "emoji": False}]})
    fallback = one_line(f"[{notice.severity}] {notice.title}", 300)
    return {"text": escape(fallback), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escape(text: str) -> str:
    """Return text for the fallback line, the one place that Slack parses: its control characters escaped."""
    return inert(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rich(elements: Iterable[Element]) -> Element:
    return {"type": "rich_text", "elements": list(elements)}


def _section(elements: list[Element]) -> Element:
    return {"type": "rich_text_section", "elements": elements}


def _text(text: str, **style: bool) -> Element:
    return {"type": "text", "text": inert(text), **({"style": style} if style else {})}


def _fact(label: str, value: str) -> Element:
    return _section([_text(f"{label}: ", bold=True), _text(one_line(value, _FACT_LIMIT) + "\n")])


def _links(links: tuple[Link, ...]) -> list[Element]:
    """The only live links of a message; Notice lets none but our own in."""
    shown: list[Element] = []
    for link in links:
        shown += [_text(" · ")] * bool(shown) + [{"type": "link", "url": link.url, "text": link.label}]
    return shown


def _reasons(title: str, reasons: tuple[str, ...]) -> list[Element]:
    shown = [_section([_text(one_line(reason, _REASON_LIMIT))]) for reason in reasons[:_REASONS_SHOWN]]
    if len(reasons) > _REASONS_SHOWN:
        shown.append(_section([_text(f"… and {len(reasons) - _REASONS_SHOWN} more")]))
    heading = _section([_text(f"{title}\n", bold=True)])
    return [heading, {"type": "rich_text_list", "style": "bullet", "elements": shown}]
