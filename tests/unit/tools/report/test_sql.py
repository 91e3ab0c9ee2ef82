"""Athena's SQL, run for real by DuckDB over a generated CloudTrail tree, against a plain Python count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import People
from secretwatch.record.principal import parse_principal
from secretwatch.record.secret_id import parse_secret_id
from tests.harness.lake import records, write_tree
from tests.records import Record
from tools.report.lake import Lake
from tools.report.sql import query, query_names, to_duckdb

FIRST, LAST = date(2025, 12, 29), date(2026, 1, 4)
WINDOW = [f"{FIRST:%Y/%m/%d}", f"{LAST:%Y/%m/%d}"]


def loaded(root: Path) -> Lake:
    lake = Lake()
    lake.load(sorted(root.rglob("*.json.gz")))
    return lake


class Tree:
    def __init__(self, root: Path, number: int) -> None:
        self.made = list(records(number, FIRST, 7))
        write_tree(root, iter(self.made))
        self.lake = loaded(root)

    @property
    def calls(self) -> list[Record]:
        return [made for _, _, _, made in self.made if made["eventSource"] == "secretsmanager.amazonaws.com"]

    @property
    def reads(self) -> list[Record]:
        return [r for r in self.calls if r["eventName"] == "GetSecretValue" and "errorCode" not in r]

    def ask(self, name: str, *more: Any) -> list[tuple[Any, ...]]:
        return self.lake.ask(query(name), [*WINDOW, *more] if "?" in query(name) else [])


@pytest.fixture(scope="module", params=[3_000, pytest.param(100_000, marks=pytest.mark.full)], ids=str)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("tree"), request.param)


def principal(r: Record) -> str:
    return parse_principal(r["userIdentity"]).key


def secret(r: Record) -> str | None:
    requested = (r["requestParameters"] or {}).get("secretId")
    return parse_secret_id(requested).name if requested else None


def is_person(r: Record) -> bool:
    access = parse(r)
    return isinstance(access, SecretAccess) and People().actor(access).is_person


def time(r: Record) -> datetime:
    return datetime.fromisoformat(r["eventTime"]).replace(tzinfo=None)


def grouped(rows: Iterable[Record], key: Callable[[Record], Any]) -> dict[Any, list[Record]]:
    groups: dict[Any, list[Record]] = defaultdict(list)
    for r in rows:
        groups[key(r)].append(r)
    return groups


def distinct(rows: Iterable[Record], value: Callable[[Record], Any]) -> int:
    return len({value(r) for r in rows} - {None})


def test_every_query_parses_as_athenas_and_is_tested_here() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(query_names()) <= tested
    for name in query_names():
        assert to_duckdb(query(name))


def test_accesses_by_day(tree: Tree) -> None:
    expected = [
        (day, len(rows), distinct(rows, principal), distinct(rows, secret))
        for day, rows in sorted(grouped(tree.reads, lambda r: time(r).date()).items())
    ]
    assert tree.ask("accesses_by_day") == expected


def test_accesses_by_principal_type(tree: Tree) -> None:
    expected = Counter((r["userIdentity"] or {}).get("type", "none") for r in tree.reads)
    assert dict(tree.ask("accesses_by_principal_type")) == dict(expected)


def test_accesses_by_principal(tree: Tree) -> None:
    expected = {
        who: (len(rows), distinct(rows, secret), distinct(rows, lambda r: r["sourceIPAddress"]), max(map(time, rows)))
        for who, rows in grouped(tree.reads, principal).items()
    }
    assert {row[0]: row[1:] for row in tree.ask("accesses_by_principal")} == expected


def test_accesses_by_secret(tree: Tree) -> None:
    expected = {
        place: (len(rows), distinct(rows, principal), max(map(time, rows)))
        for place, rows in grouped(tree.reads, lambda r: (r["recipientAccountId"], r["awsRegion"], secret(r))).items()
    }
    assert {row[:3]: row[3:] for row in tree.ask("accesses_by_secret")} == expected


def test_accesses_by_network(tree: Tree) -> None:
    expected = {
        address: (len(rows), distinct(rows, principal), distinct(rows, secret))
        for address, rows in grouped(tree.reads, lambda r: r["sourceIPAddress"] or "none").items()
    }
    assert {row[0]: row[1:] for row in tree.ask("accesses_by_network")} == expected


def test_denied(tree: Tree) -> None:
    failed = grouped(
        (r for r in tree.calls if "errorCode" in r), lambda r: (principal(r), r["eventName"], r["errorCode"])
    )
    expected = {key: (len(rows), max(map(time, rows))) for key, rows in failed.items()}
    assert {row[:3]: row[3:] for row in tree.ask("denied")} == expected


def test_first_time_readers(tree: Tree) -> None:
    since = FIRST + timedelta(days=3)
    pairs = grouped(tree.reads, lambda r: (principal(r), secret(r)))
    expected = {
        pair: (min(map(time, rows)), len(rows)) for pair, rows in pairs.items() if min(map(time, rows)).date() >= since
    }
    assert {row[:2]: row[2:] for row in tree.ask("first_time_readers", f"{since:%Y/%m/%d}")} == expected


def test_reads(tree: Tree) -> None:
    expected = Counter(
        (time(r).date(), r["awsRegion"], (r["userIdentity"] or {}).get("type", "none"), principal(r),
         secret(r) or "unknown", r["sourceIPAddress"] or "none")
        for r in tree.reads
    )  # fmt: skip
    assert {row[:-1]: row[-1] for row in tree.ask("reads")} == dict(expected)


def test_many_secrets(tree: Tree) -> None:
    hours = grouped(tree.reads, lambda r: (principal(r), time(r).replace(minute=0, second=0)))
    expected = {key: (distinct(rows, secret), len(rows)) for key, rows in hours.items() if distinct(rows, secret) >= 3}
    assert expected
    assert {row[:2]: row[2:] for row in tree.ask("many_secrets", 3)} == expected


def test_off_hours(tree: Tree) -> None:
    expected = Counter(
        (principal(r), secret(r), time(r), r["sourceIPAddress"])
        for r in tree.reads
        if is_person(r) and (time(r).hour < 8 or time(r).hour >= 18 or time(r).isoweekday() in (6, 7))
    )
    assert Counter(tree.ask("off_hours", 8, 18)) == expected


def test_who_read(tree: Tree) -> None:
    rows = grouped((r for r in tree.reads if secret(r) == "team-1/secret-5"), principal)
    expected = {
        who: (len(found), min(map(time, found)), max(map(time, found)), distinct(found, lambda r: r["sourceIPAddress"]))
        for who, found in rows.items()
    }
    assert {row[0]: row[1:] for row in tree.ask("who_read", "team-1/secret-5")} == expected


def test_people_and_automation(tree: Tree) -> None:
    expected = [
        (day, sum(map(is_person, rows)), sum(not is_person(r) for r in rows))
        for day, rows in sorted(grouped(tree.reads, lambda r: time(r).date()).items())
    ]
    assert tree.ask("people_and_automation") == expected


def test_dashboard(tree: Tree) -> None:
    handed_out = [
        r for r in tree.calls if r["eventName"] in ("GetSecretValue", "BatchGetSecretValue") and "errorCode" not in r
    ]
    expected = Counter(
        (r["eventTime"], time(r), r["eventName"], r["awsRegion"], r["sourceIPAddress"],
         (r["userIdentity"] or {}).get("type"), principal(r), (r["userIdentity"] or {}).get("principalId"),
         (r["requestParameters"] or {}).get("secretId"), None)
        for r in handed_out
    )  # fmt: skip

    def on(day: date) -> list[tuple[Any, ...]]:
        return tree.lake.ask(query("dashboard").replace("current_date", f"DATE '{day}'"))

    assert Counter(on(LAST)) == Counter(on(FIRST + timedelta(days=90))) == expected
    assert {row[1].date() for row in on(LAST + timedelta(days=90))} == {LAST}, "the last 90 days"


def test_kms_decrypts(tmp_path: Path) -> None:
    account, region, day, read = next(
        made
        for made in records(500, FIRST, 1)
        if made[3]["eventName"] == "GetSecretValue" and "errorCode" not in made[3] and secret(made[3])
    )
    arn = f"arn:aws:secretsmanager:{region}:{account}:secret:{secret(read)}-aB3dE5"
    decrypt = {**read, "eventID": "k1", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt",
               "requestParameters": {"encryptionContext": {"SecretARN": arn}}}  # fmt: skip
    write_tree(tmp_path, iter([(account, region, day, read), (account, region, day, decrypt)]))
    ((at, _, found, event_id, _),) = loaded(tmp_path).ask(query("kms_decrypts"), WINDOW)
    assert (at, found, event_id) == (read["eventTime"], arn, read["eventID"])


def test_an_organization_trail_is_read_too(tmp_path: Path) -> None:
    write_tree(tmp_path, records(200, FIRST, 1), organization="o-abc123")
    rows = loaded(tmp_path).ask(query("accesses_by_secret"), WINDOW)
    assert {row[0] for row in rows} == {"123456789012", "210987654321"}
