"""The channels: the queue of each, and a message that says that it is a test, sent to each by the notifier itself."""

from __future__ import annotations

from collections.abc import Iterator

from tools.verify.deployment import Check, Deployment
from tools.verify.hops.fast_path import judge_mapping, look_at_dead_letters, wrong_redrive
from tools.verify.looking import guarded, judge_access
from tools.verify.policies import Request, judge
from tools.verify.result import APPLY, Result, failed, ok, skipped


def queues(deployment: Deployment) -> Iterator[Result]:
    """Every channel's queue: who may send there, who reads it, and what the channel did not take."""
    if not deployment.channels:
        _ = deployment.alarms  # who may not see them is told so: a channel may be hidden
        yield skipped("channel queues", "no channel is configured")
    for channel in deployment.channels:
        called = deployment.names.channel_queue(channel)
        yield from guarded(f"channel queue: {channel}", _queue(deployment, channel, called))
        yield from guarded(f"dead-letter queue: {called}-dead-letters", _dead_letters(deployment, called))


def _queue(deployment: Deployment, channel: str, called: str) -> Iterator[Result]:
    names, name = deployment.names, f"channel queue: {channel}"
    attributes, arn = deployment.queue_attributes(called), names.arn("sqs", called)
    if attributes is None:
        yield failed(name, f"{called} is not there: the channel gets nothing", APPLY)
        return
    waiting = int(attributes.get("ApproximateNumberOfMessages", 0))
    for what, topic in (("alerts", deployment.alerts_topic_arn), ("minor alerts", names.minor_alerts_topic_arn)):
        request = Request("sns.amazonaws.com", "sqs:SendMessage", arn, {"aws:SourceArn": topic})
        yield judge_access(
            name if what == "alerts" else f"{name}: {what}",
            judge(attributes.get("Policy", "{}"), request),
            f"{called} lets the topic of {what} in; {waiting} waiting",
            f"the policy of {called} does not let the topic of {what} send: the channel gets nothing of it",
            APPLY,
        )
    function = names.function("notifier")
    found = deployment.aws.find("lambda:ListEventSourceMappings", FunctionName=function)
    mappings = [] if found is None else found["EventSourceMappings"]
    yield judge_mapping(f"channel queue: event source mapping of {channel}", function, arn, mappings)
    dead_letters = names.arn("sqs", f"{called}-dead-letters")
    yield from wrong_redrive(f"channel queue: redrive of {channel}", called, attributes, dead_letters)


def _dead_letters(deployment: Deployment, called: str) -> Iterator[Result]:
    sender = ("sns.amazonaws.com", deployment.alerts_topic_arn)
    yield from look_at_dead_letters(deployment, f"{called}-dead-letters", sender)


def channels(deployment: Deployment) -> Iterator[Result]:
    """Every channel by its name."""
    if not deployment.expects("notifier"):
        yield skipped("channels", "no channel is configured")
    elif not deployment.messages:
        yield skipped("channels", "--no-messages: no test message was sent")
    elif deployment.function("notifier") is None:
        yield skipped("channels", "there is no notifier")
    else:
        deployment.progress("sending a test message to every channel")
        answer = deployment.ask("notifier", "test-channels")
        if answer.problem is not None:
            yield skipped("channels", f"the notifier sent no test message: {answer.problem}")
        for channel, problem in answer.results.items():
            yield judge_channel(channel, problem)


def judge_channel(channel: str, problem: str | None) -> Result:
    """Return whether a channel took its test message."""
    name = f"channel: {channel}"
    if problem is None:
        return ok(name, "took a test message; look into the channel to see whether it is shown")
    return failed(name, f"did not take a test message: {problem}", _cure(problem))


def _cure(problem: str) -> str:
    if "does not exist" in problem or "SSM parameter" in problem:
        return "store what belongs there (docs/channels.md): aws ssm put-parameter --type SecureString --overwrite …"
    if "Slack says" in problem or "PagerDuty" in problem:
        return "do what the message says, then run make verify again; docs/channels.md says how each type is set up"
    if "AccessDenied" in problem:
        return "the notifier's role may not read the parameter or use its key: name that key in the inputs, and apply"
    if "no answer" in problem:
        return "the webhook's host does not answer: look at its URL, and at a network that the function is in"
    return "create a new webhook for the channel, and store its URL in the channel's SSM parameter"


CHECKS = (Check("channel queues", queues), Check("channels", channels))
