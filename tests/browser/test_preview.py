"""The gallery of messages as a person sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.preview import main
from tests.gallery import GALLERY
from tests.harness.browser import Page


@pytest.fixture
def preview(page: Page, tmp_path: Path) -> Page:
    main(tmp_path / "preview.html")
    page.open(tmp_path / "preview.html")
    return page


def test_every_situation_is_shown_in_both_ways(preview: Page) -> None:
    assert preview.run("document.querySelectorAll('.pair .slack h3').length") == len(GALLERY)
    assert preview.run("[...document.querySelectorAll('.pair > div')].every((side) => side.offsetHeight > 40)")
    assert preview.console == []
    assert preview.requests == []


def test_the_only_links_lead_to_the_console(preview: Page) -> None:
    hosts = preview.run("[...new Set([...document.links].map((link) => link.hostname))]")
    assert sorted(hosts) == [
        "cn-north-1.console.amazonaws.cn",
        "us-east-1.console.aws.amazon.com",
        "us-gov-west-1.console.amazonaws-us-gov.com",
    ]


def test_nothing_runs_out_of_its_frame(preview: Page) -> None:
    assert preview.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
