from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator import handler
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.record.intake import IntakeError
from secretwatch.store.claims import Claim
from tests.documents import GENERATE, NOTIFY_ONLY
from tests.records import awslogs, record, role
from tests.unit.doubles import Clock, Context, Topic, invocation, throttled
from tests.unit.functions.rotator.doubles import (
    OLD,
    UNTRUSTED,
    Maker,
    facts,
    rotate,
    stranger,
    titles,
    value,
    versions,
)


@pytest.mark.parametrize("place", [{"awsRegion": "eu-west-1"}, {"recipientAccountId": "210987654321"}])
def test_a_read_of_the_same_name_elsewhere_rotates_nothing(
    rotator: Rotator, secrets: Any, topic: Topic, place: dict[str, str]
) -> None:
    rotate(rotator, record(**UNTRUSTED, **place))
    assert value(secrets) == OLD
    assert topic.notices == []


def test_the_listed_key_changes_and_the_others_stay(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    rotate(rotator, record(**UNTRUSTED))
    new = value(secrets)
    assert new["password"] != OLD["password"]
    assert {**new, "password": "old"} == OLD
    assert value(secrets, "AWSPREVIOUS") == OLD
    (notice,) = topic.notices
    assert notice.title == "prod/db rotated"
    assert notice.severity is Severity.HIGH
    assert new["password"] not in notice.to_json()


def test_the_same_record_rotates_once(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    read = record(**UNTRUSTED)
    for owner in ("r1", "r2", "r3"):
        rotate(rotator, read, owner=owner)
    assert versions(secrets) == 2
    assert len(topic.published) == 1


def test_a_burst_of_reads_in_one_batch_rotates_once(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    rotate(rotator, *(record(**UNTRUSTED) for _ in range(20)))
    assert versions(secrets) == 2
    assert len(topic.published) == 1


def test_an_invocation_ended_after_the_rotation_leaves_one_rotation_and_one_notice(
    rotator: Rotator, secrets: Any, topic: Topic
) -> None:
    read = record(**UNTRUSTED)
    topic.failures = [throttled()]
    with pytest.raises(IntakeError):
        rotate(rotator, read)
    rotate(rotator, read)
    assert versions(secrets) == 2
    assert len(topic.published) == 1


def test_another_secret_is_not_mistaken_for_the_target(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    secrets.create_secret(Name="prod/db-secret", SecretString="x")
    arn = secrets.describe_secret(SecretId="prod/db-secret")["ARN"]
    rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": arn[:-7]}))
    assert versions(secrets) == 1
    assert topic.published == []


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ({"SecretBinary": b"\x00"}, "the secret is binary"),
        ({"SecretString": '["a"]'}, "a JSON list, not an object"),
        ({"SecretString": '{"user": "x"}'}, "the value has no key 'password'"),
    ],
)
def test_what_cannot_be_generated_is_notified_and_left_as_it_is(
    rotator: Rotator, secrets: Any, topic: Topic, stored: dict[str, Any], reason: str
) -> None:
    secrets.put_secret_value(SecretId="prod/db", **stored)
    before = versions(secrets)
    rotate(rotator, record(**UNTRUSTED))
    assert versions(secrets) == before
    (notice,) = topic.notices
    assert notice.severity is Severity.CRITICAL
    assert notice.title == "prod/db was NOT rotated"
    assert reason in notice.facts[0].value
    rotate(rotator, record(**UNTRUSTED), owner="r2")
    assert len(topic.published) == 1, "once for each cooldown"


def test_one_bad_record_does_not_stop_the_rotation(rotator: Rotator, secrets: Any) -> None:
    with pytest.raises(IntakeError, match="record e9"):
        rotate(rotator, record(eventID="e9", eventTime=None), record(**UNTRUSTED))
    assert versions(secrets) == 2


def test_a_dry_run_says_what_would_be_done(make: Maker, secrets: Any, topic: Topic) -> None:
    rotate(make(rotation_mode="dry_run"), record(**UNTRUSTED))
    assert versions(secrets) == 1
    assert titles(topic) == ["prod/db would have been rotated"]
    assert facts(topic)["What was done"] == "nothing: the rotator is in dry run"


def test_a_secret_that_people_are_only_notified_of(make: Maker, secrets: Any, topic: Topic) -> None:
    rotate(make({"prod/db": NOTIFY_ONLY}), record(**UNTRUSTED))
    assert versions(secrets) == 1
    assert titles(topic) == ["prod/db would have been rotated"]
    assert topic.notices[0].severity is Severity.HIGH


def test_a_network_that_cannot_be_judged_is_notified_and_rotates_only_if_configured(
    make: Maker, secrets: Any, topic: Topic, later: Clock
) -> None:
    garbled = {"sourceIPAddress": "198.51.100.007"}
    rotate(make(), record(**garbled))
    assert versions(secrets) == 1
    assert titles(topic) == ["prod/db was NOT rotated"]
    later.later = 16 * 60
    rotate(make(rotate_unknown=True), record(**garbled))
    assert versions(secrets) == 2


def test_two_hundred_reads_in_a_minute_make_one_rotation_and_honest_counts(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    for delivery in range(10):
        rotate(rotator, *(record(**UNTRUSTED) for _ in range(20)), owner=f"r{delivery}")
    assert versions(secrets) == 2
    assert titles(topic) == ["prod/db rotated"]
    assert facts(topic)["How often"] == "20 reads came together"
    later.later = 16 * 60
    rotate(rotator, stranger(16), owner="later")
    assert versions(secrets) == 3
    assert facts(topic)["How often"] == "180 reads more since the last notice about it"


def test_our_own_reads_rotate_nothing(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    for number in range(50):
        rotate(rotator, record(**UNTRUSTED, userIdentity=role("secretwatch-rotator")), owner=f"r{number}")
    assert versions(secrets) == 1
    assert topic.published == []


def test_beyond_the_limit_of_the_hour_the_rotator_says_so_loudly_and_stops(
    make: Maker, secrets: Any, topic: Topic, later: Clock
) -> None:
    names = [f"s{n}" for n in range(5)]
    for name in names:
        secrets.create_secret(Name=name, SecretString="plain")
    rotator = make({key: {**GENERATE, "json_keys": []} for key in names}, rotations_per_hour=3)
    for name in names:
        rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": name}), owner=name)
    assert titles(topic) == ["s0 rotated", "s1 rotated", "s2 rotated", "s3 was NOT rotated", "s4 was NOT rotated"]
    assert topic.notices[-1].severity is Severity.CRITICAL
    later.later = 3599
    rotate(rotator, stranger(59, requestParameters={"secretId": "s3"}), owner="early")
    assert titles(topic)[-1] == "s3 was NOT rotated", "the limit is of any hour, not of one by the clock"
    later.later = 3601
    rotate(rotator, stranger(60, requestParameters={"secretId": "s3"}), owner="later")
    assert titles(topic)[-1] == "s3 rotated"


def test_a_rotation_under_way_is_not_disturbed(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    secrets.put_secret_value(SecretId="prod/db", SecretString="half", VersionStages=["AWSPENDING"])
    rotate(rotator, record(**UNTRUSTED))
    assert value(secrets) == OLD
    assert "another rotation of it is under way" in facts(topic)["What was done"]


def test_a_target_that_does_not_exist_is_notified_once(make: Maker, topic: Topic) -> None:
    rotator = make({"gone": GENERATE})
    for owner in ("r1", "r2"):
        rotate(rotator, record(**UNTRUSTED, requestParameters={"secretId": "gone"}), owner=owner)
    assert titles(topic) == ["gone was NOT rotated"]
    assert "the secret does not exist: correct rotation_targets" in facts(topic)["What was done"]


def test_what_may_pass_by_itself_is_tried_again_and_not_notified(
    rotator: Rotator, secrets: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = record(**UNTRUSTED)
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "put_secret_value", lambda **_: (_ for _ in ()).throw(throttled()))
        with pytest.raises(IntakeError):
            rotate(rotator, read)
    assert topic.published == []
    rotate(rotator, read)
    assert titles(topic) == ["prod/db rotated"]


def test_no_permission_on_the_key_is_notified(
    rotator: Rotator, secrets: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "kms"}}, "GetSecretValue")
    monkeypatch.setattr(secrets, "get_secret_value", lambda **_: (_ for _ in ()).throw(refusal))
    rotate(rotator, record(**UNTRUSTED))
    assert "may not do this to the secret or its KMS key" in facts(topic)["What was done"]


def test_a_record_that_another_invocation_works_on_fails_visibly(rotator: Rotator, secrets: Any) -> None:
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    assert rotator.store.claims.claim(f"ROTATION#{arn}", "e1", invocation("other")) is Claim.TAKEN
    with pytest.raises(IntakeError, match="record e1: another invocation is at work on this record"):
        rotate(rotator, record(eventID="e1", **UNTRUSTED))
    assert versions(secrets) == 1


def test_the_entry_point_hands_the_context_on(monkeypatch: pytest.MonkeyPatch, rotator: Rotator, secrets: Any) -> None:
    monkeypatch.setattr(handler, "_rotator", lambda: rotator)
    handler.handler(awslogs(record(**UNTRUSTED)), Context())
    assert versions(secrets) == 2
