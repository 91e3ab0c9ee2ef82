"""The chat channels: a message that says that it is a test, sent to each by the notifier itself."""

from __future__ import annotations

from collections.abc import Iterator

from tools.verify.deployment import Check, Deployment
from tools.verify.result import Result, failed, ok, skipped


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
    if "does not exist" in problem or "https://" in problem:
        return "store the webhook's URL in that parameter: aws ssm put-parameter --type SecureString --overwrite …"
    if "AccessDenied" in problem:
        return "the notifier's role may not read the parameter or use its key: name that key in the inputs, and apply"
    if "no answer" in problem:
        return "the webhook's host does not answer: look at its URL, and at a network that the function is in"
    return "create a new webhook for the channel, and store its URL in the channel's SSM parameter"


CHECKS = (Check("channels", channels),)
