"""SNS: who publishes to a topic, and whether its policy lets them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from tests.aws_rules.planned import Planned, Resource, Statement
from tests.aws_rules.policy import Request, allows
from tests.aws_rules.rule import Problem, rule

ALARMS = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")


def topic_arn(planned: Planned, topic: Resource) -> str:
    """Return the ARN that a planned topic will have."""
    return planned.arn("sns", topic.values["name"])


def alarms_of(planned: Planned, topic: Resource) -> list[Resource]:
    """Return the alarms that publish to a topic."""
    arn = topic_arn(planned, topic)
    return [
        alarm
        for alarm in planned.of(*ALARMS)
        if any(arn in (alarm.values.get(action) or []) for action in ACTIONS)
        or any(
            topic in planned.referred(alarm, action, "aws_sns_topic") for action in ACTIONS if _hidden(alarm, action)
        )
    ]


def _hidden(alarm: Resource, action: str) -> bool:
    unknown = alarm.unknown.get(action)
    return unknown is True or (isinstance(unknown, list) and any(unknown))


def targets_of(planned: Planned, topic: Resource) -> list[Resource]:
    """Return the EventBridge targets that are a topic."""
    return [t for t in planned.of("aws_cloudwatch_event_target") if t.values.get("arn") == topic_arn(planned, topic)]


def publishers(planned: Planned, topic: Resource) -> set[str]:
    """Return the services that publish to a topic."""
    found = set()
    if alarms_of(planned, topic):
        found.add("cloudwatch.amazonaws.com")
    if targets_of(planned, topic):
        found.add("events.amazonaws.com")
    arn = topic_arn(planned, topic)
    for budget in planned.of("aws_budgets_budget"):
        if any(arn in (n.get("subscriber_sns_topic_arns") or []) for n in budget.values.get("notification") or []):
            found.add("budgets.amazonaws.com")
    for notification in planned.of("aws_s3_bucket_notification"):
        if any(n.get("topic_arn") == arn for n in notification.values.get("topic") or []):
            found.add("s3.amazonaws.com")
    return found


def policy_of(planned: Planned, topic: Resource) -> list[Statement] | None:
    """Return the statements of a topic's own policy, or None where it has SNS's default one."""
    for policy in planned.of("aws_sns_topic_policy"):
        if topic in planned.referred(policy, "arn", "aws_sns_topic") and _same_key(topic, policy):
            return policy.statements()
    return topic.statements() or None


def _same_key(topic: Resource, policy: Resource) -> bool:
    """A policy's ARN refers to one topic of its own name: alerts to alerts."""
    return policy.name == topic.name or topic.module != policy.module


_SENDS = {
    "cloudwatch.amazonaws.com": ("aws:SourceAccount",),
    "budgets.amazonaws.com": ("aws:SourceAccount",),
    "s3.amazonaws.com": ("aws:SourceAccount",),
    "events.amazonaws.com": (),
}


@rule(
    "sns.topic-policy",
    page='"Amazon SNS topic policy for CloudTrail", "Cases for access control in Amazon SNS"',
    looks_at="the policy of a topic that CloudWatch, EventBridge, budgets or CloudTrail publishes to",
    cure="let the service sns:Publish; for events.amazonaws.com without a condition, which is unproven there",
)
def _topic_policy(planned: Planned) -> Iterator[Problem]:
    for topic in planned.of("aws_sns_topic"):
        statements = policy_of(planned, topic)
        arn = topic_arn(planned, topic)
        for service in sorted(publishers(planned, topic)):
            context = dict.fromkeys(_SENDS[service], planned.account) | {"aws:SecureTransport": "true"}
            if statements is None and service == "cloudwatch.amazonaws.com":
                continue  # SNS's default policy lets the account's own principals, and CloudWatch acts for the account
            if not allows(statements or [], Request("sns:Publish", arn, service, context)):
                yield topic.address, f"its policy does not let {service} publish"
        for trail in planned.of("aws_cloudtrail"):
            if trail.values.get("sns_topic_name") == topic.values["name"]:
                source = planned.arn("cloudtrail", f"trail/{trail.values['name']}")
                request = Request(
                    "sns:Publish",
                    arn,
                    "cloudtrail.amazonaws.com",
                    {"aws:SourceArn": source, "aws:SecureTransport": "true"},
                )
                if not allows(statements or [], request):
                    yield topic.address, "its policy does not let CloudTrail publish"


@rule(
    "sns.aws-managed-key",
    page='"Managing Amazon SNS encryption keys and costs"',
    looks_at="the key of a topic that services publish to",
    cure="use a key of your own: the policy of alias/aws/sns lets no service use it",
)
def _aws_managed_key(planned: Planned) -> Iterator[Problem]:
    for topic in planned.of("aws_sns_topic"):
        by_trail = any(
            trail.values.get("sns_topic_name") == topic.values["name"] for trail in planned.of("aws_cloudtrail")
        )
        is_managed = str(topic.values.get("kms_master_key_id")).endswith("alias/aws/sns")
        if is_managed and (by_trail or publishers(planned, topic)):
            yield topic.address, "is encrypted with alias/aws/sns"


@rule(
    "sns.lambda-permission",
    page='"Fanout Amazon SNS notifications to Lambda functions for automated processing"',
    looks_at="a subscription whose endpoint is a function",
    cure="a Lambda permission for sns.amazonaws.com with the topic's ARN",
)
def _lambda_permission(planned: Planned) -> Iterator[Problem]:
    allowed = {
        permission.values["function_name"].rsplit(":", 1)[-1]
        for permission in planned.of("aws_lambda_permission")
        if permission.values["principal"] == "sns.amazonaws.com"
    }
    for subscription in planned.of("aws_sns_topic_subscription"):
        if subscription.values.get("protocol") == "lambda" and not subscription.is_unknown("endpoint"):
            function = str(subscription.values.get("endpoint")).rsplit(":", 1)[-1]
            if function not in allowed:
                yield subscription.address, f"{function} does not let SNS invoke it"


@rule(
    "sns.fifo",
    page='"Publish" (SNS), "Target" (EventBridge), "Amazon S3 event notification destinations"; '
    "for alarms and dead-letter queues unproven",
    looks_at="FIFO topics and queues that alarms, budgets, buckets, trails and EventBridge rules send to",
    cure="a standard topic or queue: a FIFO one asks for a message group, which only a target's sqs_target can name",
)
def _fifo(planned: Planned) -> Iterator[Problem]:
    for sender, destination in [*_of_alarms(planned), *_of_buckets(planned), *_of_targets(planned)]:
        if isinstance(destination, str) and destination.endswith(".fifo"):
            yield sender.address, f"sends to {destination} and names no message group"


def _of_alarms(planned: Planned) -> Iterator[tuple[Resource, object]]:
    for alarm in planned.of(*ALARMS):
        yield from ((alarm, arn) for action in ACTIONS for arn in alarm.values.get(action) or [])
    for budget in planned.of("aws_budgets_budget"):
        for notification in budget.values.get("notification") or []:
            yield from ((budget, arn) for arn in notification.get("subscriber_sns_topic_arns") or [])


def _of_buckets(planned: Planned) -> Iterator[tuple[Resource, object]]:
    for trail in planned.of("aws_cloudtrail"):
        yield trail, trail.values.get("sns_topic_name")
    for notification in planned.of("aws_s3_bucket_notification"):
        for kind in ("topic", "queue"):
            yield from ((notification, one.get(f"{kind}_arn")) for one in notification.values.get(kind) or [])


def _of_targets(planned: Planned) -> Iterator[tuple[Resource, object]]:
    for target in planned.of("aws_cloudwatch_event_target"):
        yield target, target.get("dead_letter_config.arn")
        if not target.get("sqs_target.message_group_id"):
            yield target, target.values.get("arn")


@rule(
    "sns.filter-exists",
    page='"Key matching" (Amazon SNS Developer Guide)',
    looks_at="every subscription's filter policy",
    cure="a topic without a filter for what carries no attributes, such as an alarm: "
    "exists = false matches only what has some",
)
def _filter_exists(planned: Planned) -> Iterator[Problem]:
    for subscription in planned.of("aws_sns_topic_subscription"):
        text = subscription.values.get("filter_policy") or ""
        if '"exists":false' in text.replace(" ", ""):
            yield subscription.address, "its filter policy waits for what has no attributes, and that never matches"


@rule(
    "sns.filter-policy",
    page='"Amazon SNS subscription filter policies"',
    looks_at="every subscription's filter policy",
    cure="at most five attribute names and 150 combinations of values",
)
def _filter_policy(planned: Planned) -> Iterator[Problem]:
    for subscription in planned.of("aws_sns_topic_subscription"):
        text = subscription.values.get("filter_policy")
        policy = json.loads(text) if text else {}
        combinations = list(itertools.accumulate((len(v) for v in policy.values()), lambda a, b: a * b))
        if len(policy) > 5 or (combinations and combinations[-1] > 150):
            yield subscription.address, f"its filter policy has {len(policy)} names and {combinations[-1]} combinations"
