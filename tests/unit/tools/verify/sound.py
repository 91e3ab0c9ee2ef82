"""A sound deployment as AWS would describe it, behind real clients: AWS's own models check every call's parameters."""

from __future__ import annotations

import copy
import functools
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from boto3.session import Session
from botocore.config import Config

from tools.verify import checks
from tools.verify.aws import Aws
from tools.verify.deployment import Deployment
from tools.verify.names import Names
from tools.verify.result import Result

ACCOUNT, REGION = "123456789012", "eu-west-1"
NAMES = Names("watch", "aws", REGION, ACCOUNT)
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
GROUP = "/watch/cloudtrail"
GROUP_ARN = NAMES.arn("logs", f"log-group:{GROUP}")
TRAIL_ARN = NAMES.arn("cloudtrail", "trail/watch-secrets-manager-trail")
TARGET = {"summarizer": NAMES.arn("sqs", NAMES.queue), "rotator": NAMES.function_arn("rotator"),
          "canary": NAMES.function_arn("canary")}  # fmt: skip
KEY = "11111111-2222-4333-8444-555555555555"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}"
FUNCTIONS = ("summarizer", "notifier", "rotator", "canary")
CHANNELS = ("slack", "teams")


class RefusedError(Exception):
    """An answer that is one of AWS's errors."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class FakeAws:
    """What AWS answers, by action; an answer may be a function of the call's parameters, or RefusedError."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = sound()
        self.called: set[str] = set()
        self.seconds = 0.0
        """How long was waited."""

    def client(self, service: str) -> Any:
        client = _client(service)
        client.fake.current = self
        return client

    def answer(self, action: str, parameters: Mapping[str, Any]) -> Any:
        self.called.add(action)
        answer = self.answers[action]
        if callable(answer):
            answer = answer(parameters)
        if isinstance(answer, RefusedError):
            raise answer
        return answer

    def change(self, action: str, change: Callable[[Any], Any]) -> None:
        """Let ``change`` see and alter, or replace, every answer of an action."""
        before = self.answers[action]

        def changed(parameters: Mapping[str, Any]) -> Any:
            given = before(parameters) if callable(before) else before
            if isinstance(given, RefusedError):
                return given
            answer = copy.deepcopy(given)
            replaced = change(answer)
            return answer if replaced is None else replaced

        self.answers[action] = changed


@functools.cache
def _client(service: str) -> Any:
    """A real client whose calls are answered just before they would be sent."""
    config = Config(retries={"total_max_attempts": 1})
    session = Session("test", "test", region_name=REGION)
    client = session.client(service, config=config)
    client.fake = SimpleNamespace(current=None, parameters={})
    prefix = client.meta.service_model.service_id.hyphenize()

    def remember(params: Mapping[str, Any], **_: Any) -> None:
        client.fake.parameters = dict(params)

    def respond(model: Any, **_: Any) -> Any:
        try:
            answer = client.fake.current.answer(f"{service}:{model.name}", client.fake.parameters)
        except RefusedError as error:
            return SimpleNamespace(status_code=400), {"Error": {"Code": error.code, "Message": error.message}}
        return SimpleNamespace(status_code=200), {"ResponseMetadata": {}, **answer}

    client.meta.events.register(f"before-parameter-build.{prefix}", remember)
    client.meta.events.register(f"before-call.{prefix}", respond)
    return client


def deployment(aws: FakeAws, **options: Any) -> Deployment:
    """Return the deployment behind some answers, at a time that passes only while something is waited for."""

    def sleep(seconds: float) -> None:
        aws.seconds += seconds

    def now() -> float:
        return NOW.timestamp() + aws.seconds

    return Deployment(Aws(aws.client), NAMES, now=now, sleep=sleep, **options)


def look(aws: FakeAws, **options: Any) -> list[Result]:
    """Return what verify finds."""
    return list(checks.verify(deployment(aws, **options)))


# --- the answers ------------------------------------------------------------------------------


def allow(service: str, action: str, **conditions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Sid": f"{service}-{action}",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": "*",
        "Condition": conditions,
    }


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def key_statements() -> list[dict[str, Any]]:
    account = {"aws:SourceAccount": ACCOUNT}
    return [
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        allow(
            "cloudtrail.amazonaws.com",
            "kms:GenerateDataKey*",
            StringEquals=account,
            StringLike={"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"},
        ),
        allow("cloudtrail.amazonaws.com", "kms:DescribeKey"),
        allow(
            f"logs.{REGION}.amazonaws.com",
            "kms:*",
            ArnLike={"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"},
        ),
        allow("cloudwatch.amazonaws.com", "kms:*", StringEquals=account),
        allow("events.amazonaws.com", "kms:*"),
        allow("sns.amazonaws.com", "kms:*"),
    ]


def function_policy(name: str) -> Any:
    logs = allow(
        "logs.amazonaws.com",
        "lambda:InvokeFunction",
        ArnLike={"AWS:SourceArn": f"{GROUP_ARN}:*"},
        StringEquals={"AWS:SourceAccount": ACCOUNT},
    )
    events = allow(
        "events.amazonaws.com",
        "lambda:InvokeFunction",
        ArnLike={"AWS:SourceArn": NAMES.arn("events", "rule/watch-rotator")},
    )
    clock = allow(
        "events.amazonaws.com",
        "lambda:InvokeFunction",
        ArnLike={"AWS:SourceArn": NAMES.arn("events", "rule/watch-canary")},
    )
    due = allow(
        "events.amazonaws.com",
        "lambda:InvokeFunction",
        ArnLike={"AWS:SourceArn": NAMES.arn("events", "rule/watch-rotator-due")},
    )
    found = {"watch-summarizer": [logs], "watch-rotator": [logs, events, due], "watch-canary": [clock]}
    if name not in found:
        return RefusedError("ResourceNotFoundException")
    return {"Policy": policy(*found[name])}


def invoked(function: str, event: Mapping[str, str]) -> dict[str, Any]:
    """What a function answers to a probe."""
    settings = {
        "watch-summarizer": {"model": "anthropic.claude", "model_region": REGION},
        "watch-notifier": {"channels": {"slack": "medium"}},
        "watch-rotator": {"mode": "rotate", "targets": 1, "freeze_parameter": NAMES.freeze_parameter},
        "watch-canary": {},
    }[function]
    results: dict[str, dict[str, str | None]] = {
        "no-op": {},
        "test-model": {"anthropic.claude": None},
        "test-channels": {"slack": None, "teams": None},
        "test-targets": {"prod/db": None},
        "read": {},
    }
    return {"ok": True, "settings": settings, "results": results[event["secretwatch"]]}


def payload(content: Any) -> dict[str, Any]:
    return {"Payload": io.BytesIO(json.dumps(content).encode())}


def _queue(name: str) -> dict[str, str]:
    senders: dict[str, tuple[str, str | list[str]]] = {
        "watch-accesses": ("events.amazonaws.com", NAMES.arn("events", "rule/watch-summarizer")),
        "watch-summarizer-dead-letters": ("events.amazonaws.com", NAMES.arn("events", "rule/watch-summarizer")),
        "watch-rotator-dead-letters": (
            "events.amazonaws.com",
            [NAMES.arn("events", "rule/watch-rotator"), NAMES.arn("events", "rule/watch-rotator-due")],
        ),
        "watch-canary-dead-letters": ("events.amazonaws.com", NAMES.arn("events", "rule/watch-canary")),
        "watch-digest-dead-letters": ("events.amazonaws.com", NAMES.arn("events", "rule/watch-digest")),
        "watch-ranges-dead-letters": ("events.amazonaws.com", NAMES.arn("events", "rule/watch-ranges")),
        # What a queue's function does not handle goes back to the queue.
        "watch-notifier-dead-letters": ("nobody", "nothing"),
        **{
            f"{NAMES.channel_queue(channel)}{end}": (
                "sns.amazonaws.com",
                [NAMES.alerts_topic_arn, NAMES.minor_alerts_topic_arn],
            )
            for channel in CHANNELS
            for end in ("", "-dead-letters")
        },
    }
    service, source = senders[name]
    return {
        "ApproximateNumberOfMessages": "0",
        "KmsMasterKeyId": KEY,
        "Policy": policy(allow(service, "sqs:SendMessage", ArnEquals={"aws:SourceArn": source})),
        **(
            {}
            if name.endswith("-dead-letters")
            else {"RedrivePolicy": json.dumps({"deadLetterTargetArn": _redriven(name)})}
        ),
    }


def _redriven(queue: str) -> str:
    """Where a queue hands what fails to."""
    return NAMES.arn("sqs", NAMES.dead_letters("summarizer") if queue == NAMES.queue else f"{queue}-dead-letters")


def _subscription(arn: str) -> dict[str, Any]:
    """Attributes of a subscription: those of people on the alerts topic are filtered, channels' redriven."""
    topic = arn.rpartition(":")[0]
    (found,) = [entry for entry in _subscriptions(topic) if entry["SubscriptionArn"] == arn]
    if found["Protocol"] == "sqs":
        return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{found['Endpoint']}-dead-letters"})}
    severe = {"FilterPolicy": json.dumps({"severity": ["high", "critical"]})}
    return severe if topic == NAMES.alerts_topic_arn else {}


def _rule(name: str) -> dict[str, Any]:
    rates = {"watch-canary": "rate(60 minutes)", "watch-rotator-due": "rate(1 minute)"}
    if name in rates:
        return {"Name": name, "State": "ENABLED", "ScheduleExpression": rates[name]}
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    return {"Name": name, "State": state, "EventPattern": '{"source": ["aws.secretsmanager"]}'}


def _queue_url(parameters: Mapping[str, Any]) -> Any:
    return {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/1/{parameters['QueueName']}"}


def _log_groups(parameters: Mapping[str, Any]) -> dict[str, Any]:
    groups = [GROUP, *(f"/aws/lambda/watch-{part}" for part in FUNCTIONS)]
    described = {"retentionInDays": 90, "kmsKeyId": KEY_ARN, "creationTime": 1}
    asked = parameters["logGroupNamePrefix"]
    return {"logGroups": [{"logGroupName": name, **described} for name in groups if name.startswith(asked)]}


def _topic(arn: str) -> dict[str, str]:
    publish = allow("cloudwatch.amazonaws.com", "sns:Publish", StringEquals={"aws:SourceAccount": ACCOUNT})
    plain = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"TopicArn": arn, "KmsMasterKeyId": KEY, "Policy": policy(publish, plain)}


def _subscriptions(topic: str) -> Iterator[dict[str, str]]:
    if topic == NAMES.minor_alerts_topic_arn:
        ends = [("sqs", NAMES.arn("sqs", NAMES.channel_queue(channel))) for channel in CHANNELS]
    else:
        ends = [("email", "olga@example.com")]
    if topic == NAMES.major_alerts_topic_arn:
        ends += [("sms", "+15550100123")]
    if topic == NAMES.alerts_topic_arn:
        ends += [("sqs", NAMES.arn("sqs", NAMES.channel_queue(channel))) for channel in CHANNELS]
        ends += [("sms", "+15550100123")]
    for number, (protocol, endpoint) in enumerate(ends):
        arn = f"{topic}:{number}"
        yield {"SubscriptionArn": arn, "Protocol": protocol, "Endpoint": endpoint, "TopicArn": topic, "Owner": ACCOUNT}


def _alarm(name: str, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "ActionsEnabled": True,
        "StateValue": "OK",
        "AlarmActions": [NAMES.operations_topic_arn],
        "AlarmDescription": f"what {name} means",
        "Dimensions": [],
        **more,
    }


def _alarms() -> list[dict[str, Any]]:
    kinds = ("errors", "throttles", "destinationdeliveryfailures", "dead-letters")
    found = [_alarm(f"watch-{part}-{kind}", Namespace="AWS/Lambda") for part in FUNCTIONS for kind in kinds]
    found += [
        _alarm(f"{NAMES.channel_queue(channel)}-{kind}") for channel in CHANNELS for kind in ("waiting", "dead-letters")
    ]
    logs = [{"Name": "LogGroupName", "Value": GROUP}]
    found.append(_alarm("watch-summarizer-delivery", Namespace="AWS/Logs", Dimensions=logs))
    found.append(_alarm("watch-rotator-delivery", Namespace="AWS/Logs", Dimensions=logs))
    found += [
        _alarm(f"watch-{name}")
        for name in (
            "KeyTampering",
            "no-records",
            "canary-undelivered",
            "canary-not-run",
            "rotator-due-undelivered",
        )
    ]
    root = {"MetricName": "RootRead", "AlarmActions": [NAMES.alerts_topic_arn]}
    found.append(_alarm("watch-RootRead", Namespace=NAMES.metric_namespace, **root))
    # Published by the summarizer, and counted by no metric filter.
    found.append(_alarm("watch-canary-path-logs", Namespace=NAMES.metric_namespace, MetricName="CanaryDelay"))
    # The composite alarm speaks for it.
    reads = {"Namespace": NAMES.metric_namespace, "MetricName": "SecretAccessed"}
    queries = [{"Id": "reads", "MetricStat": {"Metric": reads}}]
    found.append(_alarm("watch-SecretAccessed", Metrics=queries, AlarmActions=[]))
    return found


def _composite() -> dict[str, Any]:
    rule = 'ALARM("watch-RootRead") OR ALARM("watch-SecretAccessed")'
    alarm = _alarm("watch-several", AlarmRule=rule, AlarmActions=[NAMES.alerts_topic_arn])
    del alarm["Dimensions"]
    return alarm


def _metric(parameters: Mapping[str, Any]) -> dict[str, Any]:
    value = {"IncomingLogEvents": 120.0}.get(parameters["MetricName"], 0.0)
    return {"Datapoints": [{"Sum": value, "Maximum": value}]}


def _function(parameters: Mapping[str, Any]) -> Any:
    name = parameters["FunctionName"]
    if name.removeprefix("watch-") not in FUNCTIONS:
        return RefusedError("ResourceNotFoundException")
    variables = {"ALERTS_TOPIC_ARN": NAMES.alerts_topic_arn}
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    active = {
        "FunctionName": name,
        "Role": role,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "KMSKeyArn": KEY_ARN,
    }
    return {"Configuration": {**active, "Environment": {"Variables": variables}}}


def _sightings() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The canary's read arrived as soon as somebody looks again; nothing was learnt from history."""
    looked: set[str] = set()

    def answer(parameters: Mapping[str, Any]) -> dict[str, Any]:
        path = parameters["Key"]["pk"]["S"]
        if path == "HISTORY":
            return {}
        read = NOW if path in looked else NOW - timedelta(hours=1)
        looked.add(path)
        return {"Item": {"read_at": {"S": read.strftime("%Y-%m-%dT%H:%M:%SZ")}}}

    return answer


def sound() -> dict[str, Any]:
    """Return the answers of a deployment in which everything works."""
    names = NAMES
    return {
        "sts:GetCallerIdentity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/olga", "UserId": "olga"},
        "cloudtrail:DescribeTrails": {
            "trailList": [
                {
                    "Name": names.trail,
                    "TrailARN": TRAIL_ARN,
                    "CloudWatchLogsLogGroupArn": f"{GROUP_ARN}:*",
                    "IsMultiRegionTrail": True,
                    "HomeRegion": REGION,
                    "KmsKeyId": KEY_ARN,
                    "S3BucketName": names.bucket("cloudtrail"),
                }
            ]
        },
        "cloudtrail:GetTrailStatus": {
            "IsLogging": True,
            "StartLoggingTime": NOW - timedelta(days=3),
            "LatestDeliveryTime": NOW - timedelta(minutes=4),
            "LatestCloudWatchLogsDeliveryTime": NOW - timedelta(minutes=3),
        },
        "cloudtrail:GetEventSelectors": {
            "EventSelectors": [
                {
                    "ReadWriteType": "ReadOnly",
                    "IncludeManagementEvents": True,
                    "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                },
                {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True},
            ]
        },
        "logs:DescribeLogGroups": _log_groups,
        "logs:DescribeLogStreams": {"logStreams": []},
        "logs:DescribeMetricFilters": {
            "metricFilters": [
                {"metricTransformations": [{"metricName": name, "metricNamespace": names.metric_namespace}]}
                for name in ("RootRead", "SecretAccessed")
            ]
        },
        "logs:DescribeSubscriptionFilters": {
            "subscriptionFilters": [
                {
                    "filterName": names.function(part),
                    "destinationArn": names.function_arn(part),
                    "filterPattern": '{ $.eventSource = "secretsmanager.amazonaws.com" }',
                }
                for part in ("summarizer", "rotator")
            ]
        },
        "logs:TestMetricFilter": lambda parameters: {
            "matches": [{"eventNumber": number} for number, _ in enumerate(parameters["logEventMessages"], 1)]
        },
        "iam:SimulatePrincipalPolicy": lambda parameters: {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "allowed"} for name in parameters["ActionNames"]
            ]
        },
        "sns:GetSubscriptionAttributes": lambda parameters: {
            "Attributes": _subscription(parameters["SubscriptionArn"])
        },
        "logs:FilterLogEvents": {"events": [{"ingestionTime": int(NOW.timestamp() * 1000) + 500}]},
        "events:DescribeRule": lambda parameters: _rule(parameters["Name"]),
        "events:TestEventPattern": {"Result": True},
        "events:ListTargetsByRule": lambda parameters: {
            "Targets": [
                {
                    "Id": "1",
                    "Arn": TARGET[parameters["Rule"].removeprefix("watch-").removesuffix("-due")],
                    "DeadLetterConfig": {
                        "Arn": NAMES.arn("sqs", f"{parameters['Rule'].removesuffix('-due')}-dead-letters")
                    },
                }
            ]
        },
        "sqs:GetQueueUrl": _queue_url,
        "sqs:GetQueueAttributes": lambda parameters: {"Attributes": _queue(parameters["QueueUrl"].rsplit("/", 1)[-1])},
        "lambda:ListEventSourceMappings": {
            "EventSourceMappings": [
                {"UUID": "m", "State": "Enabled", "EventSourceArn": names.arn("sqs", queue)}
                for queue in (names.queue, *map(names.channel_queue, CHANNELS))
            ]
        },
        "lambda:GetFunction": _function,
        "lambda:GetPolicy": lambda parameters: function_policy(parameters["FunctionName"]),
        "lambda:Invoke": lambda parameters: payload(
            invoked(parameters["FunctionName"], json.loads(parameters["Payload"]))
        ),
        "kms:DescribeKey": {"KeyMetadata": {"KeyId": KEY, "Arn": KEY_ARN, "KeyState": "Enabled"}},
        "kms:GetKeyPolicy": {"Policy": policy(*key_statements())},
        "s3:GetBucketEncryption": {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY_ARN},
                        "BucketKeyEnabled": False,
                    }
                ]
            }
        },
        "sns:GetSMSSandboxAccountStatus": {"IsInSandbox": False},
        "sns:GetTopicAttributes": lambda parameters: {"Attributes": _topic(parameters["TopicArn"])},
        "sns:ListSubscriptionsByTopic": lambda parameters: {"Subscriptions": [*_subscriptions(parameters["TopicArn"])]},
        "cloudwatch:DescribeAlarms": lambda parameters: {
            "MetricAlarms": _alarms(),
            # AWS leaves them out unless they are asked for.
            "CompositeAlarms": [_composite()] * ("CompositeAlarm" in parameters.get("AlarmTypes", ())),
        },
        "cloudwatch:GetMetricStatistics": _metric,
        "dynamodb:DescribeTable": {
            "Table": {
                "TableStatus": "ACTIVE",
                "DeletionProtectionEnabled": True,
                "SSEDescription": {"KMSMasterKeyArn": KEY_ARN},
            }
        },
        "dynamodb:DescribeContinuousBackups": {
            "ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
        },
        "dynamodb:DescribeTimeToLive": {
            "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
        },
        "dynamodb:GetItem": _sightings(),
        "ssm:GetParameter": {"Parameter": {"Value": "off"}},
        "athena:GetWorkGroup": {"WorkGroup": {"Name": names.workgroup}},
        "athena:StartQueryExecution": {"QueryExecutionId": "q"},
        "athena:GetQueryExecution": {
            "QueryExecution": {"Status": {"State": "SUCCEEDED"}, "Statistics": {"DataScannedInBytes": 10}}
        },
        "quicksight:DescribeDataSource": {
            "DataSource": {"DataSourceId": names.data_source, "Status": "CREATION_SUCCESSFUL"}
        },
    }  # fmt: skip
