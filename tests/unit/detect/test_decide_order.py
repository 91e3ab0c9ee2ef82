"""The order of the records decides, not their delivery: cut, mixed, repeated and late, it comes to the same."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import pytest

from secretwatch.detect import signals
from secretwatch.detect.decide import decide
from secretwatch.detect.memory import LIMITS, Memory
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import Story, fresh, known_of, stories
from secretwatch.detect.tuning import Tuning, parse_rules
from secretwatch.record.actor import Actor
from tests.records import Record, role, secret_arn, user
from tests.unit.detect.situations import (
    DAY,
    DENIED,
    ELSEWHERE,
    HOUR,
    MISSING,
    OFFICE,
    OUTSIDE,
    by_actor,
    call,
    listing,
    put,
    read,
    service,
)

RULES = parse_rules(
    '{"decoys": ["honey/*"], "automation": ["*role/ci"], "many_secrets": {"threshold": 4},'
    ' "many_described": {"threshold": 4}, "guessed_names": {"threshold": 3}, "denied_burst": {"threshold": 3},'
    ' "many_regions": {"threshold": 3}, "slow_collection": {"threshold": 3}, "quiet_minutes": 20}'
)
"""Thresholds that a short stream reaches, and misses, often."""
BEFORE_MIDNIGHT = 11 * HOUR + 50
"""Minutes after START; with the day (UTC) a story ends."""
LATEST = 60
"""Minutes that a record is late at most."""
IDENTITIES = [
    user("alice"),
    {**user("alice"), "accessKeyId": "AKIAOTHER00000000000"},
    service(),
    service("other", "ASIAOTHER00000000000"),
    role("ci", "run-7"),
    role("AWSReservedSSO_dev_0123456789abcdef", "ann@example.com"),
]
TOOLS = ["aws-cli/2.0", "Boto3/1.40 exec-env/AWS_ECS_FARGATE", "APN/1.0 HashiCorp/1.0 Terraform/1.11.0", "curl/8.0"]
PLACES = [OFFICE, OFFICE, "198.51.100.99", OUTSIDE, ELSEWHERE, "198.51.7.7", "10.0.0.1", "rds.amazonaws.com"]
REGIONS = ["us-east-1", "us-east-1", "eu-west-1", "ap-south-1", "sa-east-1"]


def stream(dice: random.Random, minutes: int, number: int, start: int = 0) -> list[Record]:
    """Return records within some minutes, by time and id; many are of one second, and alike."""
    secrets = [f"app/s{n}" for n in range(dice.choice([3, 8, 20]))] + ["honey/pot"]
    people, moments = dice.sample(IDENTITIES, dice.choice([2, 4])), sorted(_times(dice, minutes, number))
    made = [
        _one(dice, start + moment, dice.choice(secrets), dice.choice(people), number)
        for number, moment in enumerate(moments)
    ]
    return sorted(made, key=lambda entry: (entry["eventTime"], entry["eventID"]))


def _times(dice: random.Random, minutes: int, number: int) -> Iterator[float]:
    """Bursts, and single ones between them; never at the very same second as the start of another hour's."""
    left = number
    while left:
        burst, start = min(left, dice.choice([1, 1, 3, 8])), dice.uniform(0, minutes)
        width = dice.choice([0, 0.05, 1, 9])
        yield from (min(start + dice.randrange(60) / 60 * width, minutes) for _ in range(burst))
        left -= burst


def _one(dice: random.Random, minute: float, secret: str, identity: Record, number: int) -> Record:
    more = {
        "userIdentity": identity,
        "userAgent": dice.choice(TOOLS),
        "sourceIPAddress": dice.choice(PLACES),
        "awsRegion": dice.choice(REGIONS),
        "eventID": f"{dice.randrange(10**6):06}-{number:04}",
    }
    kind = dice.randrange(12)
    if kind < 6:
        made = read(minute, secret, **more)
        if kind == 5:
            made["requestParameters"]["versionId"] = "a-version"
        if kind == 4:
            made["sessionCredentialFromConsole"] = "true"
        return made
    if kind == 6:
        return read(minute, secret, **more, **DENIED)
    if kind == 7:
        return read(minute, secret, **more, **MISSING)
    if kind == 8:
        return listing(minute, **more)
    if kind == 9:
        return call("DescribeSecret", minute, requestParameters={"secretId": secret_arn(secret)}, **more)
    if kind == 10:
        filters = dice.choice([{"secretIdList": [secret]}, {"filters": []}])
        return call("BatchGetSecretValue", minute, requestParameters=filters, **more)
    return {**put(dice.choice(["PutSecretValue", "DeleteSecret", "CancelRotateSecret"]), minute), **more}


@dataclass
class Run:
    """Everything that one way of delivering the records led to, of all actors."""

    tuning: Tuning
    actors: dict[str, Actor] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    told: set[tuple[str, str, str]] = field(default_factory=set)
    """Event id, signal and severity of each finding of a story that people were notified of."""
    messages: list[tuple[str, str]] = field(default_factory=list)
    """Story and notice ids."""

    def deliver(self, records: list[Record], now: int) -> None:
        for key, (actor, entries) in by_actor(records, tuning=self.tuning).items():
            self.actors[key] = actor
            decision = decide(actor, entries, self.memories.get(key, Memory()), self.tuning, now)
            self.memories[key] = decision.memory
            for news in decision.news:
                self.messages.append((news.story.id, news.id))
                self.told |= {told(finding) for finding in news.story.findings}
            for story in decision.stories:
                known = known_of(story, decision.memory.told, self.tuning.quiet_minutes)
                assert not fresh(story, known), "everything that is worth a message was said at once"
                self.told |= {told(finding) for finding in story.findings}

    def stories(self) -> dict[str, list[Story]]:
        """Return the stories of each actor as its memory has them in the end."""
        return {
            key: stories(
                self.actors[key],
                signals.find(memory, self.actors[key], self.tuning),
                memory.told,
                self.tuning.quiet_minutes,
            )
            for key, memory in sorted(self.memories.items())
        }

    def signals_told(self) -> dict[tuple[str, int], set[str]]:
        """Return (actor, beginning of a story) → the signals in it that people know of."""
        return {
            (key, story.span[0]): {
                signal
                for entry in known_of(story, self.memories[key].told, self.tuning.quiet_minutes)
                for signal in entry.signals
            }
            for key, found in self.stories().items()
            for story in found
        }


def told(finding: Finding) -> tuple[str, str, str]:
    return finding.event_id, finding.signal, finding.severity


def content(run: Run) -> dict[str, list[tuple[object, ...]]]:
    """Return what is said of each actor in the end, without the stories' ids."""
    return {
        key: [(s.findings, s.severity, s.signals, s.lead, s.span) for s in found]
        for key, found in run.stories().items()
    }


def habits(run: Run, kinds: Collection[str] = tuple(LIMITS)) -> dict[str, object]:
    return {key: {kind: dict(m.names(kind)) for kind in kinds} for key, m in sorted(run.memories.items())}


def seconds(made: Record) -> int:
    ((_, entries),) = by_actor([made]).values()
    return int(entries[0].access.time.timestamp())


def in_order(records: list[Record], tuning: Tuning = RULES) -> Run:
    """Deliver the records one by one, each when it happens."""
    run = Run(tuning)
    for made in records:
        run.deliver([made], seconds(made))
    return run


def otherwise(records: list[Record], dice: random.Random, tuning: Tuning = RULES) -> Run:
    """Deliver the records late, some twice, in other parts and in another order."""
    late = dice.choice([0, 1, 20, LATEST])
    arriving = [(seconds(made) + dice.randint(0, late * 60), dice.random(), made) for made in records]
    arriving += [
        (seconds(made) + dice.randint(0, LATEST * 60), dice.random(), made)
        for made in dice.sample(records, len(records) // dice.choice([2, 5, 50]))
    ]
    arriving.sort(key=lambda entry: entry[:2])
    run, most = Run(tuning), dice.choice([1, 3, 10, 1000])
    while arriving:
        size = dice.randint(1, most)
        # A delivery comes when its last record is there, and no record is later than LATEST.
        part = [e for e in arriving[:size] if arriving[0][0] + LATEST * 60 >= e[0]] if most < 1000 else arriving
        arriving = arriving[len(part) :]
        together = [made for _, _, made in part]
        dice.shuffle(together)
        run.deliver(together, part[-1][0])
    return run


def check_same(seed: int) -> None:
    """Of a stream that is shorter than what is remembered of single accesses."""
    dice = random.Random(seed)
    records = stream(dice, dice.choice([5, 30, 280]), dice.choice([6, 20, 45]), dice.choice([0, BEFORE_MIDNIGHT]))
    right, run = in_order(records), otherwise(records, dice)
    assert content(run) == content(right)
    assert habits(run) == habits(right)
    assert {key: m.moments for key, m in run.memories.items()} == {key: m.moments for key, m in right.memories.items()}
    assert right.told <= run.told, "nothing that is told in order is left out"
    final = {told(finding) for found in run.stories().values() for story in found for finding in story.findings}
    assert final <= run.told
    once, again = right.signals_told(), run.signals_told()
    assert once.keys() == again.keys()
    for story, names in once.items():
        # A late record can show that what was told was not so; that cannot be taken back.
        superseded = {name for _, name, _ in run.told - final}
        assert names <= again[story] <= names | superseded
    assert len(set(run.messages)) == len(run.messages), "no message is sent twice"


@pytest.mark.parametrize(
    "seeds", [range(25), pytest.param(range(1000, 3000), marks=pytest.mark.full)], ids=["some", "many"]
)
def test_the_same_is_found_however_records_are_delivered(seeds: range) -> None:
    for seed in seeds:
        check_same(seed)


def check_days(seed: int) -> None:
    dice = random.Random(seed)
    records = stream(dice, dice.choice([2, 6]) * DAY, dice.choice([30, 80]))
    right, run = in_order(records), otherwise(records, dice)
    # The others are forgotten within days, by the clock of whoever decides.
    lasting = [kind for kind, limit in LIMITS.items() if limit.days is None]
    assert habits(run, lasting) == habits(right, lasting)
    assert right.told <= run.told
    assert len(set(run.messages)) == len(run.messages)
    # Everything else was judged by what had arrived until then: with all of it at hand nobody finds it.
    assert run.told - right.told <= run.told - found_at_once(records)


def found_at_once(records: list[Record]) -> set[tuple[str, str, str]]:
    run = Run(RULES)
    run.deliver(records, seconds(records[-1]))
    return run.told


@pytest.mark.parametrize(
    "seeds", [range(10), pytest.param(range(1000, 1500), marks=pytest.mark.full)], ids=["some", "many"]
)
def test_over_days_nothing_that_is_told_in_order_is_left_out(seeds: range) -> None:
    for seed in seeds:
        check_days(seed)
