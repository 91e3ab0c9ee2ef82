from __future__ import annotations

import io
import logging
from ipaddress import ip_address
from typing import Any

import pytest

from secretwatch.functions.summarizer.published import SIZE_LIMIT, Published
from secretwatch.record.ranges import Ranges

DAY = 86_400
OFFICE, RENTED, RUNNER = "198.51.100.7", "3.250.0.1", "20.42.11.1"


class Bucket:
    """S3: some objects, or an error in place of one."""

    def __init__(self, **objects: bytes | Exception) -> None:
        self.objects = {f"ranges/{name}.csv": value for name, value in objects.items()}
        self.asked = 0

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803
        assert Bucket == "summaries"
        self.asked += 1
        found = self.objects.get(Key, PermissionError("AccessDenied"))
        if isinstance(found, Exception):
            raise found
        return {"Body": io.BytesIO(found)}


def names(found: tuple[Ranges, ...], *addresses: str) -> list[str | None]:
    return [next((n for ranges in found if (n := ranges.name(ip_address(text)))), None) for text in addresses]


def test_what_was_refreshed_is_used_instead_of_what_is_shipped() -> None:
    s3 = Bucket(aws=b"# now\n198.51.100.0/24,AWS eu-west-9\n", github=b"20.42.11.0/24,Azure or GitHub\n")
    assert names(Published(s3, "summaries").ranges(), OFFICE, RENTED, RUNNER) == [
        "AWS eu-west-9",
        None,
        "Azure or GitHub",
    ]


@pytest.mark.parametrize(
    "broken",
    [PermissionError("no"), b"198.51.100.0/24\n", b"\xff\xfe", b"0.0.0.0/0,all\n", b"#" * (SIZE_LIMIT + 1)],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_is_as_shipped_and_the_log_says_why(
    broken: bytes | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    s3 = Bucket(aws=broken, github=b"20.42.11.0/24,runners\n")
    with caplog.at_level(logging.WARNING):
        assert names(Published(s3, "summaries").ranges(), RENTED, RUNNER) == ["AWS eu-west-1", "runners"]
    (entry,) = caplog.records
    assert vars(entry)["key"] == "ranges/aws.csv"
    assert len(vars(entry)["reason"]) > 5


def test_it_is_read_again_after_a_day_and_what_fails_then_stays_as_it_was() -> None:
    now = [1e9]
    s3 = Bucket(aws=b"198.51.100.0/24,first\n", github=b"")
    published = Published(s3, "summaries", lambda: now[0])
    assert names(published.ranges(), OFFICE) == ["first"]
    s3.objects["ranges/aws.csv"] = b"198.51.100.0/24,second\n"
    now[0] += DAY - 1
    assert names(published.ranges(), OFFICE) == ["first"]
    assert s3.asked == 2
    now[0] += 1
    assert names(published.ranges(), OFFICE) == ["second"]
    s3.objects.clear()
    now[0] += DAY
    assert names(published.ranges(), OFFICE) == ["second"]
