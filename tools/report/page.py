"""Findings → one HTML file that needs nothing but a browser."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert

from tools.report.findings import Findings

_FOLDER = Path(__file__).parent / "page"
_DIMENSIONS = ("date", "region", "kind", "reader", "secret", "address")


def render(findings: Findings, source: str, problems: Sequence[str]) -> str:
    """Return the page. What callers chose (names, addresses) is in it as JSON data only.

    Scripts are allowed by their hash and nothing may be fetched, so that not even a mistake
    in the page's own script could make such a name run or call home.
    """
    charts = _charts()
    script = (_FOLDER / "page.js").read_text(encoding="utf-8")
    hashes = " ".join(f"'sha256-{_sha256(text)}'" for text in (charts, script))
    data = json.dumps(_data(findings, source, problems), ensure_ascii=False, separators=(",", ":"))
    parts = {
        "policy": f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:",
        "title": html.escape(f"Who read our secrets: {source}, {findings.first} to {findings.last}"),
        "style": (_FOLDER / "page.css").read_text(encoding="utf-8"),
        "data": data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
        "charts": charts,
        "script": script,
    }
    page = (_FOLDER / "page.html").read_text(encoding="utf-8")
    pieces = page.split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, _, rest in (piece.partition("}}") for piece in pieces[1:]))


@cache
def _charts() -> str:
    """Return Vega's code; bundling it takes a second."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).replace("</script", "<\\/script")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(findings: Findings, source: str, problems: Sequence[str]) -> dict[str, Any]:
    """Return what page.js reads: every name once, rows as numbers."""
    names: list[dict[str, int]] = [{} for _ in _DIMENSIONS]
    rows = [
        [*(found.setdefault(value, len(found)) for found, value in zip(names, row[:-1], strict=True)), row[-1]]
        for row in findings.reads
    ]
    return {
        "source": source,
        "first": findings.first.replace("/", "-"),
        "last": findings.last.replace("/", "-"),
        "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "names": {dimension: list(found) for dimension, found in zip(_DIMENSIONS, names, strict=True)},
        "rows": rows,
        "rest": findings.rest,
        "notable": [asdict(notable) for notable in findings.notable],
        "problems": list(problems),
    }
