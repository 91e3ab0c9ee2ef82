"""A generated day of one account: services that poll, deployments, people, and one attack. All synthetic."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from tests.records import Record, record, role, user

DAY = datetime(2026, 1, 14, tzinfo=UTC)  # a Wednesday
SERVICES = ("billing", "search", "mailer")
PEOPLE = ("alice", "bob", "carol", "dan", "erin")
ENDPOINT = "vpce-0123456789abcdef0"
OFFICE, ELSEWHERE = "198.51.100.7", "203.0.113.66"
ATTACKER = "mallory"


def day(number: int, *, attack: bool) -> list[Record]:
    """Return the records of DAY + ``number`` days, in order of time."""
    start = DAY + timedelta(days=number)
    dice = random.Random(number)
    made = [*_polling(start, number), *_deployments(start, number), *_people(start, dice)]
    if attack:
        made += _attack(start)
    made.sort(key=lambda r: r["eventTime"])
    return [{**r, "eventID": f"day{number}-{n}"} for n, r in enumerate(made)]


def is_read(r: Record) -> bool:
    """Return whether a value was returned."""
    return r["eventName"] == "GetSecretValue" and "errorCode" not in r


def _at(time: datetime) -> dict[str, str]:
    return {"eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _polling(start: datetime, number: int) -> list[Record]:
    """Three services read two secrets each, every five minutes, all day."""
    return [
        record(
            userIdentity=role(service, f"task-{number}-{minute // 60}"),
            requestParameters={"secretId": f"{service}/{secret}"},
            sourceIPAddress="10.0.3.7",
            vpcEndpointId=ENDPOINT,
            **_at(start + timedelta(minutes=minute, seconds=7 * offset)),
        )
        for minute in range(0, 24 * 60, 5)
        for offset, service in enumerate(SERVICES)
        for secret in ("db", "api-key")
    ]


def _deployments(start: datetime, number: int) -> list[Record]:
    """Two deployments with Terraform, each refreshing twenty secrets within a minute."""
    return [
        record(
            userIdentity=role("deploy", f"release-{number}-{hour}"),
            requestParameters={"secretId": f"platform/secret-{n}", "versionId": "synthetic"},
            sourceIPAddress=OFFICE,
            userAgent="APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (synthetic)",
            **_at(start + timedelta(hours=hour, seconds=2 * n)),
        )
        for hour in (10, 15)
        for n in range(20)
    ]


def _people(start: datetime, dice: random.Random) -> list[Record]:
    """Five people read three secrets each, in office hours."""
    return [
        record(
            userIdentity=user(person),
            requestParameters={"secretId": f"team/{person}-{n}"},
            sourceIPAddress=OFFICE,
            **_at(start + timedelta(hours=9, minutes=dice.randrange(8 * 60))),
        )
        for person in PEOPLE
        for n in range(3)
    ]


def _attack(start: datetime) -> list[Record]:
    """At 03:12 somebody lists the secrets, reads twenty one by one, and tries five batches."""
    begin = start + timedelta(hours=3, minutes=12)
    who: Record = {
        "userIdentity": user(ATTACKER),
        "sourceIPAddress": ELSEWHERE,
        "userAgent": "python-requests/2 (synthetic)",
    }
    listed = record("ListSecrets", **who, requestParameters={}, **_at(begin))
    reads = [
        record(
            **who, requestParameters={"secretId": f"platform/secret-{n}"}, **_at(begin + timedelta(seconds=30 + 5 * n))
        )
        for n in range(20)
    ]
    batches = [
        record("BatchGetSecretValue", **who, requestParameters={"filters": [{"key": "tag-key", "values": ["!x"]}]},
               **_at(begin + timedelta(seconds=150 + 3 * n)))
        for n in range(5)
    ]  # fmt: skip
    return [listed, *reads, *batches]
