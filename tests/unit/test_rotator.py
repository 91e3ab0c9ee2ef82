from __future__ import annotations

import json
import time
from typing import Any

import pytest

from secretwatch.access import SecretAccess, parse
from secretwatch.audit import AuditTable
from secretwatch.intake import IntakeError
from secretwatch.notice import Severity
from secretwatch.publisher import Publisher
from secretwatch.rotator.handler import Rotator, Settings
from secretwatch.rotator.policy import Target, decide, parse_targets
from secretwatch.rotator.secret_value import RotationError, SecretStore, new_password, replace_value
from secretwatch.secret_id import parse_secret_id
from secretwatch.settings import SettingsError
from secretwatch.trust import Judged, TrustPolicy, parse_networks
from tests.records import awslogs, record, role, secret_arn
from tests.unit.conftest import TABLE, aws_client
from tests.unit.test_summarizer import Topic, throttled

ROTATOR = "arn:aws:iam::123456789012:role/secretwatch-rotator"
TRUST = TrustPolicy(parse_networks(["198.51.100.0/24", "2001:db8:10::/48"]))
TARGET = Target(parse_secret_id("prod/db"), "generate")
VARIABLES = {
    "AUDIT_TABLE": TABLE,
    "ALERTS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alerts",
    "TRUSTED_CIDRS": '["198.51.100.0/24"]',
    "ROTATION_TARGETS": json.dumps({"prod/db": {"strategy": "generate", "json_keys": ["password"]}}),
    "EXEMPT_PRINCIPALS": json.dumps([ROTATOR]),
}
UNTRUSTED = {"sourceIPAddress": "203.0.113.66"}
OLD = {"host": "db", "username": "app", "password": "old"}


def judged(**changes: Any) -> Judged:
    access = parse(record(**{**UNTRUSTED, **changes}))
    assert isinstance(access, SecretAccess)
    return TRUST.judge([access])[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"errorCode": "AccessDenied"}, "no secret value was handed out"),
        ({"name": "PutSecretValue"}, "no secret value was handed out"),
        ({"userIdentity": role("secretwatch-rotator")}, "the principal is exempt"),
        ({"sourceIPAddress": "198.51.100.7"}, "the network is trusted, not untrusted"),
        ({"sourceIPAddress": "2001:db8:10::1"}, "the network is trusted, not untrusted"),
        ({"sourceIPAddress": "rds.amazonaws.com"}, "the network is aws_service, not untrusted"),
        ({"sourceIPAddress": "198.51.100.007"}, "the network is unknown, not untrusted"),
        ({"sourceIPAddress": "10.0.0.1"}, "the network is unknown, not untrusted"),
        ({"requestParameters": {"secretId": "other"}}, "the secret is not a rotation target"),
        ({"requestParameters": None}, "the secret is not a rotation target"),
    ],
)
def test_what_rotates_nothing_and_why(changes: dict[str, Any], reason: str) -> None:
    decision = decide(judged(**changes), [TARGET], frozenset({ROTATOR}))
    assert decision.targets == ()
    assert decision.reason == reason


@pytest.mark.parametrize("secret", ["prod/db", secret_arn("prod/db"), secret_arn("prod/db")[:-7]])
def test_an_untrusted_read_of_a_target_rotates_it(secret: str) -> None:
    assert decide(judged(requestParameters={"secretId": secret}), [TARGET], frozenset()).targets == (TARGET,)


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def secrets(aws: None) -> Any:
    client = aws_client("secretsmanager")
    client.create_secret(Name="prod/db", SecretString=json.dumps(OLD))
    return client


@pytest.fixture
def rotator(dynamodb: Any, topic: Topic, secrets: Any) -> Rotator:
    settings = Settings.read(VARIABLES)
    return Rotator(settings, AuditTable(dynamodb, TABLE), SecretStore(secrets), Publisher(topic, settings.topic))


def rotate(rotator: Rotator, *records: Any, owner: str = "r1") -> None:
    rotator.handle(awslogs(*records), owner, time.time() + 60)


def value(secrets: Any, stage: str = "AWSCURRENT") -> dict[str, str]:
    found: dict[str, str] = json.loads(secrets.get_secret_value(SecretId="prod/db", VersionStage=stage)["SecretString"])
    return found


def versions(secrets: Any) -> int:
    return len(secrets.list_secret_version_ids(SecretId="prod/db", IncludeDeprecated=True)["Versions"])


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
def test_what_cannot_be_generated_is_told_and_left_as_it_is(
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


def test_one_bad_record_does_not_stop_the_rotation(rotator: Rotator, secrets: Any) -> None:
    with pytest.raises(IntakeError, match="record e9"):
        rotate(rotator, record(eventID="e9", eventTime=None), record(**UNTRUSTED))
    assert versions(secrets) == 2


def test_a_plain_text_is_replaced_whole() -> None:
    assert len(replace_value("hunter2", TARGET)) == 32
    assert replace_value("12345", TARGET) != "12345"


def test_a_json_object_without_keys_to_change_is_refused() -> None:
    with pytest.raises(RotationError, match="json_keys"):
        replace_value("{}", Target(parse_secret_id("x"), "generate", ()))


def test_a_password_has_every_class() -> None:
    for _ in range(50):
        password = new_password(8)
        assert len(password) == 8
        assert any(map(str.islower, password))
        assert any(map(str.isupper, password))
        assert any(map(str.isdigit, password))
        assert not password.isalnum()
        assert not set(password) & set("\"'\\/@` $")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (5, "must be a JSON object"),
        ({"strategy": "magic", "json_keys": []}, "strategy must be generate or managed, not 'magic'"),
        ({"strategy": "generate", "json_keys": "password"}, "json_keys must be a list of strings"),
        ({"strategy": "generate", "json_keys": [], "password_length": 4}, "password_length"),
    ],
)
def test_a_wrong_target_is_named(settings: object, message: str) -> None:
    with pytest.raises(SettingsError, match=f"ROTATION_TARGETS, 'prod/db': {message}"):
        parse_targets({"prod/db": settings})


def test_rotation_without_targets_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="ROTATION_TARGETS must be a JSON object with at least one entry"):
        Settings.read({**VARIABLES, "ROTATION_TARGETS": "{}"})
