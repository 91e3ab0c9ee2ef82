"""What the backtest says is a function of the records in order of their time, and is what the core decides.

Over generated streams: people, services and thieves on a few secrets, with bursts within a second,
pauses up to days, refusals, listings and calls that change something.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.decide import decide
from secretwatch.detect.memory import Memory
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import People
from tests.records import Record, record, role, user
from tools.backtest import history
from tools.backtest.__main__ import _parser, backtest
from tools.backtest.history import History
from tools.backtest.replay import Row
from tools.backtest.settings import BacktestSettings, settings_of

ALL = 10**9
SEEDS: list[Any] = [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 10))]
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PAUSES = (0, 0, 0, 1, 2, 20, 90, 400, 1300, 3599, 3601, 9000, 40_000, 100_000)
WHO = (user("alice"), role("service"), role("AWSReservedSSO_Dev_1", "ann@corp.example"),
       role("AWSReservedSSO_Dev_1", "ben@corp.example"))  # fmt: skip
FROM = ("198.51.100.7", "198.51.100.8", "203.0.113.66", "10.1.2.3", "lambda.amazonaws.com")
WITH = ("Boto3/1.34", "aws-cli/2.0", "APN/1.0 HashiCorp Terraform/1.9")


def stream(seed: int, number: int = 220) -> list[Record]:
    dice, time = random.Random(seed), START
    records: list[Record] = []
    while len(records) < number:
        time += timedelta(seconds=dice.choice(PAUSES))
        who, source, agent, key = dice.choice(WHO), dice.choice(FROM), dice.choice(WITH), f"ASIA{dice.randrange(3)}"
        for _ in range(dice.choice((1, 1, 2, 12))):
            time += timedelta(seconds=dice.choice((0, 0, 1, 30)))
            records.append(
                record(
                    **call(dice),
                    eventID=f"{seed}-{len(records)}",
                    eventTime=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    userIdentity={**who, "accessKeyId": key},
                    sourceIPAddress=source,
                    userAgent=agent,
                    awsRegion=dice.choice(("us-east-1", "eu-west-1")),
                )
            )
    return records


def call(dice: random.Random) -> Record:
    secret = {"secretId": f"app/{dice.randrange(30)}"}
    return dice.choice(
        [
            *[{"requestParameters": secret}] * 6,
            {"requestParameters": secret, "errorCode": "AccessDenied"},
            {"requestParameters": secret, "errorCode": "ResourceNotFoundException"},
            {"name": "ListSecrets", "requestParameters": None},
            {"name": "DescribeSecret", "requestParameters": secret},
            {"name": "BatchGetSecretValue", "requestParameters": {"filters": []}},
            {"name": "DeleteSecret", "requestParameters": secret},
        ]
    )


def settings(*options: str) -> BacktestSettings:
    given = ["x", "--trusted-cidrs", "198.51.100.0/24", "--rotation-targets", "app/1,app/2", *options]
    return settings_of(_parser().parse_args(given))


def run(folder: Path, records: list[Record], chunk_size: int = 500, *options: str) -> list[dict[str, Any]]:
    file = folder / "trail.json"
    file.write_text("\n".join(map(json.dumps, records)))
    return [
        found.as_row()
        for found in backtest(settings(*options), [file], chunk_size=chunk_size)
        if isinstance(found, Row)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_matter_how_many_are_decided_together(tmp_path: Path, seed: int) -> None:
    records = stream(seed)
    one_by_one = run(tmp_path, records, 1)
    assert len({row["message"] for row in one_by_one}) == 4, "a stream with nothing in it shows nothing"
    for size in (7, 500, ALL):
        assert run(tmp_path, records, size) == one_by_one


def test_what_was_forgotten_meanwhile_is_new_again_though_all_is_decided_together(tmp_path: Path) -> None:
    reads = [record(eventID=day, eventTime=f"2026-{day}T09:00:00Z") for day in ("01-05", "01-25", "04-05")]
    found = {row["event_id"]: row["signals"] for row in run(tmp_path, reads, ALL)}
    assert ["first_reader" in signals for signals in found.values()] == [True, False, True]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_matter_in_which_order_and_how_often_records_come(tmp_path: Path, seed: int) -> None:
    records = stream(seed)
    shuffled = records * 2
    random.Random(seed).shuffle(shuffled)
    assert run(tmp_path, shuffled) == run(tmp_path, records)


def test_memories_that_are_written_to_disk_meanwhile_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = stream(5)
    held = run(tmp_path, records, 20)
    monkeypatch.setattr(history, "_NAMES_KEPT", 1)
    monkeypatch.setattr(history, "_CALLS_KEPT", 1)
    assert run(tmp_path, records, 20) == held


def deployed(records: list[Record], given: BacktestSettings) -> Iterator[tuple[str, str, str]]:
    """Yield (actor, event id, signal) of what people hear, one delivery for each access."""
    accesses = [parse(entry) for entry in sorted(records, key=lambda entry: (entry["eventTime"], entry["eventID"]))]
    memories: dict[str, Memory] = {}
    for access in accesses:
        assert isinstance(access, SecretAccess)
        (judged,) = given.trust.judge([access])
        actor = People(given.tuning.people_roles, given.tuning.automation).actor(access)
        now = int(access.time.timestamp())
        decision = decide(actor, [judged], memories.get(actor.key, Memory()), given.tuning, now)
        memories[actor.key] = decision.memory
        for news in decision.news:
            yield from ((actor.key, finding.event_id, finding.signal) for finding in news.fresh)


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_are_those_of_the_core_with_each_access_delivered_by_itself(tmp_path: Path, seed: int) -> None:
    records = stream(seed)
    heard = sorted(deployed(records, settings()))
    found = run(tmp_path, records)
    announced = {(row["actor"], row["event_id"]) for row in found if row["would_notify"]}
    assert announced == {(actor, event_id) for actor, event_id, _ in heard}
    by_id = {row["event_id"]: row for row in found}
    assert all(signal in by_id[event_id]["signals"] for _, event_id, signal in heard)


def accesses(*records: Record) -> list[SecretAccess]:
    return [found for found in map(parse, records) if isinstance(found, SecretAccess)]


def test_two_accounts_records_of_one_call_are_one_access_by_whom_the_caller_is_known_from() -> None:
    owners = record(eventID="owner", userIdentity={"type": "AWSAccount", "accountId": "210987654321"})
    callers = record(eventID="caller", userIdentity=role("reader"))
    for order in ([owners, callers], [callers, owners]):
        kept = History()
        for access in accesses(*order):
            kept.add(access._replace(shared_event_id="shared"))
        assert [access.event_id for access in kept.accesses()] == ["caller"]


def test_an_id_that_comes_again_with_another_content_is_another_access() -> None:
    kept = History()
    for access in accesses(
        record(eventID="a"), record(eventID="a"), record(eventID="a", requestParameters={"secretId": "b"})
    ):
        kept.add(access)
    assert sorted(access.call.secret_names for access in kept.accesses()) == [("b",), ("prod/db",)]


def test_times_and_texts_come_back_as_they_were() -> None:
    given = accesses(
        record(eventID="\ud800x", eventTime="2026-01-31T12:00:00.123456Z"),
        record(eventID="old", eventTime="0001-01-01T00:00:00Z"),
        record(eventID="new", eventTime="9999-12-31T23:59:59Z", userIdentity=role("r", "s\udfff")),
    )
    kept = History()
    for access in given:
        kept.add(access)
    assert {(a.event_id, a.time, a.session) for a in kept.accesses()} == {
        (a.event_id, a.time, a.session) for a in given
    }
