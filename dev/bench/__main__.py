"""``make bench``: prints every figure with what it is compared to. FULL=1 adds the large runs, ONLY names parts."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from secretwatch.detect.memory import Memory
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.handler import Rotator
from secretwatch.functions.rotator.secret_value import SecretStore
from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.notify.publisher import Publisher
from secretwatch.record.intake import read
from secretwatch.record.origin import TrustPolicy, parse_networks
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.settings import FILE
from secretwatch.runtime.text import timestamp
from secretwatch.store.store import open_store
from tests import documents
from tests.harness.archive_provider import zip_of
from tests.harness.audit_table import make_table
from tests.harness.lake import records, write_tree
from tests.harness.model import MODEL_ID
from tests.harness.stack import local_aws
from tests.harness.terraform import BUILD, REPOSITORY
from tests.judging import decide_all
from tests.records import awslogs, record, role

NETWORKS = ["198.51.100.0/24", "2001:db8:10::/48"]
TRUST = TrustPolicy(parse_networks(NETWORKS))
SOURCE = REPOSITORY / "lambda_src"


def reads(number: int, principals: int = 20, seed: int = 7, *, month: bool = False) -> Iterator[dict[str, Any]]:
    """Yield synthetic reads of ten busy minutes, or of a month, by services with ever new sessions."""
    dice = random.Random(seed)
    for n in range(number):
        service = n % principals
        yield record(
            userIdentity=role(f"service-{service}", f"session-{dice.randrange(10**6)}"),
            eventTime=f"2026-01-{1 + n * 27 // number:02}T{n % 24:02}:{n % 60:02}:00Z"
            if month
            else f"2026-01-31T09:{n * 10 // number:02}:{n % 60:02}Z",
            sourceIPAddress=f"198.51.100.{service}",
            requestParameters={"secretId": f"service-{service}/secret-{dice.randrange(5)}"},
        )


def cpu(work: Callable[[], object], rounds: int = 7) -> float:
    """Return the least CPU seconds of some rounds."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def invocation(identity: str, seconds: float) -> Invocation:
    return Invocation(identity, time.time() + seconds, time.time())


def differing(number: int, seed: int, *, parts: bool) -> Iterator[dict[str, Any]]:
    """Yield reads of which hardly two are alike: of parts that come again in other company, or else of new ones."""
    dice = random.Random(seed)
    for n, one in enumerate(reads(number, seed=seed)):
        address, agent, secret = (dice.randrange(200), dice.randrange(40), dice.randrange(300)) if parts else (n, n, n)
        yield {
            **one,
            "sourceIPAddress": f"198.51.{100 + address // 256}.{address % 256}",
            "userAgent": f"aws-cli/2.{agent}",
            "requestParameters": {"secretId": f"service-{n % 20}/secret-{0 if parts else seed}-{secret}"},
        }


def decode(data: str) -> None:
    """Do what nobody can do without: the floor."""
    for entry in json.loads(gzip.decompress(base64.b64decode(data)))["logEvents"]:
        json.loads(entry["message"])


def core() -> None:
    event = awslogs(*reads(10_000))
    data = event["awslogs"]["data"]

    def judge() -> None:
        for decided in decide_all(TRUST.judge(read(event).accesses), Tuning(), memories):
            memories[decided.actor.key] = decided.decision.memory

    memories: dict[str, Memory] = {}
    floor, ours = cpu(lambda: decode(data)), cpu(judge)
    show("10,000 records: base64 + gunzip + json of the same bytes", f"{floor * 1000:.0f} ms CPU")
    show("10,000 records: envelope → access → actor → decision", f"{ours * 1000:.0f} ms CPU")
    show("ratio (goal: 1.25 or less)", f"{ours / floor:.2f}")
    for parts, what in ((True, "every call differs, its parts are known"), (False, "every part of every call is new")):
        floor, ours = _differing(parts)
        show(f"ratio where {what} (goal: 4 or less)", f"{ours / floor:.2f}")


def _differing(parts: bool) -> tuple[float, float]:
    """Return the least CPU seconds of the floor and of ours over deliveries of which no call was seen before."""
    memories: dict[str, Memory] = {}
    floors, times = [], []
    for seed in range(4):
        event = awslogs(*differing(10_000, seed, parts=parts))
        floors.append(cpu(lambda data=event["awslogs"]["data"]: decode(data), rounds=2))  # type: ignore[misc]
        started = time.process_time()
        for decided in decide_all(TRUST.judge(read(event).accesses), Tuning(), memories):
            if parts:
                memories[decided.actor.key] = decided.decision.memory
        times.append(time.process_time() - started)
    return min(floors), min(times)


def batch() -> None:
    with local_aws(BUILD / "bench") as (aws, model):
        dynamodb, s3, sns = aws.client("dynamodb"), aws.client("s3"), aws.client("sns")
        make_table(dynamodb, "audit")
        s3.create_bucket(Bucket="summaries")
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        settings = documents.summarizer_settings(bedrock_model=MODEL_ID, trusted_cidrs=NETWORKS, own_principal_arns=[])
        summarizer = Summarizer(
            settings,
            open_store(dynamodb, "audit"),
            Explainer(aws.client("bedrock-runtime"), settings.model),
            Summaries(s3, "summaries"),
            Publisher(sns, topic),
        )
        before = len(list(aws.calls()))
        started = time.monotonic()
        summarizer.handle(awslogs(*reads(10_000)), invocation("bench", 900))
        seconds = time.monotonic() - started
        calls = Counter(call["action"] for call in list(aws.calls())[before:] if "action" in call)
        show("a batch of 10,000 reads by 20 principals", f"{seconds:.1f} s against the local AWS")
        show("notices (goal: 20 at most)", str(calls["sns:Publish"]))
        show("model calls (goal: 20 at most)", str(len(model.questions)))
        show("AWS calls in all (goal: 300 at most)", str(calls.total()))
        for action, number in calls.most_common():
            show(f"  {action}", str(number))


def backtest() -> None:
    for number in (10_000, *([1_000_000] if os.environ.get("FULL") else [])):
        with tempfile.TemporaryDirectory() as folder:
            for part in range(0, number, 10_000):
                chunk = {"Records": list(reads(10_000, principals=200, seed=part, month=True))}
                Path(folder, f"{part:09}.json.gz").write_bytes(gzip.compress(json.dumps(chunk).encode(), 1))
            code = (
                "import resource, sys; from tools.backtest.__main__ import main; main(); "
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
            )
            seconds, peak = _run(code, [folder, "--trusted-cidrs", "198.51.100.0/24"])
            show(
                f"backtest of {number:,} records",
                f"{number / seconds:,.0f} records a second, peak {peak:.0f} MB",
            )


def report() -> None:
    for number in (100_000, *([1_000_000, 10_000_000] if os.environ.get("FULL") else [])):
        with tempfile.TemporaryDirectory() as folder:
            _grow(Path(folder), number)
            code = (
                "import resource, sys; from tools.report.__main__ import main; main(); "
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
            )
            arguments = [folder, "--days", "400", "--out", f"{folder}/report.html"]
            seconds, peak = _run(code, arguments)
            show(
                f"report of {number:,} records",
                f"{number / seconds:,.0f} records a second, {seconds:.1f} s, peak {peak:.0f} MB",
            )
            loop, peak = _run(PLAIN_LOOP, [folder])
            show(
                "  a plain Python loop that counts the same",
                f"{number / loop:,.0f} records a second, peak {peak:.0f} MB",
            )


PLAIN_LOOP = """
import collections, gzip, json, pathlib, resource, sys
counts = collections.Counter()
for file in pathlib.Path(sys.argv[1]).rglob("*.json.gz"):
    for record in json.loads(gzip.open(file).read())["Records"]:
        if record["eventName"] == "GetSecretValue" and not record.get("errorCode"):
            identity = record["userIdentity"] or {}
            issuer = ((identity.get("sessionContext") or {}).get("sessionIssuer") or {}).get("arn")
            secret = (record["requestParameters"] or {}).get("secretId")
            counts[record["eventTime"][:10], record["awsRegion"], identity.get("type"), issuer or identity.get("arn"),
                   secret, record["sourceIPAddress"]] += 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def _grow(root: Path, number: int) -> None:
    """A year's tree of log files: 100,000 records are made, more are the same files under other names."""
    write_tree(root, records(100_000, date(2025, 11, 1), 10))
    made = list(root.rglob("*.json.gz"))
    for copy in range(1, number // 100_000):
        for file in made:
            day = date(2025, 11, 1) + timedelta(days=copy % 36 * 10 + int(file.parent.name) - 1)
            folder = file.parents[3] / f"{day:%Y/%m/%d}"
            folder.mkdir(parents=True, exist_ok=True)
            os.link(file, folder / f"copy{copy}_{file.name}")


def _run(code: str, arguments: list[str]) -> tuple[float, float]:
    """Run Python code in a process of its own; return its seconds and its peak memory in MB."""
    started = time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": f"{SOURCE}:."},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.monotonic() - started, int(finished.stderr.split()[-1]) / 1024


def rotation() -> None:
    """From a record in the rotator's hands to AWSCURRENT changed, over HTTP against the local AWS."""
    with tempfile.TemporaryDirectory() as folder, local_aws(Path(folder)) as (aws, _):
        dynamodb, secrets, sns, ssm = (aws.client(name) for name in ("dynamodb", "secretsmanager", "sns", "ssm"))
        make_table(dynamodb, "audit")
        names = [f"s{number}" for number in range(100)]
        settings = documents.rotator_settings(
            rotation_targets={name: {**documents.GENERATE, "json_keys": ["p"]} for name in names},
            rotations_per_hour=1000,
        )
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        ssm.put_parameter(Name="/freeze", Value="off", Type="String")
        rotator = Rotator(
            settings, open_store(dynamodb, "audit"), SecretStore(secrets), Publisher(sns, topic),
            Freeze(ssm, "/freeze"), None,
        )  # fmt: skip
        taken = []
        for name in names:
            before = secrets.create_secret(Name=name, SecretString='{"p": "old"}')["VersionId"]
            now = timestamp(datetime.now(UTC))  # a read of before would be one of an older version
            read = record(sourceIPAddress="203.0.113.66", requestParameters={"secretId": name}, eventTime=now)
            started = time.perf_counter()
            rotator.handle(awslogs(read), invocation(name, 60))
            taken.append(time.perf_counter() - started)
            assert secrets.get_secret_value(SecretId=name)["VersionId"] != before
        taken.sort()
        show(
            "from record in to AWSCURRENT changed and people notified, 100 runs",
            f"p50 {taken[49] * 1000:.0f} ms, p99 {taken[98] * 1000:.0f} ms against the local AWS",
        )


def cold() -> None:
    for function in documents.DOCUMENTS:
        with tempfile.TemporaryDirectory() as folder:
            base, ours = _starts(function, Path(folder))
        show(
            f"cold start of the {function} ÷ import boto3 and its first client (goal: 1.15 or less)",
            f"{ours / base:.2f} ({ours * 1000:.0f} ms ÷ {base * 1000:.0f} ms)",
        )


def _starts(function: str, folder: Path) -> tuple[float, float]:
    """Least seconds of an empty function with one client, and of ours, unpacked as Lambda has it."""
    shutil.copytree(SOURCE / "secretwatch", folder / "secretwatch", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / FILE).write_text(json.dumps(documents.DOCUMENTS[function]))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **documents.VARIABLES[function],
    }
    floor, ready = "import boto3; boto3.client('dynamodb')", f"import secretwatch.functions.{function}.handler"
    times: dict[str, list[float]] = {floor: [], ready: []}
    for _ in range(20):
        for code, taken in times.items():
            named = {"AWS_LAMBDA_FUNCTION_NAME": function} if code == ready else {}
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env={**environment, **named}, check=True)
            taken.append(time.perf_counter() - started)
    return min(times[floor]), min(times[ready])


def package() -> None:
    sources = (file for file in sorted(SOURCE.rglob("*")) if file.suffix in (".py", ".json"))
    files = {str(file.relative_to(SOURCE)): file.read_text() for file in sources}
    data = zip_of(files)
    show("the zip", f"{len(data) / 1024:.0f} KB, {len(zipfile.ZipFile(io.BytesIO(data)).namelist())} files")


def show(what: str, figure: str) -> None:
    print(f"{what:<88} {figure}", flush=True)


if __name__ == "__main__":
    parts = {part.__name__: part for part in (core, batch, backtest, rotation, report, cold, package)}
    for name in os.environ.get("ONLY", "").split() or parts:
        parts[name]()
