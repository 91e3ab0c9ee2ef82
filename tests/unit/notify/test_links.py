from __future__ import annotations

import pytest

from secretwatch.notify.links import console, event_link, history_link

EVENT = "6f0c4f0e-6a0b-4f5e-9d0c-2f3a9f1b7c55"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.console.aws.amazon.com"),
        ("eu-central-2", "eu-central-2.console.aws.amazon.com"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("cn-northwest-1", "cn-northwest-1.console.amazonaws.cn"),
    ],
)
def test_a_link_leads_to_the_console_of_its_partition(region: str, host: str) -> None:
    assert console(region) == f"https://{host}"
    (event,), (history,) = event_link(region, EVENT), history_link(region)
    assert event.url == f"https://{host}/cloudtrailv2/home?region={region}#/events/{EVENT}"
    assert history.url.startswith(f"https://{host}/athena/home?region={region}#")


@pytest.mark.parametrize(
    "region", [None, "", "us-east-1.evil.example", "us-east-1#", "US-EAST-1", "us-east-1\n", "../x"]
)
def test_what_is_no_region_makes_no_link(region: str | None) -> None:
    assert event_link(region, EVENT) == history_link(region) == ()


@pytest.mark.parametrize("event", ["", "e1", EVENT + "/..", EVENT.upper(), EVENT[:-1], f"{EVENT}\n"])
def test_what_is_no_event_id_of_aws_makes_no_link(event: str) -> None:
    assert event_link("us-east-1", event) == ()
