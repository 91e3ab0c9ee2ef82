"""What a deployment costs a month: one model for docs/cost.md and the comparison.

``make docs`` writes it into docs/cost.md. Costs are in USD a month, at list prices without any free tier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from secretwatch.runtime.data import read_data


@dataclass(frozen=True, slots=True)
class Price:
    """A list price of us-east-1, as an AWS page gives it."""

    usd: float
    per: float
    unit: str
    page: str
    """Title of AWS's pricing page."""
    is_quoted: bool = True
    """Whether it was read where others quote the page, and not on a copy of the page itself."""

    @property
    def each(self) -> float:
        """Return USD for one unit."""
        return self.usd / self.per


_TOKEN: Mapping[str, float] = read_data("functions/digest/prices.json")["claude-haiku-4-5"]
"""USD for a million tokens: the digest says what the model cost."""
AS_OF = "November 2026"
PRICES: Mapping[str, Price] = MappingProxyType(
    {
        "management_event": Price(2.00, 100_000, "events of a second copy", "AWS CloudTrail pricing", False),
        "log_gb": Price(0.50, 1, "GB ingested", "Amazon CloudWatch pricing"),
        "metric": Price(0.30, 1, "custom metric", "Amazon CloudWatch pricing"),
        "alarm": Price(0.10, 1, "metric of an alarm", "Amazon CloudWatch pricing"),
        "anomaly_alarm": Price(0.30, 1, "anomaly alarm (three metrics)", "Amazon CloudWatch pricing"),
        "dashboard": Price(3.00, 1, "dashboard beyond the first three", "Amazon CloudWatch pricing"),
        "secret": Price(0.40, 1, "secret", "AWS Secrets Manager pricing"),
        "key": Price(1.00, 1, "key", "AWS Key Management Service pricing", False),
        "key_request": Price(0.03, 10_000, "requests", "AWS Key Management Service pricing"),
        "write": Price(0.625, 1_000_000, "write request units", "Amazon DynamoDB pricing for on-demand capacity"),
        "read": Price(0.125, 1_000_000, "read request units", "Amazon DynamoDB pricing for on-demand capacity"),
        "table_gb": Price(0.25, 1, "GB stored", "Amazon DynamoDB pricing for on-demand capacity", False),
        "backup_gb": Price(0.20, 1, "GB with point-in-time recovery", "Amazon DynamoDB pricing for on-demand capacity"),
        "gb_second": Price(0.0000133334, 1, "GB-second (arm64)", "AWS Lambda pricing"),
        "invocation": Price(0.20, 1_000_000, "invocations", "AWS Lambda pricing"),
        "queue_request": Price(0.40, 1_000_000, "requests", "Amazon SQS pricing"),
        "publish": Price(0.50, 1_000_000, "publishes", "Amazon SNS pricing"),
        "token_in": Price(_TOKEN["input"], 1e6, "input tokens (Claude Haiku 4.5, global)", "Amazon Bedrock pricing"),
        "token_out": Price(_TOKEN["output"], 1e6, "output tokens (Claude Haiku 4.5, global)", "Amazon Bedrock pricing"),
        "scanned_tb": Price(5.00, 1, "TB scanned", "Amazon Athena pricing"),
    }
)

RECORD_GB = 2e-6
"""A CloudTrail record of 2 KB."""
ACCESS_GB = 0.9e-6
"""An access in the audit table, with DynamoDB's overhead of 100 bytes: below 1 KB, so one unit for each write."""
INDEXES = 1
"""Indexes of the audit table; each holds a copy of every access."""
LOOK_UP = 0.5
"""Read units of looking up whether an access is there already, eventually consistent."""
WRITES_OF_INVOCATION = 2
"""What is remembered of an actor, where something about it is new: about so many writes beside the accesses."""
TOKENS = (1_000, 300)
"""Tokens of a summary: prompt and answer."""
SECONDS, MEMORY_GB = 0.3, 0.5
"""Of an invocation of the summarizer."""
WINDOW = 15
"""Seconds that a queue gathers records for one invocation."""
BATCH = 500
"""Most records of one invocation."""
IDLE_RECEIVES = 5 * 3 * 60 * 24 * 30
"""Of one queue: Lambda asks an empty one with five pollers that wait for twenty seconds each."""
KEY_USERS = 8
"""Queues, topics, table and log groups that renew their data key every five minutes."""


@dataclass(frozen=True, slots=True)
class Month:
    """What an account does in a month."""

    name: str
    reads: int
    management_events: int
    """All of the account, reads of secrets among them; without the reads of KMS, which the trail leaves out."""
    stories: int
    """Stories that are notified, each with one summary."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is made: the defaults of the root module, with one channel."""

    metrics: int = 11
    """Detections, changes to the key, failures of the model, the canary's delay on each path."""
    alarms: int = 43
    """Metrics that alarms watch: 6 detections; 7 on key, records, topics and paths; 1 on the model; 20 on five
    functions; 6 on schedules and the canary's reads; 3 on the channel, of whose two alarms one watches two metrics."""
    anomaly_alarms: int = 1
    dashboards: int = 1
    queues: int = 2
    """That Lambda reads: the fast path's, and the channel's."""
    retention_months: int = 12
    paths: int = 2
    """Complete and fast path: each brings every record of its own region."""


DEFAULT = Inventory()
ACCOUNTS = (
    Month("quiet", 10_000, 1_000_000, 500),
    Month("busy", 1_000_000, 10_000_000, 5_000),
    Month("very large", 100_000_000, 300_000_000, 50_000),
)


def log_ingestion(records: float) -> float:
    """Return the cost of records in CloudWatch Logs."""
    return records * RECORD_GB * PRICES["log_gb"].each


def second_copy(events: float) -> float:
    """Return the cost of a second trail for an account that has one already."""
    return events * PRICES["management_event"].each


def watching(deployment: Inventory = DEFAULT) -> float:
    """Return the cost of metrics, alarms and dashboards."""
    return (
        deployment.metrics * PRICES["metric"].each
        + deployment.alarms * PRICES["alarm"].each
        + deployment.anomaly_alarms * PRICES["anomaly_alarm"].each
        + deployment.dashboards * PRICES["dashboard"].each
    )


ACCESS_UNITS = 1 + INDEXES
"""Write units of one access: the path that brings it first writes it, and with it each index."""


def audit_writes(accesses: float, invocations: float = 0, paths: int = DEFAULT.paths) -> float:
    """Return the cost of what is written into the audit table, and of looking up on each path what is there.

    AWS: "DynamoDB read and write operations" (DynamoDB Developer Guide).
    """
    writes = accesses * ACCESS_UNITS + invocations * WRITES_OF_INVOCATION
    return writes * PRICES["write"].each + accesses * paths * LOOK_UP * PRICES["read"].each


def audit_storage(accesses: float, months: float) -> float:
    """Return the cost of keeping some months of accesses, once all of them are there."""
    kept = accesses * months * ACCESS_GB
    return kept * (1 + INDEXES) * PRICES["table_gb"].each + kept * PRICES["backup_gb"].each


def invocations(reads: float, paths: int = DEFAULT.paths) -> float:
    """Return how often the summarizer runs: once a window if there are reads, more often if a batch is full."""
    windows = 30 * 24 * 3600 / WINDOW
    return paths * (min(reads, windows) + reads / BATCH)


def functions(count: float, seconds: float = SECONDS) -> float:
    """Return the cost of invocations of the summarizer."""
    return count * (PRICES["invocation"].each + seconds * MEMORY_GB * PRICES["gb_second"].each)


def queue(messages: float) -> float:
    """Return the cost of messages through a queue to Lambda: each sent once, received and deleted ten at a time."""
    return messages * 1.2 * PRICES["queue_request"].each


def idle_queues(count: int = DEFAULT.queues) -> float:
    """Return the cost of asking queues that are empty."""
    return count * IDLE_RECEIVES * PRICES["queue_request"].each


def publishes(messages: float) -> float:
    """Return the cost of messages to a topic; mail and chat are free."""
    return messages * PRICES["publish"].each


def summaries(stories: float) -> float:
    """Return the cost of the model."""
    prompt, answer = TOKENS
    return stories * (prompt * PRICES["token_in"].each + answer * PRICES["token_out"].each)


def key(users: int = KEY_USERS) -> float:
    """Return the cost of the KMS key."""
    return PRICES["key"].each + users * 30 * 24 * 12 * PRICES["key_request"].each


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill."""

    part: str
    formula: str
    usd: Callable[[Month], float]


def usd(name: str) -> str:
    """Return a price as text, with two decimals at least."""
    whole, _, decimals = f"{PRICES[name].usd:.10f}".rstrip("0").partition(".")
    return f"{whole}.{decimals:0<2}"


LINES = (
    Line("KMS key", f"{usd('key')} + {KEY_USERS} users × 12 requests an hour × {usd('key_request')} per 10,000",
         lambda month: key()),
    Line("metrics, alarms, dashboard",
         f"{DEFAULT.metrics} metrics × {usd('metric')} + {DEFAULT.alarms} metrics of alarms × {usd('alarm')} + "
         f"{DEFAULT.anomaly_alarms} anomaly alarm × {usd('anomaly_alarm')} + {DEFAULT.dashboards} dashboard × "
         f"{usd('dashboard')}",
         lambda month: watching()),
    Line("CloudWatch Logs", f"**all management events** × 2 KB × {usd('log_gb')} per GB",
         lambda month: log_ingestion(month.management_events)),
    Line("audit table, writes",
         f"reads × {ACCESS_UNITS} units (item and {INDEXES} index) + invocations × {WRITES_OF_INVOCATION}, × "
         f"{usd('write')} per million; reads × {DEFAULT.paths} paths × {LOOK_UP} units × {usd('read')} per million",
         lambda month: audit_writes(month.reads, invocations(month.reads))),
    Line("audit table, storage",
         f"reads × 0.9 KB × {DEFAULT.retention_months} months × ({1 + INDEXES} copies × {usd('table_gb')} + "
         f"{usd('backup_gb')} per GB)",
         lambda month: audit_storage(month.reads, DEFAULT.retention_months)),
    Line("Lambda", f"invocations × ({SECONDS} s × {MEMORY_GB} GB × {usd('gb_second')} + "
                   f"{usd('invocation')} per million)",
         lambda month: functions(invocations(month.reads))),
    Line("SQS and SNS",
         f"((reads + stories) × 1.2 + {DEFAULT.queues} queues × {IDLE_RECEIVES:,} idle receives) × "
         f"{usd('queue_request')} + stories × {usd('publish')} per million",
         lambda month: queue(month.reads + month.stories) + idle_queues() + publishes(month.stories)),
    Line("canary's secret", f"{usd('secret')}", lambda month: PRICES["secret"].each),
    Line("model", f"**stories** × {summaries(1):g}", lambda month: summaries(month.stories)),
)  # fmt: skip
SECOND_COPY = Line(
    "second copy, with a trail that you have already",
    f"**all management events** × {usd('management_event')} per 100,000",
    lambda month: second_copy(month.management_events),
)


def total(month: Month) -> float:
    """Return the cost of a month for an account whose first trail this is."""
    return sum(line.usd(month) for line in LINES)


def sentence(month: Month = ACCOUNTS[0]) -> str:
    """Return what the smallest account pays, in words."""
    return (
        f"A {month.name} account ({month.reads:,} reads and {month.management_events:,} management events a month) "
        f"pays about {total(month):.0f} USD a month, and {SECOND_COPY.usd(month):.0f} USD more if it has a trail "
        "already: CloudTrail charges every copy of management events but the first."
    )


def table() -> list[str]:
    """Return the model as lines of Markdown."""
    head = " | ".join(f"{month.name}" for month in ACCOUNTS)
    rows = [
        f"| part | formula | {head} |",
        "|---|---|" + "---:|" * len(ACCOUNTS),
        _row("reads a month", "", [f"{month.reads:,}" for month in ACCOUNTS]),
        _row("management events a month", "", [f"{month.management_events:,}" for month in ACCOUNTS]),
        _row("stories a month", "", [f"{month.stories:,}" for month in ACCOUNTS]),
        *(_row(line.part, line.formula, [_money(line.usd(month)) for month in ACCOUNTS]) for line in LINES),
        _row("**sum**", "", [f"**{_money(total(month))}**" for month in ACCOUNTS]),
        _row(SECOND_COPY.part, SECOND_COPY.formula, [f"+ {_money(SECOND_COPY.usd(month))}" for month in ACCOUNTS]),
    ]
    prices = [
        f"| {usd(name)} | {price.per:,.0f} {price.unit} | {price.page} | "
        f"{'as others quote it' if price.is_quoted else 'on the page'} |"
        for name, price in PRICES.items()
    ]
    return [
        sentence(),
        "",
        *rows,
        "",
        f"The prices behind it, of us-east-1 in {AS_OF}. Those that were not read on AWS's page itself, but on pages",
        "that quote it, say so.",
        "",
        "| USD | for | AWS's page | read |",
        "|---:|---|---|---|",
        *prices,
    ]


def _row(part: str, formula: str, cells: Sequence[str]) -> str:
    return f"| {part} | {formula} | {' | '.join(cells)} |"


def _money(amount: float) -> str:
    return f"{amount:,.2f}"
