"""What ``make bursts`` prints, of a burst that takes a second: one message, and nothing handed back."""

from __future__ import annotations

import pytest

from dev.bursts import Queue, dead, notices, notifier, slack, webhook

pytestmark = pytest.mark.full  # both wait for webhooks that answer slowly or not at all


def test_a_burst_at_a_slow_slack_loses_nothing_and_comes_in_few_messages(aws: None) -> None:
    with webhook(slack(1)) as (url, seen):
        queue = Queue(notifier({"slack": url}), "slack")
        queue.deliver(notices(40))  # two batches, each one message
    assert queue.handed_back == 0
    assert len(seen.taken) == 2


def test_a_dead_channel_gets_its_notices_back_and_is_tried_for_one_of_them(aws: None) -> None:
    with webhook(dead) as (url, seen):
        queue = Queue(notifier({"gone": url}), "gone")
        queue.deliver(notices(3))
    assert queue.handed_back == 3
    assert (seen.requests, seen.taken) == (2, []), "it may have taken the first, so that one copy is all it gets"
