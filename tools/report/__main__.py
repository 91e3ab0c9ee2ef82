"""Run by ``make report``: LOGS or ENGINE=athena, DAYS, OUT. See README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.progress import Progress
from tools.report.athena import Athena, AthenaError
from tools.report.findings import Findings, find
from tools.report.lake import Lake, UnreadableError
from tools.report.page import render
from tools.report.sources import Source, SourceError, opened, rewritten
from tools.report.sql import NOBODY, Declared

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """The answers, where they came from, and what could not be read."""

    findings: Findings
    source: str
    problems: tuple[str, ...]
    older: int = 0
    """Calls that were loaded but lie before the asked days."""
    copies: int = 0
    """Calls that were recorded more than once, in several files: each is counted once."""

    def write(self, out: Path) -> None:
        """Write the page; raises OSError."""
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(render(self.findings, self.source, self.problems), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write the report; return the exit code."""
    options = _options(arguments)
    progress = Progress()
    try:
        if options.engine == "athena":
            report = from_athena(options.workgroup, options.database or options.workgroup.replace("-", "_"),
                                 options.days, progress)  # fmt: skip
        else:
            report = from_logs(options.logs, options.days, _s3, progress, options.declared)
        report.write(options.out)
    except (SourceError, AthenaError, OSError) as error:
        progress.end()
        print(f"{error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        progress.end()
        print(f"AWS could not be asked: {error} Set AWS_PROFILE and AWS_REGION, or log in.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.end()
        return 130
    progress.end()
    found = report.findings
    print(f"{found.total:,} reads from {found.first} to {found.last}")
    if report.copies:
        print(f"{report.copies:,} copies of a record were left out")
    if report.older:
        print(f"{report.older:,} older calls are left out: a larger DAYS takes them in")
    if report.problems:
        print(
            f"{len(report.problems)} parts could not be read; the report's end lists them, first: {report.problems[0]}"
        )
    print(f"{options.out} ({options.out.stat().st_size / 1e6:.1f} MB): open it in a browser, it needs nothing else")
    return 0


def from_logs(logs: str, days: int, s3: Callable[[], Any], say: Say, declared: Declared = NOBODY) -> Report:
    """Return the report of log files in a folder or in S3; raises SourceError."""
    with tempfile.TemporaryDirectory(prefix="secretwatch-report-") as scratch, opened(logs, days, s3) as source:
        lake = Lake(Path(scratch) / "calls.duckdb", declared)
        try:
            problems = _load(lake, source, say)
            copies = lake.drop_copies()
            say("asking the saved queries")
            ((latest, count),) = lake.ask("SELECT max(day), count(*) FROM secret_calls WHERE day <> ''")
            if not count:
                why = f" ({problems[0]})" if problems else ""
                raise SourceError(f"{logs}: no call to Secrets Manager in the last {days} days of it{why}")
            last = date(*map(int, latest.split("/")))
            first = last - timedelta(days=days - 1)
            ((older,),) = lake.ask("SELECT count(*) FROM secret_calls WHERE day < ?", [f"{first:%Y/%m/%d}"])
            return Report(find(lake, first, last), source.name, tuple(problems), older, copies)
        finally:
            lake.close()


def from_athena(workgroup: str, database: str, days: int, say: Say) -> Report:
    """Return the report as Athena answers it; raises AthenaError."""
    import boto3

    last = datetime.now(UTC).date()
    athena = Athena(boto3.client("athena"), workgroup, database, say)
    findings = find(athena, last - timedelta(days=days - 1), last)
    say(f"Athena read {athena.scanned / 1e9:.2f} GB")
    return Report(findings, f"Athena, {database}", ())


def _load(lake: Lake, source: Source, say: Say) -> list[str]:
    """Load every group; return what could not be read, with the reason."""
    problems: list[str] = []
    done, started = 0, time.monotonic()
    for group in source.groups():
        problems += [*group.problems, *_load_group(lake, group.files)]
        done += group.size
        seconds = max(time.monotonic() - started, 0.001)
        left = (source.size - done) / (done / seconds) if done else 0
        say(
            f"read {done / 1e6:,.0f} of {source.size / 1e6:,.0f} MB, {done / 1e6 / seconds:.0f} MB/s, {left:.0f} s left"
        )
    return problems


def _load_group(lake: Lake, files: Sequence[Path]) -> list[str]:
    """Load files; return what could not be read. One that DuckDB refuses is read record by record."""
    try:
        lake.load(files)
    except UnreadableError as error:
        if len(files) > 1:
            return [problem for file in files for problem in _load_group(lake, [file])]
        if files[0].name == "records.json":
            return [str(error)]
        with tempfile.TemporaryDirectory(prefix="secretwatch-report-") as scratch:
            parts = rewritten(files[0], Path(scratch))
            return [problem for part in parts for problem in (*part.problems, *_load_group(lake, part.files))]
    return []


def _s3() -> Any:
    import boto3

    return boto3.client("s3")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="report", description="Who read our secrets: one HTML page.")
    parser.add_argument("logs", nargs="?", default="", help="folder or s3://bucket/prefix of CloudTrail's log files")
    parser.add_argument("--days", type=int, default=30, help="days to look back (30)")
    parser.add_argument("--out", type=Path, default=Path("build/report.html"), help="file to write (build/report.html)")
    parser.add_argument("--engine", choices=("duckdb", "athena"), default="duckdb", help="who runs the SQL (duckdb)")
    parser.add_argument("--workgroup", default="secretwatch", help="Athena workgroup (secretwatch)")
    parser.add_argument("--database", default="", help="Glue database (like the workgroup, with _ for -)")
    parser.add_argument("--people-roles", nargs="+", default=[], metavar="ARN",
                        help="roles that only people assume, such as 'arn:*:iam::*:role/okta-*'")  # fmt: skip
    parser.add_argument("--automation", nargs="+", default=[], metavar="ARN",
                        help="users and roles that are no people, such as 'arn:*:iam::*:user/jenkins'")  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        options.declared = Declared(tuple(options.people_roles), tuple(options.automation))
    except ValueError as error:
        parser.error(str(error))
    if options.engine == "athena" and options.declared != NOBODY:
        parser.error("Athena's view knows people_roles and automation by the variables of modules/analytics")
    if not 1 <= options.days <= 3650:
        parser.error(f"DAYS must be a number from 1 to 3650, not {options.days}")
    if options.engine == "duckdb" and not options.logs:
        parser.error("say which log files: make report LOGS=<folder or s3://bucket/prefix>, or ENGINE=athena")
    return options


if __name__ == "__main__":
    sys.exit(main())
