from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.links import event_link, history_link
from secretwatch.notify.notice import Fact, Kind, Notice, Prose
from tests.harness.reading import read

HOSTILE = (
    "<!channel> <https://evil.example|click> *bold* _it_ [x](https://evil.example) @here & \u202e https://evil.example"
)
NOTICE = Notice(
    id="0123456789abcdef",
    kind=Kind.ACCESS,
    severity=Severity.HIGH,
    title=f"user {HOSTILE} read prod/db",
    facts=(Fact("Who", HOSTILE), Fact("User agent", "curl/8")),
    time="2026-01-31T12:00:00Z",
    reasons=(HOSTILE,),
    prose=Prose(HOSTILE, "some-model", "2", 1, 1),
)
LONGEST = Notice(
    id="0" * 32,
    kind=Kind.ACCESS,
    severity=Severity.CRITICAL,
    title="t" * 5000,
    facts=tuple(Fact(f"Fact {n}", "名" * 10_000) for n in range(10)),
    time="2026-01-31T12:00:00Z",
    reasons=tuple("r" * 5000 for _ in range(40)),
    prose=Prose("p" * 10_000, "m" * 500, "2", 1, 1),
    links=event_link("us-east-1", "6f0c4f0e-6a0b-4f5e-9d0c-2f3a9f1b7c55") + history_link("us-east-1"),
)


def texts(payload: Any) -> Iterator[tuple[str, str]]:
    """Every text of a payload with the type of the element that holds it."""
    if isinstance(payload, dict):
        for key, value in payload.items():
            if key in ("text", "fallbackText") and isinstance(value, str):
                yield payload.get("type", "fallback"), value
            else:
                yield from texts(value)
    elif isinstance(payload, list):
        for entry in payload:
            yield from texts(entry)


@pytest.mark.parametrize("channel", ["slack", "teams"])
def test_what_a_caller_wrote_stays_inert(channel: str) -> None:
    literal = {"slack": {"text", "plain_text"}, "teams": {"TextRun", "AdaptiveCard"}}[channel]
    for kind, text in texts(CHANNELS[channel].render(NOTICE)):
        assert "://" not in text
        assert "@here" not in text
        assert "\u202e" not in text
        if kind not in literal:
            assert "<" not in text, f"{kind} is parsed by {channel}"


@pytest.mark.parametrize("channel", ["slack", "teams"])
def test_a_person_reads_the_facts_the_reason_and_who_wrote_the_sentence(channel: str) -> None:
    notice = Notice(
        "1",
        Kind.ACCESS,
        Severity.INFO,
        "title",
        (Fact("Who", "user alice"),),
        "T",
        ("Because.",),
        prose=Prose("Prose.", "m1", "2", 1, 1),
    )
    text = read(channel, dict(CHANNELS[channel].render(notice)))
    for part in ("title", "Who: user alice", "Because.", "Prose.", "sentence written by m1"):
        assert part in text


@pytest.mark.parametrize(("channel", "limit"), [("slack", 13_000), ("teams", 28_000)])
def test_the_longest_notice_fits(channel: str, limit: int) -> None:
    payload = CHANNELS[channel].render(LONGEST)
    # Facts of 600 characters from a script of three bytes each are the worst there is.
    assert len(json.dumps(payload, ensure_ascii=False)) <= limit
    assert "… and 32 more" in read(channel, dict(payload))


@pytest.mark.parametrize(
    ("channel", "status", "body", "taken"),
    [
        ("slack", 200, "ok", True),
        ("slack", 200, "invalid_payload", False),
        ("slack", 404, "no_service", False),
        ("teams", 202, "", True),
        ("teams", 400, "", False),
        ("webhook", 204, "", True),
        ("webhook", 302, "", False),
    ],
)
def test_what_counts_as_taken(channel: str, status: int, body: str, taken: bool) -> None:
    assert CHANNELS[channel].accepts(status, body) is taken
