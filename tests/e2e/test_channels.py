"""A story in PagerDuty, opened and closed, and as a thread in Slack; by the deployed notifier, with its own role."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Posts
from tests.harness.local_aws import wait_until
from tests.harness.stack import Stack, read_any_secret
from tests.harness.webhooks import KEYS

SECRET = "paged/db"
"""The channels of this test get what is about paged/* only."""


def test_a_story_is_one_alert_and_one_thread_and_the_digest_closes_it(stack: Stack, name: str, posts: Posts) -> None:
    stack.aws.client("secretsmanager").create_secret(Name=SECRET, SecretString="synthetic")
    stack.webhooks.answers["slack_bot"].append((200, '{"ok": true, "ts": "1769861400.000777"}', {}))
    caller = stack.user(name, "203.0.113.77", read_any_secret())

    def alerts() -> list[Any]:
        """What PagerDuty was sent of the caller's story, whose title names them, until it is closed."""
        bodies = [post["body"] for post in stack.webhooks.posts if post["channel"] == "pagerduty"]
        keys = {body["dedup_key"] for body in bodies if f"user {name} " in body.get("payload", {}).get("summary", "")}
        return [body for body in bodies if body["dedup_key"] in keys]

    def messages() -> list[Any]:
        bodies = [post["body"] for post in stack.webhooks.posts if post["channel"] == "slack_bot"]
        return [body for body in bodies if f"user {name} " in body["text"]]

    caller.get_secret_value(SecretId=SECRET)
    wait_until(lambda: alerts() and messages(), 60, "the story's first messages")
    caller.put_resource_policy(SecretId=SECRET, ResourcePolicy=_OPEN)
    wait_until(lambda: len(alerts()) > 1 and len(messages()) > 1, 60, "an update")
    stack.run_digest()
    wait_until(lambda: alerts()[-1]["event_action"] == "resolve", 60, "the alert's end")
    stack.settle()

    first, *updates = messages()
    assert "thread_ts" not in first
    assert {update["thread_ts"] for update in updates} == {"1769861400.000777"}
    assert [alert["event_action"] for alert in alerts()] == ["trigger"] * (len(alerts()) - 1) + ["resolve"]
    assert len({alert["dedup_key"] for alert in alerts()}) == 1
    assert {alert["routing_key"] for alert in alerts()} == {KEYS["pagerduty"]}
    assert stack.function_denials() == []


_OPEN = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",'
    ' "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}'
)
