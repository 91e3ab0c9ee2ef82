from __future__ import annotations

import json

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.gathered import gathered
from secretwatch.notify.notice import Fact, Kind, Link, Notice
from tests.harness.reading import read


def notice(name: str, severity: Severity, time: str = "2026-01-31T12:00:00Z", title: str = "") -> Notice:
    link = Link("Event in CloudTrail", f"https://console.example/{name}")
    return Notice(
        name, Kind.ACCESS, severity, title or f"{name} read prod/db", (Fact("Who", name),), time, links=(link,)
    )


def test_the_worst_comes_first_and_gives_the_severity() -> None:
    of_all = [notice("a", Severity.LOW), notice("b", Severity.CRITICAL), notice("c", Severity.LOW)]
    shown = gathered(of_all)
    assert shown.severity is Severity.CRITICAL
    assert shown.title == "3 notifications: 1 critical, 2 low"
    assert [fact.value.split()[0] for fact in shown.facts] == ["b", "a", "c"]


def test_each_can_be_looked_up_by_its_time_and_id() -> None:
    one = gathered([notice("id-of-a", Severity.LOW, "2026-01-31T11:00:00Z"), notice("b", Severity.LOW)]).facts[0]
    assert one.value == "id-of-a read prod/db (2026-01-31T11:00:00Z, notice id-of-a)"


def test_it_is_the_same_message_in_whatever_order_the_queue_hands_over() -> None:
    some = [notice(name, Severity.LOW) for name in "abc"]
    assert gathered(some).id == gathered(some[::-1]).id
    assert gathered(some).id != gathered(some[:2]).id


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_a_whole_batch_with_names_as_long_as_callers_like_is_a_message_that_a_channel_takes(kind: str) -> None:
    batch = [notice(f"n{number}", Severity.HIGH, title="<!channel> " + "x" * 5000) for number in range(25)]
    payload = CHANNELS[kind].render(gathered(batch))
    assert len(json.dumps(payload)) < 28_000, "Teams takes 28 KB"
    text = read(kind, dict(payload))
    assert all(f"{number}. High" in text for number in range(1, 26))
    assert json.dumps(payload).count("https://console.example/") == 5
