"""Generated CloudTrail log files, as S3 lays them."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.records import Record, record, role, secret_arn

ACCOUNTS = ("123456789012", "210987654321")
REGIONS = ("us-east-1", "eu-west-1")


def records(number: int, first: date, days: int, seed: int = 11) -> Iterator[tuple[str, str, date, Record]]:
    """Yield (account, region, day of delivery, synthetic record), odd ones among them.

    Weekends are quieter than other days, and some secrets, services and people busier than others.
    """
    dice = random.Random(seed)
    secrets = [f"team-{n % 4}/secret-{n}" for n in range(30)]
    calendar = [first + timedelta(days=n) for n in range(days)]
    busyness = [1 if day.isoweekday() > 5 else 3 for day in calendar]
    for n in range(number):
        account, region = dice.choice(ACCOUNTS), dice.choice(REGIONS)
        (day,) = dice.choices(calendar, busyness)
        time = datetime(
            day.year, day.month, day.day, dice.randrange(24), dice.randrange(60), dice.randrange(60), tzinfo=UTC
        )
        name = secrets[min(int(dice.expovariate(0.2)), 29)]
        made = record(
            dice.choices(["GetSecretValue", "BatchGetSecretValue", "ListSecrets", "PutSecretValue"], [80, 5, 10, 5])[0],
            eventID=f"e{seed}-{n}",
            eventTime=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            awsRegion=region,
            recipientAccountId=account,
            sourceIPAddress=dice.choice(["198.51.100.7", "203.0.113.66", "2001:db8:10::25", "", "rds.amazonaws.com"]),
            requestParameters=dice.choices(
                [{"secretId": name}, {"secretId": secret_arn(name, "aB3dE5")}, None, {}], [45, 45, 5, 5]
            )[0],
            **(
                {"userIdentity": role(f"service-{min(int(dice.expovariate(0.5)), 6)}", f"s{n}")}
                if dice.random() < 0.8
                else {}
            ),
            **(
                {"errorCode": dice.choice(["AccessDenied", "ResourceNotFoundException"])} if dice.random() < 0.1 else {}
            ),
        )
        if dice.random() < 0.02:
            made[dice.choice(["userIdentity", "sourceIPAddress", "userAgent", "requestParameters"])] = None
        if dice.random() < 0.02:
            made["eventSource"] = "s3.amazonaws.com"
        yield account, region, day, made


def write_tree(root: Path, made: Iterator[tuple[str, str, date, Record]], organization: str = "") -> None:
    """Write records as CloudTrail's log files, as S3 lays them."""
    files: dict[tuple[str, str, date], list[Record]] = {}
    for account, region, day, entry in made:
        files.setdefault((account, region, day), []).append(entry)
    for number, ((account, region, day), entries) in enumerate(files.items()):
        folder = root / "AWSLogs" / organization / account / "CloudTrail" / region / f"{day:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{account}_CloudTrail_{region}_{day:%Y%m%d}T0000Z_{number:016x}.json.gz"
        (folder / name).write_bytes(gzip.compress(json.dumps({"Records": entries}).encode(), 1))
