from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.routes import Route
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.notice import Kind, Notice

NOTICE = Notice("n1", Kind.ACCESS, Severity.MEDIUM, "title", (), "2026-01-31T12:00:00Z", secrets=("prod/db", "x"))
ALL = Route("all", CHANNELS["slack"], "/a", Severity.INFO, (), None)


@pytest.mark.parametrize(
    ("minimum", "taken"),
    [("info", True), ("low", True), ("medium", True), ("high", False), ("critical", False)],
)
def test_a_route_takes_what_is_severe_enough(minimum: str, taken: bool) -> None:
    assert replace(ALL, minimum=Severity(minimum)).takes(NOTICE) is taken


@pytest.mark.parametrize(
    ("patterns", "taken"),
    [
        ((), True),
        (("prod/*",), True),
        (("prod/db",), True),
        (("other", "x"), True),
        (("PROD/*",), False),
        (("p",), False),
    ],
)
def test_a_route_takes_what_is_about_its_secrets(patterns: tuple[str, ...], taken: bool) -> None:
    assert replace(ALL, secrets=patterns).takes(NOTICE) is taken


def test_a_notice_that_cannot_name_all_its_secrets_goes_everywhere() -> None:
    route = replace(ALL, secrets=("team-a/*",))
    assert route.takes(replace(NOTICE, more_secrets=1))
    assert not replace(route, minimum=Severity.HIGH).takes(replace(NOTICE, more_secrets=1))


def test_a_notice_about_no_secret_goes_where_every_notice_does() -> None:
    assert ALL.takes(replace(NOTICE, secrets=()))
    assert not replace(ALL, secrets=("*",)).takes(replace(NOTICE, secrets=()))


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"minimum": Severity.CRITICAL}, True),
        ({"digest": False}, False),
        ({"secrets": ("*",)}, False),
    ],
)
def test_the_digest_goes_where_it_is_wanted_whatever_the_severity(changes: dict[str, Any], taken: bool) -> None:
    digest = replace(NOTICE, kind=Kind.DIGEST, severity=Severity.INFO, secrets=())
    assert replace(ALL, **changes).takes(digest) is taken


def test_the_end_of_what_may_be_open_passes_every_filter() -> None:
    over = replace(NOTICE, kind=Kind.ALARM, severity=Severity.INFO, secrets=(), is_over=True)
    some = replace(ALL, minimum=Severity.CRITICAL, secrets=("team-a/*",))
    assert replace(some, channel=CHANNELS["pagerduty"]).takes(over)
    assert not some.takes(over), "nothing stays open in Slack"


def test_who_wants_no_digest_gets_the_rest() -> None:
    assert replace(ALL, digest=False).takes(NOTICE)
