from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from secretwatch.record.envelopes import Decoded
from tests.records import Record, record
from tests.unit.conftest import aws_client
from tests.unit.tools.seed.cloudtrail import DAY_ONE, NOW, EventHistoryDouble, refused
from tools.logs import files as log_files
from tools.seed.sources import PAUSE, Bucket, EventHistory
from tools.seed.spool import Spool


def reads(number: int, seconds: int = 600) -> list[Record]:
    return [
        record(
            eventID=f"e{n:04}", eventTime=(DAY_ONE + timedelta(seconds=n * seconds)).isoformat().replace("+00:00", "Z")
        )
        for n in range(number)
    ]


def kept(spool: Spool) -> list[str]:
    contents = log_files.read(spool.file) if spool.file.exists() else ()
    return [str(content.record["eventID"]) for content in contents if isinstance(content, Decoded)]  # type: ignore[index]


class Looking:
    """Looks up an event history into a folder, and sees what it did."""

    def __init__(self, folder: Path, cloudtrail: EventHistoryDouble) -> None:
        self.folder = folder
        self.cloudtrail = cloudtrail
        self.now = NOW
        self.waited: list[float] = []
        self.stop_after = 10**9

    def run(self, days: int = 90) -> Spool:
        spool = Spool(self.folder, "us-east-1")
        EventHistory(self.cloudtrail, spool, lambda: self.now).fetch(days, self.pause, lambda _: None)
        return spool

    def pause(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return len(self.waited) >= self.stop_after


@pytest.fixture
def looking(tmp_path: Path) -> Looking:
    return Looking(tmp_path, EventHistoryDouble(reads(230)))


def test_every_event_is_fetched_page_by_page_slower_than_aws_allows(looking: Looking) -> None:
    assert sorted(kept(looking.run())) == [f"e{n:04}" for n in range(230)]
    assert len(looking.cloudtrail.calls) == 5
    assert looking.waited == [PAUSE] * 5
    assert 1 / PAUSE <= 1.5


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), refused("ThrottlingException")])
def test_interrupted_twice_it_goes_on_from_where_it_was(looking: Looking, failure: BaseException) -> None:
    looking.cloudtrail.fails = {2: failure, 5: failure}
    for _ in range(2):
        with pytest.raises(type(failure)):
            looking.run()
    assert set(kept(looking.run())) == {f"e{n:04}" for n in range(230)}
    assert len(looking.cloudtrail.calls) <= 8, "little is asked again"


def test_many_events_in_one_second_are_all_fetched_though_it_is_interrupted_there(tmp_path: Path) -> None:
    looking = Looking(tmp_path, EventHistoryDouble(reads(230, seconds=0)))
    looking.cloudtrail.fails = {3: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        looking.run()
    assert set(kept(looking.run())) == {f"e{n:04}" for n in range(230)}


def test_many_events_in_the_very_first_second_are_too(tmp_path: Path) -> None:
    looking = Looking(tmp_path, EventHistoryDouble(reads(230, seconds=0)))
    looking.now = DAY_ONE.timestamp() + 86_400
    looking.cloudtrail.fails = {3: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        looking.run(days=1)
    assert set(kept(looking.run(days=1))) == {f"e{n:04}" for n in range(230)}


def test_told_to_stop_it_stops_and_goes_on_later(looking: Looking) -> None:
    looking.stop_after = 2
    assert len(kept(looking.run())) == 100
    looking.stop_after = 10**9
    assert len(set(kept(looking.run()))) == 230


def test_a_token_that_is_no_longer_valid_does_not_end_it(looking: Looking) -> None:
    looking.cloudtrail.fails = {3: refused("InvalidNextTokenException")}
    assert set(kept(looking.run())) == {f"e{n:04}" for n in range(230)}


def test_an_error_at_the_first_page_is_raised(looking: Looking) -> None:
    looking.cloudtrail.fails = {1: refused("InvalidNextTokenException")}
    with pytest.raises(ClientError):
        looking.run()


def test_what_was_done_while_it_was_interrupted_is_fetched_too(looking: Looking) -> None:
    looking.now = DAY_ONE.timestamp() + 120 * 600
    looking.cloudtrail.fails = {2: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        looking.run()
    looking.now = NOW
    assert set(kept(looking.run())) == {f"e{n:04}" for n in range(230)}


def test_only_the_asked_days_are_fetched_and_others_begin_anew(looking: Looking) -> None:
    looking.now = DAY_ONE.timestamp() + 229 * 600
    assert set(kept(looking.run(days=1))) == {f"e{n:04}" for n in range(229 - 144, 230)}
    assert len(kept(looking.run(days=90))) == 230


# --- log files in S3 --------------------------------------------------------------------------


class Recording:
    """S3, that is interrupted at the downloads that a test names."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self.downloaded: list[str] = []
        self.fails: set[int] = set()

    def get_paginator(self, name: str) -> Any:
        return self._s3.get_paginator(name)

    def download_fileobj(self, bucket: str, key: str, file: Any) -> None:
        self.downloaded.append(key)
        if len(self.downloaded) in self.fails:
            raise ConnectionError("the network is gone")
        file.write(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())


@pytest.fixture
def s3(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    monkeypatch.setattr("tools.seed.sources._AT_ONCE", 5)
    monkeypatch.setattr("tools.seed.sources._WORKERS", 1)
    with mock_aws():
        client = aws_client("s3")
        client.create_bucket(Bucket="trail")
        for n, entry in enumerate(reads(30)):
            other = record(eventSource="ec2.amazonaws.com", eventName="RunInstances", eventID="other")
            put(client, f"logs/AWSLogs/1/CloudTrail/us-east-1/2026/01/{5 + n % 20:02}/f{n:03}.json.gz", [entry, other])
        yield Recording(client)


def put(client: Any, key: str, records: list[Record]) -> None:
    client.put_object(Bucket="trail", Key=key, Body=gzip.compress(json.dumps({"Records": records}).encode()))


def download(s3: Recording, folder: Path, days: int = 90) -> Spool:
    spool = Spool(folder, "s3")
    assert Bucket(s3, "trail", "logs/", spool, lambda: NOW).fetch(days, lambda _: None) == {}
    return spool


def test_of_the_log_files_what_is_about_secrets_is_kept(s3: Recording, tmp_path: Path) -> None:
    assert sorted(kept(download(s3, tmp_path))) == [f"e{n:04}" for n in range(30)]


def test_digests_and_older_days_are_left_alone(s3: Recording, tmp_path: Path) -> None:
    put(s3._s3, "logs/AWSLogs/1/CloudTrail-Digest/us-east-1/2026/01/20/d.json.gz", reads(1))
    download(s3, tmp_path, days=5)
    assert len(s3.downloaded) == 5
    assert all("/2026/01/2" in key for key in s3.downloaded)


def test_an_interrupted_download_goes_on_after_the_last_file(s3: Recording, tmp_path: Path) -> None:
    s3.fails = {8, 20}
    for _ in range(2):
        with pytest.raises(ConnectionError):
            download(s3, tmp_path)
    assert sorted(kept(download(s3, tmp_path))) == [f"e{n:04}" for n in range(30)]
    assert len(s3.downloaded) <= 30 + 2 * 5


def test_files_that_came_meanwhile_in_an_earlier_region_are_fetched_too(s3: Recording, tmp_path: Path) -> None:
    for n, entry in enumerate(reads(20)):
        put(s3._s3, f"logs/AWSLogs/1/CloudTrail/us-west-2/2026/01/24/g{n:03}.json.gz", [{**entry, "eventID": f"w{n}"}])
    s3.fails = {42}
    with pytest.raises(ConnectionError):
        download(s3, tmp_path)
    late = "logs/AWSLogs/1/CloudTrail/us-east-1/2026/01/25/late.json.gz"
    put(s3._s3, late, [record(eventID="late", eventTime="2026-01-25T08:00:00Z")])
    fetched = len(s3.downloaded)
    assert set(kept(download(s3, tmp_path))) == {f"e{n:04}" for n in range(30)} | {f"w{n}" for n in range(20)} | {
        "late"
    }
    assert late in s3.downloaded[fetched:]
    assert len(s3.downloaded) - fetched <= 1 + 10 + 5, "little is fetched again"


@pytest.mark.parametrize(
    "prefix", ["", "logs", "logs/AWSLogs/1/CloudTrail/us-east-1/20", "logs/AWSLogs/1/CloudTrail/us-east-1/2026/01/"]
)
def test_whatever_part_of_a_path_is_named_the_files_below_are_found(s3: Recording, tmp_path: Path, prefix: str) -> None:
    put(s3._s3, "other/AWSLogs/o-abc/2/CloudTrail/us-east-1/2025/12/31/old.json.gz", reads(1))
    spool = Spool(tmp_path, "s3")
    assert Bucket(s3, "trail", prefix, spool, lambda: NOW).fetch(19, lambda _: None) == {}
    assert sorted(kept(spool)) == sorted(f"e{n:04}" for n in range(30) if n % 20)


def test_files_in_folders_of_ones_own_are_found(s3: Recording, tmp_path: Path) -> None:
    for key in ("a.json.gz", "mine/b.json.gz", "mine/deeper/c.json.gz", "mine/2026/d.json.gz"):
        put(s3._s3, f"own/{key}", [record(eventID=key)])
    spool = Spool(tmp_path, "s3")
    Bucket(s3, "trail", "own/", spool, lambda: NOW).fetch(90, lambda _: None)
    assert sorted(kept(spool)) == ["a.json.gz", "mine/2026/d.json.gz", "mine/b.json.gz", "mine/deeper/c.json.gz"]


def test_what_cannot_be_read_is_named_by_its_key(s3: Recording, tmp_path: Path) -> None:
    s3._s3.put_object(Bucket="trail", Key="logs/broken.json.gz", Body=b"\x1f\x8bnothing")
    (reason,) = Bucket(s3, "trail", "logs/", Spool(tmp_path, "s3"), lambda: NOW).fetch(90, lambda _: None)
    assert reason.startswith("logs/broken.json.gz: ")
