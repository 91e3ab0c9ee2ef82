"""Four ways to notify people of a day's records, each with the code and patterns that are deployed."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.compare.day import ATTACKER, ENDPOINT, is_read
from dev.faults import Bucket, Topic
from secretwatch.functions.notifier.alarm import Detections, parse_alarm, with_events
from secretwatch.functions.notifier.trail_log import Counted
from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from secretwatch.record.event import parse_event
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import open_store
from tests import documents
from tests.harness.filter_pattern import compile_pattern
from tests.records import ACCOUNT, REGION, Record, awslogs

TABLE = "audit"
FILE_MINUTES = 5
"""CloudTrail writes a log file, and a batch of log events, about this often."""
GATHERED = timedelta(seconds=15)
_NAMESPACE = "SecretWatch/secretwatch"


@dataclass
class Message:
    """One message that people get."""

    text: str
    time: datetime
    """When it could be sent at the earliest: the end of its window of records."""


@dataclass
class Way:
    """What came of a day."""

    name: str
    messages: list[Message] = field(default_factory=list)
    missed: int = 0
    """Reads that neither a message nor a record anybody can ask stands for."""
    milliseconds: list[float] = field(default_factory=list)
    """Our own time for each delivery, on this machine."""

    def naming(self, records: Sequence[Record]) -> int:
        """How many messages name a reader and a secret that was read."""
        pairs = {(_who(r), r["requestParameters"]["secretId"]) for r in records if is_read(r)}
        return sum(any(who in m.text and secret in m.text for who, secret in pairs) for m in self.messages)

    def about_attack(self) -> list[Message]:
        """The messages that name the attacker."""
        return [message for message in self.messages if ATTACKER in message.text]

    @property
    def processing(self) -> float:
        """Our own time for a delivery in milliseconds: the median."""
        return statistics.median(self.milliseconds) if self.milliseconds else 0.0


def _who(r: Record) -> str:
    identity = r["userIdentity"]
    name: str = identity.get("userName") or identity["sessionContext"]["sessionIssuer"]["userName"]
    return name


def _time(r: Record) -> datetime:
    return datetime.fromisoformat(r["eventTime"])


def windows(records: Iterable[Record], length: timedelta) -> list[tuple[datetime, list[Record]]]:
    """Return the records by windows of time: (end, records), in order."""
    found: dict[int, list[Record]] = {}
    seconds = int(length.total_seconds())
    for r in records:
        found.setdefault(int(_time(r).timestamp()) // seconds, []).append(r)
    return [(datetime.fromtimestamp((number + 1) * seconds, UTC), found[number]) for number in sorted(found)]


def alarms(records: Sequence[Record], detections: dict[str, dict[str, Any]]) -> tuple[Way, Way]:
    """Metric filter → alarm → SNS, as CloudWatch writes it and as our notifier sends it."""
    ours = Detections(_NAMESPACE, {name: (detection["pattern"],) for name, detection in detections.items()}, {})
    raw, notified = Way("(a) metric filter, alarm, SNS"), Way("(a') the same, through the notifier")
    covered: set[str] = set()
    for name, detection in detections.items():
        matches = compile_pattern(detection["pattern"])
        alarming_until = datetime.min.replace(tzinfo=UTC)
        period = timedelta(seconds=detection["period"])
        for end, found in windows(records, period):
            hits = [r for r in found if matches(json.dumps(r))]
            if len(hits) < detection["threshold"]:
                continue
            if alarming_until < end - period:  # there was a period without: it went to OK and is sent again
                message = _alarm_message(name, detection, len(hits), end)
                raw.messages.append(Message(json.dumps(message), end))
                started = time.perf_counter()
                alarm = parse_alarm(message, ours)
                assert alarm is not None
                newest_first = sorted(map(parse_event, hits), key=lambda event: event.time, reverse=True)
                notice = with_events(alarm, Counted(tuple(newest_first)), ours.prefix)
                notified.messages.append(Message(notice.to_text(), end))
                notified.milliseconds.append((time.perf_counter() - started) * 1000)
                covered |= {r["eventID"] for r in hits}
            alarming_until = end
    raw.missed = notified.missed = sum(is_read(r) and r["eventID"] not in covered for r in records)
    return raw, notified


def _alarm_message(name: str, detection: dict[str, Any], value: int, end: datetime) -> dict[str, Any]:
    return {
        "AlarmName": f"secretwatch-{name}",
        "AlarmDescription": detection["description"],
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "NewStateReason": f"Threshold Crossed: 1 datapoint [{value}] was greater than or equal to the threshold.",
        "StateChangeTime": end.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": REGION,
        "Trigger": {"MetricName": name, "Namespace": _NAMESPACE, "Period": detection["period"],
                    "EvaluationPeriods": 1, "Statistic": "SUM", "Threshold": detection["threshold"],
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
    }  # fmt: skip


def log_files(records: Sequence[Record]) -> Way:
    """CloudTrail → SNS: one message for each log file, without what is in it."""
    way = Way("(b) CloudTrail to SNS")
    for end, _ in windows(records, timedelta(minutes=FILE_MINUTES)):
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{end:%Y%m%dT%H%M}Z.json.gz"
        key = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{end:%Y/%m/%d}/{name}"
        way.messages.append(Message(json.dumps({"s3Bucket": "trail", "s3ObjectKey": [key]}), end))
    return way


def summarized(name: str, dynamodb: Any, days: Sequence[list[Record]], length: timedelta) -> Way:
    """Records → summarizer, in deliveries of ``length``; the last day counts."""
    topic, store = Topic(), open_store(dynamodb, TABLE)
    settings = documents.summarizer_settings(trusted_vpc_endpoint_ids=[ENDPOINT], own_principal_arns=[])
    summarizer = Summarizer(settings, store, Explainer(None, None), Summaries(Bucket(), "b"), Publisher(topic, "t"))
    way = Way(name)
    for records in days:
        way.messages, way.milliseconds = [], []
        for number, (end, delivered) in enumerate(windows(records, length)):
            started = time.perf_counter()
            invocation = Invocation(f"{name}-{end}-{number}", time.time() + 900, time.time())
            summarizer.handle(awslogs(*delivered), invocation)
            way.milliseconds.append((time.perf_counter() - started) * 1000)
            notices = [Notice.from_json(text) for text in topic.waiting]
            topic.waiting.clear()
            way.messages += [Message(notice.to_text(), end) for notice in notices if notice is not None]
    recorded = {item["event_id"]["S"] for item in _items(dynamodb) if item["pk"]["S"].startswith("ACCESS#")}
    way.missed = sum(is_read(r) and r["eventID"] not in recorded for r in days[-1])
    return way


def _items(dynamodb: Any) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=TABLE):
        yield from page["Items"]
