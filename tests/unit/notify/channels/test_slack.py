from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS, slack
from secretwatch.notify.channels.webhook import DeliveryError, Scope
from secretwatch.notify.notice import Kind, Link, Notice, Prose
from tests.unit.notify.test_channels import LONGEST

NOTICE = Notice("n" * 32, Kind.ACCESS, Severity.HIGH, "user alice read prod/db", (), "2026-01-31T12:00:00Z")


def blocks(notice: Notice) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = slack.render(notice)["blocks"]
    return found


def test_slack_limits_hold() -> None:
    payload = CHANNELS["slack"].render(LONGEST)
    assert len(payload["blocks"]) <= 50
    assert len(payload["blocks"][0]["text"]["text"]) <= 150


def test_the_fallback_line_is_escaped_as_slack_asks() -> None:
    assert slack.escape("a & <!channel> https://x") == "a &amp; &lt;!channel&gt; https:\u200b//x"


def test_only_what_there_is_is_shown() -> None:
    assert [block["type"] for block in blocks(NOTICE)] == ["header", "rich_text", "context"]


def test_the_models_sentence_is_told_apart() -> None:
    notice = replace(NOTICE, prose=Prose("Alice read it.", "m", "2", 1, 1))
    (run,) = blocks(notice)[2]["elements"][0]["elements"]
    assert run == {"type": "text", "text": "Alice read it.", "style": {"italic": True}}
    assert "sentence written by m" in blocks(notice)[-1]["elements"][0]["text"]


def test_links_are_the_notices_own() -> None:
    notice = replace(NOTICE, links=(Link("One", "https://a.example"), Link("Two", "https://b.example")))
    shown = blocks(notice)[2]["elements"][0]["elements"]
    assert [part["type"] for part in shown] == ["link", "text", "link"]
    assert [part["url"] for part in shown if part["type"] == "link"] == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_a_sign(severity: Severity) -> None:
    heading = blocks(replace(NOTICE, severity=severity))[0]["text"]["text"]
    assert not heading.startswith("user")


TOKEN = "xoxb-1-synthetic"
TAKEN = json.dumps({"ok": True, "channel": "C0123456789", "ts": "1769861400.000100", "message": {"text": "x" * 20_000}})


def test_a_bots_parameter_holds_a_token_and_perhaps_another_endpoint() -> None:
    to = slack.bot_address(TOKEN)
    assert (to.url, to.headers) == ("https://slack.com/api/chat.postMessage", {"Authorization": f"Bearer {TOKEN}"})
    assert slack.bot_address(f"https://slack-gov.com/api/chat.postMessage {TOKEN}").url.startswith(
        "https://slack-gov.com/"
    )
    assert TOKEN not in repr(to)


@pytest.mark.parametrize(
    "value", ["", "xoxp-1-person", "https://hooks.slack.com/services/x", f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}é"]
)
def test_what_is_no_bot_token_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        slack.bot_address(value)
    assert "synthetic" not in str(caught.value)
    assert "person" not in str(caught.value)


def test_the_api_is_believed_by_its_text() -> None:
    assert slack.bot_accepts(200, TAKEN)
    assert slack.root(TAKEN) == "1769861400.000100"
    for answer in ('{"ok": false, "error": "channel_not_found"}', "ok", "", "[]", '{"ok": "true"}', '{"ok": 1}'):
        assert not slack.bot_accepts(200, answer)
        assert slack.root(answer) is None
    assert slack.root('{"ok": true, "ts": "1769861400.000100\\n<!here>"}') is None


@pytest.mark.parametrize(
    ("status", "error", "scope", "cure"),
    [
        (200, "channel_not_found", Scope.CHANNEL, "slack_channel"),
        (200, "not_in_channel", Scope.CHANNEL, "invite"),
        (200, "is_archived", Scope.CHANNEL, "archived"),
        (200, "invalid_auth", Scope.CHANNEL, "xoxb-"),
        (200, "token_revoked", Scope.CHANNEL, "xoxb-"),
        (200, "missing_scope", Scope.CHANNEL, "chat:write"),
        (200, "ratelimited", Scope.MOMENT, "ratelimited"),
        (429, "ratelimited", Scope.MOMENT, "HTTP 429"),
        (200, "internal_error", Scope.MOMENT, "internal_error"),
        (503, "service_unavailable", Scope.MOMENT, "HTTP 503"),
        (200, "msg_too_long", Scope.MESSAGE, "audit table"),
        (200, "invalid_blocks", Scope.MESSAGE, "invalid_blocks"),
    ],
)
def test_a_refusal_of_the_api_is_about_a_moment_a_message_or_the_channel(
    status: int, error: str, scope: Scope, cure: str
) -> None:
    found = slack.bot_refuses(status, json.dumps({"ok": False, "error": error}))
    assert found.scope is scope
    assert cure in found.words


@pytest.mark.parametrize(
    ("who", "call"), [("@here", "<!here>"), ("@channel", "<!channel>"), ("S0123ABCD", "<!subteam^S0123ABCD>")]
)
def test_a_mention_is_the_only_text_that_slack_parses(who: str, call: str) -> None:
    payload: Any = slack.mention(slack.render(replace(NOTICE, title="<!everyone> hi")), who)
    parsed = [block["text"]["text"] for block in payload["blocks"] if block.get("text", {}).get("type") == "mrkdwn"]
    assert parsed == [call]
    assert payload["text"].startswith(f"{call} [high] &lt;!everyone&gt;")


def test_a_reply_names_its_first_message_and_a_loud_one_is_in_the_channel_too() -> None:
    assert slack.reply({"text": "x"}, "1.2", False) == {"text": "x", "thread_ts": "1.2"}
    assert slack.reply({"text": "x"}, "1.2", True)["reply_broadcast"] is True
