from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from secretwatch.runtime.probe import ProbeError, Results, answer
from tests.records import awslogs, record, sns

PROBES: Mapping[str, Callable[[], Results]] = {"test-channels": lambda: {"slack": None, "teams": "HTTP 500"}}


@pytest.mark.parametrize(
    "event",
    [{}, None, [], "no-op", {"secretwatch": "no-op", "Records": []}, record(), awslogs(record()), sns("{}")],
)
def test_what_aws_sends_is_no_probe(event: Any) -> None:
    assert answer(event, {}, PROBES) is None


def test_a_no_op_shows_the_settings_and_tests_nothing() -> None:
    assert answer({"secretwatch": "no-op"}, {"model": "m"}, PROBES) == {
        "ok": True,
        "settings": {"model": "m"},
        "results": {},
    }


def test_what_was_tested_is_answered_by_name() -> None:
    answered = answer({"secretwatch": "test-channels"}, {}, PROBES)
    assert answered == {"ok": False, "settings": {}, "results": {"slack": None, "teams": "HTTP 500"}}


def test_an_unknown_probe_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ProbeError, match="no probe 'test-chanels'; known are no-op, test-channels"):
        answer({"secretwatch": "test-chanels"}, {}, PROBES)
