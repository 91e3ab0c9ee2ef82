from __future__ import annotations

import json
import re
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.record.intake import IntakeError
from secretwatch.store.due import Task
from tests.documents import GENERATE
from tests.unit.doubles import Clock, Topic, throttled
from tests.unit.functions.rotator.doubles import (
    OLD,
    Maker,
    do_due,
    facts,
    rotate,
    stranger,
    titles,
    value,
    versions,
)


def test_a_read_of_an_older_version_is_notified_and_rotates_nothing(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    later.later = 3600
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "by an operator"}))
    rotate(rotator, stranger(30))
    assert value(secrets)["password"] == "by an operator"
    (notice,) = topic.notices
    assert "an older version of the value was read" in notice.facts[0].value
    assert notice.severity is Severity.MEDIUM


@pytest.mark.parametrize("asked", [{"versionStage": "AWSPREVIOUS"}, {"versionId": "previous"}])
def test_a_read_of_a_named_older_version_says_which_one(
    rotator: Rotator, secrets: Any, topic: Topic, asked: dict[str, str]
) -> None:
    first = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "second"}))
    asked = {name: first if text == "previous" else text for name, text in asked.items()}
    rotate(rotator, stranger(5, requestParameters={"secretId": "prod/db", **asked}))
    assert value(secrets)["password"] == "second"
    assert facts(topic)["Exposed version"] == first


def test_the_current_version_by_its_id_rotates(rotator: Rotator, secrets: Any) -> None:
    current = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    rotate(rotator, stranger(0, requestParameters={"secretId": "prod/db", "versionId": current}))
    assert versions(secrets) == 2


def test_reads_of_unknown_origin_keep_no_rotation_from_being_done(rotator: Rotator, secrets: Any, topic: Topic) -> None:
    for number in range(4):
        rotate(rotator, stranger(number, sourceIPAddress="198.51.100.007"), owner=f"unknown {number}")
        assert titles(topic) == ["prod/db was NOT rotated"], "notified once in a while"
    rotate(rotator, stranger(5), owner="stranger")
    assert titles(topic) == ["prod/db was NOT rotated", "prod/db rotated"]


def test_a_thief_who_reads_again_within_the_cooldown_loses_that_value_when_it_ends(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    rotate(rotator, stranger(0))
    later.later = 5 * 60
    for minute in (3, 4, 5):
        rotate(rotator, stranger(minute), owner=f"again {minute}")
        do_due(rotator)
    assert versions(secrets) == 2, "not thrashed by reading"
    second = value(secrets)
    later.later = 15 * 60 + 1
    for _ in range(3):
        do_due(rotator)
    assert versions(secrets) == 3
    assert value(secrets)["password"] != second["password"]
    assert titles(topic) == ["prod/db rotated", "prod/db rotated"]
    later.later = 40 * 60
    do_due(rotator)
    assert versions(secrets) == 3, "nobody read the third"


def test_a_kept_read_of_a_value_that_is_gone_by_then_is_settled(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    rotate(rotator, stranger(0))
    later.later = 5 * 60
    rotate(rotator, stranger(4), owner="again")
    later.later = 10 * 60
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "by an operator"}))
    later.later = 16 * 60
    do_due(rotator)
    assert value(secrets)["password"] == "by an operator"
    assert len(topic.published) == 1


def test_a_thief_of_the_next_value_loses_it_when_it_has_become_the_current_one(
    rotator: Rotator, secrets: Any, later: Clock
) -> None:
    new = secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps(OLD), VersionStages=["AWSPENDING"])
    rotate(rotator, stranger(1, requestParameters={"secretId": "prod/db", "versionStage": "AWSPENDING"}))
    for minutes in (17, 33):  # a slow rotation: it is looked at again, and once more
        later.later = minutes * 60
        do_due(rotator)
    assert versions(secrets) == 2
    secrets.update_secret_version_stage(
        SecretId="prod/db",
        VersionStage="AWSCURRENT",
        MoveToVersionId=new["VersionId"],
        RemoveFromVersionId=secrets.current("prod/db"),
    )
    secrets.update_secret_version_stage(
        SecretId="prod/db", VersionStage="AWSPENDING", RemoveFromVersionId=new["VersionId"]
    )
    later.later = 49 * 60
    do_due(rotator)
    assert versions(secrets) == 3
    assert value(secrets)["password"] != OLD["password"]


def test_what_nobody_knows_how_to_do_stays_due(rotator: Rotator) -> None:
    rotator.store.due.keep(Task.of(0, "paint", "prod/db", {}))
    for _ in range(2):
        with pytest.raises(IntakeError, match="nobody knows how to do paint"):
            do_due(rotator)


def test_what_is_due_stays_due_until_it_was_done(
    rotator: Rotator, secrets: Any, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(rotator, stranger(0))
    rotate(rotator, stranger(1), owner="again")
    later.later = 16 * 60
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "put_secret_value", lambda **_: (_ for _ in ()).throw(throttled()))
        with pytest.raises(IntakeError, match="1 not done, and due still: read of arn:aws"):
            do_due(rotator)
    do_due(rotator)
    assert versions(secrets) == 3


def test_an_operators_change_between_get_and_put_stays(
    make: Maker, secrets: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = secrets.put_secret_value

    def interrupted(**new: Any) -> Any:
        answer = put(**new)
        put(SecretId="prod/db", SecretString=json.dumps({**OLD, "password": "by an operator"}))
        return answer

    monkeypatch.setattr(secrets, "put_secret_value", interrupted)
    rotate(make(), stranger(0))
    assert value(secrets)["password"] == "by an operator"
    assert titles(topic) == ["prod/db was NOT rotated"]
    assert "somebody else gave the secret a new value meanwhile" in facts(topic)["What was done"]
    monkeypatch.undo()
    rotate(make(), stranger(1), owner="after")
    assert titles(topic)[-1] == "prod/db rotated", "what was not done took no cooldown"


def test_a_rotation_that_failed_takes_neither_the_cooldown_nor_the_limit(
    make: Maker, secrets: Any, topic: Topic
) -> None:
    rotator = make(rotations_per_hour=1)
    secrets.put_secret_value(SecretId="prod/db", SecretString='{"user": "x"}')
    rotate(rotator, stranger(1))
    secrets.put_secret_value(SecretId="prod/db", SecretString=json.dumps(OLD))
    rotate(rotator, stranger(2), owner="r2")
    assert titles(topic) == ["prod/db was NOT rotated", "prod/db rotated"]


def test_the_last_places_of_the_limit_are_for_secrets_that_had_none(
    make: Maker, secrets: Any, topic: Topic, later: Clock
) -> None:
    secrets.create_secret(Name="other", SecretString="plain")
    rotator = make({"prod/db": GENERATE, "other": {**GENERATE, "json_keys": []}}, rotations_per_hour=3,
                   rotation_cooldown_minutes=1)  # fmt: skip
    for minute in (0, 2, 4):
        later.later = minute * 60
        rotate(rotator, stranger(minute), owner=f"r{minute}")
    assert titles(topic) == ["prod/db rotated", "prod/db rotated", "prod/db was NOT rotated"]
    rotate(rotator, stranger(5, requestParameters={"secretId": "other"}), owner="other")
    assert titles(topic)[-1] == "other rotated"


def test_a_rotation_that_hangs_says_since_when_and_generate_goes_on(
    rotator: Rotator, secrets: Any, topic: Topic, later: Clock
) -> None:
    secrets.put_secret_value(SecretId="prod/db", SecretString="half", VersionStages=["AWSPENDING"])
    later.later = 600
    rotate(rotator, stranger(5))
    assert re.search(r"on version \S+ since 2026-01-31T12:10:00Z", facts(topic)["Rotation under way"])
    later.later = 3700
    rotate(rotator, stranger(61), owner="later")
    assert titles(topic) == ["prod/db was NOT rotated", "prod/db rotated"]


def test_two_targets_that_are_one_secret_act_once(make: Maker, secrets: Any, topic: Topic) -> None:
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    rotate(make({"prod/db": GENERATE, arn: GENERATE}), stranger(0))
    assert versions(secrets) == 2
    assert titles(topic) == ["prod/db rotated"]


def test_a_read_of_a_replica_rotates_its_primary(make: Maker, secrets: Any, topic: Topic) -> None:
    secrets.replicate_secret_to_regions(SecretId="prod/db", AddReplicaRegions=[{"Region": "eu-west-1"}])
    replica = secrets.describe_secret(SecretId="prod/db")["ARN"].replace("us-east-1", "eu-west-1")
    there = {"awsRegion": "eu-west-1", "requestParameters": {"secretId": replica}}
    rotate(make(), stranger(0, **there))
    assert titles(topic) == ["prod/db rotated"]
    elsewhere = replica.replace("eu-west-1", "eu-west-3")
    rotate(make(), stranger(20, awsRegion="eu-west-3", requestParameters={"secretId": elsewhere}), owner="r2")
    assert len(topic.published) == 1
