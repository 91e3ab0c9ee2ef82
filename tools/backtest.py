"""What people would have been notified of, and what rotated: the same decisions, over CloudTrail history.

Run as ``python -m tools.backtest LOGS`` (``make backtest LOGS=…``). Nothing is
called and nothing is written: this is how to try the system before deploying it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time as clock
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from secretwatch.detect.decide import Decision, decide
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import Story, group
from secretwatch.detect.tuning import Tuning, TuningError, parse_rules
from secretwatch.functions.rotator.policy import Action, Policy, Reason, Target, action_for
from secretwatch.notify.access_notice import title
from secretwatch.record.access import Malformed, Outcome, SecretAccess, parse
from secretwatch.record.envelopes import Content, Unreadable
from secretwatch.record.origin import Judged, TrustPolicy, parse_networks
from secretwatch.record.secret_id import parse_secret_id
from secretwatch.runtime.text import count, one_line, timestamp
from tools import log_files
from tools.progress import Progress

BATCH_SIZE = 500
"""Accesses decided together, about what CloudTrail delivers at once on a busy day."""
REMEMBERED_EVENTS = 200_000
REMEMBERED_PRINCIPALS = 20_000
_AUTOMATIC = 20
"""Notices of one principal from which on it is listed as noisy."""


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """What the user asked for, in the words of the Terraform variables."""

    trust: TrustPolicy
    tuning: Tuning
    targets: tuple[Target, ...]
    exempt: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """What would have become of one access."""

    judged: Judged
    story: Story
    decision: Decision
    would_notify: bool
    """Whether this access is the one that a notice would have begun with."""
    would_rotate: tuple[str, ...]
    """Targets that would have been rotated."""
    rotation_reason: str

    def as_row(self) -> dict[str, object]:
        """Return what is written of it as one JSON line."""
        (event_id, time, call, *_), origin = self.judged
        return {
            "event_id": event_id,
            "event_time": timestamp(time),
            "event_name": call.event_name,
            "secrets": list(call.secret_names),
            "principal": call.principal.key,
            "account": call.account,
            "region": call.region,
            "outcome": call.outcome,
            "source": call.source_address,
            "network": origin.trust,
            "signals": [signal.id for signal in self.decision.signals],
            "severity": self.decision.severity,
            "would_notify": self.would_notify,
            "would_rotate": bool(self.would_rotate),
            "reason": f"{self.decision.reason}; rotation: {self.rotation_reason}",
        }


@dataclass
class Tally:
    """What was counted, for the summary."""

    records: int = 0
    accesses: int = 0
    reads: int = 0
    notices: int = 0
    rotations: int = 0
    duplicates: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    notified_of: Counter[str] = field(default_factory=Counter)
    readers: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)


class Backtest:
    """Takes records in, gives rows out; memory is bounded whatever comes."""

    def __init__(self, settings: BacktestSettings) -> None:
        self.tally = Tally()
        self._settings = settings
        self._memories: OrderedDict[str, Memory] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._waiting: list[SecretAccess] = []

    def feed(self, content: Content) -> Iterator[Row]:
        """Take one record; yield rows whenever a batch is full."""
        self.tally.records += 1
        parsed = None if isinstance(content, Unreadable) else parse(content.record)
        if isinstance(parsed, SecretAccess):
            if self._is_new(parsed.event_id):
                self._waiting.append(parsed)
                if len(self._waiting) >= BATCH_SIZE:
                    yield from self.flush()
        elif isinstance(content, Unreadable):
            self.tally.problems[content.reason] += 1
        elif isinstance(parsed, Malformed):
            self.tally.problems[f"record {parsed.event_id or 'without eventID'}: {parsed.reason}"] += 1
        elif parsed is not None:
            self.tally.ignored[parsed.reason] += 1

    def flush(self) -> Iterator[Row]:
        """Decide on what is waiting."""
        waiting, self._waiting = self._waiting, []
        for story in group(self._settings.trust.judge(waiting)):
            key = story.principal.key
            decision = decide(story, self._memories.pop(key, Memory()), self._settings.tuning)
            self._memories[key] = decision.memory
            if len(self._memories) > REMEMBERED_PRINCIPALS:
                self._memories.popitem(last=False)
            yield from self._rows(story, decision)

    def _rows(self, story: Story, decision: Decision) -> Iterator[Row]:
        if story.first.outcome is Outcome.ALLOWED:
            self.tally.reads += story.reads
        if decision.notified:
            self.tally.notices += 1
            self.tally.severities[decision.severity] += 1
            self.tally.notified_of[story.principal.key] += 1
        for number, judged in enumerate(story.entries):
            rotated, reason = self._rotation(judged)
            self._count(judged, bool(rotated))
            yield Row(
                judged,
                story,
                decision,
                would_notify=decision.notified and number == 0,
                would_rotate=rotated,
                rotation_reason=reason,
            )

    def _rotation(self, judged: Judged) -> tuple[tuple[str, ...], str]:
        """Return what an access would rotate, cooldown and limits left aside, and why or why not."""
        policy = Policy(exempt=self._settings.exempt, dry_run=False, rotate_unknown=False)
        decided = [(target, action_for(judged, target, policy)) for target in self._settings.targets]
        rotated = tuple(target.secret.name for target, decision in decided if decision.action is Action.ROTATE)
        reasons = [decision.reason for _, decision in decided if decision.reason is not Reason.NOT_A_TARGET]
        return rotated, reasons[0] if reasons else Reason.NOT_A_TARGET

    def _count(self, judged: Judged, rotates: bool) -> None:
        access, tally = judged.access, self.tally
        call = access.call
        tally.accesses += 1
        tally.rotations += rotates
        tally.days.add(timestamp(access.time)[:10])
        if call.is_read:
            _add(tally.readers, call.principal.key)
            for name in call.secret_names:
                _add(tally.secrets, name)

    def _is_new(self, event_id: str) -> bool:
        if event_id in self._known:
            self.tally.duplicates += 1
            return False
        self._known[event_id] = None
        if len(self._known) > REMEMBERED_EVENTS:
            self._known.popitem(last=False)
        return True


def _add(names: set[str], name: str) -> None:
    """Count distinct names, up to what memory allows."""
    if len(names) < REMEMBERED_PRINCIPALS * 5:
        names.add(name)


def run(settings: BacktestSettings, paths: list[Path], progress: Callable[[str], None]) -> Iterator[Row | Tally]:
    """Yield a row for every access in the files, then the tally."""
    backtest = Backtest(settings)
    started = clock.monotonic()
    for number, path in enumerate(paths, 1):
        for content in log_files.read(path):
            yield from backtest.feed(content)
            if backtest.tally.records % 1000 == 0:
                speed = backtest.tally.records / max(0.001, clock.monotonic() - started)
                progress(
                    f"file {number:,} of {len(paths):,}, {backtest.tally.records:,} records, {speed:,.0f} a second"
                )
    yield from backtest.flush()
    yield backtest.tally


# --- for people ----------------------------------------------------------------------------


def table(results: Iterable[Row | Tally], out: TextIO) -> None:
    """Print the notices that would have been sent, and the summary."""
    for result in results:
        if isinstance(result, Tally):
            print(*summary(result), sep="\n", file=out)
        elif result.would_notify or result.would_rotate:
            print(_line(result), file=out)


def _line(row: Row) -> str:
    story, decision = row.story, row.decision
    rotates = f"  ROTATES {', '.join(row.would_rotate)}" if row.would_rotate else ""
    if not row.would_notify:
        access = row.judged.access
        return f"{timestamp(access.time)}  {'':8}  {rotates.strip()} (event {access.event_id})"
    ids = ", ".join(signal.id for signal in decision.signals) or "—"
    many = f" ×{len(story.entries)}" if len(story.entries) > 1 else ""
    source = one_line(row.judged.access.call.source_address or "—", 40)
    what = f"{title(story)}{many} from {source} ({row.judged.origin.trust})"
    return f"{timestamp(story.span[0])}  {decision.severity:8}  {what}  [{ids}]{rotates}"


def summary(tally: Tally) -> Iterator[str]:
    """Yield the lines of a one-screen summary."""
    days = max(1, len(tally.days))
    yield ""
    yield f"{tally.records:,} records: {tally.accesses:,} about secrets on {count(len(tally.days), 'day')}"
    readers, secrets = count(len(tally.readers), "principal"), count(len(tally.secrets), "secret")
    yield f"{count(tally.reads, 'value')} of {secrets} returned to {readers}"
    by_severity = ", ".join(f"{number:,} {severity}" for severity, number in tally.severities.most_common())
    yield f"{count(tally.notices, 'notice')} ({by_severity or 'none'}), {tally.notices / days:,.1f} a day"
    yield f"{count(tally.rotations, 'read')} would have rotated a secret"
    yield from _noisiest(tally)
    yield from _counted("ignored", tally.ignored)
    yield from _counted("NOT UNDERSTOOD", tally.problems)


def _noisiest(tally: Tally) -> Iterator[str]:
    noisy = [(principal, n) for principal, n in tally.notified_of.most_common(3) if n >= _AUTOMATIC]
    for principal, number in noisy:
        yield f"noisy: {one_line(principal, 100)}, {number:,} notices; if it is automation, lower it with:"
        yield f"  automation = {json.dumps([principal])}"


def _counted(what: str, reasons: Counter[str]) -> Iterator[str]:
    if reasons:
        yield f"{what}: {sum(reasons.values()):,}"
        for reason, number in reasons.most_common(12):
            yield f"  {number:,} × {one_line(reason, 120)}"
        if len(reasons) > 12:
            yield f"  … and {len(reasons) - 12} more reasons"


# --- the command line ------------------------------------------------------------------------


def settings_of(arguments: argparse.Namespace) -> BacktestSettings:
    """Return the settings of a command line; raises ValueError."""
    rules = arguments.rules
    if rules and rules.startswith("@"):
        rules = Path(rules[1:]).read_text(encoding="utf-8")
    try:
        parsed = parse_rules(rules)
    except TuningError as error:
        raise ValueError(f"--rules: {error}") from None
    return BacktestSettings(
        trust=TrustPolicy(
            parse_networks(_listed(arguments.trusted_cidrs)), frozenset(_listed(arguments.trusted_vpc_endpoint_ids))
        ),
        tuning=parsed,
        targets=tuple(Target(parse_secret_id(name), "generate") for name in _listed(arguments.rotation_targets)),
        exempt=frozenset(_listed(arguments.rotation_exempt_principal_arns)),
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.backtest",
        description="What people would have been notified of, and what rotated, from CloudTrail files. "
        "Nothing is called or written.",
        epilog="The options have the names of the Terraform variables; lists are separated by commas.",
    )
    parser.add_argument("logs", type=Path, metavar="LOGS", help="a file, or a folder as S3 lays CloudTrail's files")
    parser.add_argument(
        "--format", choices=("table", "jsonl"), default="table", help="for people, or one JSON line each access"
    )
    parser.add_argument("--trusted-cidrs", default="", help="networks that reads may come from")
    parser.add_argument("--trusted-vpc-endpoint-ids", default="", help="VPC endpoints that reads may come through")
    parser.add_argument("--rotation-targets", default="", help="secrets to rotate, by name or ARN")
    parser.add_argument("--rotation-exempt-principal-arns", default="", help="principals whose reads rotate nothing")
    parser.add_argument("--rules", default="", help="the JSON of the variable rules, or @FILE")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command; return the exit code: 0, or 2 for wrong arguments."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        settings, paths = settings_of(arguments), log_files.files(arguments.logs)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    results = run(settings, paths, Progress())
    try:
        if arguments.format == "table":
            table(results, sys.stdout)
        else:
            for result in results:
                if isinstance(result, Row):
                    sys.stdout.write(json.dumps(result.as_row()) + "\n")
                else:
                    print(*summary(result), sep="\n", file=sys.stderr)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
