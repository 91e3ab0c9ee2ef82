"""SNS: the topics, who may publish to them, and whether their subscribers are there.

AWS: "Amazon SNS message filtering", "Confirm a subscription", "Amazon SNS API permissions".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tools.verify.deployment import Check, Deployment
from tools.verify.looking import guarded, judge_access
from tools.verify.policies import Request, judge, role_request
from tools.verify.result import APPLY, Result, failed, ok, skipped

_PENDING = frozenset({"PendingConfirmation", "pending confirmation"})
_GONE = "Deleted"

Json = Mapping[str, Any]


_TOPICS: Mapping[str, Callable[[Deployment], str]] = {
    "alerts": lambda deployment: deployment.alerts_topic_arn,
    "major alerts": lambda deployment: deployment.names.major_alerts_topic_arn,
    "minor alerts": lambda deployment: deployment.names.minor_alerts_topic_arn,
    "operations": lambda deployment: deployment.names.operations_topic_arn,
}
"""What a topic is for → its ARN."""
_FOR_CHANNELS = ("alerts", "minor alerts")
"""The topics that channels hear; those of major alerts and operations are for inboxes and phones."""


def publishing(deployment: Deployment) -> Iterator[Result]:
    """Whether alarms may publish to each topic."""
    for what in _TOPICS:
        yield from guarded(f"topic: {what}", _publishing(deployment, what))


def _publishing(deployment: Deployment, what: str) -> Iterator[Result]:
    names, name, arn = deployment.names, f"topic: {what}", _TOPICS[what](deployment)
    topic = deployment.topic(arn)
    if topic is None:
        yield _gone(deployment, name, what, arn)
        return
    # The key of SNS's default policy, which AWS documents no more; it comes from the account's own alarms.
    account = dict.fromkeys(("aws:SourceAccount", "aws:SourceOwner"), names.account)
    alarm = {"aws:SourceArn": names.arn("cloudwatch", f"alarm:{names.prefix}-no-records")}
    request = Request("cloudwatch.amazonaws.com", "sns:Publish", arn, account | alarm)
    yield judge_access(
        name,
        judge(topic.get("Policy", "{}"), request),
        f"{arn.rsplit(':', 1)[-1]}: alarms may publish",
        f"the policy of {arn} does not let CloudWatch's alarms publish",
        "apply the module again; a topic of your own must let cloudwatch.amazonaws.com do sns:Publish",
    )


def _gone(deployment: Deployment, name: str, what: str, arn: str) -> Result:
    if what == "alerts" and not deployment.knows_alerts_topic:
        return skipped(
            name,
            "could not look: these credentials may not read which topic it is in the summarizer's environment",
            "let them use the function's key (kms:Decrypt): python -m tools.verify --permissions prints the policy",
        )
    return failed(name, f"{arn} is not there", APPLY)


_PUBLISHERS = {"summarizer": "alerts", "rotator": "alerts", "digest": "alerts", "canary": "operations"}
"""A function → the topic that it publishes to."""


def publishers(deployment: Deployment) -> Iterator[Result]:
    """Whether each function's role may publish: by the topic's policy, and by its own."""
    for part, what in _PUBLISHERS.items():
        yield from guarded(f"publishing: {part}", _publisher(deployment, part, what))


def _publisher(deployment: Deployment, part: str, what: str) -> Iterator[Result]:
    name, arn, role = f"publishing: {part}", _TOPICS[what](deployment), deployment.role(part)
    topic = None if role is None else deployment.topic(arn)
    if role is None or topic is None:  # the lines on functions and topics say so
        return
    refusal = judge(topic.get("Policy", "{}"), role_request(role, "sns:Publish", arn))
    if refusal.is_deny:
        yield failed(name, f"the policy of {arn} does not let {role} publish: {refusal.why}", APPLY)
        return
    answer = deployment.aws.call(
        "iam:SimulatePrincipalPolicy", PolicySourceArn=role, ActionNames=["sns:Publish"], ResourceArns=[arn]
    )
    yield judge_publisher(name, role, arn, answer["EvaluationResults"])


def judge_publisher(name: str, role: str, topic: str, results: Sequence[Json]) -> Result:
    """Return whether a role's own policies, boundary included, let it publish (SimulatePrincipalPolicy)."""
    decisions = [str(result.get("EvalDecision")) for result in results]
    if decisions and set(decisions) == {"allowed"}:
        return ok(name, f"{role.rsplit('/', 1)[-1]} may publish to {topic.rsplit(':', 1)[-1]}")
    cure = "apply the module again; a permissions boundary or an organization's policy (SCP) must allow it too"
    return failed(name, f"{role} may not publish to {topic}: {', '.join(decisions) or 'no answer'}", cure)


def subscribers(deployment: Deployment) -> Iterator[Result]:
    """Whether every subscription is confirmed, and whether there is anybody at all."""
    for what in _TOPICS:
        yield from guarded(f"subscribers: {what}", _subscribers(deployment, what))


def _subscribers(deployment: Deployment, what: str) -> Iterator[Result]:
    arn = _TOPICS[what](deployment)
    if deployment.topic(arn) is None:
        yield skipped(f"subscribers: {what}", "there is no topic")
        return
    if what == "minor alerts" and not deployment.expects("notifier"):
        yield skipped(f"subscribers: {what}", "no channel is configured: alarms below severity high notify nobody")
        return
    found = deployment.subscriptions(arn)
    if what == "major alerts" and not found:
        yield skipped(f"subscribers: {what}", "no inbox and no phone is configured: channels alone get alarms")
        return
    names = deployment.names
    queues = {channel: names.arn("sqs", names.channel_queue(channel)) for channel in deployment.channels}
    yield from judge_subscribers(what, found, queues)
    for subscription in found:
        shown = f"{subscription['Protocol']} {shorten(subscription['Protocol'], subscription['Endpoint'])}"
        if subscription["SubscriptionArn"].startswith("arn:"):
            yield from guarded(
                f"subscription: {what}: {shown}", _subscription(deployment, what, shown, subscription, queues)
            )


def _subscription(
    deployment: Deployment, what: str, shown: str, subscription: Json, queues: Mapping[str, str]
) -> Iterator[Result]:
    queue = subscription["Endpoint"] if subscription["Endpoint"] in queues.values() else None
    if queue is None and subscription["Protocol"] not in ("email", "sms"):
        return  # somebody else's, who may filter as he likes
    found = deployment.aws.find("sns:GetSubscriptionAttributes", SubscriptionArn=subscription["SubscriptionArn"])
    wanted = (*_EVERYTHING,) if queue is not None or what != "alerts" else _FOR_PEOPLE
    yield from judge_subscription(f"subscription: {what}: {shown}", (found or {}).get("Attributes", {}), wanted, queue)


_CRITICAL = {"kind": "access", "severity": "critical"}
_DIGEST = {"kind": "digest", "severity": "info"}
_EVERYTHING: tuple[Mapping[str, str], ...] = ({}, _CRITICAL)
"""What must all come through: what has no attributes, as an alarm has none, too."""
_FOR_PEOPLE = (_CRITICAL, _DIGEST)
"""Of these one is enough: an address is there for what is severe, or for the digest."""


def judge_subscription(
    name: str, attributes: Json, wanted: Sequence[Mapping[str, str]], queue: str | None
) -> Iterator[Result]:
    """Yield what is wrong with a subscription (GetSubscriptionAttributes); ``queue`` is the ARN of a channel's."""
    policy = json.loads(attributes.get("FilterPolicy") or "{}")
    through = [_passes(policy, message) for message in wanted]
    if not (any(through) if wanted is _FOR_PEOPLE else all(through)):
        yield failed(name, f"a filter keeps messages from it: {json.dumps(policy)}", APPLY)
    if queue is not None and attributes.get("RawMessageDelivery") == "true":
        yield failed(name, "gets raw messages, which the notifier does not read", APPLY)
    target = json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
    if queue is not None and target != f"{queue}-dead-letters":
        yield failed(
            name, f"what SNS cannot hand over goes to {target or 'nowhere'}, not to {queue}-dead-letters", APPLY
        )


def _passes(policy: Json, message: Mapping[str, str]) -> bool:
    """AWS: "Amazon SNS subscription filter policies": every key must match; what is no plain text is taken to match."""
    alternatives = policy.get("$or") or [{}]
    keys = {key: values for key, values in policy.items() if key != "$or"}
    return any(
        all(_matches(values, message.get(key)) for key, values in (keys | either).items()) for either in alternatives
    )


def _matches(values: Any, given: str | None) -> bool:
    plain = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return given is not None and (not plain or given in values)


def judge_subscribers(what: str, subscriptions: Sequence[Json], queues: Mapping[str, str]) -> Iterator[Result]:
    """Yield what is wrong with a topic's subscriptions, or who they are; ``queues`` is channel → ARN of its queue.

    The operations topic is about the system itself: a channel, which may be what fails, is no
    subscriber that counts there.
    """
    name = f"subscribers: {what}"
    confirmed = []
    for subscription in subscriptions:
        shown = f"{subscription['Protocol']} {shorten(subscription['Protocol'], subscription['Endpoint'])}"
        if subscription["SubscriptionArn"] in _PENDING:
            yield failed(
                f"{name}: {shown}",
                "not confirmed: nothing is sent there",
                'follow the link in the mail "AWS Notification - Subscription Confirmation"; after two days it is no '
                "longer valid: terraform apply -replace=<the subscription>",
            )
        elif subscription["SubscriptionArn"] == _GONE:
            yield failed(f"{name}: {shown}", "unsubscribed", APPLY)
        else:
            confirmed.append((subscription, shown))
    endpoints = {subscription["Endpoint"] for subscription, _ in confirmed}
    for channel, queue in queues.items():
        if what in _FOR_CHANNELS and queue not in endpoints:
            yield failed(f"{name}: {channel}", "its queue is not subscribed: the channel gets nothing", APPLY)
    others = [shown for subscription, shown in confirmed if subscription["Endpoint"] not in queues.values()]
    if what == "operations" and not others:
        yield failed(
            name,
            "nobody: when the system itself fails, nobody hears of it",
            "set alert_emails, or subscribe an address to the topic, and confirm it",
        )
    elif not confirmed:
        yield failed(
            name, "nobody: alarms and notices reach no one", "set channels, alert_emails or alert_phone_numbers"
        )
    else:
        yield ok(name, "; ".join(shown for _, shown in confirmed))


def phones(deployment: Deployment) -> Iterator[Result]:
    """Whether SNS sends to the phone numbers that are subscribed."""
    name, topic = "subscribers: phones", deployment.alerts_topic_arn
    found = [] if deployment.topic(topic) is None else deployment.subscriptions(topic)
    if not any(subscription["Protocol"] == "sms" for subscription in found):
        yield skipped(name, "no phone number is subscribed")
        return
    sandbox = deployment.aws.call("sns:GetSMSSandboxAccountStatus")["IsInSandbox"]
    yield judge_phones(name, bool(sandbox))


def judge_phones(name: str, sandbox: bool) -> Result:
    """Return whether the account may send text messages to any number. AWS: "Using the Amazon SNS SMS sandbox"."""
    if not sandbox:
        return ok(name, "the account is not in the SMS sandbox")
    return failed(
        name,
        "the account is in the SMS sandbox: only verified numbers get text messages",
        "in SNS under Text messaging (SMS): verify the numbers, or exit the sandbox",
    )


def shorten(protocol: str, endpoint: str) -> str:
    """Return an endpoint fit for a log that others read: enough to know it by, no address or number in full."""
    if protocol.startswith("email"):
        user, _, host = endpoint.partition("@")
        return f"{user[:2]}…@{host}"
    if protocol == "sms":
        return f"…{endpoint[-3:]}"
    if protocol in ("http", "https"):
        return "/".join(endpoint.split("/")[:3]) + "/…"
    return endpoint.rsplit(":", 1)[-1]


CHECKS = (
    Check("topics", publishing),
    Check("publishing", publishers),
    Check("subscribers", subscribers),
    Check("subscribers: phones", phones),
)
