"""The digest: once on each channel that wants it, with what happened, and never twice."""

from __future__ import annotations

from typing import Any

from demo.scenes import Stage
from tests.e2e.conftest import Posts
from tests.harness.stack import CHANNELS, Stack


def test_the_day_is_said_once_on_each_channel(stack: Stack, stage: Stage, office: Any, posts: Posts) -> None:
    office.get_secret_value(SecretId="prod/db")
    stack.run_canary()
    posts.expect(1)
    stage.digest()
    stack.run_digest()  # a repeated delivery
    for channel in CHANNELS:
        (text,) = [text for text in posts.texts(channel) if "Digest of " in text]
        assert "New readers: none" not in text
        assert "fast path: " in text
        assert "p95 " in text
    assert stack.dead_letters("digest") == []
    assert [denial for denial in stack.function_denials() if "-digest" in denial["principal"]] == []
