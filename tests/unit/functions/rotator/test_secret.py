"""A target as Secrets Manager knows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from secretwatch.functions.rotator.secret import Secret
from secretwatch.record.access import Call, SecretAccess, parse
from secretwatch.record.secret_id import parse_secret_id
from tests.records import record, secret_arn


def _call() -> Call:
    read = parse(record())
    assert isinstance(read, SecretAccess)
    return replace(read.call, secrets=(parse_secret_id("prod/db"),))


CALL = _call()
SECRET = Secret(secret_arn("prod/db"), {"v1": ("AWSPREVIOUS",), "v2": ("AWSCURRENT",), "v3": ("AWSPENDING",)})


def test_a_version_is_found_by_its_stage() -> None:
    assert SECRET.version("AWSCURRENT") == "v2"
    assert SECRET.version("MINE") is None


def test_a_rotation_is_under_way_while_a_pending_version_is_not_current() -> None:
    assert SECRET.pending == "v3"
    assert Secret(SECRET.arn, {"v2": ("AWSCURRENT", "AWSPENDING")}).pending is None
    assert replace(SECRET, created={"v3": 100.0}).pending_for(160.5) == 60.5
    assert SECRET.pending_for(160.5) is None, "nobody knows"


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("created", "asked", "returned"),
    [
        ({"v1": NOON - 60, "v2": NOON - 1}, {}, "v2"),
        ({"v1": NOON - 60, "v2": NOON + 0.9}, {}, "v2"),
        ({"v1": NOON - 60, "v2": NOON + 1}, {}, "v1"),
        ({"v1": NOON + 1, "v2": NOON + 2}, {}, None),
        ({}, {"versionId": "v9"}, "v9"),
        ({}, {"versionStage": "AWSPREVIOUS"}, "v1"),
        ({}, {"versionStage": "AWSPENDING"}, "v3"),
        ({}, {"versionStage": "gone"}, None),
        ({"v1": NOON - 60, "v2": NOON + 1}, {"versionStage": "AWSCURRENT"}, "v1"),
    ],
)
def test_which_version_a_read_returned(created: dict[str, float], asked: dict[str, str], returned: str | None) -> None:
    read = parse(record(requestParameters={"secretId": "prod/db", **asked}))
    assert isinstance(read, SecretAccess)
    assert replace(SECRET, created=created).returned_by(read) == returned


@pytest.mark.parametrize(
    ("requested", "same"),
    [
        ("prod/db", True),
        (secret_arn("prod/db"), True),
        (secret_arn("prod/db")[:-7], True),
        ("prod/d", False),
        ("db", False),
        (secret_arn("prod/db", "XXXXXX"), False),
        (secret_arn("prod/db", region="eu-west-1"), False),
        (secret_arn("prod/db-secret")[:-7], False),
    ],
)
def test_a_record_names_this_secret_or_another(requested: str, same: bool) -> None:
    call = replace(CALL, secrets=(parse_secret_id("x"), parse_secret_id(requested)))
    assert SECRET.is_read_by(call) is same


def test_a_secret_of_the_same_name_elsewhere_is_another_one() -> None:
    assert SECRET.is_read_by(CALL)
    assert not SECRET.is_read_by(replace(CALL, region="eu-west-1"))
    assert not SECRET.is_read_by(replace(CALL, account="210987654321"))


def test_a_replica_is_the_same_secret() -> None:
    copied = replace(SECRET, replicas=("eu-west-1",))
    for asked in ("prod/db", secret_arn("prod/db", region="eu-west-1"), secret_arn("prod/db", region="eu-west-1")[:-7]):
        there = replace(CALL, region="eu-west-1", secrets=(parse_secret_id(asked),))
        assert copied.is_read_by(there)
        assert not SECRET.is_read_by(there)
    assert not copied.is_read_by(replace(CALL, region="eu-west-3"))
