"""Records of one actor, and what is decided about them: what the tests of this room begin with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from secretwatch.detect import signals
from secretwatch.detect.decide import Decision, decide, remember
from secretwatch.detect.memory import Memory
from secretwatch.detect.signals import Finding
from secretwatch.detect.tuning import Tuning, parse_rules
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import Actor, People
from secretwatch.record.origin import Judged, TrustPolicy, parse_networks
from tests.records import Record, record, role

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
"""When every record of ``tests.records`` was."""
NOW = int(START.timestamp())
HOUR, DAY = 60, 1440
"""Minutes."""
TRUST = TrustPolicy(parse_networks(["198.51.100.0/24"]))
TUNING = parse_rules('{"decoys": ["honey/*"]}')
OFFICE, OUTSIDE, ELSEWHERE = "198.51.100.7", "203.0.113.66", "192.0.2.9"
DENIED, MISSING = {"errorCode": "AccessDenied"}, {"errorCode": "ResourceNotFoundException"}


def at(minute: float) -> str:
    """Return the time of a record, in minutes after START."""
    return (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(minute: float = 0, secret: str = "prod/db", **changes: Any) -> Record:
    return record(eventTime=at(minute), **{"requestParameters": {"secretId": secret}, **changes})


def call(name: str, minute: float = 0, **changes: Any) -> Record:
    return record(name, eventTime=at(minute), **changes)


def put(name: str, minute: float = 0, **parameters: Any) -> Record:
    """Return a call that names prod/db and more."""
    return call(name, minute, requestParameters={"secretId": "prod/db", **parameters})


def listing(minute: float = 0, **changes: Any) -> Record:
    return call("ListSecrets", minute, **{"requestParameters": {"maxResults": 100}, **changes})


def service(session: str = "task", key: str = "ASIASERVICE000000000", name: str = "orders") -> Record:
    """Return the identity of a role that a service uses."""
    return {**role(name, session), "accessKeyId": key}


def stranger() -> Record:
    """Return the identity that a secret's owner sees of a principal of another account."""
    return {"type": "AWSAccount", "accountId": "999999999999", "principalId": "AROAX:x"}


def accesses(records: Iterable[Record]) -> list[SecretAccess]:
    records = list(records)
    found = [access for r in records if isinstance(access := parse(r), SecretAccess)]
    assert len(found) == len(records)
    return found


def by_actor(
    records: Iterable[Record], trust: TrustPolicy = TRUST, tuning: Tuning = TUNING
) -> dict[str, tuple[Actor, list[Judged]]]:
    """Return the accesses of each actor, by its key."""
    found = accesses(records)
    groups: dict[str, tuple[Actor, list[Judged]]] = {}
    for judged, actor in zip(
        trust.judge(found), People(tuning.people_roles, tuning.automation).actors(found), strict=True
    ):
        groups.setdefault(actor.key, (actor, []))[1].append(judged)
    return groups


def of_one(
    records: Iterable[Record], trust: TrustPolicy = TRUST, tuning: Tuning = TUNING
) -> tuple[Actor, list[Judged]]:
    (group,) = by_actor(records, trust, tuning).values()
    return group


def decided(
    *records: Record,
    memory: Memory | None = None,
    tuning: Tuning = TUNING,
    trust: TrustPolicy = TRUST,
    now: int | None = None,
) -> Decision:
    """Return what becomes of the records of one actor, delivered together a minute after the last of them."""
    actor, entries = of_one(records, trust, tuning)
    latest = max(int(entry.access.time.timestamp()) for entry in entries)
    return decide(actor, entries, memory or Memory(), tuning, latest + 60 if now is None else now)


def found(*records: Record, tuning: Tuning = TUNING, trust: TrustPolicy = TRUST) -> list[Finding]:
    """Return everything that is notable about the records of one actor."""
    actor, entries = of_one(records, trust, tuning)
    return signals.find(remember(Memory(), actor, entries, tuning), actor, tuning)


def fired(*records: Record, tuning: Tuning = TUNING, trust: TrustPolicy = TRUST) -> dict[str, set[str]]:
    """Return signal → the ids of the records on which it fires."""
    by_signal: dict[str, set[str]] = {}
    for finding in found(*records, tuning=tuning, trust=trust):
        by_signal.setdefault(finding.signal, set()).add(finding.event_id)
    return by_signal
