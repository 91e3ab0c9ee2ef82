from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.harness.browser import BrowserMissingError, Page, browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Page]:
    """A headless Chromium. Where there is none the tests say so, and in CI they fail."""
    try:
        with browser() as page:
            yield page
    except BrowserMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture
def page(chromium: Page) -> Page:
    chromium.size(1200, 900)
    chromium.media()
    return chromium
