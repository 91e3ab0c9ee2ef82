from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.digest.settings import DigestSettings
from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.settings import SettingsError
from tests.documents import document, environment


def read(variables: dict[str, str] | None = None, **changes: Any) -> DigestSettings:
    return DigestSettings.read(environment("digest", **(variables or {})), document("digest", **changes))


def test_what_terraform_sets_is_read() -> None:
    settings = read(rules={"automation": ["arn:*:iam::*:role/ci"]})
    assert settings.canary_paths == (RecordPath.LOGS, RecordPath.EVENTS)
    assert settings.tuning.automation == ("arn:*:iam::*:role/ci",)
    assert read(bedrock_model_id=None).model is None
    assert read(canary_paths=[]).canary_paths == ()


@pytest.mark.parametrize(
    ("variables", "changes", "message"),
    [
        ({"ALERTS_TOPIC_ARN": ""}, {}, "ALERTS_TOPIC_ARN is missing"),
        ({}, {"canary_paths": ["s3"]}, "canary_paths must be some of logs, events, not 's3'"),
        ({}, {"rules": {"batch": 1}}, "rules is wrong"),
        ({}, {"model_calls_per_hour": 0}, "model_calls_per_hour must be a whole number from 1"),
        ({}, {"digest_at": "07:00"}, "there is no setting 'digest_at'"),
    ],
)
def test_what_is_wrong_is_named(variables: dict[str, str], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(variables, **changes)
