from __future__ import annotations

from typing import Any

import pytest

from secretwatch.record.event import MOST_NAMES, parse_event
from tests.detections import DETECTED, other
from tests.records import record, role, user


def test_a_call_to_any_service_says_who_did_what_to_what() -> None:
    event = parse_event(
        other("sqs", "PurgeQueue", eventID="e1", errorCode="AccessDenied", userIdentity=role("deploy", "s1"),
              requestParameters={"queueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"})
    )  # fmt: skip
    assert (event.id, event.name, event.who) == ("e1", "PurgeQueue", "role deploy (session s1)")
    assert (event.time, event.source_address, event.error_code) == (
        "2026-01-31T12:00:00Z",
        "198.51.100.7",
        "AccessDenied",
    )
    assert event.names == ("https://sqs.us-east-1.amazonaws.com/1/q",)
    assert event.secrets == ()


SSO = "AWSReservedSSO_Admin_0123456789abcdef"


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        (role(SSO, "ann@corp.example"), "ann@corp.example (role AWSReservedSSO_Admin)"),
        ({**role("admin", "x"), "sessionContext": {"sourceIdentity": "ann"}}, "ann (role admin)"),
        (role("admin", "ann@corp.example"), "role admin (session ann@corp.example)"),
        (user("ann"), "user ann"),
    ],
)
def test_a_person_behind_a_role_is_named_where_the_name_is_not_the_callers_choice(identity: Any, who: str) -> None:
    assert parse_event(record(userIdentity=identity, sessionCredentialFromConsole="true")).who == who


def test_a_call_about_secrets_names_them() -> None:
    event = parse_event(record("BatchGetSecretValue", requestParameters={"secretIdList": ["a", "b"]}))
    assert (event.secrets, event.names) == (("a", "b"), ())


@pytest.mark.parametrize("what", DETECTED["TrailTampering"])
def test_every_change_of_a_part_names_the_part(what: str) -> None:
    changed = DETECTED["TrailTampering"][what]
    named = " ".join(parse_event(changed).names)
    assert "secretwatch" in named, changed


def test_what_aws_wrote_is_a_name_too_and_no_name_stands_twice() -> None:
    event = parse_event(
        other("s3", "DeleteBucket", requestParameters={"bucketName": "logs"},
              resources=[{"accountId": "1", "ARN": "arn:aws:s3:::logs"}, {"ARN": "arn:aws:kms:eu-west-1:1:key/2"}])
    )  # fmt: skip
    assert event.names == ("logs", "arn:aws:kms:eu-west-1:1:key/2")


def test_names_without_end_are_cut() -> None:
    many = other("monitoring", "DeleteAlarms", requestParameters={"alarmNames": [f"a{n}" for n in range(5000)]})
    assert len(parse_event(many).names) == MOST_NAMES


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"userIdentity": 5, "requestParameters": ["name"], "resources": {"ARN": "x"}, "responseElements": "x"},
        {"requestParameters": {"name": {"name": "x"}, "arn": [None, 5, {}], "url": ""}, "resources": [5, None]},
        {"eventName": ["x"], "eventID": 5, "eventTime": None, "errorCode": {}},
    ],
)
def test_whatever_a_record_lacks_is_missing(broken: dict[str, Any]) -> None:
    event = parse_event(broken)
    assert (event.id, event.name, event.names, event.error_code) == ("", "an unnamed call", (), None)
