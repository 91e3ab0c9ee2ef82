"""The report as a person has it: a file from disk in a browser."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.harness.browser import Page
from tests.harness.lake import records, write_tree
from tests.records import record
from tools.report.__main__ import from_logs

FIRST = date(2026, 1, 5)
DRAWN = "document.querySelectorAll('.chart svg').length === 3"
MATCHING = "document.getElementById('matching').textContent"
NOTHING_FROM_ELSEWHERE = (
    "!document.querySelector('[src], link[href^=http], img, iframe, object')"
    " && performance.getEntriesByType('resource').every((entry) => entry.name.startsWith('data:'))"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    write_tree(root / "logs", records(3_000, FIRST, 7))
    from_logs(str(root / "logs"), 7, lambda: None, lambda _: None).write(root / "report.html")
    return root / "report.html"


def rows(page: Page, table: str) -> list[list[str]]:
    script = (
        f"[...document.querySelectorAll('#{table} tbody tr')].map((row) => [...row.cells].map((c) => c.textContent))"
    )
    found: list[list[str]] = page.run(script)
    return found


def fill(page: Page, name: str, value: str) -> None:
    """Write into a filter as a person does."""
    before = page.run(MATCHING)
    page.run(f"document.querySelector('[name={name}]').focus()")
    page.type(value)
    page.wait(f"{MATCHING} !== {json.dumps(before)}")


def test_charts_are_drawn_in_silence_and_nothing_is_fetched(page: Page, report: Path) -> None:
    page.open(report)
    page.wait(DRAWN)
    assert page.run("document.querySelectorAll('#readers svg .mark-rect path').length") >= 8
    assert page.run("document.querySelectorAll('#kinds svg .mark-arc path').length") >= 2
    assert page.run("document.querySelectorAll('#trend svg .mark-symbol path').length") == 7
    assert len(rows(page, "secrets-table")) > 10
    assert len(rows(page, "networks-table")) == 5
    assert page.console == []
    assert page.requests == []
    assert page.run(NOTHING_FROM_ELSEWHERE)


def test_filters_change_every_visual(page: Page, report: Path) -> None:
    page.open(report)
    page.wait(DRAWN)
    everything = int(page.run("document.querySelector('#figures dd').textContent").replace(",", ""))
    fill(page, "reader", "SERVICE-1")
    assert {row[0] for row in rows(page, "readers-table")} == {"arn:aws:iam::123456789012:role/service-1"}
    assert [row[0] for row in rows(page, "kinds-table")] == ["AssumedRole"]
    reads = sum(int(row[1]) for row in rows(page, "trend-table"))
    assert 0 < reads < everything
    assert reads == sum(int(row[1]) for row in rows(page, "secrets-table"))
    assert page.run(MATCHING) == f"{reads} of {everything:,} reads match the filters"
    page.wait("document.querySelectorAll('#readers svg .mark-rect path').length === 1")
    fill(page, "secret", "nothing is called so")
    assert page.run(MATCHING).startswith("0 of")
    assert page.run("document.getElementById('readers').textContent") == "No reads."
    page.run("document.querySelector('[type=reset]').click()")
    page.wait(f"{MATCHING} === 'All {everything:,} reads'")


def test_a_name_in_a_table_is_a_filter(page: Page, report: Path) -> None:
    page.open(report)
    page.wait(DRAWN)
    name, reads, *_ = rows(page, "secrets-table")[3]
    page.run("document.querySelectorAll('#secrets-table button')[3].click()")
    page.wait(f"{MATCHING}.startsWith('{reads} of')")
    assert page.run("document.querySelector('[name=secret]').value") == name


def test_days_can_be_cut_out(page: Page, report: Path) -> None:
    page.open(report)
    days = {row[0]: row[1] for row in rows(page, "trend-table")}
    page.run("for (const name of ['from', 'to']) { const field = document.querySelector(`[name=${name}]`);"
             " field.value = '2026-01-07'; field.dispatchEvent(new Event('input', { bubbles: true })); }")  # fmt: skip
    page.wait("document.querySelectorAll('#trend-table tbody tr').length === 1")
    assert rows(page, "trend-table") == [["2026-01-07", days["2026-01-07"]]]


def test_it_can_be_used_by_keyboard_and_heard(page: Page, report: Path) -> None:
    page.open(report)
    page.wait(DRAWN)
    focused = []
    for _ in range(12):
        page.press("Tab")
        focused.append(page.run("document.activeElement.name || document.activeElement.textContent"))
    assert focused[0] == "Skip the filters"
    assert {"from", "to", "kind", "region", "reader"} <= set(focused)
    assert page.run("[...document.querySelectorAll('input, select')].every((field) => field.labels.length === 1)")
    assert page.run("[...document.querySelectorAll('.chart svg')].every((svg) => svg.closest('[aria-label], [role]')"
                    " && svg.querySelector('[aria-label]'))")  # fmt: skip
    assert page.run("document.getElementById('matching').getAttribute('aria-live')") == "polite"
    assert page.run("[...document.querySelectorAll('th')].every((head) => head.scope === 'col')")


def luminance(page: Page, element: str, what: str) -> float:
    script = f"getComputedStyle(document.querySelector('{element}')).{what}.match(/[0-9.]+/g).map(Number)"
    red, green, blue = (float(part) / 255 for part in page.run(script)[:3])
    return float(0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_in_light_and_dark(page: Page, report: Path, scheme: str) -> None:
    page.media(scheme=scheme)
    page.open(report)
    page.wait(DRAWN)
    ground = luminance(page, "section", "backgroundColor")
    assert (ground > 0.5) == (scheme == "light")
    for element, what in (("h2", "color"), (".why", "color"), ("td button", "color"), ("#trend svg text", "fill")):
        bright, dim = sorted((luminance(page, element, what), ground), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, element  # WCAG 2.2, 1.4.3


def test_it_fits_a_phone(page: Page, report: Path) -> None:
    page.size(360, 740, phone=True)
    page.open(report)
    page.wait(DRAWN)
    assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.run(
        "[...document.querySelectorAll('.chart svg')].every((svg) => svg.getBoundingClientRect().width <= 340)"
    )


def test_it_prints_without_controls_and_whole(page: Page, report: Path) -> None:
    page.media(scheme="dark", kind="print")
    page.open(report)
    page.wait(DRAWN)
    assert page.run("getComputedStyle(document.querySelector('form')).display") == "none"
    assert page.run("getComputedStyle(document.querySelector('.scroll')).maxHeight") == "none"
    assert luminance(page, "section", "backgroundColor") == pytest.approx(1.0)


HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '"><svg onload=window.hacked=1>',
    "javascript:window.hacked=1",
    "{{constructor.constructor('window.hacked=1')()}}",
    "<!--<script>",
    "\u202egnp.exe\u0000\u2028",
    "x" * 10_000,
)


def test_hostile_names_are_texts(page: Page, tmp_path: Path) -> None:
    made = [
        record(
            eventID=str(n),
            requestParameters={"secretId": name},
            sourceIPAddress=name,
            errorCode=name if n % 2 else None,
            userIdentity={"type": name, "arn": name},
        )
        for n, name in enumerate(HOSTILE * 2 + HOSTILE[:1])
    ]
    (tmp_path / "a.json").write_text(json.dumps(made))
    from_logs(str(tmp_path), 30, lambda: None, lambda _: None).write(tmp_path / "report.html")
    page.open(tmp_path / "report.html")
    page.wait(DRAWN)
    page.run("document.querySelector('#readers svg .mark-rect path')"
             ".dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))")  # fmt: skip
    assert page.run("window.hacked") is None
    assert page.console == []
    assert page.run(NOTHING_FROM_ELSEWHERE)
    assert page.run("document.querySelectorAll('script').length") == 3
    assert any(HOSTILE[0] in row[0] for row in rows(page, "secrets-table"))
