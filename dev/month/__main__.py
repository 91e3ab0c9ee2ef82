"""Run as ``python -m dev.month`` (``make month ORG=mid ARGS='…'``).

With ``--format json`` the last line of the output is one JSON object with the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from dev.month.advised import rounds
from dev.month.left_out import STEPS, without
from dev.month.networks import VPN
from dev.month.organisation import DAYS, SIZES, organisations
from dev.month.rivals import Rivals
from dev.month.run import Month, Run
from dev.month.score import Figures, Score
from dev.month.stream import delivered, month
from tools.backtest.settings import add_options, settings_of
from tools.progress import Progress


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.month",
        description="A generated month of an organisation through the deployed decision. Seeds 1 to 5 are for tuning, "
        "101 to 105 are held back.",
        epilog="The other options have the names of the Terraform variables; every setting is the default.",
    )
    add = parser.add_argument
    add("size", choices=sorted(SIZES), metavar="SIZE", help="small, mid or large")
    add("--seed", type=int, default=1)
    add("--days", type=int, default=DAYS, help=f"how much of the month ({DAYS})")
    add("--format", choices=("table", "json"), default="table", help="json: the figures as one last line")
    add("--why", action="store_true", help="what makes the messages")
    add("--no-history", action="store_true", help="begin with an empty memory instead of fourteen days before")
    add("--trust-own", action="store_true", help="trust the organisation's own offices, NAT addresses and endpoints")
    add("--left-out", choices=sorted(STEPS), metavar="STEP", help=f"without one step: {', '.join(STEPS)}")
    add("--late", action="store_true", help="deliver records out of order, up to a quarter of an hour, some twice")
    add("--rivals", action="store_true", help="others' rules over the same month, roughly")
    add("--advised", action="store_true", help="follow what the backtest proposes, one after the other, to its end")
    add("--records", action="store_true", help="write the records as JSON lines instead, and do nothing else")
    add_options(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command; return the exit code: 0, or 2 for wrong arguments."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.records:
        made = month(options.size, options.seed, last=options.days)
        for each in delivered(made, options.seed) if options.late else made:
            sys.stdout.write(json.dumps(each.record, separators=(",", ":")) + "\n")
        return 0
    if options.trust_own:
        accounts = organisations(options.size, options.seed)
        own = [*VPN, *(f"{address}/32" for org in accounts for address in org.nat), *(org.office for org in accounts)]
        options.trusted_cidrs = ",".join(dict.fromkeys(own))
        options.trusted_vpc_endpoint_ids = ",".join(org.endpoint for org in accounts)
    try:
        settings = settings_of(options)
    except ValueError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    if options.left_out:
        settings = without(settings, options.left_out)
    progress = Progress()

    def run(taking: Run) -> Month:
        month = taking.month(
            options.size,
            options.seed,
            days=options.days,
            history=not options.no_history,
            late=options.late,
            rivals=Rivals() if options.rivals else None,
        )
        progress.end()
        return month

    if options.advised:
        for number, one in enumerate(rounds(settings, run, progress)):
            print(f"round {number}: {_in_short(Score(one.month).figures())}; {one.proposal or 'nothing is proposed'}")
        return 0
    found = run(Run(settings, progress))
    score = Score(found)
    for line in score.lines():
        print(line)
    for line in score.why() if options.why else ():
        print(line)
    if options.format == "json":
        print(json.dumps(asdict(score.figures())))
    return 0


def _in_short(figures: Figures) -> str:
    return (
        f"{figures.high_per_day} high and {figures.medium_per_day} medium a day, {figures.attacks_told} attacks told, "
        f"{figures.attacks_high} high, {figures.attacks_standing_out} standing out"
    )


if __name__ == "__main__":
    sys.exit(main())
