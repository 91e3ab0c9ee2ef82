from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.canary.settings import CanarySettings
from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.settings import Document, Environment, SettingsError

VARIABLES = {
    "AUDIT_TABLE": "secretwatch-audit",
    "OPERATIONS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:secretwatch-operations",
    "CANARY_SECRET": "secretwatch/canary",
    "SUMMARIZER_FUNCTION": "secretwatch-summarizer",
}
DOCUMENT = {
    "name_prefix": "secretwatch",
    "canary_schedule_minutes": 60,
    "enable_complete_path": True,
    "enable_fast_path": True,
}


def read(variables: dict[str, str] | None = None, **changes: Any) -> CanarySettings:
    return CanarySettings.read(Environment({**VARIABLES, **(variables or {})}), Document({**DOCUMENT, **changes}))


def test_the_paths_are_those_that_are_on() -> None:
    assert read().paths == (RecordPath.LOGS, RecordPath.EVENTS)
    assert read(enable_fast_path=False).paths == (RecordPath.LOGS,)
    assert read(enable_complete_path=False).paths == (RecordPath.EVENTS,)


def test_a_part_without_a_name_is_none() -> None:
    parts = read({"TRAIL": "", "EVENT_RULE": "rule"}).parts
    assert parts.trail is None
    assert parts.rule == "rule"
    assert parts.event_bus == "default"


@pytest.mark.parametrize(
    ("variables", "changes", "message"),
    [
        ({"CANARY_SECRET": ""}, {}, "CANARY_SECRET is missing"),
        ({"SUMMARIZER_FUNCTION": ""}, {}, "SUMMARIZER_FUNCTION is missing"),
        ({}, {"canary_schedule_minutes": 14}, "canary_schedule_minutes must be a whole number from 15 to 480, not 14"),
        ({}, {"canary_schedule_minutes": 481}, "canary_schedule_minutes must be a whole number from 15 to 480"),
        ({}, {"enable_fast_path": "no"}, "enable_fast_path must be true or false"),
        ({}, {"enable_fast_path": False, "enable_complete_path": False}, "both false"),
        ({}, {"canary_minutes": 5}, "there is no setting 'canary_minutes'"),
    ],
)
def test_what_is_wrong_is_named(variables: dict[str, str], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(variables, **changes)
