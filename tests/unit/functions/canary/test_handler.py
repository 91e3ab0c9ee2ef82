from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secretwatch.functions.canary.handler import CanaryRun
from secretwatch.functions.canary.hops import Hops
from secretwatch.record.envelopes import RecordPath
from secretwatch.store.store import open_store
from tests.documents import TABLE
from tests.unit.doubles import Topic, throttled
from tests.unit.functions.canary.doubles import NOW, PARTS, Account
from tests.unit.functions.canary.test_settings import read

HOUR = 3600


class Secrets:
    """Secrets Manager with one secret, that has no value at first."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.reads = 0
        self.failure: Exception | None = None

    def get_secret_value(self, **_: Any) -> None:
        if self.failure is not None:
            raise self.failure
        if self.value is None:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        self.reads += 1

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803
        assert SecretId == "secretwatch/canary"
        self.value = SecretString


class World:
    """The canary, hour after hour."""

    def __init__(self, dynamodb: Any) -> None:
        self.now = NOW
        self.secrets, self.topic, self.account = Secrets(), Topic(), Account()
        self.store = open_store(dynamodb, TABLE, now=lambda: self.now)
        self.working = set(RecordPath)
        settings = read()
        hops = Hops(self.account.clients, PARTS)
        self.canary = CanaryRun(settings, self.store, self.secrets, self.topic, hops, lambda: self.now)

    def hours(self, number: int) -> None:
        """Let so many runs happen, each read seen by what works."""
        for _ in range(number):
            self.run()
            self.now += HOUR

    def run(self) -> None:
        before = self.secrets.reads
        self.canary.run()
        if self.secrets.reads > before:
            for path in self.working:
                self.store.sightings.note(path, datetime.fromtimestamp(self.now, UTC))

    @property
    def subjects(self) -> list[str]:
        return [message["Subject"] for message in self.topic.published]


@pytest.fixture
def world(dynamodb: Any) -> World:
    return World(dynamodb)


def test_it_gives_its_secret_a_value_once_and_reads_it_every_time(world: World) -> None:
    world.hours(3)
    assert world.secrets.value is not None
    assert "protects nothing" in world.secrets.value
    assert world.secrets.reads == 3


def test_while_both_paths_work_nobody_hears_of_it(world: World) -> None:
    world.hours(50)
    assert world.subjects == []


def test_a_silent_path_is_reported_after_three_periods_and_once_a_day(world: World) -> None:
    world.hours(5)
    world.working = {RecordPath.LOGS}
    world.hours(3)
    assert world.subjects == []
    world.hours(1)
    assert world.subjects == ["secretwatch: the fast path (EventBridge) is silent"]
    assert world.topic.published[0]["TopicArn"].endswith(":secretwatch-operations")
    world.hours(23)
    assert len(world.subjects) == 1
    world.hours(1)
    assert len(world.subjects) == 2


def test_a_path_that_never_worked_is_reported_too(world: World) -> None:
    world.working = {RecordPath.EVENTS}
    world.hours(4)
    assert world.subjects == ["secretwatch: the complete path (CloudWatch Logs) is silent"]
    assert "has never brought a read" in world.topic.published[0]["Message"]


def test_both_silent_paths_are_one_message(world: World) -> None:
    world.working = set()
    world.hours(4)
    (subject,) = world.subjects
    assert subject.endswith("are silent")


def test_another_cause_is_reported_at_once(world: World) -> None:
    world.working = {RecordPath.LOGS}
    world.hours(5)
    world.account.answers["describe_rule"] = {"State": "DISABLED"}
    world.hours(1)
    assert len(world.subjects) == 2
    assert "Stopped at: EventBridge rule secretwatch-summarizer is disabled." in world.topic.published[1]["Message"]


def test_a_cause_that_was_fixed_is_no_message_until_the_path_is_back(world: World) -> None:
    world.working = {RecordPath.LOGS}
    world.account.answers["describe_rule"] = {"State": "DISABLED"}
    world.hours(5)
    world.account.answers = Account().answers
    world.hours(2)
    assert len(world.subjects) == 1
    world.working = set(RecordPath)
    world.hours(2)
    assert world.subjects[1:] == ["secretwatch: the fast path (EventBridge) is back"]


def test_no_path_is_said_to_work_that_brought_nothing(world: World) -> None:
    world.working = set()
    world.hours(5)
    world.account.answers["describe_rule"] = {"State": "DISABLED"}
    world.hours(1)
    text = world.topic.published[1]["Message"]
    assert "The fast path" in text
    assert "No other path is known to work" in text


def test_the_path_that_still_works_is_said(world: World) -> None:
    world.working = {RecordPath.LOGS}
    world.hours(4)
    assert "The complete path works" in world.topic.published[0]["Message"]


def test_a_path_that_is_back_is_reported_once(world: World) -> None:
    world.working = {RecordPath.LOGS}
    world.hours(6)
    world.working = set(RecordPath)
    world.hours(3)
    assert world.subjects[1:] == ["secretwatch: the fast path (EventBridge) is back"]


def test_one_path_that_is_silent_again_is_reported_again(world: World) -> None:
    for working in ({RecordPath.LOGS}, set(RecordPath), {RecordPath.LOGS}):
        world.working = working
        world.hours(5)
    assert [subject.rpartition(" ")[2] for subject in world.subjects] == ["silent", "back", "silent"]


def test_a_canary_that_cannot_read_fails_and_accuses_no_path(world: World) -> None:
    world.hours(2)
    world.secrets.failure = throttled()
    for _ in range(6):
        with pytest.raises(ClientError):
            world.run()
        world.now += HOUR
    assert world.subjects == []


def test_a_silence_is_reported_although_the_read_fails(world: World) -> None:
    world.working = {RecordPath.LOGS}
    world.hours(3)
    world.secrets.failure = throttled()
    with pytest.raises(ClientError):
        world.run()
    assert len(world.subjects) == 1


def test_a_message_that_could_not_be_published_is_published_by_the_next_attempt(world: World) -> None:
    world.working = {RecordPath.LOGS}
    world.hours(3)
    world.topic.failures = [throttled()]
    with pytest.raises(ClientError):
        world.run()
    world.run()
    assert len(world.subjects) == 1


def test_its_log_says_what_it_saw(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.working = {RecordPath.LOGS}
    world.hours(3)
    with caplog.at_level("INFO"):
        world.run()
    line = next(record for record in caplog.records if record.message == "canary")
    assert line.__dict__["missed"] == {"logs": 0, "events": 3}
    assert line.__dict__["read"] is True
