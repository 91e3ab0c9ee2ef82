"""EventBridge and SQS: rules, targets, and the queue of the fast path.

AWS: "AWS service events delivered via CloudTrail" (read-only management events reach only a rule in
state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, whatever the bus), "PutRule".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tools.verify import samples
from tools.verify.deployment import Check, Deployment
from tools.verify.looking import guarded, judge_access
from tools.verify.names import FUNCTIONS
from tools.verify.policies import Request, Verdict, judge
from tools.verify.result import APPLY, Result, failed, ok, skipped
from tools.verify.times import span

STATE = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
OFF = "the fast path is off: there is no rule and no queue"
_WAITING = 900
_SENDER = "events.amazonaws.com"

Json = Mapping[str, Any]


def rules(deployment: Deployment) -> Iterator[Result]:
    """Each function's rule: state, pattern, target, failed deliveries."""
    if not deployment.has_fast_path:
        yield skipped("rule", OFF)
        return
    for part in deployment.watching:
        yield from guarded(f"rule: {part}", _rule(deployment, part))


def _rule(deployment: Deployment, part: str) -> Iterator[Result]:
    rule = deployment.rule(part)
    yield judge_rule(f"rule: {part}", deployment.names.function(part), deployment.bus, rule)
    if rule is not None:
        yield from guarded(f"rule pattern: {part}", _matching(deployment, part, rule))
        yield from guarded(f"rule target: {part}", _target(deployment, part))


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
    at, pattern = datetime.fromtimestamp(deployment.now(), UTC), rule.get("EventPattern", "{}")
    missed = []
    for what, record in samples.records(deployment.names, at).items():
        event = samples.event(deployment.names, at, record)
        if not deployment.aws.call("events:TestEventPattern", EventPattern=pattern, Event=event)["Result"]:
            missed.append(what)
    if missed:
        yield failed(name, f"does not let through {', '.join(missed)}: {pattern}", APPLY)
    else:
        yield ok(name, "lets reads of secrets through")


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
    yield judge_target(name, next(target for target in targets if target["Arn"] == wanted))
    name = f"rule permission: {part}"
    if (deployment.queue if part == "summarizer" else deployment.function(part)) is None:
        yield skipped(name, f"{wanted} is not there")
        return
    refused = f"the policy of {wanted} does not let the rule in"
    yield judge_access(
        name, _lets_in(deployment, part), f"{wanted.rsplit(':', 1)[-1]} lets the rule in", refused, APPLY
    )
    name = f"rule deliveries: {part}"
    yield from guarded(name, _deliveries(deployment, name, called, wanted))


def judge_target(name: str, target: Json) -> Result:
    """Return whether a target (ListTargetsByRule) gets the event itself, and what it cannot take is kept."""
    changed = [key for key in ("Input", "InputPath", "InputTransformer") if target.get(key)]
    if changed:
        return failed(name, f"{target['Arn']} does not get the event as it is: {', '.join(changed)}", APPLY)
    if not target.get("DeadLetterConfig", {}).get("Arn"):
        return failed(name, f"{target['Arn']} has no dead-letter queue: what it cannot take is lost", APPLY)
    return ok(name, f"is {target['Arn']}")


def _deliveries(deployment: Deployment, name: str, rule: str, target: str) -> Iterator[Result]:
    lost = deployment.total("AWS/Events", "FailedInvocations", _dimensions(rule, deployment.bus), 3)
    yield judge_deliveries(name, target, lost)


def _dimensions(rule: str, bus: str) -> dict[str, str]:
    """AWS: "Monitoring Amazon EventBridge": rules of the default bus have no EventBusName."""
    return {"RuleName": rule} if bus == "default" else {"EventBusName": bus, "RuleName": rule}


def judge_deliveries(name: str, target: str, lost: float) -> Result:
    """Return whether a rule's events reach its target."""
    if lost:
        return failed(
            name,
            f"EventBridge failed to reach {target} {lost:.0f} times in the last three hours",
            "see the lines on the queue, its key and the functions' permissions",
        )
    return ok(name, "none failed in the last three hours")


def _lets_in(deployment: Deployment, part: str) -> Verdict:
    names, context = deployment.names, {"aws:SourceArn": deployment.rule_arn(part)}
    if part == "summarizer":
        request = Request(_SENDER, "sqs:SendMessage", names.arn("sqs", names.queue), context)
        return judge((deployment.queue or {}).get("Policy", "{}"), request)
    request = Request(_SENDER, "lambda:InvokeFunction", names.function_arn(part), context)
    return judge(deployment.function_policy(part), request)


def queue(deployment: Deployment) -> Iterator[Result]:
    """The queue, how far it is behind, and whether it hands what fails to a dead-letter queue."""
    if not deployment.has_fast_path:
        yield skipped("queue", OFF)
    elif deployment.queue is None:
        yield failed("queue", f"{deployment.names.queue} is not there", APPLY)
    else:
        yield judge_queue(deployment.names.queue, deployment.queue)
        dead_letters = deployment.names.arn("sqs", deployment.names.dead_letters("summarizer"))
        yield from wrong_redrive("queue: redrive", deployment.names.queue, deployment.queue, dead_letters)


def judge_queue(called: str, attributes: Json) -> Result:
    """Return whether a queue has a redrive policy, and what waits in it."""
    if "RedrivePolicy" not in attributes:
        return failed("queue", f"{called} has no dead-letter queue: what fails comes back for ever", APPLY)
    waiting = int(attributes.get("ApproximateNumberOfMessages", 0))
    return ok("queue", f"{called}: {waiting} waiting")


def wrong_redrive(name: str, called: str, attributes: Json, wanted: str) -> Iterator[Result]:
    """Yield that a queue hands what fails to another queue than its dead-letter queue (ARN), which nobody looks at."""
    target = json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
    if target is not None and target != wanted:
        yield failed(name, f"{called} hands what fails to {target}, not to {wanted}", APPLY)


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
    if criteria := ours[0].get("FilterCriteria"):
        shown = ", ".join(str(entry.get("Pattern")) for entry in criteria.get("Filters", ()))
        return failed(
            name, f"{function} reads only what a filter lets through, and the rest is deleted: {shown}", APPLY
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
    """What could not be handled: every function has a dead-letter queue, which may outlive it."""
    for part in FUNCTIONS:
        called = deployment.names.dead_letters(part)
        yield from guarded(f"dead-letter queue: {called}", _dead_letters(deployment, part, called))


def _dead_letters(deployment: Deployment, part: str, called: str) -> Iterator[Result]:
    if deployment.expects(part):
        yield from look_at_dead_letters(deployment, called, deployment.sender_of_dead_letters(part))
    elif deployment.queue_attributes(called) is not None:
        yield from look_at_dead_letters(deployment, called, None)


def look_at_dead_letters(deployment: Deployment, called: str, sender: tuple[str, str] | None) -> Iterator[Result]:
    """What is in a dead-letter queue, and whether the service that sends there (and for what: ARN) may."""
    attributes = deployment.queue_attributes(called)
    waiting = 0 if attributes is None else int(attributes.get("ApproximateNumberOfMessages", 0))
    age = oldest(deployment, called) if waiting else 0.0
    yield judge_dead_letters(called, attributes is not None, waiting, age)
    if attributes is not None and sender is not None:
        service, source = sender
        arn = deployment.names.arn("sqs", called)
        request = Request(service, "sqs:SendMessage", arn, {"aws:SourceArn": source})
        yield judge_access(
            f"dead-letter queue policy: {called}",
            judge(attributes.get("Policy", "{}"), request),
            f"lets {service} in",
            f"{service} may not send there: what it cannot deliver is lost",
            APPLY,
        )


def judge_dead_letters(called: str, exists: bool, waiting: int, age: float) -> Result:
    """Return whether a dead-letter queue is there and empty; ``age`` in seconds, 0 where unknown."""
    name = f"dead-letter queue: {called}"
    if not exists:
        return failed(name, "is not there: what cannot be handled is lost", APPLY)
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
