"""What is decided is a function of the records, whatever the deliveries: cut, mixed, repeated and late."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from secretwatch.detect import signals
from secretwatch.detect.memory import HORIZON, Memory
from secretwatch.detect.story import stories
from secretwatch.detect.tuning import Tuning, parse_rules
from secretwatch.record.origin import Judged
from tests.judging import decide_all, judged
from tests.records import ACCOUNT, Record, record, role, user

TUNING = parse_rules('{"decoys": ["honey/*"], "automation": ["*role/r1"]}')
PLACES = ("198.51.100.7", "203.0.113.5", "192.0.2.9", "10.1.2.3", "AWS Internal", "20.3.2.1", "20.9.1.1")
OTHERS = ("ListSecrets", "DescribeSecret", "BatchGetSecretValue", "PutSecretValue", "DeleteSecret")
NAMES = (*["GetSecretValue"] * 8, *OTHERS)
AGENTS = ("aws-cli/2", "Boto3/1", "HashiCorp Terraform/1.1", "curl/8")
REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-south-1", "sa-east-1")
START = int(datetime(2026, 1, 31, 4, tzinfo=UTC).timestamp())


def stream(dice: random.Random, number: int, seconds: int) -> list[Judged]:
    """Return records of some actors within so many seconds, in order of time."""
    identities: list[Record] = [user("u0"), user("u1"), role("r0"), role("r1"), role("r2", "ann@corp.example")]
    secrets = [f"s/{n}" for n in range(40)] + ["honey/x"]
    made = []
    for n, time in enumerate(sorted(dice.randrange(seconds) for _ in range(number))):
        name, identity = dice.choice(NAMES), dice.choice(identities)
        error = dice.choice([None] * 5 + ["AccessDenied", "ResourceNotFoundException"]) if "Get" in name else None
        changes: dict[str, Any] = {
            "eventID": f"e{n:04}",
            "eventTime": datetime.fromtimestamp(START + time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "userIdentity": {**identity, "accessKeyId": dice.choice(["AKIA1", "AKIA2"])},
            "requestParameters": {} if name == "ListSecrets" else {"secretId": dice.choice(secrets)},
            "sourceIPAddress": dice.choice(PLACES),
            "userAgent": dice.choice(AGENTS),
            "awsRegion": dice.choice(REGIONS),
            "recipientAccountId": ACCOUNT,
        }
        made.append(record(name, **({**changes, "errorCode": error} if error else changes)))
    return judged(*made)


def deliveries(dice: random.Random, entries: Sequence[Judged], late: int) -> list[list[Judged]]:
    """Return the records cut into deliveries, up to ``late`` seconds late, some deliveries repeated."""
    order = sorted(entries, key=lambda entry: entry.access.time.timestamp() + dice.uniform(0, late))
    cut, start = [], 0
    while start < len(order):
        size = dice.choice([1, 1, 2, 5, 20, 100])
        cut.append(order[start : start + size])
        start += size
    for _ in range(dice.randrange(5)):
        again = dice.randrange(len(cut))
        cut.insert(min(len(cut), again + dice.randrange(1, 5)), dice.choice([cut[again], cut[again][::2]]))
    return [part for part in cut if part]


def after(parts: Sequence[Sequence[Judged]]) -> tuple[dict[str, Memory], dict[str, list[Any]]]:
    """Return what is remembered of each actor in the end, and its stories by content."""
    memories: dict[str, Memory] = {}
    actors = {}
    for part in parts:
        for found in decide_all(part, TUNING, memories):
            memories[found.actor.key], actors[found.actor.key] = found.decision.memory, found.actor
    content = {}
    for key, memory in memories.items():
        lived = stories(actors[key], signals.find(memory, actors[key], TUNING), memory.told, TUNING.quiet_minutes)
        content[key] = [(s.span, s.severity, s.signals, s.lead.event_id, [f[:6] for f in s.findings]) for s in lived]
    return memories, content


@pytest.mark.parametrize("runs", [60, pytest.param(2000, marks=pytest.mark.full)])
def test_cut_mixed_repeated_and_late_the_stories_are_the_same(runs: int) -> None:
    dice = random.Random(20260131)
    for number in range(runs // 4):
        entries = stream(dice, dice.choice([40, 150]), dice.choice([900, HORIZON - 3600]))
        memories, expected = after([[entry] for entry in entries])
        for _ in range(4):
            late = dice.choice([0, 60, 600, 3600])
            got_memories, got = after(deliveries(dice, entries, late))
            assert got == expected, (number, late)
            assert {k: m.habits for k, m in got_memories.items()} == {k: m.habits for k, m in memories.items()}
            for key, memory in memories.items():
                told = {signal for story in memory.told for signal in story.signals}
                assert told <= {signal for story in got_memories[key].told for signal in story.signals}


@pytest.mark.parametrize("runs", [10, pytest.param(100, marks=pytest.mark.full)])
def test_over_days_nothing_that_is_told_in_order_goes_untold(runs: int) -> None:
    """Late records can only add what was right when it was said: that something was new."""
    dice = random.Random(20260201)
    for _ in range(runs):
        entries = stream(dice, 200, 5 * 86_400)
        in_order, _ = messages([[entry] for entry in entries])
        other, stale = messages(deliveries(dice, entries, 3600))
        assert in_order <= other | stale


def messages(parts: Sequence[Sequence[Judged]]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return (actor, signal) of all messages, and of all findings."""
    memories: dict[str, Memory] = {}
    told, found_at = set(), set()
    for part in parts:
        for found in decide_all(part, TUNING, memories):
            memories[found.actor.key] = found.decision.memory
            told |= {(found.actor.key, f.signal) for news in found.decision.news for f in news.fresh}
            found_at |= {(found.actor.key, f.signal) for story in found.decision.stories for f in story.findings}
    return told, found_at


def test_the_streams_show_most_signals() -> None:
    dice = random.Random(1)
    shown = {signal for _ in range(20) for _, signal in messages([stream(dice, 200, dice.choice([900, 80_000]))])[1]}
    assert len(shown) >= 17, sorted(shown)
    assert Tuning().signals.keys() >= shown
