"""EventBridge and SQS: rules, targets, and the queue of the fast path.

AWS: "AWS service events delivered via CloudTrail" (read-only management events reach only a rule in
state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, whatever the bus), "PutRule".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tools.verify import policies, samples
from tools.verify.deployment import Check, Deployment
from tools.verify.names import DEAD_LETTERS
from tools.verify.result import APPLY, Result, failed, ok, skipped
from tools.verify.times import span

STATE = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
OFF = "the fast path is off: there is no rule and no queue"
_WAITING = 900

Json = Mapping[str, Any]


def rules(deployment: Deployment) -> Iterator[Result]:
    """Each function's rule: state, pattern, target, failed deliveries."""
    if not deployment.has_fast_path:
        yield skipped("rule", OFF)
        return
    for part in deployment.watching:
        name, rule = f"rule: {part}", deployment.rule(part)
        judged = judge_rule(name, deployment.names.function(part), deployment.bus, rule)
        yield judged
        if rule is not None:
            yield from _matching(deployment, part, rule)
            yield from _target(deployment, part)


def judge_rule(name: str, called: str, bus: str, rule: Json | None) -> Result:
    """Return whether a rule (DescribeRule) is in the one state that sees reads."""
    if rule is None:
        return failed(name, f"there is no rule {called} on the event bus {bus}", APPLY)
    state = rule.get("State")
    if state == STATE:
        return ok(name, f"{called} on the event bus {bus} is {state}")
    why = "it sends nothing" if state == "DISABLED" else "it does not see reads, which are read-only management events"
    return failed(
        name,
        f"{called} is {state}: {why}",
        f"apply the module again, or: aws events put-rule --name {called} --event-bus-name {bus} --state {STATE} "
        "--event-pattern <as it is>",
    )


def _matching(deployment: Deployment, part: str, rule: Json) -> Iterator[Result]:
    """Ask EventBridge itself whether the pattern lets a read through."""
    name = f"rule pattern: {part}"
    event = samples.event(deployment.names, datetime.fromtimestamp(deployment.now(), UTC))
    matches = deployment.aws.call("events:TestEventPattern", EventPattern=rule.get("EventPattern", "{}"), Event=event)
    if matches["Result"]:
        yield ok(name, "lets a read of a secret through")
    else:
        yield failed(name, f"lets no read through: {rule.get('EventPattern')}", APPLY)


def _target(deployment: Deployment, part: str) -> Iterator[Result]:
    """Where a rule sends to, whether it may, and whether it does."""
    names, name = deployment.names, f"rule target: {part}"
    called = names.function(part)
    wanted = names.arn("sqs", names.queue) if part == "summarizer" else names.function_arn(part)
    targets = deployment.aws.pages("events:ListTargetsByRule", "Targets", Rule=called, EventBusName=deployment.bus)
    arns = [target["Arn"] for target in targets]
    if wanted not in arns:
        yield failed(name, f"sends to {', '.join(arns) or 'nothing'}, not to {wanted}", APPLY)
        return
    lost = deployment.total("AWS/Events", "FailedInvocations", _dimensions(called, deployment.bus), 3)
    yield judge_target(name, wanted, _lets_in(deployment, part), lost)


def _dimensions(rule: str, bus: str) -> dict[str, str]:
    """AWS: "Monitoring Amazon EventBridge": rules of the default bus have no EventBusName."""
    return {"RuleName": rule} if bus == "default" else {"EventBusName": bus, "RuleName": rule}


def judge_target(name: str, target: str, lets_in: bool, lost: float) -> Result:
    """Return whether a rule's events reach its target."""
    if not lets_in:
        return failed(name, f"the policy of {target} does not let the rule in", APPLY)
    if lost:
        return failed(
            name,
            f"EventBridge failed to reach {target} {lost:.0f} times in the last three hours",
            "see the lines on the queue, its key and the functions' permissions",
        )
    return ok(name, f"{target.rsplit(':', 1)[-1]} lets the rule in, and no delivery failed in the last three hours")


def _lets_in(deployment: Deployment, part: str) -> bool:
    names = deployment.names
    bus = "" if deployment.bus == "default" else f"{deployment.bus}/"
    source = names.arn("events", f"rule/{bus}{names.function(part)}")
    context = {"aws:SourceArn": source, "aws:SourceAccount": names.account, "aws:SecureTransport": "true"}
    if part == "summarizer":
        policy = (deployment.queue or {}).get("Policy", "{}")
        return policies.allows(policy, "events.amazonaws.com", "sqs:SendMessage", context)
    return policies.allows(deployment.function_policy(part), "events.amazonaws.com", "lambda:InvokeFunction", context)


def queue(deployment: Deployment) -> Iterator[Result]:
    """The queue, how far it is behind, and whether it hands what fails to a dead-letter queue."""
    if not deployment.has_fast_path:
        yield skipped("queue", OFF)
    elif deployment.queue is None:
        yield failed("queue", f"{deployment.names.queue} is not there", APPLY)
    else:
        yield judge_queue(deployment.names.queue, deployment.queue)


def judge_queue(called: str, attributes: Json) -> Result:
    """Return whether a queue has a redrive policy, and what waits in it."""
    if "RedrivePolicy" not in attributes:
        return failed("queue", f"{called} has no dead-letter queue: what fails comes back for ever", APPLY)
    waiting = int(attributes.get("ApproximateNumberOfMessages", 0))
    return ok("queue", f"{called}: {waiting} waiting")


def mapping(deployment: Deployment) -> Iterator[Result]:
    """The event source mapping between queue and summarizer."""
    name = "queue: event source mapping"
    if not deployment.has_fast_path:
        yield skipped(name, OFF)
        return
    called = deployment.names.function("summarizer")
    found = deployment.aws.find("lambda:ListEventSourceMappings", FunctionName=called)
    queue_arn = deployment.names.arn("sqs", deployment.names.queue)
    yield judge_mapping(name, called, queue_arn, [] if found is None else found["EventSourceMappings"])


def judge_mapping(name: str, function: str, queue_arn: str, mappings: Sequence[Json]) -> Result:
    """Return whether an enabled mapping reads the queue."""
    ours = [entry for entry in mappings if entry.get("EventSourceArn") == queue_arn]
    if not ours:
        return failed(name, f"{function} does not read {queue_arn}", APPLY)
    state = ours[0].get("State")
    if state not in ("Enabled", "Updating", "Enabling", "Creating"):
        return failed(
            name,
            f"{function} does not read the queue: the mapping is {state}",
            f"aws lambda update-event-source-mapping --enabled --uuid {ours[0].get('UUID')}",
        )
    problem = str(ours[0].get("LastProcessingResult") or "")
    if problem.startswith("PROBLEM"):
        return failed(name, f"Lambda cannot read the queue: {problem}", "see the function's permissions and its key")
    return ok(name, f"{function} reads {queue_arn.rsplit(':', 1)[-1]}")


def oldest(deployment: Deployment, queue_name: str) -> float:
    """Return the age of a queue's oldest message in seconds, as CloudWatch knows it; 0 where it does not."""
    end = datetime.fromtimestamp(deployment.now(), UTC)
    found = deployment.aws.call(
        "cloudwatch:GetMetricStatistics",
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue_name}],
        StartTime=datetime.fromtimestamp(deployment.now() - _WAITING, UTC),
        EndTime=end,
        Period=300,
        Statistics=["Maximum"],
    )
    return max((float(point["Maximum"]) for point in found["Datapoints"]), default=0.0)


def dead_letters(deployment: Deployment) -> Iterator[Result]:
    """What could not be handled: every function has a dead-letter queue, and other hops have some too."""
    names = deployment.names
    urls = deployment.aws.pages("sqs:ListQueues", "QueueUrls", QueueNamePrefix=f"{names.prefix}-")
    found = {url.rsplit("/", 1)[-1] for url in urls}
    wanted = {names.dead_letters(part) for part in deployment.functions}
    for called in sorted(wanted | {queue for queue in found if queue.endswith(DEAD_LETTERS)}):
        attributes = deployment.queue_attributes(called)
        waiting = 0 if attributes is None else int(attributes.get("ApproximateNumberOfMessages", 0))
        age = oldest(deployment, called) if waiting else 0.0
        yield judge_dead_letters(called, attributes is not None, waiting, age)


def judge_dead_letters(called: str, exists: bool, waiting: int, age: float) -> Result:
    """Return whether a dead-letter queue is there and empty; ``age`` in seconds, 0 where unknown."""
    name = f"dead-letter queue: {called}"
    if not exists:
        return failed(name, "is not there: what three attempts cannot handle is lost", APPLY)
    if waiting:
        since = f", the oldest for {span(age)}" if age else ""
        return failed(
            name,
            f"{waiting} event{'' if waiting == 1 else 's'} could not be handled{since}",
            "make redrive ARGS=--dry-run says why; once the cause is fixed, make redrive sends them again",
        )
    return ok(name, "empty")


CHECKS = (
    Check("rule", rules),
    Check("queue", queue),
    Check("queue: event source mapping", mapping),
    Check("dead-letter queues", dead_letters),
)
