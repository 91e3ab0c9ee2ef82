"""CloudTrail for the local AWS: real calls become records, records are delivered.

MiniStack records calls and delivers them nowhere. This driver shapes what its server
wrote down like CloudTrail's records, writes log files to the trail's bucket and events
to its log group, and does what AWS does with them there: it reads back the deployed
subscription and metric filters, evaluates them, invokes, counts, and sets alarms.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import logging
import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.harness.filter_pattern import compile_pattern
from tests.harness.local_aws import LocalAws
from tests.harness.terraform import ACCOUNT, REGION

log = logging.getLogger(__name__)

Record = dict[str, Any]
AWS_ADDRESS = "3.88.10.20"
"""Where calls seem to come from whose caller has no address of its own: functions, in AWS's own network."""
_MAX_LOG_EVENTS = 500
_ASSUMED = re.compile(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Trail:
    """What the deployed stack says about its trail."""

    log_group: str
    bucket: str


class CloudTrail:
    """Delivers records while ``with`` runs; ``callers`` maps a principal's ARN to its address."""

    def __init__(self, aws: LocalAws, trail: Trail) -> None:
        self.callers: dict[str, str] = {}
        self._aws = aws
        self._trail = trail
        self._read = 0
        self._alarms_due: float | None = None
        self._counts: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        self._uncounted: dict[tuple[str, str], float] = defaultdict(float)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="cloudtrail", daemon=True)
        self._failure: BaseException | None = None
        self._logs, self._lambda, self._s3, self._cloudwatch, self._events, self._sqs = (
            aws.client(service) for service in ("logs", "lambda", "s3", "cloudwatch", "events", "sqs")
        )

    def __enter__(self) -> CloudTrail:
        self._read = len(self._aws.trail_file.read_text().splitlines())
        self._subscriptions = [(f, compile_pattern(f["filterPattern"])) for f in self._subscription_filters()]
        self._metrics = [(f, compile_pattern(f["filterPattern"])) for f in self._metric_filters()]
        self._targets = self._rule_targets()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def deliver(self, records: Sequence[Record]) -> None:
        """Deliver records as CloudTrail does: to S3, to the log group, and on from there."""
        with self._lock:
            self._deliver_all(records)

    @contextlib.contextmanager
    def only(self, path: str) -> Iterator[None]:
        """Deliver on the complete or the fast path alone while ``with`` runs."""
        subscriptions, targets = self._subscriptions, self._targets
        if path == "fast":
            self._subscriptions = []
        else:
            self._targets = []
        try:
            yield
        finally:
            self._subscriptions, self._targets = subscriptions, targets

    def counted(self, namespace: str, name: str) -> float:
        """Return the sum of a metric so far."""
        return sum(value for _, value in self._counts[namespace, name])

    def is_idle(self) -> bool:
        """Whether every call made so far has been delivered."""
        with self._lock:
            return self._alarms_due is None and self._read == len(self._aws.trail_file.read_text().splitlines())

    def check(self) -> None:
        """Raise what stopped the driver, if anything did."""
        if self._failure is not None:
            raise self._failure

    # --- from calls to records ------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.1):
                with self._lock:
                    records = self._collect()
                    if records:
                        self._deliver_all(records)
                    if self._alarms_due is not None and self._alarms_due <= time.time() and not self._aws.running():
                        self._alarms_due = None
                        self._put_metrics()
                        self.evaluate_alarms()
        except BaseException as error:
            log.exception("the CloudTrail driver stopped")
            self._failure = error

    def _collect(self) -> list[Record]:
        lines = self._aws.trail_file.read_text().splitlines(keepends=True)
        complete = [line for line in lines[self._read :] if line.endswith("\n")]
        self._read += len(complete)
        calls = map(json.loads, complete)
        # The account's own keys are the harness, which sets scenes up and looks at results.
        return [self._record(call) for call in calls if call["principal"] and not call["principal"].endswith(":root")]

    def _record(self, call: dict[str, Any]) -> Record:
        denied = call.get("denied")
        name = denied.partition(":")[2] if denied else call["event_name"]
        record = {
            "eventVersion": "1.11",
            "userIdentity": user_identity(call["principal"], call.get("access_key_id", "AKIASYNTHETIC0000000")),
            "eventTime": datetime.fromtimestamp(call["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{call.get('service', 'secretsmanager')}.amazonaws.com",
            "eventName": name,
            "awsRegion": call["region"],
            "sourceIPAddress": self._address(call["principal"]),
            "userAgent": call.get("user_agent") or "Boto3/1.43 (synthetic)",
            "requestParameters": None if denied else _parameters(call),
            "responseElements": None,
            "requestID": call["request_id"],
            "eventID": str(uuid.uuid4()),
            "readOnly": name.startswith(("Get", "Batch", "List", "Describe")),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        }
        if denied:
            record["errorCode"] = "AccessDenied"
            record["errorMessage"] = (
                f"User: {call['principal']} is not authorized to perform: {denied} on resource: {call['resource']} "
                f"because no identity-based policy allows the {denied} action"
            )
        return record

    def _address(self, principal: str) -> str:
        assumed = _ASSUMED.match(principal)
        role = f"arn:aws:iam::{assumed[1]}:role/{assumed[2]}" if assumed else principal
        return self.callers.get(principal) or self.callers.get(role) or AWS_ADDRESS

    # --- from records to their readers ----------------------------------------------------

    def _deliver(self, records: Sequence[Record]) -> None:
        messages = [json.dumps(record) for record in records]
        self._write_log_file(records)
        self._write_log_events(messages)
        for subscription, matches in self._subscriptions:
            hits = [message for message in messages if matches(message)]
            if hits:
                self._invoke(subscription, hits)
        self._send_events(records)
        for metric, matches in self._metrics:
            self._count(metric, sum(map(matches, messages)))
        # CloudWatch looks a minute later, once the functions invoked above have had the records.
        self._alarms_due = time.time() + 0.1

    def _deliver_all(self, records: Sequence[Record]) -> None:
        for start in range(0, len(records), _MAX_LOG_EVENTS):
            self._deliver(records[start : start + _MAX_LOG_EVENTS])

    def _write_log_file(self, records: Sequence[Record]) -> None:
        now = datetime.now(UTC)
        folder = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{now:%Y/%m/%d}"
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{now:%Y%m%dT%H%MZ}_{uuid.uuid4().hex[:16]}.json.gz"
        body = gzip.compress(json.dumps({"Records": list(records)}).encode())
        self._s3.put_object(Bucket=self._trail.bucket, Key=f"{folder}/{name}", Body=body)

    def _write_log_events(self, messages: Iterable[str]) -> None:
        stream = f"{ACCOUNT}_CloudTrail_{REGION}"
        with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
            self._logs.create_log_stream(logGroupName=self._trail.log_group, logStreamName=stream)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": message} for message in messages]
        self._logs.put_log_events(logGroupName=self._trail.log_group, logStreamName=stream, logEvents=events)

    def _invoke(self, subscription: dict[str, Any], messages: list[str]) -> None:
        self._lambda.invoke(
            FunctionName=subscription["destinationArn"],
            InvocationType="Event",
            Payload=json.dumps(awslogs_event(messages, self._trail.log_group, subscription["filterName"])),
        )

    def _send_events(self, records: Sequence[Record]) -> None:
        """Hand records to the targets of the rules that match them, as EventBridge does.

        PutEvents refuses sources of AWS itself; TestEventPattern does not.
        """
        for record in records:
            event = eventbridge_event(record)
            text = json.dumps(event)
            for rule, target in self._targets:
                pattern = rule["EventPattern"]
                if self._events.test_event_pattern(EventPattern=pattern, Event=text)["Result"]:
                    self._send(target["Arn"], text)

    def _send(self, arn: str, event: str) -> None:
        if ":sqs:" in arn:
            url = self._sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            self._sqs.send_message(QueueUrl=url, MessageBody=event)
        else:
            self._lambda.invoke(FunctionName=arn, InvocationType="Event", Payload=event)

    def _rule_targets(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return [
            (rule, target)
            for rule in self._events.list_rules()["Rules"]
            if rule["State"].startswith("ENABLED") and rule.get("EventPattern")  # else it is a schedule
            for target in self._events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        ]

    def _subscription_filters(self) -> list[dict[str, Any]]:
        filters = self._logs.describe_subscription_filters(logGroupName=self._trail.log_group)["subscriptionFilters"]
        # MiniStack delivers empty and term patterns by itself; JSON patterns never match there.
        return [f for f in filters if f["filterPattern"].strip().startswith("{")]

    def _metric_filters(self) -> list[dict[str, Any]]:
        pages = self._logs.get_paginator("describe_metric_filters").paginate(logGroupName=self._trail.log_group)
        return [found for page in pages for found in page["metricFilters"]]

    def _count(self, metric_filter: dict[str, Any], hits: int) -> None:
        for transformation in metric_filter["metricTransformations"]:
            namespace, name = transformation["metricNamespace"], transformation["metricName"]
            value = hits * float(transformation["metricValue"])
            self._counts[namespace, name].append((time.time(), value))
            self._uncounted[namespace, name] += value

    # --- alarms ---------------------------------------------------------------------------

    def _put_metrics(self) -> None:
        """Hand over what was counted; MiniStack looks at its alarms at once."""
        for (namespace, name), value in self._uncounted.items():
            self._cloudwatch.put_metric_data(
                Namespace=namespace, MetricData=[{"MetricName": name, "Value": value, "Unit": "Count"}]
            )
        self._uncounted.clear()

    def evaluate_alarms(self) -> None:
        """Set every static alarm on a counted metric as its last period says.

        Band alarms are left alone: CloudWatch needs two weeks of data for a band, and
        MiniStack gives their metric queries back empty.
        """
        for alarm in self._cloudwatch.describe_alarms()["MetricAlarms"]:
            series = self._counts.get((alarm.get("Namespace", ""), alarm.get("MetricName", "")))
            if series is None:
                continue
            state, reason = static_state(series, alarm, time.time())
            if state != alarm["StateValue"]:
                self._cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue=state, StateReason=reason)

    def alarm_state(self, name: str) -> str:
        """Return an alarm's state."""
        (alarm,) = self._cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return str(alarm["StateValue"])


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def static_state(series: list[tuple[float, float]], alarm: dict[str, Any], now: float) -> tuple[str, str]:
    """Return (state, reason) of a static Sum alarm, from (time, value) pairs, over its last period."""
    value = sum(v for at, v in series if at > now - alarm["Period"])
    breach = _COMPARISONS[alarm["ComparisonOperator"]](value, alarm["Threshold"])
    relation = "was" if breach else "was not"
    reason = (
        f"Threshold Crossed: 1 datapoint [{value}] {relation} {alarm['ComparisonOperator']} "
        f"({alarm['Threshold']}) over the last {alarm['Period']} seconds."
    )
    return ("ALARM" if breach else "OK"), reason


def awslogs_event(messages: Iterable[str], log_group: str, filter_name: str) -> dict[str, Any]:
    """Return what Lambda is handed by a subscription filter."""
    now = int(time.time() * 1000)
    payload = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": log_group,
        "logStream": f"{ACCOUNT}_CloudTrail_{REGION}",
        "subscriptionFilters": [filter_name],
        "logEvents": [{"id": uuid.uuid4().hex, "timestamp": now, "message": message} for message in messages],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(payload).encode())).decode()}}


def eventbridge_event(record: Record) -> dict[str, Any]:
    """Return what EventBridge makes of a record."""
    service = record.get("eventType") == "AwsServiceEvent"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": f"AWS {'Service Event' if service else 'API Call'} via CloudTrail",
        "source": f"aws.{str(record.get('eventSource', '')).partition('.')[0]}",
        "account": ACCOUNT,
        "time": record.get("eventTime") or "1970-01-01T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": record,
    }


def user_identity(principal: str, access_key: str) -> dict[str, Any]:
    """Return CloudTrail's userIdentity of a principal's ARN."""
    assumed = _ASSUMED.match(principal)
    if assumed is None:
        return {
            "type": "IAMUser",
            "principalId": "AIDASYNTHETIC0000000",
            "arn": principal,
            "accountId": ACCOUNT,
            "accessKeyId": access_key,
            "userName": principal.rpartition("/")[2],
        }
    account, role, session = assumed.groups()
    issuer = {
        "type": "Role",
        "principalId": "AROASYNTHETIC0000000",
        "arn": f"arn:aws:iam::{account}:role/{role}",
        "accountId": account,
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROASYNTHETIC0000000:{session}",
        "arn": principal,
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def _parameters(call: dict[str, Any]) -> dict[str, Any]:
    if call["service"] == "s3":  # whose calls have their bucket in the path
        return {"bucketName": call["resources"][0]["ResourceName"]}
    return _camel(call["request_params"])


def _camel(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: value for name, value in parameters.items()}
