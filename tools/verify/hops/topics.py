"""SNS: the topics, who may publish to them, and whether their subscribers are there.

AWS: "Amazon SNS message filtering", "Confirm a subscription", "Amazon SNS API permissions".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tools.verify.deployment import Check, Deployment
from tools.verify.looking import guarded, judge_access
from tools.verify.policies import Request, judge
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
    Check("subscribers", subscribers),
    Check("subscribers: phones", phones),
)
