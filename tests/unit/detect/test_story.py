from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.story import secret_key
from tests.records import ACCOUNT, record, role, secret_arn, user
from tests.unit.detect.situations import stories, story


def test_a_batch_and_its_children_are_one_story_counted_once() -> None:
    batch = record("BatchGetSecretValue", requestParameters={"secretIdList": ["a", "b"]})
    children = [record(requestParameters={"secretId": name}) for name in ("a", "b")]
    found = story(batch, *children)
    assert found.secrets == ("a", "b")
    assert found.reads == 2
    assert found.event_names == {"BatchGetSecretValue": 1, "GetSecretValue": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"userIdentity": user("bob")},
        {"sourceIPAddress": "203.0.113.66"},
        {"errorCode": "AccessDenied"},
        {"errorCode": "ResourceNotFoundException"},
        {"recipientAccountId": "210987654321"},
        {"eventName": "DeleteSecret"},
    ],
    ids=["who", "from where", "denied", "failed", "account", "kind"],
)
def test_another_story_is_another(changes: dict[str, Any]) -> None:
    one, other = stories(record(), record(**changes))
    assert one.key != other.key


@pytest.mark.parametrize(
    "changes",
    [
        {"requestParameters": {"secretId": "another"}},
        {"awsRegion": "eu-west-1"},
        {"userAgent": "curl"},
        {"eventTime": "2026-02-01T00:00:00Z"},
        {"eventName": "BatchGetSecretValue"},
    ],
    ids=["secret", "region", "agent", "time", "call"],
)
def test_what_belongs_together_is_one_story(changes: dict[str, Any]) -> None:
    assert len(stories(record(), record(**changes))) == 1


def test_the_key_of_a_story_is_the_same_in_every_delivery() -> None:
    assert story(record(eventID="a")).key == story(record(eventID="b"), record(eventID="c")).key


def test_addresses_of_one_ipv6_network_are_one_story() -> None:
    places = ("2001:db8:10::1", "2001:db8:10::ffff", "2001:db8:10:1::1")
    assert len(stories(*(record(sourceIPAddress=place) for place in places))) == 2


def test_the_oldest_access_comes_first_whatever_the_order_of_delivery() -> None:
    times = ("2026-01-31T12:00:02Z", "2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z")
    shuffled = [
        record(eventTime=time, requestParameters={"secretId": f"s{n}"}, userIdentity=role("ci", f"run-{n}"))
        for n, time in enumerate(times)
    ]
    found = story(*shuffled)
    assert found.secrets == ("s1", "s2", "s0")
    assert found.who == "role ci (session run-1)"
    assert [time.second for time in found.span] == [0, 2]
    since = found.span[0].timestamp() + 1
    assert [access.time.second for access in found.entries_since(since)] == [2, 1]


@pytest.mark.parametrize(
    ("requested", "key"),
    [
        ("prod/db", f"us-east-1/{ACCOUNT}/prod/db"),
        (secret_arn("prod/db"), f"us-east-1/{ACCOUNT}/prod/db"),
        (secret_arn("prod/db", region="eu-west-1"), f"eu-west-1/{ACCOUNT}/prod/db"),
    ],
)
def test_a_secret_is_remembered_under_one_key_however_it_is_named(requested: str, key: str) -> None:
    call = story(record(requestParameters={"secretId": requested})).first
    assert secret_key(call, call.secrets[0]) == key


def test_an_endless_name_has_a_short_key() -> None:
    keys = {story(record(requestParameters={"secretId": name})).secret_keys[0] for name in ("x" * 900, "y" * 900, "名")}
    assert len(keys) == 3
    assert all(len(key) < 100 for key in keys)
