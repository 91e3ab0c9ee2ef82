from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date
from pathlib import Path

from tests.harness.lake import records, write_tree
from tools.report.findings import Findings, Notable, find
from tools.report.lake import Lake
from tools.report.page import render

FIRST = date(2026, 1, 5)
FINDINGS = Findings(
    "2026/01/05",
    "2026/01/06",
    [["2026-01-05", "us-east-1", "IAMUser", "alice", "prod/db", "198.51.100.7", 3],
     ["2026-01-06", "us-east-1", "IAMUser", "bob", "prod/db", "198.51.100.7", 1]],
    [("2026-01-06", 5)],
    (Notable("Denied", "Calls.", ("Reader",), [["eve"]], 1),),
)  # fmt: skip


def test_no_text_of_a_caller_is_markup_in_the_file(tmp_path: Path) -> None:
    hostile = "</script><script>alert(1)</script><!--"
    made = [(account, region, day, {**r, "requestParameters": {"secretId": hostile}, "sourceIPAddress": hostile})
            for account, region, day, r in records(50, FIRST, 1)]  # fmt: skip
    write_tree(tmp_path, iter(made))
    lake = Lake()
    lake.load(sorted(tmp_path.rglob("*.json.gz")))
    page = render(find(lake, FIRST, FIRST), "<b>logs</b>", [hostile])
    assert hostile not in page
    assert "alert(1)" in page
    assert "<b>logs" not in page
    assert page.count("</script>") == 3


def test_the_page_has_its_answers_as_data_every_name_once() -> None:
    page = render(FINDINGS, "logs", ["a.json: broken"])
    match = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert match is not None
    data = json.loads(match[1])
    assert data["names"]["reader"] == ["alice", "bob"]
    assert data["names"]["secret"] == ["prod/db"]
    assert data["rows"] == [[0, 0, 0, 0, 0, 0, 3], [1, 0, 0, 1, 0, 0, 1]]
    assert (data["first"], data["last"], data["rest"]) == ("2026-01-05", "2026-01-06", [["2026-01-06", 5]])
    assert data["problems"] == ["a.json: broken"]
    assert data["notable"][0]["rows"] == [["eve"]]


def test_every_script_is_allowed_by_its_hash_and_nothing_may_be_fetched() -> None:
    page = render(FINDINGS, "logs", [])
    policy = re.search(r'content="([^"]*script-src[^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    assert set(re.findall(r"'sha256-([^']+)'", policy[1])) == hashes
    assert "{{" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
