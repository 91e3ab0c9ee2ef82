from __future__ import annotations

from datetime import UTC, datetime

import pytest

from secretwatch.runtime.text import FIELD_LIMIT, count, field, in_utc, inert, one_line, short_hash, timestamp


def test_one_line_removes_what_a_person_should_not_meet() -> None:
    assert one_line("a\u202eb\u200bc\r\n\x00d\ud800", 50) == "a b c d"
    assert one_line("x" * 20, 10) == "x" * 9 + "…"


def test_inert_text_has_no_live_link_or_mention() -> None:
    text = inert("https://evil.example @channel www.evil.example")
    assert "://" not in text
    assert "@c" not in text
    assert "www." not in text


@pytest.mark.parametrize("text", ["x" * 10, "名" * 10])
def test_a_line_that_fits_is_kept(text: str) -> None:
    assert one_line(text, 10) == text


@pytest.mark.parametrize("value", [None, "", 5, [], {}, True])
def test_what_is_no_text_is_no_field(value: object) -> None:
    assert field(value) is None


def test_an_endless_field_is_cut() -> None:
    assert field("x" * FIELD_LIMIT) == "x" * FIELD_LIMIT
    assert field("x" * 1_000_000) == "x" * FIELD_LIMIT


def test_a_hash_is_of_its_parts_and_their_borders() -> None:
    assert short_hash("a", "b") == short_hash("a", "b")
    assert len({short_hash("a", "b"), short_hash("ab"), short_hash("b", "a"), short_hash("a", "b", "")}) == 4
    assert len(short_hash("\ud800")) == 32


def test_a_time_is_written_as_cloudtrail_writes_it() -> None:
    assert timestamp(datetime(2026, 1, 31, 12, 0, 1, 999_999, tzinfo=UTC)) == "2026-01-31T12:00:01Z"


def test_things_are_counted_as_people_do() -> None:
    assert (count(1, "secret"), count(0, "secret"), count(1_234, "secret")) == (
        "1 secret",
        "0 secrets",
        "1,234 secrets",
    )
    assert count(2, "access", "accesses") == "2 accesses"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-31T12:00:00.123+0000", "2026-01-31T12:00:00Z"),
        ("2026-02-01T01:30:00+05:30", "2026-01-31T20:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00", "2026-01-31T12:00:00Z"),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_told_in_utc(text: str | None, time: str | None) -> None:
    assert in_utc(text) == time
