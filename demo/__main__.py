"""Deploy, play, show. Run by ``make demo``; DEMO_OUT is the output folder, LOGS recorded files to replay."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from demo.console import Console
from demo.scenes import ARGUMENTS, PATIENCE, Stage
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.envelopes import Decoded
from tests.harness.local_aws import LocalAwsError, wait_until
from tests.harness.reading import read
from tests.harness.stack import Stack, deployed
from tests.harness.terraform import ACCOUNT, REGION, REPOSITORY, TerraformError, TerraformMissingError
from tools.logs.files import files
from tools.logs.files import read as read_history
from tools.report.__main__ import from_logs
from tools.report.sources import SourceError
from tools.verify.aws import Aws
from tools.verify.checks import verify
from tools.verify.deployment import Deployment
from tools.verify.names import Names
from tools.verify.report import MARKS, summary
from tools.verify.result import State

_PLANNED = re.compile(r"Plan: (\d+) to add")
_CREATED = re.compile(r"^(\S+): Creation complete")
_HEADER = ("time", "call", "secret", "who", "from", "network", "outcome")
DAYS = 30
"""Days of the trail's bucket that the report at the end looks at."""
REAL_ACCOUNT = """\
  cat > main.tf <<'EOF'
  provider "aws" { region = "us-east-1" }

  module "secretwatch" {
    source            = "./secretwatch"            # a clone of this repository
    trusted_cidrs     = ["203.0.113.0/24"]         # where your reads come from
    operations_emails = ["operations@example.com"] # who is notified when the watch itself fails
    deployer_role_arns = ["arn:aws:iam::123456789012:role/deploy"] # who runs apply
    channels = { # the URL is in an SSM SecureString
      slack = { type = "slack", minimum_severity = "info", webhook_parameter = "/secretwatch/slack" }
    }
  }
  EOF
  terraform init && terraform apply"""


def main() -> int:
    """Run the demo; return the exit code."""
    # A shell that starts the demo in the background has it ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    out = Path(os.environ.get("DEMO_OUT") or REPOSITORY / "build" / "demo").resolve()
    out.mkdir(parents=True, exist_ok=True)
    logs = os.environ.get("LOGS")
    console = Console(out / "timeline.jsonl")
    try:
        if logs and not files(Path(logs)):
            raise FileNotFoundError(f"{logs} holds no .json or .json.gz file")
        console.title("secretwatch demo")
        console.say("  A local AWS on this machine, deployed with Terraform; no AWS account, nothing leaves loopback.")
        with deployed(out, ARGUMENTS, _Progress(console)) as stack:
            console.event(f"deployed the root module with terraform apply: {_deployed(stack)}", seconds=console.elapsed)
            if logs:
                _replay(stack, console, Path(logs))
            else:
                _play(stack, console)
            _finish(stack, console, out)
    except KeyboardInterrupt:
        console.say("\n  stopped; nothing is left running")
        return 130
    except (TerraformError, TerraformMissingError, LocalAwsError, SourceError, FileNotFoundError, ValueError) as error:
        console.say(f"\n  {error}")
        return 1
    except (AssertionError, TimeoutError) as error:
        console.event(f"the demo did not show what it should: {error}", good=False)
        console.say(f"  the local AWS's log: {out / 'local-aws.log'}")
        return 1
    return 0


class _Progress:
    """Terraform's lines as progress."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._total = "?"
        self._done = 0

    def __call__(self, line: str) -> None:
        planned, created = _PLANNED.search(line), _CREATED.search(line)
        if planned:
            self._total = planned[1]
        if created:
            self._done += 1
        if planned or created:
            seconds = f"{self._console.elapsed:.0f} s"
            self._console.progress(f"terraform apply: {self._done} of {self._total} resources, {seconds}")


def _deployed(stack: Stack) -> str:
    functions = ", ".join(name for name in stack.outputs["function_names"].values() if name)
    return f"functions {functions}; {len(stack.outputs['alarm_names'])} detections; IAM is enforced"


def _play(stack: Stack, console: Console) -> None:
    stage = Stage(stack)
    scenes = (
        ("1  basic: alice reads TopSecretInfo from the office", stage.basic),
        ("2  role: the role deploy reads it, over IPv6", stage.role),
        ("3  untrusted: mallory reads prod/db from 203.0.113.66, outside the trusted networks", stage.untrusted),
        ("4  denied: eve has no permission", stage.denied),
    )
    for heading, play in scenes:
        console.title(heading)
        for what, seconds in play().lines:
            console.event(what, seconds=seconds)
    console.title("5  history: the audit table")
    console.table(_HEADER, stage.history())
    console.title("6  digest: what the channels are told the next morning")
    for what, seconds in stage.digest().lines:
        console.event(what, seconds=seconds)


def _replay(stack: Stack, console: Console, logs: Path) -> None:
    console.title(f"Replaying {logs}")
    contents = [content for file in files(logs) for content in read_history(file)]
    found = [
        content.record for content in contents if isinstance(content, Decoded) and isinstance(content.record, dict)
    ]
    accesses = {a.event_id: a for a in map(parse, found) if isinstance(a, SecretAccess)}
    started = time.monotonic()
    stack.trail.deliver(found)
    patience = PATIENCE + len(accesses) / 20
    wait_until(lambda: len(stack.audit_items()) >= len(accesses), patience, f"{len(accesses)} items in the audit table")
    stack.settle()
    items = stack.audit_items()
    console.event(
        f"{len(found)} records delivered, {len(accesses)} of them about secrets", seconds=time.monotonic() - started
    )
    for name, count in sorted(Counter(item["event_name"] for item in items).items()):
        console.event(f"in the audit table, each once: {count} {name}")
    console.title("History: the audit table")
    console.table(_HEADER, Stage.rows(items))


def _finish(stack: Stack, console: Console, out: Path) -> None:
    stack.trail.check()
    denials = stack.function_denials()
    console.title("Every message, as a person reads it")
    for number, post in enumerate(stack.webhooks.posts, 1):
        scene = f", scene {post['scene']}" if post["scene"] else ""
        console.message(f"{number}. {post['channel']}{scene}", read(post["channel"], post["body"]))
    console.title("What was deployed")
    console.table(("what", "name"), _inventory(stack))
    report = from_logs(
        f"s3://{stack.outputs['trail_bucket_name']}", DAYS, lambda: stack.aws.client("s3"), console.progress
    )
    report.write(out / "report.html")
    console.title("What to look at")
    console.event(
        f"{len(stack.webhooks.posts)} messages to {len({p['channel'] for p in stack.webhooks.posts})} channels; "
        f"functions denied by IAM: {len(denials)}",
        good=not denials,
    )
    for denial in denials:
        console.say(f"    {denial['principal']} was denied {denial['denied']} on {denial['resource']}")
    console.say(f"  {out / 'report.html'}: who read what, {report.findings.total} reads; open it in a browser")
    console.say(f"  {out / 'notices.jsonl'}: every webhook POST (channel, time, body)")
    console.say(f"  {out / 'timeline.jsonl'}: what happened when")
    console.say(f"  {out / 'local-aws.log'}: the local AWS, and what the functions logged")
    console.say("  The model is a stand-in that fills a template; in AWS it is Bedrock's.")
    _verify(stack, console)
    console.title("The same in a real account")
    console.say(REAL_ACCOUNT)
    console.say(f"{console.elapsed:.0f} s in all.")
    if denials:
        raise AssertionError("a function lacks a permission")


def _verify(stack: Stack, console: Console) -> None:
    """What make verify finds here, as it would in a real account."""
    names = Names("secretwatch", "aws", REGION, ACCOUNT)
    found = Deployment(Aws(stack.aws.client), names, timeout=PATIENCE, progress=console.progress)
    results = list(verify(found))
    console.title("make verify: does every hop work?")
    console.table(("", "hop", "what was found"), [(MARKS[entry.state], entry.name, entry.detail) for entry in results])
    console.say(f"  {summary(results)}")
    failures = [entry.name for entry in results if entry.state is State.FAILED]
    if failures:
        raise AssertionError(f"make verify found something broken: {', '.join(failures)}")


def _inventory(stack: Stack) -> list[tuple[str, str]]:
    """The outputs of the root module, a line each."""
    rows = []
    for what, value in stack.outputs.items():
        names = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        rows += [(what.replace("_", " ").removesuffix("s"), str(name)) for name in names if name]
    return rows


if __name__ == "__main__":
    sys.exit(main())
