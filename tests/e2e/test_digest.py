"""The digest: once on each channel that wants it, with what happened, and never twice."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Posts
from tests.harness.stack import CHANNELS, Stack


def digests(posts: Posts, channel: str) -> list[str]:
    return [text for text in posts.texts(channel) if "Digest of " in text]


def test_the_day_is_said_once_on_each_channel(stack: Stack, office: Any, name: str, posts: Posts) -> None:
    office.get_secret_value(SecretId="prod/db")
    stack.run_canary()
    posts.expect(1)
    for _ in range(2):  # the second one is a repeated delivery
        stack.run_digest()
    for channel in CHANNELS:
        (text,) = digests(posts, channel)
        assert "New readers: none" not in text, f"{name} is one"
        assert "fast path: " in text
        assert "p95 " in text
    assert stack.dead_letters("digest") == []
    assert [denial for denial in stack.function_denials() if "-digest" in denial["principal"]] == []
