"""Announces what an actor is going to do: it is counted, and nobody is notified of it. Ends by itself.

Run as ``python -m tools.expect`` (``make expect ACTOR=… SECRET=… UNTIL=… WHY=…``), with your AWS
credentials: who declared it is the caller. A new place that is not trusted, credentials in the wrong
hands and what is critical are notified of all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time as clock
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from secretwatch.detect.expectations import ANY, MOST_DAYS, Expectation, ExpectationError, expectation_of
from secretwatch.runtime.text import one_line, timestamp
from secretwatch.store.expectations import Expectations
from secretwatch.store.table import DAY, Table
from tools.verify.names import Names

_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,62}")
_STOPPED = 2


def main(arguments: list[str] | None = None, now: Callable[[], float] = clock.time) -> int:
    """Run the command; return the exit code: 0, or 2 where nothing was done."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not _PREFIX.fullmatch(options.prefix):
        parser.exit(_STOPPED, f"{parser.prog}: --prefix {options.prefix!r} is no name_prefix\n")
    import boto3

    try:
        return _run(boto3.Session(region_name=options.region or os.environ.get("AWS_REGION")), options, now)
    except (BotoCoreError, ClientError) as error:
        problem = (
            f"AWS did not do it: {error} Set AWS_PROFILE and AWS_REGION, or log in; --permissions prints the policy."
        )
    except ExpectationError as error:
        problem = str(error)
    print(f"{parser.prog}: {problem}", file=sys.stderr)
    return _STOPPED


def _run(session: Any, options: argparse.Namespace, now: Callable[[], float]) -> int:
    region = session.region_name
    names = Names(options.prefix, session.get_partition_for_region(region) if region else "aws", region or "*", "*")
    if options.permissions:
        print(json.dumps(policy(names), indent=2))
        return 0
    if not options.list and not options.remove:
        declared(options, "nobody yet", int(now()))  # what is wrong is said before anybody is asked who they are
    expectations = Expectations(Table(session.client("dynamodb"), names.table, now))
    if options.list:
        _print(_lines(expectations, now()))
    elif options.remove:
        if not expectations.end(options.remove):
            raise ExpectationError(f"there is no expectation {options.remove!r} that lasts: --list shows them")
        print(f"{options.remove} has ended; what came before stays expected")
    else:
        who = session.client("sts").get_caller_identity()["Arn"]
        expectation = declared(options, who, int(now()))
        expectations.declare(expectation)
        print(f"{expectation.id}: {_shown(expectation)}")
        print("It counts within half a minute; the digest lists it, and what nobody was notified of because of it.")
    return 0


def declared(options: argparse.Namespace, who: str, now: int) -> Expectation:
    """Return the expectation of a command line; raises ExpectationError naming the option and the cure."""
    given = {name: getattr(options, name) for name in ("actor", "secret", "until", "why")}
    missing = [name for name, value in given.items() if not value.strip()]
    if missing:
        raise ExpectationError(
            f"{', '.join(name.upper() for name in missing)} missing: make expect ACTOR=<role or user ARN, or {ANY}> "
            f"SECRET=<name, pattern or {ANY}> UNTIL=<2026-01-31> WHY=<reason>"
        )
    expectation = expectation_of(given, one_line(who, 200), now)
    if expectation.until <= now:
        raise ExpectationError(f"until {options.until} is over: nothing would be expected")
    if expectation.until > now + (MOST_DAYS + 1) * DAY:
        raise ExpectationError(
            f"until {options.until} is more than {MOST_DAYS} days from now; what lasts is the variable expectations, "
            "expected_readers or automation"
        )
    return expectation


def policy(names: Names) -> Mapping[str, Any]:
    """Return the IAM policy document that this needs: the items of expectations, and nothing else of the table."""
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["EXPECTATION"]}}
    key = {"StringLike": {"kms:ViaService": ["dynamodb.*"]}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Expect",
                "Effect": "Allow",
                "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"],
                "Resource": names.arn("dynamodb", f"table/{names.table}"),
                "Condition": own,
            },
            {
                "Sid": "UseKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": names.arn("kms", "key/*"),
                "Condition": key,
            },
        ],
    }


def _lines(expectations: Expectations, now: float) -> Iterator[str]:
    """Yield a line for each expectation, those that last first."""
    found = sorted(expectations.all(), key=lambda e: (e.until <= now, e.until, e.id))
    yield from (f"{e.id}  {_shown(e)}{'' if e.until > now else ' (ended)'}" for e in found)
    if not found:
        yield "nothing is expected; those of the variable expectations are not listed here"


def _shown(expectation: Expectation) -> str:
    since = timestamp(datetime.fromtimestamp(expectation.since, UTC))
    return (
        f"{expectation.actor} on {expectation.secret} from {since} until {expectation.end}, "
        f"by {expectation.by}: {expectation.why}"
    )


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="expect",
        description="Announce what an actor is going to do: it is counted, and nobody is notified of it.",
        epilog="A new place that is not trusted, credentials in the wrong hands and what is critical are notified of "
        "all the same.",
    )
    add = parser.add_argument
    # make hands over what stands on its command line by environment: no shell reads it again.
    add(
        "--actor",
        default=os.environ.get("ACTOR", ""),
        help=f"role or user ARN, a pattern of them (behind a space a person), or {ANY}",
    )
    add(
        "--secret",
        default=os.environ.get("SECRET", ""),
        help=f"name of a secret, a pattern, or {ANY}; not {ANY} for both",
    )
    add(
        "--until",
        default=os.environ.get("UNTIL", ""),
        help=f"a day (UTC, to its end) or a time, {MOST_DAYS} days ahead at most",
    )
    add("--why", default=os.environ.get("WHY", ""), help="why, for the digest")
    add("--list", action="store_true", help="list what is expected, and what was in the last month")
    add("--remove", metavar="ID", help="end an expectation now")
    add("--prefix", default="secretwatch", help="name_prefix of the deployment (secretwatch)")
    add("--region", help="region of the deployment (that of the profile, or AWS_REGION)")
    add("--permissions", action="store_true", help="print the IAM policy that this needs, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
