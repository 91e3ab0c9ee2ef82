"""CloudTrail's files in S3's layout, and DuckDB in Athena's place to ask them the same SQL."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import sqlglot

from tests.harness.terraform import REPOSITORY
from tests.records import Record, record, role, secret_arn

MODULE = REPOSITORY / "modules" / "analytics"
ACCOUNTS = ("123456789012", "210987654321")
REGIONS = ("us-east-1", "eu-west-1")
_TEXTS = ("eventID", "eventTime", "eventSource", "eventName", "eventType", "awsRegion", "sourceIPAddress", "userAgent",
          "errorCode", "vpcEndpointId", "recipientAccountId")  # fmt: skip
_IDENTITY = ("type", "arn", "principalId", "accountId", "invokedBy")
_PARTITIONS = ("account", "region", "day")
_PLACE = r"AWSLogs/(?:o-[^/]+/)?([0-9]+)/CloudTrail/([^/]+)/([0-9]{4}/[0-9]{2}/[0-9]{2})/"


def query(name: str) -> str:
    """Return a saved query as Athena runs it."""
    return (MODULE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def query_names() -> list[str]:
    """Return the names of the saved queries."""
    return sorted(file.stem for file in (MODULE / "queries").glob("*.sql"))


def to_duckdb(athena: str) -> str:
    """Return Athena's SQL in DuckDB's dialect; raises sqlglot.ParseError."""
    (statement,) = sqlglot.transpile(athena, read="athena", write="duckdb")
    return statement


def records(number: int, first: date, days: int, seed: int = 11) -> Iterator[tuple[str, str, date, Record]]:
    """Yield (account, region, day of delivery, synthetic record), odd ones among them."""
    dice = random.Random(seed)
    secrets = [f"team-{n % 4}/secret-{n}" for n in range(30)]
    for n in range(number):
        account, region = dice.choice(ACCOUNTS), dice.choice(REGIONS)
        day = first + timedelta(days=dice.randrange(days))
        time = datetime(
            day.year, day.month, day.day, dice.randrange(24), dice.randrange(60), dice.randrange(60), tzinfo=UTC
        )
        name = dice.choice(secrets)
        made = record(
            dice.choices(["GetSecretValue", "BatchGetSecretValue", "ListSecrets", "PutSecretValue"], [80, 5, 10, 5])[0],
            eventID=f"e{seed}-{n}",
            eventTime=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            awsRegion=region,
            recipientAccountId=account,
            sourceIPAddress=dice.choice(["198.51.100.7", "203.0.113.66", "2001:db8:10::25", "", "rds.amazonaws.com"]),
            requestParameters=dice.choice([{"secretId": name}, {"secretId": secret_arn(name, "aB3dE5")}, None, {}]),
            **({"userIdentity": role(f"service-{n % 7}", f"s{n}")} if dice.random() < 0.6 else {}),
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


class Lake:
    """The tree's tables and views in DuckDB; days outside are not even opened."""

    def __init__(self, root: Path, first: date, last: date) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self.files = sorted(str(f) for day in days for f in root.glob(f"AWSLogs/**/{day:%Y/%m/%d}/*.json.gz"))
        self._connection.execute(f"CREATE VIEW cloudtrail_logs AS {self._logs()}")
        for view in sorted((MODULE / "views").glob("*.sql")):
            self._connection.execute(f"CREATE VIEW {view.stem} AS {to_duckdb(view.read_text(encoding='utf-8'))}")

    def ask(self, athena: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        """Return the rows of one of Athena's queries."""
        return self._connection.execute(to_duckdb(athena), parameters).fetchall()

    def _logs(self) -> str:
        """The columns of modules/analytics' table, from the same files."""
        columns = [f"record ->> '$.{name}' AS {name.lower()}" for name in _TEXTS]
        columns += [f"regexp_extract(filename, '{_PLACE}', {n}) AS {name}" for n, name in enumerate(_PARTITIONS, 1)]
        identity = [f"{name.lower()} := record ->> '$.userIdentity.{name}'" for name in _IDENTITY]
        issuer = "struct_pack(arn := record ->> '$.userIdentity.sessionContext.sessionIssuer.arn')"
        identity.append(f"sessioncontext := struct_pack(sessionissuer := {issuer})")
        columns.append(f"struct_pack({', '.join(identity)}) AS useridentity")
        columns.append("CAST(record -> '$.requestParameters' AS varchar) AS requestparameters")
        shape = "columns = {Records: 'JSON[]'}, filename = true, maximum_object_size = 268435456"
        source = f"SELECT unnest(Records) AS record, filename FROM read_json({self.files!r}, {shape})"
        return f"SELECT {', '.join(columns)} FROM ({source})"
