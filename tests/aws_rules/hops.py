"""Every asynchronous hop keeps what it could not deliver, and one lost event sets off an alarm for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.aws_rules.keys import planned_role_statements
from tests.aws_rules.planned import Planned, Resource
from tests.aws_rules.policy import Request, allows
from tests.aws_rules.queues import dead_letter_arn, queue_arn, queue_by_arn, subscribed_topic
from tests.aws_rules.rule import Problem, rule
from tests.aws_rules.topics import topic_arn


def _past_the_notifier(planned: Planned, action: str) -> bool:
    """Return whether a topic's messages reach people without a function of ours between."""
    return not any(
        subscription.values.get("protocol") in ("lambda", "sqs") and subscribed_topic(planned, subscription) == action
        for subscription in planned.of("aws_sns_topic_subscription")
    )


def _sounds_at_one(planned: Planned, namespace: str, metric: str, dimensions: Mapping[str, str]) -> bool:
    """Return whether an alarm goes off at the first of a metric, on a topic that needs no function of ours."""
    for alarm in planned.of("aws_cloudwatch_metric_alarm"):
        values = alarm.values
        at_one = (values.get("comparison_operator"), values.get("threshold")) in (
            ("GreaterThanOrEqualToThreshold", 1),
            ("GreaterThanThreshold", 0),
        )
        if (
            (values.get("namespace"), values.get("metric_name")) == (namespace, metric)
            and (values.get("dimensions") or {}) == dimensions
            and at_one
            and values["evaluation_periods"] == 1
            and values.get("statistic") in ("Sum", "Maximum")
            and values.get("actions_enabled") is not False
            and _has_action(planned, alarm)
        ):
            return True
    return False


def _has_action(planned: Planned, alarm: Resource) -> bool:
    actions = alarm.values.get("alarm_actions")
    return _is_hidden(alarm) or any(_past_the_notifier(planned, action) for action in actions or [])


@rule(
    "hop.target-dead-letter",
    page='"Using dead-letter queues to process undelivered events in EventBridge"',
    looks_at="every target of an EventBridge rule",
    cure="a dead-letter queue: what lacks a permission is dropped at once, the rest after a day",
)
def _target_dead_letter(planned: Planned) -> Iterator[Problem]:
    for target in planned.of("aws_cloudwatch_event_target"):
        if not target.get("dead_letter_config.arn") and not target.is_unknown("dead_letter_config.arn"):
            yield target.address, "has no dead-letter queue"


@rule(
    "hop.target-alarm",
    page='"Amazon EventBridge metrics"',
    looks_at="every EventBridge rule",
    cure="an alarm at the first FailedInvocations of the rule (with EventBusName on a custom bus)",
)
def _target_alarm(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_event_rule"):
        bus = one.values.get("event_bus_name") or "default"
        dimensions = {"RuleName": one.values["name"]} | ({} if bus == "default" else {"EventBusName": bus})
        if not _sounds_at_one(planned, "AWS/Events", "FailedInvocations", dimensions):
            yield one.address, "nobody hears of an event that could not be delivered"


@rule(
    "hop.subscription-dead-letter",
    page='"Amazon SNS dead-letter queues"',
    looks_at="every subscription of a function or queue",
    cure="a redrive policy: SNS discards what a client-side error refuses, without retries",
)
def _subscription_dead_letter(planned: Planned) -> Iterator[Problem]:
    for subscription in planned.of("aws_sns_topic_subscription"):
        if subscription.values.get("protocol") in ("lambda", "sqs", "https") and not (
            dead_letter_arn(subscription) or subscription.is_unknown("redrive_policy")
        ):
            yield subscription.address, "has no dead-letter queue"


@rule(
    "hop.topic-alarm",
    page='"Monitoring Amazon SNS topics using CloudWatch"',
    looks_at="every topic with subscribers, but for the one that its own failures would have to go to",
    cure="an alarm at the first NumberOfNotificationsFailed of the topic",
)
def _topic_alarm(planned: Planned) -> Iterator[Problem]:
    last = _failure_topics(planned)
    for topic in planned.of("aws_sns_topic"):
        arn = topic_arn(planned, topic)
        has_subscribers = any(subscribed_topic(planned, s) == arn for s in planned.of("aws_sns_topic_subscription"))
        if has_subscribers and arn not in last:
            dimensions = {"TopicName": topic.values["name"]}
            if not _sounds_at_one(planned, "AWS/SNS", "NumberOfNotificationsFailed", dimensions):
                yield topic.address, "nobody hears of a notification that could not be delivered"


def _failure_topics(planned: Planned) -> set[str]:
    """Return the topics that alarms on our own failures publish to."""
    alarms = [
        alarm
        for alarm in planned.of("aws_cloudwatch_metric_alarm")
        if alarm.values.get("namespace") in ("AWS/SQS", "AWS/Lambda", "AWS/Events", "AWS/SNS")
    ]
    named = {action for alarm in alarms for action in alarm.values.get("alarm_actions") or [] if action}
    referred = {
        t.address: t for a in alarms if _is_hidden(a) for t in planned.referred(a, "alarm_actions", "aws_sns_topic")
    }
    return named | {topic_arn(planned, topic) for topic in referred.values()}


def _is_hidden(alarm: Resource) -> bool:
    """Whether the action is a topic of the same apply, given by its ARN."""
    hidden = alarm.unknown.get("alarm_actions")
    return hidden is True or (isinstance(hidden, list) and any(hidden))


@rule(
    "hop.function-destination",
    page='"Capturing records of Lambda asynchronous invocations"',
    looks_at="every function that SNS, EventBridge or CloudWatch Logs invokes",
    cure="an on-failure destination that the function's role may send to, and an alarm at the first "
    "DestinationDeliveryFailures: too large a record or a missing permission drops the event",
)
def _function_destination(planned: Planned) -> Iterator[Problem]:
    configured = {c.values.get("function_name"): c for c in planned.of("aws_lambda_function_event_invoke_config")}
    for function in planned.of("aws_lambda_function"):
        name = function.values["function_name"]
        if not _is_invoked_asynchronously(planned, name):
            continue
        config = configured.get(name)
        path = "destination_config.on_failure.destination"
        if config is None or not (config.get(path) or config.is_unknown(path)):
            yield function.address, "has no on-failure destination"
            continue
        queues = planned.referred(config, path, "aws_sqs_queue")
        for queue in queues:
            for role in planned.referred(function, "role", "aws_iam_role"):
                if not allows(
                    planned_role_statements(planned, role), Request("sqs:SendMessage", queue_arn(planned, queue))
                ):
                    yield function.address, f"its role may not send to {queue.address}"
        if not _sounds_at_one(planned, "AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": name}):
            yield function.address, "nobody hears of an event that its destination refused"


def _is_invoked_asynchronously(planned: Planned, name: str) -> bool:
    services = ("sns.amazonaws.com", "events.amazonaws.com", f"logs.{planned.dns_suffix}", "s3.amazonaws.com")
    return any(
        permission.values.get("function_name", "").rsplit(":", 1)[-1] == name
        and permission.values["principal"] in services
        for permission in planned.of("aws_lambda_permission")
    )


@rule(
    "hop.mapping-dead-letter",
    page='"Creating and configuring an Amazon SQS event source mapping"',
    looks_at="every queue that a function reads",
    cure="a redrive policy on the queue itself",
)
def _mapping_dead_letter(planned: Planned) -> Iterator[Problem]:
    for mapping in planned.of("aws_lambda_event_source_mapping"):
        for queue in planned.referred(mapping, "event_source_arn", "aws_sqs_queue"):
            if not dead_letter_arn(queue) and not queue.is_unknown("redrive_policy"):
                yield queue.address, "has no dead-letter queue"


def _dead_letter_queues(planned: Planned) -> dict[str, Resource]:
    arns = [t.get("dead_letter_config.arn") for t in planned.of("aws_cloudwatch_event_target")]
    arns += [dead_letter_arn(r) for r in planned.of("aws_sns_topic_subscription", "aws_sqs_queue")]
    found = {q.address: q for arn in arns if (q := queue_by_arn(planned, arn))}
    for config in planned.of("aws_lambda_function_event_invoke_config"):
        for queue in planned.referred(config, "destination_config.on_failure.destination", "aws_sqs_queue"):
            if queue.module == config.module:
                found[queue.address] = queue
    return found


@rule(
    "hop.dead-letter-alarm",
    page='"Creating alarms for dead-letter queues using Amazon CloudWatch"',
    looks_at="every dead-letter queue",
    cure="an alarm at the first ApproximateNumberOfMessagesVisible, on a topic that no function of ours reads",
)
def _dead_letter_alarm(planned: Planned) -> Iterator[Problem]:
    for queue in _dead_letter_queues(planned).values():
        dimensions = {"QueueName": queue.values["name"]}
        if not _sounds_at_one(planned, "AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions):
            yield queue.address, "nobody hears of an event in it"


@rule(
    "hop.log-subscription-alarm",
    page='"Monitoring with CloudWatch metrics" (CloudWatch Logs)',
    looks_at="every subscription filter",
    cure="an alarm at the first DeliveryErrors: CloudWatch Logs retries for 24 hours and then drops the records",
)
def _log_subscription(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_cloudwatch_log_subscription_filter"):
        dimensions = {
            "LogGroupName": one.values["log_group_name"],
            "DestinationType": "Lambda",
            "FilterName": one.values["name"],
        }
        if not _sounds_at_one(planned, "AWS/Logs", "DeliveryErrors", dimensions):
            yield one.address, "nobody hears of records that could not be delivered"


@rule(
    "hop.operations-reach-a-person",
    page='"Amazon SNS: Creating a subscription to an Amazon SNS topic"',
    looks_at="the topics that alarms on our own failures publish to, wherever anybody is notified of anything",
    cure="an email address, a phone or another human endpoint on that topic",
)
def _operations(planned: Planned) -> Iterator[Problem]:
    subscriptions = planned.of("aws_sns_topic_subscription")
    if not subscriptions:
        return
    failures = _failure_topics(planned)
    heard = {
        subscribed_topic(planned, s) for s in subscriptions if s.values.get("protocol") in ("email", "sms", "https")
    }
    for topic in planned.of("aws_sns_topic"):
        arn = topic_arn(planned, topic)
        if arn in failures and arn not in heard:
            yield topic.address, "carries the alarms on our own failures and has no person among its subscribers"
