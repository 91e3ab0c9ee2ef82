"""Rotation under IAM enforcement: each strategy, what stops it, and no statement too many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.conftest import Posts
from tests.harness.local_aws import wait_until
from tests.harness.stack import Stack, read_any_secret
from tests.records import record, role, user
from tools.redrive import Redrive

OUTSIDE = "203.0.113.77"
# Strategy's secret → the statements without which it does not work. Not here: the function
# that managed runs, since the local AWS does not ask whether the rotator may invoke it.
STATEMENTS = {
    "prod/db": ("GenerateValues", "ClaimRotations", "PublishNotices", "LookForFreeze"),
    "prod/api": ("StartRotations", "ClaimRotations", "PublishNotices", "LookForFreeze"),
    "prod/told": ("DescribeTargets", "ClaimRotations", "PublishNotices"),
}
TITLES = {
    "prod/db": "prod/db rotated",
    "prod/api": "prod/api is being rotated",
    "prod/told": "prod/told would have been rotated",
}


@pytest.fixture
def stranger(stack: Stack, stage: object, name: str) -> Any:
    """A user who reads from outside the trusted networks."""
    return stack.user(name, OUTSIDE, read_any_secret())


def versions(stack: Stack, secret: str) -> int:
    """How many rotations the evidence counts; the current version must be the last one's."""
    secrets, dynamodb = stack.aws.client("secretsmanager"), stack.aws.client("dynamodb")
    found = secrets.describe_secret(SecretId=secret)
    key = {":k": {"S": f"ROTATION#{found['ARN']}"}}
    items = dynamodb.query(
        TableName=stack.outputs["audit_table_name"], KeyConditionExpression="pk = :k", ExpressionAttributeValues=key
    )["Items"]
    done = [item["new_version"]["S"] for item in items if item["done"]["S"] != "nothing"]
    (current,) = (version for version, stages in found["VersionIdsToStages"].items() if "AWSCURRENT" in stages)
    assert not done or current in done
    return len(done)


def about_rotation(posts: Posts) -> list[str]:
    return [title for title in posts.titles() if "rotat" in title]


def outside(name: str, number: int, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    who: dict[str, Any] = {"userIdentity": user(name), "sourceIPAddress": OUTSIDE}
    return record(**{"eventID": f"{name}-{number}", "eventTime": now, **who, **changes})


@pytest.mark.parametrize("secret", TITLES)
def test_each_strategy_does_what_it_says(stack: Stack, stranger: Any, posts: Posts, secret: str) -> None:
    before = versions(stack, secret)
    stranger.get_secret_value(SecretId=secret)
    posts.expect(2)
    assert about_rotation(posts) == [TITLES[secret]]
    assert versions(stack, secret) - before == (0 if secret == "prod/told" else 1)


def test_a_managed_rotation_is_confirmed_in_the_end(stack: Stack, stranger: Any, posts: Posts) -> None:
    stranger.get_secret_value(SecretId="prod/api")
    posts.expect(2)
    arn = stack.aws.client("secretsmanager").describe_secret(SecretId="prod/api")["ARN"]
    service = {"eventType": "AwsServiceEvent", "userIdentity": {"invokedBy": "secretsmanager.amazonaws.com"}}
    end = record("RotationSucceeded", **service, requestParameters=None, additionalEventData={"SecretId": arn})
    stack.trail.deliver([end])
    posts.expect(3)
    assert about_rotation(posts) == ["prod/api is being rotated", "prod/api rotated: confirmed"]


@pytest.mark.full  # half a minute; a unit test of the rotator's handler does the same to its parts
def test_two_hundred_reads_in_a_minute_make_one_rotation(stack: Stack, name: str, posts: Posts) -> None:
    before = versions(stack, "prod/db")
    for start in range(0, 200, 20):
        stack.trail.deliver([outside(name, start + n) for n in range(20)])
    wait_until(lambda: about_rotation(posts), 40, "the rotation")
    stack.await_empty_queue()
    assert about_rotation(posts) == ["prod/db rotated"]
    assert versions(stack, "prod/db") - before == 1
    recorded = [item for item in stack.audit_items() if item["event_id"].startswith(name)]
    assert len(recorded) == 200


def await_next_second() -> None:
    """A record has whole seconds: the next one's is not the second in which a version was just made."""
    made = int(time.time())
    wait_until(lambda: int(time.time()) > made, 5, "the next second")


def test_a_read_within_the_cooldown_is_answered_when_it_ends(stack: Stack, stranger: Any, posts: Posts) -> None:
    before = versions(stack, "prod/db")
    stranger.get_secret_value(SecretId="prod/db")
    posts.expect(2)
    assert versions(stack, "prod/db") - before == 1
    await_next_second()
    taken = stranger.get_secret_value(SecretId="prod/db")["VersionId"]
    stack.settle()
    stack.do_due()
    assert versions(stack, "prod/db") - before == 1, "not thrashed by reading"
    stack.end_cooldowns()
    for _ in range(2):
        stack.do_due()
    assert versions(stack, "prod/db") - before == 2
    secret = stack.aws.client("secretsmanager").describe_secret(SecretId="prod/db")
    assert "AWSCURRENT" not in secret["VersionIdsToStages"].get(taken, [])
    assert about_rotation(posts) == ["prod/db rotated", "prod/db rotated"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"eventTime": "2026-01-31T12:00:00Z"}, "an older version of the value was read"),
        ({"requestParameters": {"secretId": "prod/db", "versionStage": "AWSPREVIOUS"}}, "an older version"),
    ],
    ids=["stale", "AWSPREVIOUS"],
)
def test_a_read_of_an_older_version_changes_nothing(
    stack: Stack, name: str, posts: Posts, asked: dict[str, Any], reason: str
) -> None:
    before = versions(stack, "prod/db")
    stack.trail.deliver([outside(name, 1, **asked)])
    posts.expect(2)
    assert about_rotation(posts) == ["prod/db was NOT rotated"]
    assert any(reason in text for text in posts.texts())
    assert versions(stack, "prod/db") == before


VALUES = {
    '{"password": "old",}': "not a JSON object",
    "postgres://app:old@db": "not a JSON object",
    '{"password": "letmein", "url": "postgres://app:letmein@db"}': "'url' holds the exposed password too",
}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_that_is_not_understood_stays_and_people_hear_why(
    stack: Stack, stranger: Any, posts: Posts, value: str
) -> None:
    secrets = stack.aws.client("secretsmanager")
    good = secrets.get_secret_value(SecretId="prod/db")["VersionId"]
    bad = secrets.put_secret_value(SecretId="prod/db", SecretString=value)["VersionId"]
    try:
        stranger.get_secret_value(SecretId="prod/db")
        posts.expect(2)
        assert secrets.get_secret_value(SecretId="prod/db")["SecretString"] == value
        assert any(VALUES[value] in text for text in posts.texts())
        assert not any("letmein" in text for text in posts.texts())
    finally:
        move = {"VersionStage": "AWSCURRENT", "MoveToVersionId": good, "RemoveFromVersionId": bad}
        secrets.update_secret_version_stage(SecretId="prod/db", **move)


def test_a_read_of_a_replica_rotates_its_primary(stack: Stack, name: str, posts: Posts) -> None:
    secrets = stack.aws.client("secretsmanager")
    arn = secrets.describe_secret(SecretId="prod/db")["ARN"]
    secrets.replicate_secret_to_regions(SecretId="prod/db", AddReplicaRegions=[{"Region": "eu-west-1"}])
    before = versions(stack, "prod/db")
    copy = arn.replace("us-east-1", "eu-west-1")
    elsewhere = arn.replace("us-east-1", "eu-west-3")
    with stack.trail.only("complete"):
        stack.trail.deliver(
            [
                outside(name, 1, awsRegion="eu-west-3", requestParameters={"secretId": elsewhere}),
                outside(name, 2, awsRegion="eu-west-1", requestParameters={"secretId": copy}),
            ]
        )
        wait_until(lambda: about_rotation(posts), 40, "the rotation")
    assert about_rotation(posts) == ["prod/db rotated"]
    assert versions(stack, "prod/db") - before == 1


def test_our_own_reads_start_nothing(stack: Stack, name: str, posts: Posts) -> None:
    before = versions(stack, "prod/db")
    own = role("secretwatch-rotator", "secretwatch-rotator")
    agent = "Boto3/1.40 exec-env/AWS_Lambda_python3.13"
    at_work: dict[str, Any] = {"userIdentity": own, "sourceIPAddress": OUTSIDE, "userAgent": agent}
    stack.trail.deliver([record(eventID=f"{name}-{n}", **at_work) for n in range(50)])
    wait_until(lambda: sum(i["event_id"].startswith(name) for i in stack.audit_items()) == 50, 40, "fifty records")
    assert posts.titles() == []
    assert versions(stack, "prod/db") == before


@pytest.fixture
def frozen(stack: Stack, stage: object) -> Iterator[None]:
    """Rotations frozen, as an operator does it."""
    ssm, name = stack.aws.client("ssm"), stack.outputs["freeze_parameter_name"]
    ssm.put_parameter(Name=name, Value="on", Overwrite=True)
    yield
    ssm.put_parameter(Name=name, Value="off", Overwrite=True)


@pytest.mark.usefixtures("frozen")
def test_a_freeze_stops_rotations_and_people_are_notified(stack: Stack, stranger: Any, posts: Posts) -> None:
    before = versions(stack, "prod/db")
    stranger.get_secret_value(SecretId="prod/db")
    posts.expect(2)
    assert about_rotation(posts) == ["prod/db was NOT rotated"]
    assert versions(stack, "prod/db") == before


def test_the_breaker_stops_rotations_and_says_so_loudly(stack: Stack, stranger: Any, posts: Posts) -> None:
    uses = [{"L": [{"N": str(int(time.time()))}, {"S": f"secret {n}"}, {"S": f"holder {n}"}]} for n in range(10)]
    item = {"pk": {"S": "BUDGET#rotations"}, "sk": {"S": "SLIDING"}, "version": {"N": "1"}, "uses": {"L": uses}}
    stack.aws.client("dynamodb").put_item(TableName=stack.outputs["audit_table_name"], Item=item)
    before = versions(stack, "prod/db")
    stranger.get_secret_value(SecretId="prod/db")
    posts.expect(2)
    (text,) = (text for text in posts.texts() if "NOT rotated" in text)
    assert "the maximum of rotations per hour is reached" in text
    assert "critical" in text
    assert versions(stack, "prod/db") == before


def test_a_rotator_stopped_between_rotation_and_notice_is_made_good(stack: Stack, stranger: Any, posts: Posts) -> None:
    before = versions(stack, "prod/db")
    redrive = Redrive(stack.aws.client("sqs"), stack.aws.client("lambda"), "secretwatch")
    with stack.without("rotator", "PublishNotices"), stack.trail.only("complete"):
        stranger.get_secret_value(SecretId="prod/db")
        stack.await_dead_letter("secretwatch-rotator-dead-letters")
        (dead,) = [p for p in redrive.messages() if p.function == "secretwatch-rotator"]
    assert versions(stack, "prod/db") - before == 1, "the value was changed, and nobody was notified"
    redrive.resend(dead)
    wait_until(lambda: about_rotation(posts), 40, "the notice")
    assert about_rotation(posts) == ["prod/db rotated"]
    assert versions(stack, "prod/db") - before == 1


@pytest.mark.full
@pytest.mark.parametrize(("secret", "sid"), [(secret, sid) for secret, sids in STATEMENTS.items() for sid in sids])
def test_without_a_statement_a_strategy_does_not_work(
    stack: Stack, stranger: Any, posts: Posts, secret: str, sid: str
) -> None:
    before, refused = versions(stack, secret), len(stack.function_denials())
    with stack.without("rotator", sid):
        stranger.get_secret_value(SecretId=secret)
        wait_until(lambda: len(stack.function_denials()) > refused, 20, "a refusal by IAM")
        wait_until(
            lambda: stack.dead_letter_texts("secretwatch-rotator") or _was_refused(posts, secret),
            60,
            "a failure that shows",
        )
        assert TITLES[secret] not in posts.titles()
    assert sid == "PublishNotices" or versions(stack, secret) == before
    stack.settle()


@pytest.mark.full
def test_without_its_statement_nothing_that_is_due_is_done(stack: Stack, stranger: Any, posts: Posts) -> None:
    before = versions(stack, "prod/db")
    stranger.get_secret_value(SecretId="prod/db")
    posts.expect(2)
    assert versions(stack, "prod/db") - before == 1
    await_next_second()
    stranger.get_secret_value(SecretId="prod/db")
    stack.settle()
    stack.end_cooldowns()
    refused = len(stack.function_denials())
    with stack.without("rotator", "DoWhatIsDue"):
        stack.do_due()
        wait_until(lambda: len(stack.function_denials()) > refused, 20, "a refusal by IAM")
        stack.await_dead_letter("secretwatch-rotator-dead-letters")
    assert versions(stack, "prod/db") - before == 1
    stack.dead_letter_texts("secretwatch-rotator")
    stack.do_due()
    assert versions(stack, "prod/db") - before == 2, "it stayed due"


def _was_refused(posts: Posts, secret: str) -> bool:
    return f"{secret} was NOT rotated" in posts.titles()
