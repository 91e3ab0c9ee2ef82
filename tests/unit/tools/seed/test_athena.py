"""Athena's SQL in DuckDB over generated log files: what comes of it is what the files themselves say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.envelopes import Decoded
from tests.harness.lake import records, write_tree
from tests.records import Record, record, role
from tools.logs import files as log_files
from tools.report.lake import Lake
from tools.seed.athena import LogTable, record_of
from tools.seed.spool import Spool

FIRST = date(2026, 1, 5)
NOW = datetime(2026, 1, 11, 12, tzinfo=UTC).timestamp()
MORE: list[Record] = [
    record(eventID="people", userIdentity=role("AWSReservedSSO_dev_0123456789abcdef", "ann@example.com")),
    record(eventID="shared", sharedEventID="s-1", vpcEndpointId="vpce-0123456789abcdef0"),
    record(eventID="console", sessionCredentialFromConsole="true"),
    record("RotationSucceeded", eventID="rotated", eventType="AwsServiceEvent", requestParameters=None,
           additionalEventData={"SecretId": "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf"}),
    record("PutResourcePolicy", eventID="shared-out", requestParameters={
        "secretId": "prod/db", "resourcePolicy": '{"Statement":{"Effect":"Allow","Principal":"*"}}'}),
    record(eventID="refused", requestParameters=None, errorCode="AccessDenied",
           errorMessage="not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db because no"),
]  # fmt: skip


class Asked:
    """Athena's place taken by DuckDB; interrupted after the pages that a test names."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self.days: list[str] = []
        self.pages_left = 10**9

    def pages(self, athena: str, parameters: Sequence[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        self.days.append(parameters[0])
        rows = self._lake.ask(athena, parameters)
        for start in range(0, len(rows), 20):
            if not self.pages_left:
                raise KeyboardInterrupt
            self.pages_left -= 1
            yield rows[start : start + 20]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("tree")
    made = [*records(600, FIRST, 7), *(("123456789012", "us-east-1", FIRST, entry) for entry in MORE)]
    write_tree(root, iter(made))
    return sorted(root.rglob("*.json.gz"))


@pytest.fixture
def asked(files: list[Path]) -> Asked:
    lake = Lake()
    lake.load(files)
    return Asked(lake)


def accesses(files: Sequence[Path]) -> Counter[str]:
    """Return each access of some files as a text, with all that a decision looks at."""
    contents = (content for file in files if file.exists() for content in log_files.read(file))
    parsed = (parse(content.record) for content in contents if isinstance(content, Decoded))
    return Counter(repr(access) for access in parsed if isinstance(access, SecretAccess))


def test_what_athena_says_is_what_the_files_say(asked: Asked, files: list[Path], tmp_path: Path) -> None:
    spool = Spool(tmp_path, "athena")
    LogTable(asked, spool, lambda: NOW).fetch(90, lambda _: None)
    learnt, told = accesses([spool.file]), accesses(files)
    assert sum(told.values()) > 550
    assert learnt == told
    assert len(asked.days) == 91


def test_interrupted_it_goes_on_with_the_day_that_was_under_way(
    asked: Asked, files: list[Path], tmp_path: Path
) -> None:
    asked.pages_left = 8
    with pytest.raises(KeyboardInterrupt):
        LogTable(asked, Spool(tmp_path, "athena"), lambda: NOW).fetch(7, lambda _: None)
    under_way = asked.days[-1]
    asked.pages_left, asked.days = 10**9, []
    LogTable(asked, spool := Spool(tmp_path, "athena"), lambda: NOW).fetch(7, lambda _: None)
    assert asked.days[0] == under_way
    assert accesses([spool.file]).keys() == accesses(files).keys()
    asked.days = []
    LogTable(asked, Spool(tmp_path, "athena"), lambda: NOW).fetch(7, lambda _: None)
    assert asked.days == ["2026/01/11"], "of today there may be more"


def test_other_days_begin_anew(asked: Asked, tmp_path: Path) -> None:
    LogTable(asked, Spool(tmp_path, "athena"), lambda: NOW).fetch(2, lambda _: None)
    asked.days = []
    LogTable(asked, Spool(tmp_path, "athena"), lambda: NOW).fetch(3, lambda _: None)
    assert asked.days == ["2026/01/08", "2026/01/09", "2026/01/10", "2026/01/11"]


def test_a_row_of_nothing_is_a_record_of_nothing() -> None:
    assert record_of([None] * 29) == {"resources": []}
