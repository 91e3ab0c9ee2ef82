"""KMS: each key that something here is encrypted with, and whether AWS's services may use it for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tools.verify import key_uses, policies
from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.key_uses import KeyUse
from tools.verify.looking import guarded, judge_access
from tools.verify.names import FUNCTIONS
from tools.verify.result import Result, failed, not_yet, ok
from tools.verify.times import MINUTE

_MAKING = frozenset({"Creating", "Updating"})
_CURE = "apply the module again; to a key of your own add the statements of modules/kms_key_policy"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is stored, its key as it is named there (None: no KMS key), and the services that use that."""

    name: str
    key: str | None
    uses: tuple[KeyUse, ...] = ()


Look = Callable[[Deployment], Iterable[Thing]]


def _trail(deployment: Deployment) -> Iterator[Thing]:
    trail = deployment.trail
    if trail is not None:
        yield Thing(
            "the trail's log files", trail.get("KmsKeyId"), (*key_uses.of_trail(deployment.names, trail["TrailARN"]),)
        )


def _trail_topic(deployment: Deployment) -> Iterator[Thing]:
    trail = deployment.trail or {}
    if arn := trail.get("SnsTopicARN"):
        use = key_uses.of_trail_topic(deployment.names, trail["TrailARN"], arn)
        yield Thing("the trail's topic", (deployment.topic(arn) or {}).get("KmsMasterKeyId"), (use,))


def _trail_bucket(deployment: Deployment) -> Iterator[Thing]:
    """Only with a bucket key does CloudTrail need more than for its own files."""
    trail = deployment.trail or {}
    if (bucket := trail.get("S3BucketName")) and (found := deployment.bucket_encryption(bucket)) is not None:
        key = found.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
        use = key_uses.of_trail_bucket(deployment.names, trail["TrailARN"], bucket)
        yield Thing("the trail's bucket", key, (use,) if found.get("BucketKeyEnabled") else ())


def _log_group(deployment: Deployment, name: str, called: str | None) -> Iterator[Thing]:
    group = deployment.log_group_description(called) if called else None
    if called and group is not None:
        yield Thing(name, group.get("kmsKeyId"), (key_uses.of_log_group(deployment.names, called),))


def _trail_log_group(deployment: Deployment) -> Iterator[Thing]:
    yield from _log_group(deployment, "the trail's log group", deployment.log_group)


def _function_log_group(part: str, deployment: Deployment) -> Iterator[Thing]:
    if deployment.function(part) is not None:
        yield from _log_group(deployment, f"the log of the {part}", deployment.names.function_log_group(part))


def _topic(name: str, arn: Callable[[Deployment], str], deployment: Deployment) -> Iterator[Thing]:
    topic = deployment.topic(arn(deployment))
    if topic is not None:
        use = key_uses.of_topic(deployment.names, "cloudwatch.amazonaws.com")
        yield Thing(name, topic.get("KmsMasterKeyId"), (use,))


def _queue(deployment: Deployment) -> Iterator[Thing]:
    if deployment.queue is not None:
        yield Thing("the queue", deployment.queue.get("KmsMasterKeyId"), (key_uses.of_queue("events.amazonaws.com"),))


def _dead_letters(part: str, deployment: Deployment) -> Iterator[Thing]:
    queue = deployment.queue_attributes(deployment.names.dead_letters(part)) if deployment.expects(part) else None
    if queue is not None:
        sender = deployment.sender_of_dead_letters(part)
        uses = () if sender is None else (key_uses.of_queue(sender[0]),)
        yield Thing(f"the dead-letter queue of the {part}", queue.get("KmsMasterKeyId"), uses)


def _channels(deployment: Deployment) -> Iterator[Thing]:
    for channel in deployment.channels:
        queue = deployment.queue_attributes(deployment.names.channel_queue(channel))
        if queue is not None:
            uses = (key_uses.of_queue("sns.amazonaws.com"),)
            yield Thing(f"the queue of the channel {channel}", queue.get("KmsMasterKeyId"), uses)


def _table(deployment: Deployment) -> Iterator[Thing]:
    if deployment.table is not None:
        yield Thing("the audit table", (deployment.table.get("SSEDescription") or {}).get("KMSMasterKeyArn"))


def _function(part: str, deployment: Deployment) -> Iterator[Thing]:
    function = deployment.function(part)
    if function is not None:
        yield Thing(f"the environment of the {part}", function["Configuration"].get("KMSKeyArn"))


_THINGS: Mapping[str, Look] = {
    "the trail's log files": _trail,
    "the trail's bucket": _trail_bucket,
    "the trail's topic": _trail_topic,
    "the trail's log group": _trail_log_group,
    "the alerts topic": partial(_topic, "the alerts topic", lambda d: d.alerts_topic_arn),
    "the major alerts topic": partial(_topic, "the major alerts topic", lambda d: d.names.major_alerts_topic_arn),
    "the minor alerts topic": partial(_topic, "the minor alerts topic", lambda d: d.names.minor_alerts_topic_arn),
    "the operations topic": partial(_topic, "the operations topic", lambda d: d.names.operations_topic_arn),
    "the queue": _queue,
    "the channels' queues": _channels,
    "the audit table": _table,
    **{f"the environment of the {part}": partial(_function, part) for part in FUNCTIONS},
    **{f"the log of the {part}": partial(_function_log_group, part) for part in FUNCTIONS},
    **{f"the dead-letter queue of the {part}": partial(_dead_letters, part) for part in FUNCTIONS},
}


def keys(deployment: Deployment) -> Iterator[Result]:
    """Each key: enabled, and its policy in effect. One that cannot be looked at hides no other."""
    things: list[Thing] = []

    def look(things_of: Look) -> Iterator[Result]:
        things.extend(things_of(deployment))
        yield from ()

    for name, things_of in _THINGS.items():
        yield from guarded(f"key: {name}", look(things_of))
    if without := [thing.name for thing in things if thing.key is None]:
        yield ok("key: none", f"encrypted without a KMS key of yours: {', '.join(without)}")
    by_key: dict[str, list[Thing]] = {}
    for thing in things:
        if thing.key is not None:
            by_key.setdefault(thing.key, []).append(thing)
    seen: set[str] = set()
    for identifier, encrypted in by_key.items():
        names = ", ".join(thing.name for thing in encrypted)
        yield from guarded(f"key: {identifier} of {names}", _of_one_key(deployment, identifier, encrypted, seen))


def _of_one_key(
    deployment: Deployment, identifier: str, encrypted: Iterable[Thing], seen: set[str]
) -> Iterator[Result]:
    try:
        key = deployment.key(identifier)
    except AwsError as error:
        if not error.is_absent:
            raise
        names = ", ".join(thing.name for thing in encrypted)
        yield failed(f"key: {identifier}", f"is not there: nothing can be read or written of {names}", _CURE)
        return
    if key["KeyId"] not in seen:
        seen.add(key["KeyId"])
        yield judge_key(key)
    used = [thing for thing in encrypted if thing.uses]
    if key.get("KeyManager") == "AWS":
        yield from (judge_managed(thing) for thing in used)
    elif used:
        policy = deployment.key_policy(key["KeyId"])
        yield from (judge_uses(thing, key, policy) for thing in used)
        yield from _roles(deployment, key, policy)


def _roles(deployment: Deployment, key: Mapping[str, Any], policy: str) -> Iterator[Result]:
    """Which roles of functions the policy of their own key keeps from it."""
    for part in FUNCTIONS:
        role, function = deployment.role(part), deployment.function(part)
        if role is None or function is None or key["KeyId"] not in str(function["Configuration"].get("KMSKeyArn")):
            continue
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            verdict = policies.judge(policy, policies.role_request(role, action, key["Arn"]))
            if verdict.decision is policies.Decision.DENIED:
                what = f"the policy of key {key['KeyId']} does not let {role} do {action}: {verdict.why}"
                yield failed(f"key: role of the {part}", what, _CURE)
                break


def judge_key(key: Mapping[str, Any]) -> Result:
    """Return whether a key (DescribeKey) can be used."""
    name, identifier = f"key: {key['KeyId']}", key["KeyId"]
    state = key.get("KeyState", "Enabled")
    if state == "Enabled":
        return ok(name, "is enabled")
    if state in _MAKING:
        return not_yet(name, f"is {state}", MINUTE)
    cure = f"aws kms enable-key --key-id {identifier}"
    if state == "PendingDeletion":
        cure = f"aws kms cancel-key-deletion --key-id {identifier} && {cure}"
    return failed(name, f"is {state}: nothing can be written, read or sent", cure)


def judge_managed(thing: Thing) -> Result:
    """Return that no service can use a key of AWS's. AWS: "Managing Amazon SNS encryption keys and costs"."""
    services = ", ".join(sorted({use.service for use in thing.uses}))
    return failed(
        f"key: {services} for {thing.name}",
        f"{thing.key} is AWS's own key, whose policy lets no service use it and cannot be changed",
        f"encrypt {thing.name} with a key of yours",
    )


def judge_uses(thing: Thing, key: Mapping[str, Any], policy: str) -> Result:
    """Return whether a key's policy lets the services do what they must for a thing: the worst of the verdicts."""
    name = f"key: {thing.uses[0].service} for {thing.name}"
    refused: list[str] = []
    unsure: list[policies.Verdict] = []
    verdict = policies.Verdict(policies.Decision.ALLOWED)
    for use in thing.uses:
        for action in use.actions:
            request = policies.Request(use.service, action, key["Arn"], use.sends, use.lacks)
            found = policies.judge(policy, request)
            if found.decision is policies.Decision.DENIED:
                refused.append(action)
                verdict = found
            elif found.decision is policies.Decision.UNKNOWN:
                unsure.append(found)
    if unsure and not refused:
        verdict = unsure[0]
    what = f"the policy of key {key['KeyId']} does not let {thing.uses[0].service} do {', '.join(refused)}"
    return judge_access(name, verdict, "its policy allows it", what, _CURE)


CHECKS = (Check("key", keys),)
