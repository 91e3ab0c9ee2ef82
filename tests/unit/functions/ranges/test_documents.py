from __future__ import annotations

from typing import Any

import pytest

from secretwatch.functions.ranges.documents import PUBLISHERS, DocumentError, aws_csv, check, github_csv
from secretwatch.record import ranges
from secretwatch.record.ranges import shipped_csv
from tests.unit.functions.ranges.doubles import aws, github

DAY = "2026-08-22"


def lines(text: str) -> list[str]:
    first, *rest = text.splitlines()
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
    assert lines(aws_csv(document, DAY)) == [
        "198.51.100.0/23,AWS eu-west-1",
        "198.51.102.0/24,AWS eu-west-2",
        "2001:db8::/35,AWS us-gov-west-1",
    ]


def test_the_networks_of_githubs_runners_are_azures() -> None:
    assert lines(github_csv(github("203.0.113.0/24", "2001:db8:f000::/36"), DAY)) == [
        "203.0.113.0/24,Azure or GitHub",
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
    assert lines(aws_csv(document, DAY)) == []
    assert lines(github_csv(github("203.0.113.128/25"), DAY)) == []


def test_tiny_neighbours_that_are_large_together_stay() -> None:
    assert lines(github_csv(github("203.0.113.128/25", "203.0.113.0/25"), DAY)) == ["203.0.113.0/24,Azure or GitHub"]


def test_the_first_line_says_of_which_day_it_is() -> None:
    assert DAY in aws_csv(aws(), DAY).splitlines()[0]
    for publisher in ranges.PUBLISHERS:
        assert " on 20" in shipped_csv(publisher).splitlines()[0]


def test_whoever_is_shipped_is_refreshed() -> None:
    assert set(PUBLISHERS) == set(ranges.PUBLISHERS)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "ip-ranges.json: prefixes is missing"),
        ([], "ip-ranges.json: prefixes is missing"),
        ({**aws(), "prefixes": {}}, "prefixes is missing, or no list"),
        ({**aws(), "ipv6_prefixes": None}, "ipv6_prefixes is missing"),
        ({**aws(), "prefixes": ["198.51.100.0/24"]}, "prefixes: service is missing"),
        (aws(("198.51.100.0", "x,y\n", "EC2")), r"'x,y\\n' is not a region"),
        (aws(("198.51.100.7/24", "eu-west-1", "EC2")), "'198.51.100.7/24' is not a network"),
    ],
)
def test_a_document_of_aws_that_is_something_else_is_named(document: Any, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        aws_csv(document, DAY)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"message": "API rate limit exceeded"}, "GitHub's meta: actions is missing"),
        (github("office"), "GitHub's meta: 'office' is not a network"),
        ({"actions": [1234]}, "'1234' is not a network"),
    ],
)
def test_a_document_of_github_that_is_something_else_is_named(document: Any, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        github_csv(document, DAY)


SHIPPED = "# then\n" + "".join(f"10.{n}.0.0/16,then\n" for n in range(10))


@pytest.mark.parametrize("number", [5, 10, 20])
def test_half_of_what_is_shipped_is_plausible(number: int) -> None:
    assert check("".join(f"11.{n}.0.0/16,now\n" for n in range(number)), SHIPPED) == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# empty\n", "0 networks are less than half of the 10 that are shipped"),
        ("".join(f"11.{n}.0.0/16,now\n" for n in range(4)), "4 networks are less than half"),
        (SHIPPED + "0.0.0.0/1,everywhere\n", "line 12: '0.0.0.0/1' must have a length"),
        (SHIPPED + "2000::/3,everywhere\n", "line 12: '2000::/3' must have a length"),
        (SHIPPED + "".join(f"11.{n // 250}.{n % 250}.0/24,now\n" for n in range(20_000)), "more than 20,000"),
    ],
    ids=lambda text: text[-40:],
)
def test_what_cannot_be_all_that_somebody_publishes_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check(text, SHIPPED)


@pytest.mark.parametrize("publisher", ranges.PUBLISHERS)
def test_what_is_shipped_is_plausible(publisher: str) -> None:
    assert check(shipped_csv(publisher), shipped_csv(publisher)) > 2_000
