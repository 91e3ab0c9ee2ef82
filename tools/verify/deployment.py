"""One deployment as it is found: what several checks ask is looked up once."""

from __future__ import annotations

import json
import time as clock
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from secretwatch.runtime.probe import KEY
from tools.verify.aws import Aws, AwsError
from tools.verify.names import FUNCTIONS, WATCHING, Names
from tools.verify.result import Result

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. ``look`` yields lines as it finds out; an AwsError ends it with "could not look"."""

    name: str
    look: Callable[[Deployment], Iterator[Result]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered to a probe."""

    results: Mapping[str, str | None]
    settings: Json
    milliseconds: int
    problem: str | None = None
    """Why there is no answer, in the function's or Lambda's words."""


@dataclass
class Deployment:
    """One deployment, its AWS, and how to look at it."""

    aws: Aws
    names: Names
    messages: bool = True
    """Whether test messages may be sent."""
    timeout: float = 900.0
    """Seconds to wait for what takes its time."""
    progress: Callable[[str], None] = lambda _: None
    now: Callable[[], float] = clock.time
    sleep: Callable[[float], None] = clock.sleep
    caller: str = ""
    """ARN of whoever looks."""
    _functions: dict[str, Json | None] = field(default_factory=dict)
    _keys: dict[str, Json] = field(default_factory=dict)

    # --- functions ----------------------------------------------------------------------------

    def function(self, part: str) -> Json | None:
        """Return GetFunction's answer, or None where the function is not there."""
        if part not in self._functions:
            self._functions[part] = self.aws.find("lambda:GetFunction", FunctionName=self.names.function(part))
        return self._functions[part]

    def expects(self, part: str) -> bool:
        """Return whether a function belongs to the deployment: it is there, or its alarm is."""
        return (
            part == "summarizer"
            or self.function(part) is not None
            or self.names.errors_alarm(part) in self._visible_alarms
        )

    @property
    def functions(self) -> list[str]:
        """The functions that belong to the deployment."""
        return [part for part in FUNCTIONS if self.expects(part)]

    @property
    def watching(self) -> list[str]:
        """The functions that records are brought to."""
        return [part for part in WATCHING if self.expects(part)]

    def function_policy(self, part: str) -> str:
        """Return a function's resource policy as JSON, empty where it has none."""
        found = self.aws.find("lambda:GetPolicy", FunctionName=self.names.function(part))
        return str(found["Policy"]) if found else "{}"

    def ask(self, part: str, probe: str) -> Answer:
        """Invoke a function with a probe; raises AwsError where this caller may not."""
        started = clock.monotonic()
        try:
            answer = self.invoke(part, {KEY: probe})
        except AwsError as error:
            if error.code not in ("TooManyRequestsException", "TooManyRequests", "KMSAccessDeniedException"):
                raise
            return Answer({}, {}, 0, f"{error.code}: {error.message}")
        took = int((clock.monotonic() - started) * 1000)
        if "results" not in answer:
            what = answer.get("errorMessage") or "an answer that is none to a probe"
            return Answer({}, {}, took, f"{answer.get('errorType', 'it gave')}: {what}")
        return Answer(answer["results"], answer["settings"], took)

    def invoke(self, part: str, event: Json) -> Json:
        """Invoke a function and return what it answered, or the error that it ended with; raises AwsError."""
        answered = self.aws.call(
            "lambda:Invoke", FunctionName=self.names.function(part), Payload=json.dumps(event).encode()
        )
        payload = json.loads(answered["Payload"].read() or b"null")
        return payload if isinstance(payload, Mapping) else {}

    # --- the complete path --------------------------------------------------------------------

    @cached_property
    def log_group(self) -> str | None:
        """The trail's log group: the one that the deployment says, else its own if there, else None.

        A deployment says it twice: by the alarm on the delivery of its records, and by who may
        invoke its functions.
        """
        for part in WATCHING:
            for dimension in self._visible_alarms.get(self.names.delivery_alarm(part), {}).get("Dimensions", ()):
                if dimension["Name"] == "LogGroupName":
                    return str(dimension["Value"])
        for part in WATCHING:
            if (allowed := source_of(self.function_policy(part), ":log-group:")) is not None:
                return allowed.split(":log-group:")[1].removesuffix(":*")
        return self.names.log_group if self.log_group_description(self.names.log_group) else None

    def log_group_description(self, name: str) -> Json | None:
        """Return DescribeLogGroups' entry, or None where the log group is not there."""
        found = self.aws.call("logs:DescribeLogGroups", logGroupNamePrefix=name)["logGroups"]
        return next((group for group in found if group["logGroupName"] == name), None)

    @cached_property
    def trail(self) -> Json | None:
        """The trail that delivers to the log group, else the one of our name, else None."""
        trails = self.aws.call("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"]
        group = None if self.log_group is None else self.names.arn("logs", f"log-group:{self.log_group}:*")
        delivering = (trail for trail in trails if group and trail.get("CloudWatchLogsLogGroupArn") == group)
        ours = (trail for trail in trails if trail["Name"] == self.names.trail)
        return next(delivering, None) or next(ours, None)

    # --- the fast path ------------------------------------------------------------------------

    @cached_property
    def queue(self) -> Json | None:
        """The attributes of the fast path's queue, with its URL under "Url"; None where it is not there."""
        return self.queue_attributes(self.names.queue)

    def queue_attributes(self, name: str) -> Json | None:
        """Return all attributes of a queue, with its URL under "Url"; None where it is not there."""
        found = self.aws.find("sqs:GetQueueUrl", QueueName=name)
        if found is None:
            return None
        url = found["QueueUrl"]
        attributes = self.aws.find("sqs:GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
        return None if attributes is None else {**attributes["Attributes"], "Url": url}

    @cached_property
    def bus(self) -> str:
        """The event bus of the rules: whom the queue, or the rotator, lets in says it."""
        policies = [(self.queue or {}).get("Policy", "{}"), self.function_policy("rotator")]
        for rule in filter(None, (source_of(policy, ":rule/") for policy in policies)):
            bus, slash, _ = rule.split(":rule/")[1].partition("/")
            if slash:
                return bus
        return "default"

    def rule(self, part: str) -> Json | None:
        """Return a function's rule, or None where it is not there."""
        return self.aws.find("events:DescribeRule", Name=self.names.function(part), EventBusName=self.bus)

    @property
    def has_fast_path(self) -> bool:
        """Whether anything of the fast path is there."""
        return self.queue is not None or self.rule("summarizer") is not None

    # --- everything else ----------------------------------------------------------------------

    @cached_property
    def alarms(self) -> dict[str, Json]:
        """The metric alarms by name."""
        found = self.aws.pages("cloudwatch:DescribeAlarms", "MetricAlarms", AlarmNamePrefix=f"{self.names.prefix}-")
        return {alarm["AlarmName"]: alarm for alarm in found}

    @property
    def _visible_alarms(self) -> Mapping[str, Json]:
        """The alarms, or none where this caller may not see them: what else can be looked at goes on."""
        try:
            return self.alarms
        except AwsError:
            return {}

    @cached_property
    def table(self) -> Json | None:
        """The audit table's description, or None where it is not there."""
        found = self.aws.find("dynamodb:DescribeTable", TableName=self.names.table)
        return None if found is None else found["Table"]

    @cached_property
    def alerts_topic_arn(self) -> str:
        """The alerts topic: the one that the summarizer publishes to."""
        configuration = (self.function("summarizer") or {}).get("Configuration", {})
        # Without the right to use its key Lambda answers an error in place of the variables.
        variables = configuration.get("Environment", {}).get("Variables", {})
        return str(variables.get("ALERTS_TOPIC_ARN") or self.names.alerts_topic_arn)

    def topic(self, arn: str) -> Json | None:
        """Return a topic's attributes, or None where it is not there."""
        found = self.aws.find("sns:GetTopicAttributes", TopicArn=arn)
        return None if found is None else found["Attributes"]

    def subscriptions(self, topic: str) -> list[Json]:
        """Return a topic's subscriptions; raises AwsError."""
        return self.aws.pages("sns:ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic)

    def key(self, identifier: str) -> Json:
        """Return a KMS key's metadata, with its policy under "Policy"; raises AwsError."""
        if identifier not in self._keys:
            metadata = self.aws.call("kms:DescribeKey", KeyId=identifier)["KeyMetadata"]
            policy = self.aws.call("kms:GetKeyPolicy", KeyId=metadata["KeyId"], PolicyName="default")["Policy"]
            self._keys[identifier] = {**metadata, "Policy": policy}
        return self._keys[identifier]

    def total(self, namespace: str, metric: str, dimensions: Mapping[str, str], hours: int) -> float:
        """Return the sum of a metric over the last hours."""
        end = datetime.fromtimestamp(self.now(), UTC)
        found = self.aws.call(
            "cloudwatch:GetMetricStatistics",
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=end - timedelta(hours=hours),
            EndTime=end,
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(point.get("Sum", 0) for point in found["Datapoints"]))

    def wait(self, done: Callable[[], Any], what: str, seconds: float | None = None) -> Any:
        """Ask until there is an answer, for ``timeout`` seconds, or for as long as is asked; return it, or None."""
        started = self.now()
        limit = self.timeout if seconds is None else min(seconds, self.timeout)
        pause = 0.5
        while not (answer := done()):
            waited = self.now() - started
            if waited >= limit:
                return None
            self.progress(f"waiting for {what}: {waited:.0f} s of {limit:.0f} s at most")
            self.sleep(min(pause, limit - waited))
            pause = min(pause * 1.5, 5.0)
        return answer


def source_of(policy: str, part: str) -> str | None:
    """Return the ARN with ``part`` in it that a resource policy's conditions on aws:SourceArn name."""
    for statement in json.loads(policy).get("Statement", ()):
        for conditions in statement.get("Condition", {}).values():
            for key, value in conditions.items():
                values = value if isinstance(value, list) else [value]
                if key.lower() == "aws:sourcearn" and (found := next((v for v in values if part in v), None)):
                    return str(found)
    return None
