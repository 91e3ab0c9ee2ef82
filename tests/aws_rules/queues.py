"""SQS: who sends to a queue, and the settings that Lambda and dead-letter queues ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.aws_rules.planned import Planned, Resource
from tests.aws_rules.policy import Request, allows
from tests.aws_rules.rule import Problem, rule
from tests.aws_rules.topics import topic_arn


def queue_arn(planned: Planned, queue: Resource) -> str:
    """Return the ARN that a planned queue will have."""
    return planned.arn("sqs", queue.values["name"])


def queue_by_arn(planned: Planned, arn: str | None) -> Resource | None:
    """Return the planned queue of an ARN, or None where it is not ours."""
    for queue in planned.of("aws_sqs_queue"):
        if queue_arn(planned, queue) == arn:
            return queue
    return None


def rule_arn(planned: Planned, target: Resource) -> str:
    """Return the ARN of the rule that a target belongs to."""
    bus = target.values.get("event_bus_name") or "default"
    bus = bus.rsplit("/", 1)[-1]
    name = target.values.get("rule")
    return planned.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")


def dead_letter_arn(subscription: Resource) -> str | None:
    """Return the dead-letter queue of a subscription or a queue, or None where it has none."""
    text = subscription.values.get("redrive_policy")
    return json.loads(text).get("deadLetterTargetArn") if text else None


def subscribed_topic(planned: Planned, subscription: Resource) -> str | None:
    """Return the ARN of a subscription's topic, made here or not; None where it cannot be told."""
    given = subscription.values.get("topic_arn")
    if given:
        return str(given)
    topics = planned.referred(subscription, "topic_arn", "aws_sns_topic")
    by_name = [topic for topic in topics if subscription.name.startswith(topic.name)]
    chosen = by_name or topics
    return topic_arn(planned, chosen[0]) if chosen else None


def senders(planned: Planned, queue: Resource) -> Iterator[tuple[str, str]]:
    """Yield service and source ARN of everything that sends to a queue by the queue's own policy."""
    arn = queue_arn(planned, queue)
    for target in planned.of("aws_cloudwatch_event_target"):
        if arn in (target.values.get("arn"), target.get("dead_letter_config.arn")):
            yield "events.amazonaws.com", rule_arn(planned, target)
    for subscription in planned.of("aws_sns_topic_subscription"):
        is_endpoint = subscription.values.get("protocol") == "sqs" and subscription.values.get("endpoint") == arn
        if is_endpoint or dead_letter_arn(subscription) == arn:
            yield "sns.amazonaws.com", subscribed_topic(planned, subscription) or "unknown topic"


@rule(
    "sqs.queue-policy",
    page='"Amazon EventBridge: Using dead-letter queues to process undelivered events", '
    '"Configuring an Amazon SNS dead-letter queue for a subscription"',
    looks_at="the policy of a queue that EventBridge or SNS sends to, dead-letter queues included",
    cure="let the service sqs:SendMessage, with aws:SourceArn of the rule or topic",
)
def _queue_policy(planned: Planned) -> Iterator[Problem]:
    policies = {policy.values.get("queue_url"): policy for policy in planned.of("aws_sqs_queue_policy")}
    for queue in planned.of("aws_sqs_queue"):
        statements = queue.statements()
        for policy in policies.values():
            if queue in planned.referred(policy, "queue_url", "aws_sqs_queue"):
                statements = policy.statements()
        for service, source in senders(planned, queue):
            request = Request("sqs:SendMessage", queue_arn(planned, queue), service, {"aws:SourceArn": source})
            if not allows(statements, request):
                yield queue.address, f"its policy does not let {service} send for {source}"


def _mapped(planned: Planned) -> Iterator[tuple[Resource, Resource, Resource]]:
    """Yield mapping, queue and function of each event source mapping of SQS."""
    functions = {function.values["function_name"]: function for function in planned.of("aws_lambda_function")}
    for mapping in planned.of("aws_lambda_event_source_mapping"):
        for queue in planned.referred(mapping, "event_source_arn", "aws_sqs_queue"):
            function = functions.get(str(mapping.values.get("function_name")).rsplit(":", 1)[-1])
            if function is not None:
                yield mapping, queue, function


@rule(
    "sqs.visibility",
    page='"Creating and configuring an Amazon SQS event source mapping"',
    looks_at="a queue that a function reads",
    cure="a visibility timeout of at least six times the function's timeout",
)
def _visibility(planned: Planned) -> Iterator[Problem]:
    for _, queue, function in _mapped(planned):
        seconds, timeout = queue.values["visibility_timeout_seconds"], function.values["timeout"]
        if seconds < 6 * timeout:
            yield queue.address, f"is visible again after {seconds} s, the function may take {timeout} s"


@rule(
    "sqs.receive-count",
    page='"Creating and configuring an Amazon SQS event source mapping"',
    looks_at="a queue that a function reads",
    cure="maxReceiveCount of at least 5, or messages go to the dead-letter queue because the function is throttled",
)
def _receive_count(planned: Planned) -> Iterator[Problem]:
    for _, queue, _ in _mapped(planned):
        text = queue.values.get("redrive_policy")
        count = int(json.loads(text)["maxReceiveCount"]) if text else 5
        if count < 5:
            yield queue.address, f"gives up after {count} receives"


@rule(
    "sqs.aws-managed-key",
    page='"Amazon SQS Key management"',
    looks_at="the key of a queue that EventBridge or SNS sends to",
    cure="use a key of your own: the policy of alias/aws/sqs lets no service use it",
)
def _aws_managed_key(planned: Planned) -> Iterator[Problem]:
    for queue in planned.of("aws_sqs_queue"):
        if str(queue.values.get("kms_master_key_id")).endswith("alias/aws/sqs") and any(senders(planned, queue)):
            yield queue.address, "is encrypted with alias/aws/sqs"


@rule(
    "sqs.batching",
    page='"CreateEventSourceMapping"',
    looks_at="an event source mapping of SQS",
    cure="a batching window of at least one second for batches of more than ten, and 2 to 1,000 at once",
)
def _batching(planned: Planned) -> Iterator[Problem]:
    for mapping, _, _ in _mapped(planned):
        size, window = mapping.values["batch_size"], mapping.values.get("maximum_batching_window_in_seconds") or 0
        if size > 10 and window < 1:
            yield mapping.address, f"batches of {size} without a batching window"
        at_once = mapping.get("scaling_config.maximum_concurrency")
        if at_once is not None and not 2 <= at_once <= 1000:
            yield mapping.address, f"{at_once} batches at once"


@rule(
    "sqs.dead-letter-retention",
    page='"Using dead-letter queues in Amazon SQS"',
    looks_at="a queue and its dead-letter queue",
    cure="keep messages in the dead-letter queue at least as long: their age counts from when they were first sent",
)
def _dead_letter_retention(planned: Planned) -> Iterator[Problem]:
    for queue in planned.of("aws_sqs_queue"):
        target = queue_by_arn(planned, dead_letter_arn(queue))
        if target and target.values["message_retention_seconds"] < queue.values["message_retention_seconds"]:
            yield target.address, f"forgets sooner than {queue.address}"
