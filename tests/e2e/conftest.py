from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.scenes import ARGUMENTS, Stage
from tests.harness.local_aws import wait_until
from tests.harness.reading import read
from tests.harness.stack import CHANNELS, Stack, channels, deployed, read_any_secret
from tests.harness.terraform import ACCOUNT, TerraformMissingError


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs no deployed system comes first: meanwhile it is deployed. Its first guests are the demo's scenes."""
    items.sort(key=lambda item: (_needs_stack(item), "test_scenes" not in item.nodeid))


def _needs_stack(item: pytest.Item) -> bool:
    return "stack" in getattr(item, "fixturenames", ())


# Scenes happen now, whatever the hour: it must be a working one.
IN_THE_MORNING = datetime.now(UTC).hour < 12
WORKING_HOURS = {"from": 0, "to": 18} if IN_THE_MORNING else {"from": 6, "to": 24}
OFF_HOUR = 20 if IN_THE_MORNING else 3
TARGETS = {
    "prod/db": {"strategy": "generate", "json_keys": ["password"]},
    "prod/api": {
        "strategy": "managed",
        "rotation_function_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate-api",
        "rotation_role_arn": f"arn:aws:iam::{ACCOUNT}:role/rotate-api",
    },
    "prod/told": {"strategy": "notify_only"},
}
# Beside the channels of every test, those of test_channels, which get nothing of the others.
OF_PAGED_SECRETS = {
    "channels": {
        **channels(),
        "bot": {**channels()["slack"], "type": "slack_bot", "webhook_parameter": "/webhooks/slack_bot",
                "slack_channel": "C0123456789", "digest": False},
        "pager": {**channels()["slack"], "type": "pagerduty", "webhook_parameter": "/webhooks/pagerduty"},
    },
    "channel_secrets": {"bot": ["paged/*"], "pager": ["paged/*"]},
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Stack]]:
    """The deployment, begun when the tests begin if one of them needs it: a minute, which AWS's provider waits."""
    arguments = {**ARGUMENTS, "rotation_targets": TARGETS, "working_hours": WORKING_HOURS, **OF_PAGED_SECRETS}
    folder = tmp_path_factory.mktemp("stack")
    with ExitStack() as opened, ThreadPoolExecutor(1) as background:
        if any(map(_needs_stack, request.session.items)):
            yield background.submit(lambda: opened.enter_context(deployed(folder, arguments)))
        else:
            yield Future()


@pytest.fixture(scope="session")
def stack(deployment: Future[Stack]) -> Iterator[Stack]:
    """The root module, deployed by terraform apply to a local AWS with IAM enforced."""
    try:
        running = deployment.result()
        yield running
        running.trail.check()
    except TerraformMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture(scope="session")
def stage(stack: Stack) -> Stage:
    for name in ("prod/api", "prod/told"):
        stack.aws.client("secretsmanager").create_secret(Name=name, SecretString="synthetic")
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
        wait_until(lambda: self._of_every_test() >= total, 40, f"{number} notices")

    def _of_every_test(self) -> int:
        return sum(post["channel"] in CHANNELS for post in self._stack.webhooks.posts[self._first :])


@pytest.fixture
def posts(stack: Stack, stage: Stage) -> Posts:
    stack.settle()
    stack.forget_cooldowns()
    return Posts(stack)


@pytest.fixture
def name() -> str:
    """A principal nobody has seen: what it does first is never suppressed."""
    return f"olga-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def office(stack: Stack, stage: Stage, name: str) -> Any:
    """A user who reads from a trusted address."""
    return stack.user(name, "198.51.100.20", read_any_secret())
