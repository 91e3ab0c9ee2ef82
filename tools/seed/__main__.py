"""Teaches a deployment the past: ``python -m tools.seed`` (``make seed``).

Only what is remembered of actors is written, into the audit table: nobody hears of anything, and no access is
recorded. Interrupted, it is run again and goes on; run twice, it changes nothing more.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sqlite3
import sys
import threading
import time as clock
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from secretwatch.runtime.text import count, one_line, short_hash
from secretwatch.store.store import open_store
from secretwatch.store.table import StoreError
from tools.backtest.settings import add_options_of_judgement
from tools.logs import files as log_files
from tools.progress import Progress
from tools.report.athena import Athena, AthenaError
from tools.seed.athena import LogTable
from tools.seed.past import Past
from tools.seed.permissions import policy
from tools.seed.settings import SeedSettings, given_options, of_deployed, of_options
from tools.seed.sources import Bucket, EventHistory
from tools.seed.spool import Spool
from tools.seed.store import Stored, store_all
from tools.verify.names import Names

LOOKUP, ATHENA = "lookup-events", "athena"
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?")
_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,62}")
_MOST_DAYS = {LOOKUP: 90, ATHENA: 3650, "files": 3650}
_REASONS_SHOWN = 5
_STOPPED = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the exit code: 0, or 2 where it could not run, or was interrupted."""
    parser = _parser()
    options = parser.parse_args(arguments)
    problem = _wrong(options)
    if problem:
        parser.exit(_STOPPED, f"{parser.prog}: {problem}\n")
    import boto3

    # What the package logs is for a function's log; here it would stand between the lines for people.
    logging.getLogger("secretwatch").addHandler(logging.NullHandler())
    progress = Progress()
    try:
        session = boto3.Session(region_name=options.region or os.environ.get("AWS_REGION"))
        return Seed(session, options, progress).run()
    except KeyboardInterrupt:
        problem = "stopped; run it again to go on: nothing that was fetched or stored is lost"
    except (BotoCoreError, ClientError) as error:
        problem = (
            f"AWS did not do it: {error} Set AWS_PROFILE and AWS_REGION, or log in; --permissions prints the policy."
        )
    except sqlite3.Error as error:
        problem = f"the temporary file: {error}; TMPDIR names a folder with more room"
    except (StoreError, AthenaError, ValueError, OSError) as error:
        problem = str(error)
    progress.end()
    print(f"{parser.prog}: {problem}", file=sys.stderr)
    return _STOPPED


def _wrong(options: argparse.Namespace) -> str | None:
    """Return what is wrong with the command line, or None."""
    if not _PREFIX.fullmatch(options.prefix):
        return f"--prefix {options.prefix!r} is no name_prefix: small letters, digits and hyphens"
    if options.permissions:
        return None
    if bool(options.logs) == (options.source in (LOOKUP, ATHENA)):
        return (
            f"say what to learn from: LOGS=<file, folder or s3://bucket/prefix>, or else SOURCE={LOOKUP} or "
            f"SOURCE={ATHENA}"
        )
    if options.logs and options.logs.startswith("s3:") and not _ADDRESS.fullmatch(options.logs):
        return f"{options.logs} is no address in S3, such as s3://bucket/prefix"
    most = _MOST_DAYS[options.source]
    if not 1 <= options.days <= most:
        return f"--days must be from 1 to {most}" + (": CloudTrail keeps no more" if options.source == LOOKUP else "")
    return None


class Seed:
    """One run."""

    def __init__(self, session: Any, options: argparse.Namespace, progress: Progress) -> None:
        self._session = session
        self._options = options
        self._say = progress
        self._end = progress.end

    def run(self) -> int:
        """Fetch, learn, store and say what was learnt; return the exit code."""
        options = self._options
        address = _ADDRESS.fullmatch(options.logs or "")
        region = self._session.region_name
        partition = self._session.get_partition_for_region(region) if region else "aws"
        names = Names(options.prefix, partition, region or "*", "*")
        if options.permissions:
            print(json.dumps(policy(names, address and address["bucket"], options.source == ATHENA), indent=2))
            return 0
        settings = self._settings(names)
        self._note(f"settings: {settings.source}")
        past, spools = Past(), []
        if options.source == LOOKUP:
            spools = self._look_up()
        elif options.source == ATHENA:
            spools = [self._ask_athena(names)]
        elif address:
            spools = [self._download(address["bucket"], address["prefix"] or "", past)]
        files = (
            [spool.file for spool in spools if spool.file.exists()] if spools else log_files.files(Path(options.logs))
        )
        past.read((file for file in files if file.stat().st_size), self._say)
        past.learn(settings.judgement, self._say)
        stored = self._store(settings, past)
        self._end()
        for spool in spools if not options.dry_run else ():
            spool.remove()
        for line in _summary(settings, past, stored, options.dry_run):
            print(line)
        return 0

    def _settings(self, names: Names) -> SeedSettings:
        if given_options(self._options):
            return of_options(self._options, names.table)
        return of_deployed(self._client("lambda"), names.function("summarizer"), self._client("s3"), _download)

    def _store(self, settings: SeedSettings, past: Past) -> Stored:
        days = settings.judgement.tuning.history_days
        store = None if self._options.dry_run else open_store(self._client("dynamodb"), settings.table)
        return store_all(store, past.memories(days, int(clock.time())), days, self._say)

    # --- fetching -----------------------------------------------------------------------------

    def _look_up(self) -> list[Spool]:
        """Fetch the event history of all regions, each at its own pace."""
        folder = self._options.work / self._client("sts").get_caller_identity()["Account"]
        regions = self._regions()
        spools = [Spool(folder, region) for region in regions]
        stop, seen, left = threading.Event(), 0, len(regions)

        def count_events(number: int) -> None:
            nonlocal seen
            seen += number
            self._say(f"{seen:,} events looked up, {count(left, 'region')} to go")

        def fetch(client: Any, region: str, spool: Spool) -> None:
            try:
                EventHistory(client, spool, clock.time).fetch(self._options.days, stop.wait, count_events)
            except ClientError as error:
                raise ValueError(f"{region}: {error} (--regions a,b looks at others only)") from None

        with ThreadPoolExecutor(len(regions)) as pool:
            try:
                clients = [self._client("cloudtrail", region) for region in regions]
                for done in as_completed(map(pool.submit, [fetch] * len(regions), clients, regions, spools)):
                    done.result()
                    left -= 1
            except BaseException:
                stop.set()
                raise
        return spools

    def _regions(self) -> list[str]:
        """Return the regions to look at: those that the account has enabled, unless some are named."""
        named = [name.strip() for name in self._options.regions.split(",") if name.strip()]
        return named or sorted(found["RegionName"] for found in self._client("ec2").describe_regions()["Regions"])

    def _ask_athena(self, names: Names) -> Spool:
        spool = Spool(self._options.work, f"athena-{names.workgroup}")
        athena = Athena(self._client("athena"), names.workgroup, names.database, self._say)
        LogTable(athena, spool, clock.time).fetch(self._options.days, self._say)
        return spool

    def _download(self, bucket: str, prefix: str, past: Past) -> Spool:
        spool = Spool(self._options.work, f"s3-{short_hash(bucket, prefix)[:16]}")
        source = Bucket(self._client("s3"), bucket, prefix, spool, clock.time)
        for reason, times in source.fetch(self._options.days, self._say).items():
            past.count_problem(reason, times)
        return spool

    def _client(self, service: str, region: str | None = None) -> Any:
        from botocore.config import Config

        config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 10})
        return self._session.client(service, region_name=region, config=config)

    def _note(self, text: str) -> None:
        self._end()
        print(text, file=sys.stderr, flush=True)


def _download(address: str) -> bytes:
    """Return what is at an address; raises OSError without the address, which is signed."""
    import urllib3

    try:
        answer = urllib3.request("GET", address, timeout=30.0)
    except urllib3.exceptions.HTTPError as error:
        raise OSError(f"the package cannot be downloaded ({type(error).__name__})") from None
    if answer.status != 200:
        raise OSError(f"the package cannot be downloaded: HTTP status {answer.status}")
    return answer.data


def _summary(settings: SeedSettings, past: Past, stored: Stored, dry_run: bool) -> Iterator[str]:
    number = len(past.history)
    yield f"{past.records:,} records, {number:,} of them about secrets"
    yield from _problems(past.problems)
    learnt = f"{stored}, {count(len(past.days), 'day')}"
    if dry_run:
        yield f"{learnt}: nothing was stored"
    elif not stored.changed:
        yield f"{learnt}: all of it is known in {settings.table} already"
    else:
        yield f"{learnt}; from now on first reads are first reads"


def _problems(problems: Mapping[str, int]) -> Iterator[str]:
    if problems:
        yield f"NOT UNDERSTOOD: {sum(problems.values()):,}"
    for reason, times in sorted(problems.items(), key=lambda entry: -entry[1])[:_REASONS_SHOWN]:
        yield f"  {times:,} × {one_line(reason, 120)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seed",
        description="Teach a deployment what its actors usually do, from CloudTrail's records of the past.",
        epilog="The settings are those of the deployed summarizer. With any of the options that are Terraform "
        "variables all of them count by the options. Lists are separated by commas or JSON, or are @FILE.",
    )
    parser.add_argument("logs", nargs="?", metavar="LOGS", help="a file, a folder, or s3://bucket/prefix")
    parser.add_argument(
        "--source",
        choices=("files", LOOKUP, ATHENA),
        default="files",
        help="CloudTrail's own event history, or the deployment's Athena",
    )
    parser.add_argument("--prefix", default="secretwatch", help="name_prefix of the deployment (secretwatch)")
    parser.add_argument("--region", help="region of the deployment (that of the profile, or AWS_REGION)")
    parser.add_argument("--regions", default="", help="regions to look up (all that the account has enabled)")
    parser.add_argument("--days", type=int, default=90, help="days to look up, or to fetch from S3 or Athena (90)")
    parser.add_argument("--work", type=Path, default=Path("build/seed"), help="folder for what is fetched (build/seed)")
    parser.add_argument("--dry-run", action="store_true", help="say how much would be learnt, and store nothing")
    parser.add_argument("--permissions", action="store_true", help="print the IAM policy that this needs, and end")
    add_options_of_judgement(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
