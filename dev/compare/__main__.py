"""Play the day, print the table; with WRITE=1 put it and the picture into docs."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import vl_convert

from dev import cost as costs
from dev.compare import ways
from dev.compare.day import DAY, day, is_read
from dev.compare.ways import GATHERED, Way
from tests.harness.audit_table import make_table
from tests.harness.local_aws import LocalAws
from tests.harness.terraform import REPOSITORY, write_root
from tests.harness.terraform import workspace as terraform_workspace
from tests.records import Record

DOCUMENT = REPOSITORY / "docs" / "comparison.md"
PICTURE = REPOSITORY / "docs" / "pictures" / "comparison.png"
_BEGIN, _END = "<!-- written by make compare WRITE=1 -->", "<!-- end -->"
# AWS's own delay, as its documentation or others give it; none of it is promised.
DELAYS = {
    "(a) metric filter, alarm, SNS": "about 5 min, then the alarm's period",
    "(a') the same, through the notifier": "about 5 min, then the alarm's period",
    "(b) CloudTrail to SNS": "about 5 min",
    "(c) log subscription, summarizer": "about 5 min",
    "(d) EventBridge, summarizer": "seconds to a minute",
}


@dataclass(frozen=True)
class Row:
    """One way's figures."""

    name: str
    messages: int
    naming: int
    missed: int
    attack: int
    processing: float
    cost: float

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.name, str(self.messages), str(self.naming), str(self.missed), str(self.attack),
                f"{self.processing:.0f} ms", DELAYS[self.name], f"{self.cost:.2f} USD")  # fmt: skip


HEADER = ("way", "messages", "name reader and secret", "reads missed", "about the attack", "our own time (median)",
          "AWS's delay (not measured)", "cost a month")  # fmt: skip


def main() -> None:
    """Play, print, and write if asked."""
    logging.disable()
    yesterday, today = day(-1, attack=False), day(0, attack=True)
    reads = sum(map(is_read, today))
    print(f"{DAY:%Y-%m-%d}, generated: {len(today)} records, {reads} reads; the day before is played first, unseen.")
    with tempfile.TemporaryDirectory() as folder, LocalAws(Path(folder) / "aws") as aws:
        print("… the patterns, from a plan of modules/alerting", flush=True)
        detections = planned_detections(aws, Path(folder) / "root")
        results: list[Way] = []
        accesses: list[dict[str, Any]] = []
        for name, length in (
            ("(c) log subscription, summarizer", timedelta(minutes=ways.FILE_MINUTES)),
            ("(d) EventBridge, summarizer", GATHERED),
        ):
            print(f"… {name}", flush=True)
            way, accesses = ways.summarized(name, fresh_table(aws), (yesterday, today), length)
            results.append(way)
        raw, enriched = ways.alarms(today, detections, accesses)
    rows = [row(way, today, len(detections)) for way in (raw, enriched, ways.log_files(today), *results)]
    print()
    for line in table(rows):
        print(line)
    if os.environ.get("WRITE"):
        write(rows, len(today), reads)


def planned_detections(aws: LocalAws, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the static detections as a real plan has them."""
    arguments = {
        "log_group_name": "/secretwatch/cloudtrail",
        "audit_table_name": "audit",
        "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1",
        "own_role_names": ["secretwatch-rotator"],
    }
    root = write_root(folder, REPOSITORY / "modules" / "alerting", arguments, aws.endpoint, ())
    with terraform_workspace(root) as terraform:
        terraform.run("plan", "-out=plan")
        planned = json.loads(terraform.run("show", "-json", "plan"))
    patterns: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for change in planned["resource_changes"]:
        name, after = str(change.get("index")), change["change"]["after"]
        if change["type"] == "aws_cloudwatch_log_metric_filter":
            patterns[name] = after["pattern"]
        elif change["type"] == "aws_cloudwatch_metric_alarm" and change["name"] == "static":
            found[name] = {key: after[key] for key in ("threshold", "period")} | {
                "description": after["alarm_description"]
            }
    return {name: {**detection, "pattern": patterns[name]} for name, detection in found.items()}


def fresh_table(aws: LocalAws) -> Any:
    """Return a client with an empty audit table."""
    client = aws.client("dynamodb")
    make_table(client, ways.TABLE)
    return client


def row(way: Way, today: Sequence[Record], alarms: int) -> Row:
    """Return a way's figures."""
    return Row(way.name, len(way.messages), way.naming(today), way.missed, len(way.about_attack()),
               way.processing, cost(way, len(today), alarms))  # fmt: skip


def cost(way: Way, records: int, alarms: int) -> float:
    """Return USD a month, from a day's counts, by the model of docs/cost.md."""
    notices, deliveries = 30 * len(way.messages), 30 * len(way.milliseconds)
    logs = costs.log_ingestion(30 * records)
    # A metric and a static alarm each, and the band with its own.
    watching = costs.watching(costs.Inventory(metrics=alarms + 1, alarms=alarms, dashboards=0))
    deciding = costs.functions(deliveries) + costs.audit_writes(30 * records, deliveries, paths=1)
    match way.name[:4]:
        case "(a) ":
            return logs + watching + costs.publishes(notices)
        case "(a')":
            return logs + watching + costs.publishes(notices) + costs.functions(notices)
        case "(b) ":
            return costs.publishes(notices)
        case "(c) ":
            return logs + deciding + costs.summaries(notices) + costs.publishes(notices)
        case _:
            return costs.queue(30 * records) + deciding + costs.summaries(notices) + costs.publishes(notices)


def table(rows: Sequence[Row]) -> list[str]:
    """Return the rows as text."""
    lines = [HEADER, *(r.cells for r in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def write(rows: Sequence[Row], records: int, reads: int) -> None:
    """Put table and picture into docs."""
    lines = [
        f"The day: {records:,} records, {reads:,} reads.",
        "",
        "| " + " | ".join(HEADER) + " |",
        "|---" * len(HEADER) + "|",
    ]
    lines += ["| " + " | ".join(r.cells) + " |" for r in rows]
    text = DOCUMENT.read_text(encoding="utf-8")
    block = f"{_BEGIN}\n\n" + "\n".join(lines) + f"\n\n{_END}"
    DOCUMENT.write_text(re.sub(f"{_BEGIN}.*?{_END}", lambda _: block, text, flags=re.S), encoding="utf-8")
    PICTURE.write_bytes(vl_convert.vegalite_to_png(picture(rows), scale=2))
    print(f"\n{DOCUMENT.relative_to(REPOSITORY)} and {PICTURE.relative_to(REPOSITORY)} are written")


def picture(rows: Sequence[Row]) -> dict[str, Any]:
    """Return a chart: messages of a day, and how many of them say who read what."""
    values = [
        {"way": r.name, "messages": number, "what": what}
        for r in rows
        for what, number in (("name reader and secret", r.naming), ("do not", r.messages - r.naming))
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "width": 620,
        "height": {"step": 34},
        "title": "Messages about one generated day, and how many say who read what",
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "y": {"field": "way", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 300}},
            "x": {"field": "messages", "type": "quantitative", "title": "messages"},
            "color": {
                "field": "what",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["name reader and secret", "do not"], "range": ["#0b62c4", "#c9d1dc"]},
            },
        },
        "config": {"axis": {"labelFontSize": 12}, "legend": {"labelFontSize": 12, "orient": "bottom"}},
    }


if __name__ == "__main__":
    main()
