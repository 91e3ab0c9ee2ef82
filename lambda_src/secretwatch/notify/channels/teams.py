"""Microsoft Teams: a notice as an Adaptive Card in a Workflows message.

Whatever a caller may have chosen goes into the runs of a ``RichTextBlock``, the one
element whose text Teams does not read as Markdown. Microsoft: "Create incoming webhooks
with Workflows for Microsoft Teams"; Adaptive Cards schema, "TextRun" (version 1.2).
"""

from __future__ import annotations

from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels.webhook import Payload
from secretwatch.notify.notice import Notice
from secretwatch.runtime.text import inert, one_line

_COLOURS = {
    Severity.INFO: "default",
    Severity.LOW: "accent",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "attention",
    Severity.CRITICAL: "attention",
}
_TITLE_LIMIT = 300
_PROSE_LIMIT = 1200
_FACT_LIMIT = 600
_REASON_LIMIT = 300
_REASONS_SHOWN = 8

Element = dict[str, Any]


def accepts(status: int, answer: str) -> bool:
    """Workflows answers 202 (taken, which is not yet shown); older webhooks 200, even where the text says an error."""
    return status == 202 or (status == 200 and "error" not in answer.lower())


def render(notice: Notice) -> Payload:
    """Return the message: title, facts, reasons, the model's sentence if any, footer, links."""
    title = _run(one_line(notice.title, _TITLE_LIMIT), weight="bolder", size="medium", color=_COLOURS[notice.severity])
    facts = [
        _line(_run(f"{fact.label}: ", weight="bolder"), _run(one_line(fact.value, _FACT_LIMIT)))
        for fact in notice.facts
    ]
    reasons = _reasons(notice) if notice.reasons else []
    body = [_line(title), *(reasons + facts if notice.reasons_first else facts + reasons)]
    if notice.prose:
        body.append(_line(_run(one_line(notice.prose.text, _PROSE_LIMIT), italic=True)))
    body.append(_line(_run(notice.footer, size="small", isSubtle=True)))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "fallbackText": inert(one_line(f"[{notice.severity}] {notice.title}", _TITLE_LIMIT)),
        "msteams": {"width": "Full"},
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": link.label, "url": link.url} for link in notice.links],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _reasons(notice: Notice) -> list[Element]:
    shown = [_line(_run(f"• {one_line(reason, _REASON_LIMIT)}")) for reason in notice.reasons[:_REASONS_SHOWN]]
    if len(notice.reasons) > _REASONS_SHOWN:
        shown.append(_line(_run(f"… and {len(notice.reasons) - _REASONS_SHOWN} more")))
    return [_line(_run(notice.heading, weight="bolder")), *shown]


def _line(*runs: Element) -> Element:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **style: Any) -> Element:
    return {"type": "TextRun", "text": inert(text), **style}
