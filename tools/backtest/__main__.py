"""Run as ``python -m tools.backtest LOGS`` (``make backtest LOGS=…``).

Nothing is called, and nothing is written but a temporary file that is gone with the process:
this is how to try the system before deploying it.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time as clock
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from secretwatch.record.access import Ignored, SecretAccess, parse
from secretwatch.record.envelopes import Content, Unreadable
from tools.backtest import lines
from tools.backtest.decisions import CHUNK, decide_all
from tools.backtest.history import History, Lines
from tools.backtest.replay import Closed, Replay, Row
from tools.backtest.settings import BacktestSettings, add_options, learning, settings_of
from tools.backtest.summary import Counts
from tools.logs import files as log_files
from tools.progress import Progress

_SHOWN_EVERY = 1_000
Say = Callable[[str], None]


def backtest(
    settings: BacktestSettings, paths: list[Path], say: Say = lambda _: None, chunk_size: int = CHUNK
) -> Iterator[Row | Closed | Counts]:
    """Yield what became of every access (in order of time) and of every story (as they end), at last the tally.

    How many accesses are decided together (``chunk_size``) changes nothing but speed. Raises
    sqlite3.Error if there is no room for the temporary file.
    """
    tally, history = Counts(settings), History()
    _load(paths, history, tally, say)
    settings = tally.settings = learning(settings, history.first())
    number = len(history)
    tally.duplicates -= number  # until now every access was counted there
    decide_all(settings, history, lambda done: say(f"deciding on access {done:,} of {number:,}"), chunk_size)
    for found in Replay(settings, history).run():
        if isinstance(found, Closed):
            tally.count_story(found)
        else:
            tally.count_row(found)
            if tally.accesses % _SHOWN_EVERY == 0:
                say(f"summing up access {tally.accesses:,} of {number:,}")
        yield found
    yield tally


def _load(paths: list[Path], history: History, tally: Counts, say: Say) -> None:
    started = clock.monotonic()
    for number, path in enumerate(paths, 1):
        for content in log_files.read(path):
            _take(content, history, tally)
            if tally.records % _SHOWN_EVERY == 0:
                speed = tally.records / max(0.001, clock.monotonic() - started)
                say(f"file {number:,} of {len(paths):,}, {tally.records:,} records, {speed:,.0f} a second")


def _take(content: Content | log_files.Skipped, history: History, tally: Counts) -> None:
    if isinstance(content, log_files.Skipped):
        tally.ignored[content.kind] += 1
        return
    tally.records += 1
    if isinstance(content, Unreadable):
        tally.count_problem(content.reason)
        return
    parsed = parse(content.record)
    if isinstance(parsed, SecretAccess):
        try:
            history.add(parsed)
        except RecursionError:  # no trail writes that
            tally.count_problem(f"record {parsed.event_id}: it is nested too deeply to be kept")
        else:
            tally.duplicates += 1
    elif isinstance(parsed, Ignored):
        tally.ignored[parsed.reason] += 1
    else:
        tally.count_problem(f"record {parsed.event_id or 'without eventID'}: {parsed.reason}")


# --- output ------------------------------------------------------------------------------------


def _table(found: Iterator[Row | Closed | Counts], out: TextIO) -> None:
    """Write a line for each story that people would have heard of, in order of time, and the summary."""
    waiting = Lines()
    for result in found:
        if isinstance(result, Closed):
            waiting.add(result.time, lines.story_line(result))
        elif isinstance(result, Row):
            if result.rotates and result.story is None:
                waiting.add(int(result.judged.access.time.timestamp()), lines.rotation_line(result))
        else:
            out.writelines(f"{line}\n" for line in waiting)
            out.writelines(f"{line}\n" for line in ["", *result.lines()])


def _json_lines(found: Iterator[Row | Closed | Counts], out: TextIO, err: TextIO) -> None:
    """Write a JSON line for each access, and the summary to standard error."""
    for result in found:
        if isinstance(result, Row):
            out.write(json.dumps(result.as_row()) + "\n")
        elif isinstance(result, Counts):
            err.writelines(f"{line}\n" for line in result.lines())


# --- the command line ---------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.backtest",
        description="What people would have been notified of, and what rotated, from CloudTrail files. "
        "Nothing is called; a temporary file holds the history while it runs (TMPDIR says where).",
        epilog="The options have the names of the Terraform variables. Lists are separated by commas or JSON; "
        "whatever is JSON or a list may be @FILE.",
    )
    parser.add_argument("logs", type=Path, metavar="LOGS", help="a file, or a folder as S3 lays CloudTrail's files")
    parser.add_argument(
        "--format", choices=("table", "jsonl"), default="table", help="for people, or one JSON line each access"
    )
    add_options(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command; return the exit code: 0, or 2 for wrong arguments or a full disk."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        settings, paths = settings_of(options), log_files.files(options.logs)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    progress = Progress()
    found = backtest(settings, paths, progress)
    try:
        if options.format == "table":
            _table(found, sys.stdout)
        else:
            _json_lines(found, sys.stdout, sys.stderr)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
    except sqlite3.Error as error:
        parser.exit(2, f"{parser.prog}: the temporary file: {error}; TMPDIR names a folder with more room\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
