"""An invocation that ends at any call and is repeated leaves one rotation, one notice and nothing half done."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.functions.rotator.secret_value import SecretStore
from secretwatch.notify.publisher import Publisher
from secretwatch.record.intake import IntakeError
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import open_store
from tests.documents import TABLE, rotator_settings
from tests.records import awslogs, record
from tests.unit.conftest import aws_client
from tests.unit.doubles import Clock, Topic
from tests.unit.functions.rotator.doubles import DatedSecrets

OLD = {"user": "app", "password": "old-password-1"}
RUNS = 30


class Killed(BaseException):
    """Lambda ended the process: no code of ours runs any more."""


class Mortal:
    """A client whose calls may end the invocation, before they take effect or after."""

    def __init__(self, client: Any, fate: Callable[[], None]) -> None:
        self._client, self._fate = client, fate
        self.exceptions = getattr(client, "exceptions", None)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._fate()
            answer = method(*arguments, **named)
            self._fate()
            return answer

        return call


class World:
    """A deployment whose every call may be its last, until nobody kills any more."""

    def __init__(self, dynamodb: Any, seed: int) -> None:
        self.dice, self.clock, self.topic, self.chance = random.Random(seed), Clock(), Topic(), 0.06
        self.secrets = DatedSecrets(aws_client("secretsmanager"), self.clock, json.dumps(OLD))
        settings = rotator_settings()
        self.rotator = Rotator(
            settings,
            open_store(Mortal(dynamodb, self.fate), TABLE, now=self.clock),
            SecretStore(Mortal(self.secrets, self.fate)),
            Publisher(Mortal(self.topic, self.fate), settings.topic),
            Freeze(Mortal(aws_client("ssm"), self.fate), settings.freeze_parameter),
            None,
        )

    def fate(self) -> None:
        if self.dice.random() < self.chance:
            raise Killed if self.dice.random() < 0.6 else ConnectionError("no answer")

    def until_it_works(self, run: Callable[[str], None], lease: int = 0) -> None:
        """Run as Lambda does: again with the same request id, each attempt after the lease of the one before."""
        for attempt in range(200):
            try:
                run(f"attempt {attempt}")
            except (Killed, IntakeError, ConnectionError):
                self.clock.later += lease + 1
                continue
            return
        raise AssertionError("it never worked")

    def deliver(self, *records: Any, request: str) -> None:
        self.until_it_works(lambda _: self.rotator.handle(awslogs(*records), self.invocation(request)))

    def do_due(self) -> None:
        self.until_it_works(lambda attempt: self.rotator.do_due(self.invocation(f"{attempt} {self.clock.later}")), 60)

    def invocation(self, identity: str) -> Invocation:
        return Invocation(identity, self.clock() + 60, self.clock())


def read(event_id: str, minute: int) -> Any:
    at = f"2026-01-31T12:{10 + minute:02}:00Z"
    return record(eventID=event_id, sourceIPAddress="203.0.113.66", eventTime=at)


@pytest.mark.parametrize("seed", range(RUNS))
def test_wherever_it_ends_there_is_one_rotation_and_one_notice(dynamodb: Any, seed: int) -> None:
    world = World(dynamodb, seed)
    world.deliver(read("e1", 0), read("e2", 0), request="first")
    world.clock.later = 10 * 60
    world.deliver(read("e3", 9), request="again")
    world.clock.later = 30 * 60
    world.do_due()
    world.do_due()
    world.chance = 0.0
    world.do_due()
    stages = world.secrets.describe_secret(SecretId="prod/db")["VersionIdsToStages"]
    labels = sorted(label for labels in stages.values() for label in labels if label != "NEW")
    assert labels == ["AWSCURRENT", "AWSPREVIOUS"], "no label of ours is left"
    everything = world.secrets.list_secret_version_ids(SecretId="prod/db", IncludeDeprecated=True)["Versions"]
    assert len(everything) == 3, "rotated for the first read, and when the cooldown of it ended"
    current = json.loads(world.secrets.get_secret_value(SecretId="prod/db", VersionStage="AWSCURRENT")["SecretString"])
    assert {**current, "password": OLD["password"]} == OLD
    assert current["password"] != OLD["password"]
    told = {notice.id: notice.title for notice in world.topic.notices}
    assert list(told.values()) == ["prod/db rotated", "prod/db rotated"]
    assert list(world.rotator.store.due.by_now()) == []
