"""Slack: a notice as Block Kit, for an incoming webhook or, by a bot's token, for chat.postMessage.

Whatever a caller may have chosen goes into ``rich_text`` elements: Slack shows their
text as it is, since mentions, links and styles are element types of their own there.
Slack: "Sending messages using incoming webhooks", "Rich text block", "Formatting text
for app surfaces", "chat.postMessage".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

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
from secretwatch.notify.notice import Link, Notice
from secretwatch.runtime.text import inert, one_line

_SIGNS = {
    Severity.INFO: "🔎",
    Severity.LOW: "🔹",
    Severity.MEDIUM: "🔶",
    Severity.HIGH: "🚨",
    Severity.CRITICAL: "🚨",
}
ENDPOINT = "https://slack.com/api/chat.postMessage"
_TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]+")
_TS = re.compile(r"\d+\.\d+")
_NOT_TAKEN = "Slack does not take this token: store the bot token (xoxb-…) of an installed app in the parameter"
_CURES = {
    "channel_not_found": "no such channel for this app: check slack_channel, and invite the app where it is private",
    "not_in_channel": "invite the app to the channel (/invite)",
    "is_archived": "the channel is archived: set slack_channel to another",
    "invalid_auth": _NOT_TAKEN,
    "not_authed": _NOT_TAKEN,
    "account_inactive": _NOT_TAKEN,
    "token_revoked": _NOT_TAKEN,
    "token_expired": _NOT_TAKEN,
    "missing_scope": "give the app the scope chat:write, and install it again",
    "no_permission": "give the app the scope chat:write, and install it again",
    "access_denied": "the workspace does not let this app post there: ask its administrator",
    "restricted_action": "the workspace does not let this app post there: ask its administrator",
}
"""Errors of every message → what to do."""
_PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_HEADER_LIMIT = 150
_PROSE_LIMIT = 500
_FACT_LIMIT = 500
_REASON_LIMIT = 250
_REASONS_SHOWN = 8

Element = dict[str, Any]


def accepts(status: int, answer: str) -> bool:
    """Slack says "ok"; a 200 with other words (invalid_payload) is a refusal."""
    return status == 200 and answer.strip().lower() == "ok"


def bot_accepts(status: int, answer: str) -> bool:
    """The API answers 200 to what it refuses too, and says ``ok`` in its text."""
    return status == 200 and _answer(answer).get("ok") is True


def bot_refuses(status: int, answer: str) -> Refusal:
    """Return what a refusal of the API is about, by its ``error``."""
    error = _answer(answer).get("error")
    if not isinstance(error, str) or status == 429 or status >= 500:
        return refusal(status, answer)
    shown = one_line(error, 60)
    if error in _PASSING:
        return Refusal(Scope.MOMENT, f"Slack says {shown}")
    if error in _CURES:
        return Refusal(Scope.CHANNEL, f"Slack says {shown}: {_CURES[error]}")
    if error == "msg_too_long":
        return Refusal(Scope.MESSAGE, "Slack says msg_too_long: read this notification in the audit table")
    return Refusal(Scope.MESSAGE, f"Slack says {shown}")


def bot_address(value: str) -> Address:
    """Return where messages go, from "TOKEN" or "https://slack-gov.com/api/chat.postMessage TOKEN".

    Raises DeliveryError.
    """
    url, token = keyed_address(value, ENDPOINT)
    if not _TOKEN.fullmatch(token):
        raise DeliveryError("not a bot token of Slack's, which begins with xoxb-")
    return Address(url, headers={"Authorization": f"Bearer {token}"})


def reply(payload: Payload, root: str, loud: bool) -> Payload:
    """Return a message that stands under another one; a loud one is in the channel as well."""
    return {**payload, "thread_ts": root, **({"reply_broadcast": True} if loud else {})}


def root(answer: str) -> str | None:
    """Return what Slack names a message by (its ``ts``), from its answer."""
    ts = _answer(answer).get("ts")
    return ts if isinstance(ts, str) and _TS.fullmatch(ts) else None


def mention(payload: Payload, who: str) -> Payload:
    """Return a message that calls "@here", "@channel" or a user group by its id; of all text this alone is live."""
    call = f"<!{who[1:]}>" if who.startswith("@") else f"<!subteam^{who}>"
    block = {"type": "section", "text": {"type": "mrkdwn", "text": call}}
    return {**payload, "text": f"{call} {payload['text']}", "blocks": [*payload["blocks"], block]}


def _answer(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def render(notice: Notice) -> Payload:
    """Return the message: header, facts, reasons, the model's sentence if any, links, footer."""
    heading = one_line(inert(f"{_SIGNS[notice.severity]} {notice.title}"), _HEADER_LIMIT)
    blocks: list[Element] = [{"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}]
    facts = [_rich(_fact(fact.label, fact.value) for fact in notice.facts)]
    reasons = [_rich(_reasons(notice.heading, notice.reasons))] if notice.reasons else []
    blocks += [*reasons, *facts] if notice.reasons_first else [*facts, *reasons]
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
