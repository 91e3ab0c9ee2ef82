"""How a new value is made, and what is kept of the old one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from secretwatch.functions.rotator.policy import Generation, Target
from secretwatch.functions.rotator.secret import Secret
from secretwatch.functions.rotator.secret_value import (
    RotationError,
    SecretStore,
    version_token,
)
from secretwatch.record.secret_id import parse_secret_id
from tests.records import secret_arn

GENERATION = Generation(("password",), 32, ("lowercase", "uppercase", "digits", "symbols"), "")


SECRET = Secret(secret_arn("prod/db"), {"v1": ("AWSPREVIOUS",), "v2": ("AWSCURRENT",), "v3": ("AWSPENDING",)})


def test_the_version_of_a_rotation_follows_from_event_secret_and_current_version() -> None:
    assert version_token("e1", "a", "v1") == version_token("e1", "a", "v1")
    made = {version_token(e, s, v) for e in ("e1", "e2") for s in ("a", "b") for v in ("v1", "v2")}
    assert len(made) == 8


def test_a_strategy_that_changes_no_value_changes_none() -> None:
    with pytest.raises(RotationError, match="strategy notify_only changes no value"):
        SecretStore(None).rotate(SECRET, Target(parse_secret_id("prod/db"), "notify_only"), "t")


class Unmoved:
    """Secrets Manager, where a new version does not become the current one."""

    exceptions = SimpleNamespace(InvalidParameterException=KeyError)

    def update_secret_version_stage(self, **_: Any) -> None:
        return None

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        return {"SecretString": '{"password": "old"}', "VersionId": "v2"}

    def put_secret_value(self, **_: Any) -> None:
        return None

    def describe_secret(self, **_: Any) -> dict[str, Any]:
        return {"ARN": SECRET.arn, "VersionIdsToStages": {"v2": ["AWSCURRENT"]}}


def test_a_value_that_did_not_become_the_current_one_is_no_rotation() -> None:
    with pytest.raises(RotationError, match="the new version did not become AWSCURRENT"):
        SecretStore(Unmoved()).rotate(SECRET, Target(parse_secret_id("prod/db"), "generate", GENERATION), "t")


def test_a_target_that_is_a_replica_says_where_its_primary_is() -> None:
    replica = SimpleNamespace(describe_secret=lambda **_: {"ARN": SECRET.arn, "PrimaryRegion": "eu-west-1"})
    with pytest.raises(RotationError, match=r"is a replica.*eu-west-1"):
        SecretStore(replica).describe("prod/db")
