"""Says hop by hop whether a deployment works: ``python -m tools.verify`` (``make verify``).

Read-only, but for test messages to the channels, one question to the model and to Athena, and
one read of the canary's own secret. Exit code 0: nothing failed of what could be looked at; 1: something
did; 2: it could not run, or could look at nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any

from tools.progress import Progress
from tools.verify import checks, report
from tools.verify.aws import LOG_IN, Aws, AwsError
from tools.verify.deployment import Deployment
from tools.verify.names import Names
from tools.verify.permissions import policy
from tools.verify.result import Result, failed, ok

_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,62}")


def main(arguments: list[str] | None = None) -> int:
    """Verify, or print the permissions; return the exit code."""
    options = _parser().parse_args(arguments)
    if not _PREFIX.fullmatch(options.prefix):
        detail = f"--prefix {options.prefix!r} is no name_prefix: small letters, digits and hyphens"
        return _could_not_run(options, detail, "make verify PREFIX=<the module's name_prefix>")
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        # The command line of AWS reads AWS_REGION, boto3 AWS_DEFAULT_REGION only.
        session = boto3.Session(region_name=options.region or os.environ.get("AWS_REGION"))
        region = session.region_name
        partition = session.get_partition_for_region(region) if region else "aws"
    except (BotoCoreError, ValueError) as error:  # a profile that is not there, a region that is none
        return _could_not_run(options, str(error), LOG_IN)
    if options.permissions:
        print(json.dumps(policy(Names(options.prefix, partition, region or "*", "*")), indent=2))
        return 0
    if not region:
        return _could_not_run(options, "no region is set", LOG_IN)
    return run(Aws(clients(session)), region, options)


def _could_not_run(options: argparse.Namespace, detail: str, cure: str) -> int:
    """Say why, to a person on standard error and to a program like every other line; return the exit code."""
    if options.format == "json":
        print(report.as_json(failed(report.IDENTITY, f"could not run: {detail}", cure)))
    else:
        print(f"could not run: {detail}\n    → {cure}", file=sys.stderr)
    return report.COULD_NOT_RUN


def clients(session: Any) -> Callable[[str], Any]:
    """Return what makes a session's clients: an invocation is waited for and never repeated, others are retried."""
    from botocore.config import Config

    def client(service: str) -> Any:
        attempts = 1 if service == "lambda" else 4
        config = Config(
            connect_timeout=5, read_timeout=150, retries={"mode": "standard", "total_max_attempts": attempts}
        )
        return session.client(service, config=config)

    return client


def run(aws: Aws, region: str, options: argparse.Namespace) -> int:
    """Look at everything, print each result when it is there; return the exit code."""
    progress = Progress()
    results: list[Result] = []
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def show(result: Result) -> None:
        progress.end()
        results.append(result)
        print(report.as_json(result) if options.format == "json" else report.line(result, colour), flush=True)

    try:
        identity = aws.call("sts:GetCallerIdentity")
    except AwsError as error:
        show(failed(report.IDENTITY, f"could not run: {error.detail}", error.cure))
        return report.COULD_NOT_RUN
    caller = str(identity["Arn"])
    names = Names(options.prefix, caller.split(":")[1], region, str(identity["Account"]))
    show(ok(report.IDENTITY, f"account {names.account}, {region}, partition {names.partition}, as {caller}"))
    deployment = Deployment(
        aws, names, messages=not options.no_messages, timeout=options.timeout, progress=progress, caller=caller
    )
    try:
        missing = checks.find(deployment)
        if missing is not None:
            show(missing)
            return report.COULD_NOT_RUN
        for result in checks.verify(deployment):
            show(result)
    except AwsError as error:
        show(
            failed(report.IDENTITY, f"stopped, nothing after the line before was looked at: {error.detail}", error.cure)
        )
        return report.COULD_NOT_RUN
    except KeyboardInterrupt:
        progress.end()
        print("stopped: what comes after the last line was not looked at", file=sys.stderr)
        return report.COULD_NOT_RUN
    if options.format == "text":
        print(report.summary(results))
    return report.exit_code(results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verify", description="Say hop by hop whether a deployment works.")
    parser.add_argument("--prefix", default="secretwatch", help="name_prefix of the deployment (secretwatch)")
    parser.add_argument("--region", help="region of the deployment (that of the profile, or AWS_REGION)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text, or one JSON object a line")
    parser.add_argument(
        "--timeout", type=_seconds, default=900.0, help="seconds to wait for the canary on a path (900)"
    )
    parser.add_argument("--no-messages", action="store_true", help="send no test messages to the channels")
    parser.add_argument("--permissions", action="store_true", help="print the IAM policy that this needs, and end")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 86400")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
