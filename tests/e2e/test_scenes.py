"""The demo's scenes: they assert for themselves what must come of each call."""

from __future__ import annotations

import json

import pytest

from demo.scenes import Stage
from tests.harness.stack import CHANNELS, Stack


@pytest.mark.parametrize("scene", ["basic", "role", "untrusted", "denied"])
def test_scene(stage: Stage, scene: str) -> None:
    result = getattr(stage, scene)()
    expected = {"basic": 1, "role": 1, "untrusted": 2, "denied": 0}[scene]
    assert len(result.posts) == expected * len(CHANNELS)


def test_history_and_what_is_written_down(stage: Stage, stack: Stack) -> None:
    calls = [(row[1], row[2], row[3], row[6]) for row in stage.history()]
    assert ("GetSecretValue", "TopSecretInfo", "eve", "denied") in calls
    # By ARN, whose suffix may look like a word of the name: see secret_id.py.
    put = [call for call in calls if call[0] == "PutSecretValue"]
    assert put
    assert all(call[1].startswith("prod/db") and call[2] == "secretwatch-rotator" for call in put)
    written = [json.loads(line) for line in stack.webhooks.file.read_text().splitlines()]
    assert [post["scene"] for post in written if post["scene"] and post["channel"] == "slack"] == [
        "basic",
        "role",
        "untrusted",
        "untrusted",
    ]
    assert all({"channel", "time", "body"} <= post.keys() for post in written)


def test_no_function_was_refused_anything(stack: Stack) -> None:
    assert stack.function_denials() == []
