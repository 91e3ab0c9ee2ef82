"""Any call may die, before or after its effect, and any delivery may come again: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from secretwatch.record.intake import IntakeError
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import open_store
from secretwatch.store.table import decode
from tests.documents import TABLE, summarizer_settings
from tests.harness.audit_table import make_table
from tests.records import Record, awslogs, record, role, user

OUTSIDE = {"sourceIPAddress": "203.0.113.66"}
DEADLY = (
    "batch_get_item",
    "batch_write_item",
    "put_item",
    "update_item",
    "transact_write_items",
    "query",
    "put_object",
)


class KilledError(BaseException):
    """The function ended in the middle of a call; nothing of ours can catch that."""


class Living(Invocation):
    """An invocation in the world's time."""

    @property
    def time_left(self) -> float:
        return self.lease_until - self.started


class Fate:
    """Decides which calls end the function."""

    def __init__(self, dice: random.Random, chance: float) -> None:
        self.dice = dice
        self.chance = chance
        self.between = 0
        """How often it ended a function that had published and not noted it."""

    def around(self, call: Callable[..., Any], *arguments: Any, **request: Any) -> Any:
        """Do a call; end the function before or after it, or neither."""
        if self.dice.random() < self.chance:
            self.between += _notes_a_publish(request)
            raise KilledError
        answer = call(*arguments, **request)
        if self.dice.random() < self.chance:
            self.between += not request  # publishing itself
            raise KilledError
        return answer


def _notes_a_publish(request: dict[str, Any]) -> bool:
    return "UpdateExpression" in request and request["Key"]["sk"] == {"S": "publish"}


class Mortal:
    """A client whose calls may end the function."""

    def __init__(self, client: Any, fate: Fate) -> None:
        self._client, self._fate = client, fate

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name not in DEADLY:
            return attribute
        return lambda **request: self._fate.around(attribute, **request)


class World:
    """The summarizer, a clock, and everything that was published or written."""

    def __init__(self, dynamodb: Any, dice: random.Random, chance: float) -> None:
        make_table(dynamodb, TABLE)
        self.dynamodb, self.dice, self.time = dynamodb, dice, 1_769_861_400.0
        self.published: list[Notice] = []
        self.objects: dict[str, bytes] = {}
        self.fate = Fate(dice, chance)
        self.invocations = 0

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[Key] = Body

    def publish(self, **message: Any) -> None:
        def effect() -> None:
            notice = Notice.from_json(json.loads(message["Message"])["lambda"])
            assert notice is not None
            self.published.append(notice)

        self.fate.around(effect)

    def deliver(self, records: list[Record]) -> bool:
        """Return whether an invocation of its own handled a delivery to its end."""
        self.time += 60
        self.invocations += 1
        store = open_store(Mortal(self.dynamodb, self.fate), TABLE, now=lambda: self.time)
        settings = summarizer_settings()
        summarizer = Summarizer(
            settings, store, Explainer(None, None), Summaries(Mortal(self, self.fate), "b"), Publisher(self, "t")
        )
        try:
            summarizer.handle(awslogs(*records), Living(f"r{self.invocations}", self.time + 50, self.time))
        except (KilledError, IntakeError):
            return False
        return True

    def items(self, kind: str) -> list[dict[str, Any]]:
        found = map(decode, self.dynamodb.scan(TableName=TABLE)["Items"])
        return [item for item in found if item["pk"].startswith(kind)]


def course(dice: random.Random) -> list[Record]:
    """A thief, a service and a person within a quarter of an hour."""
    thief = [record(requestParameters={"secretId": f"s{n}"}, **OUTSIDE) for n in range(dice.choice([2, 12]))]
    service = [record(userIdentity=role(), requestParameters={"secretId": f"app/{n}"}) for n in range(4)]
    person = [
        record("DeleteResourcePolicy", userIdentity=user("bob")),
        record("DeleteSecret", userIdentity=user("bob")),
    ]
    made = [*thief, *service, *person]
    for n, each in enumerate(made):
        each |= {"eventID": f"e{n:02}", "eventTime": f"2026-01-31T12:{dice.randrange(15):02}:{dice.randrange(60):02}Z"}
    return made


def cut(dice: random.Random, records: list[Record]) -> list[list[Record]]:
    mixed, parts = dice.sample(records, len(records)), []
    while mixed:
        size = dice.choice([1, 3, 8])
        parts.append(mixed[:size])
        mixed = mixed[size:]
    return parts


def live(world: World, records: list[Record]) -> None:
    """Deliver everything on two paths, cut differently; what failed comes again, and some that did not."""
    waiting = [part for _ in range(2) for part in cut(world.dice, records)]
    while waiting:
        part = waiting.pop(world.dice.randrange(len(waiting)))
        if not world.deliver(part) or world.dice.random() < 0.1:
            waiting.append(part)
        if world.invocations > 60:
            world.fate.chance = 0.0


def told(world: World) -> dict[str, set[str]]:
    """Actor → the signals that people were notified of."""
    found: dict[str, set[str]] = {}
    for notice in world.published:
        identity = next(fact.value for fact in notice.facts if fact.label == "Identity")
        found.setdefault(identity, set()).update(notice.signals)
    return found


@pytest.mark.parametrize("runs", [10, pytest.param(600, marks=pytest.mark.full)])
def test_whatever_dies_nothing_is_lost_and_nothing_is_doubled(dynamodb: Any, runs: int) -> None:
    for seed in range(runs):
        one_life(dynamodb, seed)


def one_life(dynamodb: Any, seed: int) -> None:
    dice = random.Random(seed)
    records = course(dice)
    clean = World(dynamodb, random.Random(seed), 0.0)
    assert clean.deliver(records)
    expected, accesses = told(clean), {item["sk"] for item in clean.items("ACCESS#")}

    world = World(dynamodb, dice, 0.04)
    live(world, records)
    assert told(world) == expected, seed
    assert {item["sk"] for item in world.items("ACCESS#")} == accesses, seed
    kept = {item["pk"].partition("#")[2]: item["state"] for item in world.items("NOTICE#")}
    assert set(kept.values()) == {"published"}, seed
    times = Counter(notice.id for notice in world.published)
    assert set(times) == set(kept), seed
    # Twice only where a function ended between the publish and the note of it: the notifier's claim on the
    # notice's id removes that copy.
    assert sum(times.values()) - len(times) == world.fate.between, seed
    assert len(world.objects) >= 2, seed


@pytest.mark.parametrize("seed", [92, 211])
def test_a_retry_that_finds_a_notice_of_its_story_told_forgets_no_other_event_of_it(dynamodb: Any, seed: int) -> None:
    """A notifies of e1; e2 of the same story is held by B, which dies; A is retried with both, as the last to come."""
    world = World(dynamodb, random.Random(seed), 0.0)
    first, second = record(eventID="e1"), record(eventID="e2", eventTime="2026-01-31T12:01:00Z", **OUTSIDE)
    assert world.deliver([first])
    world.fate.chance = 0.5
    while world.deliver([second]):
        world = World(dynamodb, world.dice, 0.0)
        assert world.deliver([first])
        world.fate.chance = 0.5
    world.fate.chance = 0.0
    assert world.deliver([first, second])
    assert "untrusted_network" in {signal for notice in world.published for signal in notice.signals}
    assert max(Counter(notice.id for notice in world.published).values()) <= 2
