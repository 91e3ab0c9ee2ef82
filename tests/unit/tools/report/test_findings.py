from __future__ import annotations

from datetime import date

import pytest

from tests.harness.lake import records, write_tree
from tools.report import findings
from tools.report.findings import find
from tools.report.lake import Lake

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 11)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("tree")
    write_tree(root, records(2_000, FIRST, 7))
    lake = Lake()
    lake.load(sorted(root.rglob("*.json.gz")))
    return lake


def test_what_is_cut_is_counted_by_day(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = find(lake, FIRST, LAST)
    monkeypatch.setattr(findings, "MOST_ROWS", 10)
    cut = find(lake, FIRST, LAST)
    assert whole.rest == []
    assert len(cut.reads) == 10
    assert cut.total == whole.total
    assert cut.reads == whole.reads[:10]


def test_notable_accesses_are_cut_and_counted(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {kind.title: kind for kind in find(lake, FIRST, LAST).notable}
    monkeypatch.setattr(findings, "MOST_NOTABLE", 2)
    for kind in find(lake, FIRST, LAST).notable:
        assert kind.rows == whole[kind.title].rows[:2]
        assert kind.total == len(whole[kind.title].rows) or kind.total > 100
