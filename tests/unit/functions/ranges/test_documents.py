from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.ranges.documents import DocumentError, ranges_csv
from tests.unit.functions.ranges.doubles import aws, github


def lines(*documents: object) -> list[str]:
    first, *rest = ranges_csv(*documents).splitlines()
    assert first.startswith("# ")
    return rest


def test_neighbours_of_a_region_are_one_line_and_regions_stay_apart() -> None:
    document = aws(
        ("198.51.100.0/24", "eu-west-1", "EC2"),
        ("198.51.101.0/24", "eu-west-1", "EC2"),
        ("198.51.102.0/24", "eu-west-2", "EC2"),
        ("198.51.100.0/24", "eu-west-1", "AMAZON"),
        ("2001:db8::/36", "us-gov-west-1", "EC2"),
        ("2001:db8:1000::/36", "us-gov-west-1", "EC2"),
    )
    assert lines(document, github("203.0.113.0/24", "2001:db8:f000::/36")) == [
        "198.51.100.0/23,AWS eu-west-1",
        "198.51.102.0/24,AWS eu-west-2",
        "203.0.113.0/24,Azure or GitHub",
        "2001:db8::/35,AWS us-gov-west-1",
        "2001:db8:f000::/36,Azure or GitHub",
    ]


def test_what_no_customer_runs_or_is_everywhere_or_tiny_is_left_out() -> None:
    document = aws(
        ("198.51.100.0/24", "eu-west-1", "CLOUDFRONT"),
        ("198.51.101.0/24", "eu-west-1", "AMAZON"),
        ("198.51.102.0/24", "GLOBAL", "EC2"),
        ("198.51.103.0/25", "eu-west-1", "EC2"),
        ("2001:db8::/44", "eu-west-1", "EC2"),
    )
    assert lines(document, github("203.0.113.128/25")) == []


def test_tiny_neighbours_that_are_large_together_stay() -> None:
    assert lines(aws(), github("203.0.113.128/25", "203.0.113.0/25")) == ["203.0.113.0/24,Azure or GitHub"]


def test_the_first_line_says_of_which_day_it_is() -> None:
    assert "2026-08-22" in ranges_csv(aws(), github()).splitlines()[0]


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (None, github(), "ip-ranges.json: prefixes is missing"),
        ([], github(), "ip-ranges.json: prefixes is missing"),
        ({**aws(), "prefixes": {}}, github(), "prefixes is missing, or no list"),
        ({**aws(), "ipv6_prefixes": None}, github(), "ipv6_prefixes is missing"),
        ({**aws(), "createDate": 7}, github(), "createDate is missing, or no str"),
        ({**aws(), "prefixes": ["198.51.100.0/24"]}, github(), "prefixes: service is missing"),
        (aws(("198.51.100.0", "x,y\n", "EC2")), github(), r"'x,y\\n' is not a region"),
        (aws(("198.51.100.7/24", "eu-west-1", "EC2")), github(), "'198.51.100.7/24' is not a network"),
        (aws(), {}, "GitHub's meta: actions is missing"),
        (aws(), {"message": "API rate limit exceeded"}, "GitHub's meta: actions is missing"),
        (aws(), github("office"), "GitHub's meta: 'office' is not a network"),
        (aws(), {"actions": [1234]}, "'1234' is not a network"),
    ],
)
def test_a_document_that_is_something_else_is_named(first: Any, second: Any, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        ranges_csv(first, second)
