from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.scenes import ARGUMENTS, Stage
from tests.harness.local_aws import wait_until
from tests.harness.reading import read
from tests.harness.stack import CHANNELS, Stack, deployed, read_any_secret
from tests.harness.terraform import TerraformMissingError


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The root module, deployed by terraform apply to a local AWS with IAM enforced."""
    try:
        with deployed(tmp_path_factory.mktemp("stack"), ARGUMENTS) as running:
            yield running
            running.trail.check()
    except TerraformMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture(scope="session")
def stage(stack: Stack) -> Stage:
    return Stage(stack)


class Posts:
    """The webhook posts since a test began."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._first = len(stack.webhooks.posts)

    def texts(self, channel: str = "slack") -> list[str]:
        """What people read, once nothing is under way any more."""
        self._stack.settle()
        posts = self._stack.webhooks.posts[self._first :]
        return [read(channel, post["body"]) for post in posts if post["channel"] == channel]

    def titles(self, channel: str = "slack") -> list[str]:
        return [text.splitlines()[0].lstrip("🔎🔹🔶🚨 ") for text in self.texts(channel)]

    def expect(self, number: int) -> None:
        """Wait for that many notices on every channel."""
        total = number * len(CHANNELS)
        wait_until(lambda: len(self._stack.webhooks.posts) - self._first >= total, 40, f"{number} notices")


@pytest.fixture
def posts(stack: Stack, stage: Stage) -> Posts:
    stack.settle()
    return Posts(stack)


@pytest.fixture
def name() -> str:
    """A principal nobody has seen: what it does first is never folded."""
    return f"olga-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def office(stack: Stack, stage: Stage, name: str) -> Any:
    """A user who reads from a trusted address."""
    return stack.user(name, "198.51.100.20", read_any_secret())
