"""The forms of a dead letter, as each service writes it."""

from __future__ import annotations

from typing import Any

import pytest

from tools.redrive import original_event

EVENT = {"id": "1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.secretsmanager", "detail": {}}


@pytest.mark.parametrize(("function", "event"), [("watch-rotator", EVENT), ("watch-summarizer", None)])
def test_an_event_goes_to_its_function_and_the_fast_paths_to_its_queue(function: str, event: Any) -> None:
    assert original_event(function, EVENT)[0] == event


def test_what_a_function_failed_on_is_its_event() -> None:
    record = {"requestPayload": {"n": 1}, "requestContext": {"condition": "RetriesExhausted"}}
    assert original_event("watch-rotator", record) == ({"n": 1}, "RetriesExhausted")
