"""One deployment as it is found: what several checks ask is looked up once."""

from __future__ import annotations

import contextlib
import json
import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from secretwatch.runtime.probe import KEY, NO_OP
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
    _answers: dict[str, Answer] = field(default_factory=dict)
    _keys: dict[str, Json] = field(default_factory=dict)
    _key_policies: dict[str, str] = field(default_factory=dict)

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
            or (part in ("canary", "rotator") and bool(self.about("summarizer").get(part)))
            or (part == "notifier" and bool(self.channels))
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

    def about(self, part: str) -> Json:
        """Return what a function says of its settings; empty where it is not there, or says nothing."""
        with contextlib.suppress(AwsError, ValueError, KeyError, TypeError):
            if self.function(part) is not None:
                return self.ask(part, NO_OP).settings
        return {}

    def role(self, part: str) -> str | None:
        """Return the ARN of a function's role; None where the function is not there."""
        found = self.function(part)
        return None if found is None else found["Configuration"].get("Role")

    def ask(self, part: str, probe: str) -> Answer:
        """Invoke a function with a probe, with the no-op once; raises AwsError where this caller may not."""
        if probe != NO_OP:
            return self._ask(part, probe)
        if part not in self._answers:
            self._answers[part] = self._ask(part, probe)
        return self._answers[part]

    def _ask(self, part: str, probe: str) -> Answer:
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
        payload = json.loads(self.aws.read("lambda:Invoke", answered["Payload"]) or b"null")
        return payload if isinstance(payload, Mapping) else {}

    # --- the complete path --------------------------------------------------------------------

    @cached_property
    def log_group(self) -> str | None:
        """The trail's log group: the one that the deployment says, else its own if there, else None.

        A deployment says it twice: by the alarm on the delivery of its records, and by who may
        invoke its functions.
        """
        for part in WATCHING:
            if (called := self._dimension(self.names.delivery_alarm(part), "LogGroupName")) is not None:
                return called
        refused: AwsError | None = None
        for part in WATCHING:
            try:
                allowed = source_of(self.function_policy(part), ":log-group:")
            except AwsError as error:  # the other function's policy says it too
                refused = error
                continue
            if allowed is not None:
                return allowed.split(":log-group:")[1].removesuffix(":*")
        if self.log_group_description(self.names.log_group):
            return self.names.log_group
        if refused is not None:
            raise refused
        return None

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

    @property
    def paths(self) -> Sequence[str]:
        """The paths that the canary is set to watch, logs and events; none where nobody says it."""
        return tuple(self.about("canary").get("paths") or ())

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
        """The event bus of the rules: the alarm on a rule says it, and whom the queue, or the rotator, lets in."""
        for part in WATCHING:
            alarm = self.names.undelivered_alarm(part)
            if alarm in self._visible_alarms:
                return self._dimension(alarm, "EventBusName") or "default"
        policies: list[str] = []
        for find in (lambda: (self.queue or {}).get("Policy", "{}"), lambda: self.function_policy("rotator")):
            with contextlib.suppress(AwsError):
                policies.append(find())
        for rule in filter(None, (source_of(policy, ":rule/") for policy in policies)):
            bus, slash, _ = rule.split(":rule/")[1].partition("/")
            if slash:
                return bus
        return "default"

    def rule(self, part: str) -> Json | None:
        """Return a function's rule, or None where it is not there."""
        return self.aws.find("events:DescribeRule", Name=self.names.function(part), EventBusName=self.bus)

    @cached_property
    def has_fast_path(self) -> bool:
        """Whether anything of the fast path is there, or an alarm on it; raises AwsError where nothing can be seen."""
        alarms = {self.names.undelivered_alarm(part) for part in WATCHING}
        if "events" in self.paths:
            return True
        refused: AwsError | None = None
        parts: tuple[Callable[[], Json | None], ...] = (lambda: self.queue, lambda: self.rule("summarizer"))
        for part in parts:
            try:
                if alarms & set(self._visible_alarms) or part() is not None:
                    return True
            except AwsError as error:  # the next one may say it
                refused = error
        if refused is not None:
            raise refused
        return False

    def rule_arn(self, part: str) -> str:
        """Return the ARN of a function's rule; schedules are on the account's own bus."""
        bus = self.bus if part in WATCHING else "default"
        return self.names.arn("events", f"rule/{'' if bus == 'default' else f'{bus}/'}{self.names.function(part)}")

    def sender_of_dead_letters(self, part: str) -> tuple[str, str] | None:
        """Return the service that by itself sends to a function's dead-letter queue, and for what (ARN), or None.

        What a function itself gives up Lambda sends with the function's role.
        """
        if part == "notifier":  # a queue's function: nothing but the queue hands it over
            return None
        if part in WATCHING and not self.has_fast_path:
            return None
        return "events.amazonaws.com", self.rule_arn(part)

    # --- everything else ----------------------------------------------------------------------

    @cached_property
    def alarms(self) -> dict[str, Json]:
        """The metric and composite alarms by name; those of others that begin alike are none."""
        found = self.aws.pages(
            "cloudwatch:DescribeAlarms",
            "MetricAlarms",
            "CompositeAlarms",
            AlarmNamePrefix=f"{self.names.prefix}-",
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        return {alarm["AlarmName"]: alarm for alarm in found if self.names.has_alarm(alarm["AlarmName"])}

    @cached_property
    def _visible_alarms(self) -> Mapping[str, Json]:
        """The alarms, or none where this caller may not see them: what else can be looked at goes on."""
        try:
            return self.alarms
        except AwsError:
            return {}

    @cached_property
    def channels(self) -> list[str]:
        """The channels: those of the notifier's settings, and whose alarms or subscriptions are there."""
        found = {
            *filter(None, map(self.names.channel_of, self._visible_alarms)),
            *self.about("notifier").get("channels", ()),
        }
        with contextlib.suppress(AwsError, KeyError):
            ends = [str(entry["Endpoint"]) for entry in self.subscriptions(self.names.minor_alerts_topic_arn)]
            found |= {end.partition(start)[2] for end in ends if (start := f":{self.names.channel_queue('')}") in end}
        return sorted(found)

    def _dimension(self, alarm: str, name: str) -> str | None:
        """Return what a dimension of an alarm names; None where there is no such alarm or dimension."""
        dimensions = self._visible_alarms.get(alarm, {}).get("Dimensions", ())
        return next((str(entry["Value"]) for entry in dimensions if entry["Name"] == name), None)

    @cached_property
    def made(self) -> float | None:
        """When the younger of audit table and log group was made (epoch seconds); None where that cannot be seen."""
        times: list[float] = []
        with contextlib.suppress(AwsError):
            if created := (self.table or {}).get("CreationDateTime"):
                times.append(created.timestamp())
        with contextlib.suppress(AwsError):
            group = None if self.log_group is None else self.log_group_description(self.log_group)
            if created := (group or {}).get("creationTime"):
                times.append(created / 1000)
        return max(times, default=None)

    @cached_property
    def table(self) -> Json | None:
        """The audit table's description, or None where it is not there."""
        found = self.aws.find("dynamodb:DescribeTable", TableName=self.names.table)
        return None if found is None else found["Table"]

    @cached_property
    def alerts_topic_arn(self) -> str:
        """The alerts topic: the one that the summarizer publishes to."""
        variables = self._environment.get("Variables", {})
        return str(variables.get("ALERTS_TOPIC_ARN") or self.names.alerts_topic_arn)

    @property
    def knows_alerts_topic(self) -> bool:
        """Whether the summarizer says which topic it is: without the right to use its key Lambda answers an error."""
        return "Error" not in self._environment

    @property
    def _environment(self) -> Json:
        configuration: Json = (self.function("summarizer") or {}).get("Configuration", {})
        environment: Json = configuration.get("Environment", {})
        return environment

    def topic(self, arn: str) -> Json | None:
        """Return a topic's attributes, or None where it is not there."""
        found = self.aws.find("sns:GetTopicAttributes", TopicArn=arn)
        return None if found is None else found["Attributes"]

    def subscriptions(self, topic: str) -> list[Json]:
        """Return a topic's subscriptions; raises AwsError."""
        return self.aws.pages("sns:ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic)

    def key(self, identifier: str) -> Json:
        """Return a KMS key's metadata; raises AwsError."""
        if identifier not in self._keys:
            self._keys[identifier] = self.aws.call("kms:DescribeKey", KeyId=identifier)["KeyMetadata"]
        return self._keys[identifier]

    def key_policy(self, key_id: str) -> str:
        """Return a KMS key's policy as JSON; raises AwsError."""
        if key_id not in self._key_policies:
            found = self.aws.call("kms:GetKeyPolicy", KeyId=key_id, PolicyName="default")
            self._key_policies[key_id] = found["Policy"]
        return self._key_policies[key_id]

    def bucket_encryption(self, bucket: str) -> Json | None:
        """Return how a bucket encrypts by default, empty where it says nothing, None without one; raises AwsError."""
        try:
            found = self.aws.call("s3:GetBucketEncryption", Bucket=bucket)
        except AwsError as error:
            if not error.is_absent:
                raise
            return None if "NoSuchBucket" in error.code else {}
        rules = found["ServerSideEncryptionConfiguration"]["Rules"]
        return rules[0] if rules else {}

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
