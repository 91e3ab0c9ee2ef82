"""The refresh, with real HTTP: what is put into the bucket, what is kept, and when somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from secretwatch.functions.ranges import handler as module
from secretwatch.functions.ranges.documents import NetworkList, aws_csv, github_csv
from secretwatch.functions.ranges.handler import Refresh, RefreshError
from secretwatch.functions.ranges.settings import RangesSettings
from secretwatch.record.ranges import parse
from tests.unit.functions.ranges.doubles import Bucket, Site, aws, github

NOW = 1_787_443_200.0  # 2026-08-23
DAY = 86_400
AWS = aws(("198.51.100.0/24", "eu-west-1", "EC2"), ("2001:db8::/32", "eu-west-1", "EC2"))
GITHUB = github("203.0.113.0/24")
NOBODY = github()
"""What GitHub might answer on a bad day: valid, and nothing of it true."""


class Watch:
    """A refresh over a local site and a bucket, on a small shipped file."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.bucket = Bucket(NOW)

    def run(self, days: float = 0) -> None:
        self.bucket.now = now = NOW + days * DAY
        publishers = {
            "aws": NetworkList(self.site.url("/ip-ranges.json"), aws_csv),
            "github": NetworkList(self.site.url("/meta"), github_csv),
        }
        Refresh(RangesSettings("summaries"), self.bucket, publishers, lambda: now).run()

    def text(self, publisher: str) -> str:
        return self.bucket.objects[f"ranges/{publisher}.csv"][0].decode()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(module, "shipped_csv", lambda publisher: f"192.0.2.0/24,{publisher}")
    with Site() as site:
        site.publish("/ip-ranges.json", AWS)
        site.publish("/meta", GITHUB)
        yield Watch(site)


def test_each_publisher_has_an_object_that_the_summarizer_can_read(watch: Watch) -> None:
    watch.run()
    assert parse(watch.text("aws").splitlines()).name(ip_address("2001:db8::7")) == "AWS eu-west-1"
    assert parse(watch.text("github").splitlines()).name(ip_address("203.0.113.7")) == "Azure or GitHub"
    assert "2026-08-23" in watch.text("aws").splitlines()[0]


def test_what_cannot_be_had_or_is_not_plausible_leaves_the_last_as_it_was(watch: Watch) -> None:
    watch.run()
    before = watch.text("github")
    watch.site.publish("/meta", NOBODY)
    watch.site.publish("/ip-ranges.json", aws(("198.51.101.0/24", "eu-west-2", "EC2")))
    watch.run(days=1)
    assert watch.text("github") == before
    assert "198.51.101.0/24,AWS eu-west-2" in watch.text("aws"), "the other publisher's are refreshed"


def test_ranges_of_two_weeks_that_cannot_be_refreshed_are_an_error_with_its_cause(watch: Watch) -> None:
    watch.run()
    watch.site.pages["/meta"] = (403, b"API rate limit exceeded")
    watch.run(days=13.9)
    with pytest.raises(RefreshError, match=r"of github: http.*/meta: HTTP 403 b'API rate limit exceeded'$"):
        watch.run(days=14.1)
    watch.site.publish("/meta", GITHUB)
    watch.run(days=14.2)


def test_where_there_never_were_any_the_first_failure_is_an_error(watch: Watch) -> None:
    """A function that cannot reach the internet is heard of on its first day."""
    watch.site.pages.clear()
    with pytest.raises(RefreshError, match=r"of aws: .*; github: "):
        watch.run()
    assert watch.bucket.objects == {}


def test_a_probe_fetches_nothing(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh = Refresh(RangesSettings("summaries"), watch.bucket, {})
    monkeypatch.setattr(module, "_ranges", lambda: refresh)
    answered = module.handler({"secretwatch": "no-op"}, None)
    assert answered == {"ok": True, "settings": {"bucket": "summaries", "publishers": ""}, "results": {}}
    assert watch.site.asked == []
