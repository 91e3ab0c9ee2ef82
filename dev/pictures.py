"""``make pictures``: the pictures in docs/pictures, made anew from synthetic data."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from dev import preview
from tests.harness.browser import Page, browser
from tests.harness.lake import records, write_tree
from tests.harness.terraform import REPOSITORY
from tools.report.__main__ import from_logs

FOLDER = REPOSITORY / "docs" / "pictures"
CHARTS_DRAWN = "document.querySelectorAll('.chart svg').length === 3"


def report(page: Page, scratch: Path) -> None:
    """The report over a generated month."""
    write_tree(scratch / "AWSLogs-of-a-generated-month", records(20_000, date(2026, 1, 1), 30))
    made = from_logs(str(scratch / "AWSLogs-of-a-generated-month"), 30, lambda: None, lambda _: None)
    made.write(scratch / "report.html")
    page.size(1200, 900)
    page.open(scratch / "report.html")
    page.wait(CHARTS_DRAWN)
    page.screenshot(FOLDER / "report.png")
    page.media(scheme="dark")
    page.size(390, 844, phone=True)
    page.open(scratch / "report.html")
    page.wait(CHARTS_DRAWN)
    page.screenshot(FOLDER / "report-phone.png", whole=False)


def messages(page: Page, scratch: Path) -> None:
    """Some of the gallery, as Slack and Teams show it."""
    preview.main(scratch / "preview.html")
    page.size(1200, 900)
    page.open(scratch / "preview.html")
    shown = ("read_from_an_untrusted_network", "thirty_seven_secrets", "hostile_names", "rotated", "alarm_with_who")
    page.run(f"document.querySelectorAll('.pair').forEach((pair) => {{ if (!{list(shown)}.includes(pair.id)) "
             "{ pair.previousElementSibling.remove(); pair.remove(); } })")  # fmt: skip
    page.screenshot(FOLDER / "messages.png")


def main() -> None:
    """Make every picture."""
    with tempfile.TemporaryDirectory() as scratch, browser() as page:
        for picture in (report, messages):
            page.media()
            picture(page, Path(scratch))
            print(f"{picture.__name__}: done", flush=True)


if __name__ == "__main__":
    main()
