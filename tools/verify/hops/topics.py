"""SNS: the topics, who may publish to them, and whether their subscribers are there.

AWS: "Amazon SNS message filtering", "Confirm a subscription", "Amazon SNS API permissions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.verify import policies
from tools.verify.deployment import Check, Deployment
from tools.verify.result import APPLY, Result, failed, ok, skipped

_PENDING = frozenset({"PendingConfirmation", "pending confirmation"})
_GONE = "Deleted"

Json = Mapping[str, Any]


def _topics(deployment: Deployment) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("alerts", deployment.alerts_topic_arn), ("operations", deployment.names.operations_topic_arn)


def publishing(deployment: Deployment) -> Iterator[Result]:
    """Whether alarms may publish to both topics."""
    names = deployment.names
    alarm = names.arn("cloudwatch", f"alarm:{names.prefix}-no-records")
    context = {"aws:SourceAccount": names.account, "aws:SourceArn": alarm, "aws:SecureTransport": "true"}
    for what, arn in _topics(deployment):
        name, topic = f"topic: {what}", deployment.topic(arn)
        if topic is None:
            yield failed(name, f"{arn} is not there", APPLY)
        elif policies.allows(topic.get("Policy", "{}"), "cloudwatch.amazonaws.com", "sns:Publish", context):
            yield ok(name, f"{arn.rsplit(':', 1)[-1]}: alarms may publish")
        else:
            yield failed(
                name,
                f"the policy of {arn} does not let CloudWatch's alarms publish",
                "apply the module again; a topic of your own must let cloudwatch.amazonaws.com do sns:Publish",
            )


def subscribers(deployment: Deployment) -> Iterator[Result]:
    """Whether every subscription is confirmed, and whether there is anybody at all."""
    for what, arn in _topics(deployment):
        if deployment.topic(arn) is None:
            yield skipped(f"subscribers: {what}", "there is no topic")
            continue
        found = deployment.subscriptions(arn)
        notifier = deployment.names.function_arn("notifier") if deployment.expects("notifier") else None
        yield from judge_subscribers(what, found, notifier)


def judge_subscribers(what: str, subscriptions: Sequence[Json], notifier: str | None) -> Iterator[Result]:
    """Yield what is wrong with a topic's subscriptions, or who they are.

    The operations topic is about the system itself: the notifier, which may be what fails, is
    no subscriber that counts there.
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
    if what == "alerts" and notifier is not None and all(s["Endpoint"] != notifier for s, _ in confirmed):
        yield failed(f"{name}: notifier", "the notifier is not subscribed: no channel gets anything", APPLY)
    others = [shown for subscription, shown in confirmed if subscription["Endpoint"] != notifier]
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


def notifier_permission(deployment: Deployment) -> Iterator[Result]:
    """Whether the alerts topic may invoke the notifier."""
    name = "notifier: permission"
    if not deployment.expects("notifier"):
        yield skipped(name, "there is no notifier: no channel is configured")
        return
    context = {"aws:SourceArn": deployment.alerts_topic_arn, "aws:SourceAccount": deployment.names.account}
    if policies.allows(deployment.function_policy("notifier"), "sns.amazonaws.com", "lambda:InvokeFunction", context):
        yield ok(name, "the alerts topic may invoke it")
    else:
        yield failed(
            name,
            f"the alerts topic may not invoke {deployment.names.function('notifier')}: no channel gets anything",
            "apply the module again: it gives the permission to sns.amazonaws.com",
        )


CHECKS = (
    Check("topics", publishing),
    Check("subscribers", subscribers),
    Check("subscribers: phones", phones),
    Check("notifier: permission", notifier_permission),
)
