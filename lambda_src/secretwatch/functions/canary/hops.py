"""Where a path stopped: what AWS says about each hop between the canary's read and the summarizer.

Only configuration and times are looked at, never a record or a message. A hop that may not
be looked at, or has no name here, is unknown and said to be.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.aws import error_code
from secretwatch.runtime.text import count, timestamp

log = logging.getLogger(__name__)
LAG = 3_600
"""Seconds that the times of a log stream may be behind (AWS: "LogStream", CloudWatch Logs API Reference)."""
_ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class HopState(StrEnum):
    """What could be seen of a hop."""

    ALIVE = "alive"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop of a path."""

    name: str
    state: HopState
    detail: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Names of what the paths are made of; None is not known here."""

    summarizer: str
    trail: str | None = None
    log_group: str | None = None
    event_bus: str = "default"
    rule: str | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the hops of a path say together."""

    hops: tuple[Hop, ...]

    @property
    def stopped(self) -> Hop | None:
        """The first hop that does not work, or None if none can be seen."""
        return next((hop for hop in self.hops if hop.state is HopState.STOPPED), None)

    @property
    def last_alive(self) -> Hop | None:
        """The last hop that works, before the one that does not."""
        before = self.hops[: self.hops.index(self.stopped)] if self.stopped else self.hops
        return next((hop for hop in reversed(before) if hop.state is HopState.ALIVE), None)

    @property
    def cause(self) -> str:
        """Name of the hop that stopped, by which diagnoses are compared; empty if none can be seen."""
        return self.stopped.name if self.stopped else ""


@dataclass(frozen=True, slots=True)
class Clients:
    """Low-level clients, each made when first used."""

    cloudtrail: Any
    logs: Any
    events: Any
    sqs: Any
    functions: Any


Seen = tuple[HopState, str]
Look = Callable[[int], Seen]


class Hops:
    """Looks at the hops of the paths."""

    def __init__(self, clients: Clients, parts: Parts) -> None:
        self._clients = clients
        self._parts = parts

    def look(self, path: RecordPath, since: int) -> Diagnosis:
        """Return what can be seen of a path that brought nothing ``since`` (epoch seconds). Never raises."""
        parts = self._parts
        trail = (f"trail {parts.trail or ''}", parts.trail, self._trail)
        function = (f"function {parts.summarizer}", parts.summarizer, self._summarizer)
        looks: Mapping[RecordPath, Sequence[tuple[str, str | None, Look]]] = {
            RecordPath.LOGS: (
                trail,
                (f"log group {parts.log_group or ''}", parts.log_group, self._log_group),
                ("subscription filter of the log group", parts.log_group, self._subscription),
                ("permission of CloudWatch Logs to invoke the function", parts.summarizer, self._permission),
                function,
            ),
            RecordPath.EVENTS: (
                trail,
                (f"EventBridge rule {parts.rule or ''}", parts.rule, self._rule),
                ("target of the rule", parts.rule, self._target),
                (f"queue {parts.queue or ''}", parts.queue, self._queue),
                function,
            ),
        }
        return Diagnosis(tuple(self._hop(name.strip(), part, see, since) for name, part, see in looks[path]))

    @staticmethod
    def _hop(name: str, part: str | None, see: Look, since: int) -> Hop:
        if part is None:
            return Hop(name, HopState.UNKNOWN, "its name is not known here")
        try:
            return Hop(name, *see(since))
        except Exception as error:  # one hop that cannot be seen must not hide the others
            code = error_code(error)
            if code in _GONE:
                return Hop(name, HopState.STOPPED, "does not exist")
            log.warning("could not look", extra={"hop": name, "error": code})
            return Hop(name, HopState.UNKNOWN, f"could not be looked at ({code})")

    # --- both paths -----------------------------------------------------------------------

    def _trail(self, _: int) -> Seen:
        status = self._clients.cloudtrail.get_trail_status(Name=self._parts.trail)
        if not status.get("IsLogging"):
            stopped = status.get("StopLoggingTime")
            return HopState.STOPPED, f"logging is stopped{f', since {_shown(stopped)}' if stopped else ''}"
        return HopState.ALIVE, f"is logging; {_last('delivered to its bucket', status.get('LatestDeliveryTime'))}"

    def _summarizer(self, since: int) -> Seen:
        name = self._parts.summarizer
        reserved = self._clients.functions.get_function_concurrency(FunctionName=name)
        if reserved.get("ReservedConcurrentExecutions") == 0:
            return HopState.STOPPED, "its reserved concurrency is 0: nothing can invoke it"
        last = self._last_event(f"/aws/lambda/{name}")
        if last is not None and last.timestamp() < since - LAG:
            return HopState.STOPPED, f"has not run since {_shown(last)}"
        return HopState.ALIVE if last else HopState.UNKNOWN, _last("ran", last)

    # --- the complete path ------------------------------------------------------------------

    def _log_group(self, since: int) -> Seen:
        trail = self._parts.trail
        status = self._clients.cloudtrail.get_trail_status(Name=trail) if trail else {}
        if error := status.get("LatestCloudWatchLogsDeliveryError"):
            return HopState.STOPPED, f"CloudTrail cannot deliver to it: {error}"
        delivered, lag = status.get("LatestCloudWatchLogsDeliveryTime"), 0
        if delivered is None:
            delivered, lag = self._last_event(str(self._parts.log_group)), LAG
        if delivered is not None and delivered.timestamp() < since - lag:
            return HopState.STOPPED, f"has received nothing since {_shown(delivered)}"
        return HopState.ALIVE if delivered else HopState.UNKNOWN, _last("received a record", delivered)

    def _subscription(self, _: int) -> Seen:
        answer = self._clients.logs.describe_subscription_filters(logGroupName=self._parts.log_group)
        ours = f":function:{self._parts.summarizer}"
        if any(found["destinationArn"].endswith(ours) for found in answer["subscriptionFilters"]):
            return HopState.ALIVE, f"sends to {self._parts.summarizer}"
        return HopState.STOPPED, f"none sends to {self._parts.summarizer}"

    def _permission(self, _: int) -> Seen:
        try:
            policy = self._clients.functions.get_policy(FunctionName=self._parts.summarizer)["Policy"]
        except Exception as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return HopState.STOPPED, "is missing from the function's policy"
        allowing = [found for found in json.loads(policy)["Statement"] if found.get("Effect", "Allow") == "Allow"]
        services = [service for found in allowing for service in _services(found.get("Principal"))]
        if any(_LOGS.fullmatch(service) for service in services):
            return HopState.ALIVE, "stands in the function's policy"
        return HopState.STOPPED, "is missing from the function's policy"

    def _last_event(self, log_group: str) -> datetime | None:
        """Return when a log group last received something, as far as CloudWatch Logs knows; None if it does not."""
        streams = self._clients.logs.describe_log_streams(
            logGroupName=log_group, orderBy="LastEventTime", descending=True, limit=5
        )["logStreams"]
        times = [stream.get("lastIngestionTime") or stream.get("lastEventTimestamp") for stream in streams]
        latest = max((time for time in times if time), default=None)
        return None if latest is None else datetime.fromtimestamp(latest / 1000, UTC)

    # --- the fast path ------------------------------------------------------------------------

    def _rule(self, _: int) -> Seen:
        rule = self._clients.events.describe_rule(Name=self._parts.rule, EventBusName=self._parts.event_bus)
        state = rule["State"]
        if state == "DISABLED":
            return HopState.STOPPED, "is disabled"
        if state != _ALL_MANAGEMENT_EVENTS:
            return HopState.STOPPED, f"is {state}, and reads match only in state {_ALL_MANAGEMENT_EVENTS}"
        return HopState.ALIVE, f"is {state}"

    def _target(self, _: int) -> Seen:
        targets = self._clients.events.list_targets_by_rule(Rule=self._parts.rule, EventBusName=self._parts.event_bus)[
            "Targets"
        ]
        if any(target["Arn"].endswith(f":{self._parts.queue}") for target in targets):
            return HopState.ALIVE, f"is the queue {self._parts.queue}"
        return HopState.STOPPED, f"the queue {self._parts.queue} is not among its {len(targets)} targets"

    def _queue(self, _: int) -> Seen:
        sqs = self._clients.sqs
        url = sqs.get_queue_url(QueueName=self._parts.queue)["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return HopState.ALIVE, f"{count(sum(map(int, counts.values())), 'message waits', 'messages wait')} in it"


_GONE = frozenset({
    "TrailNotFoundException",
    "ResourceNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
})  # fmt: skip


_LOGS = re.compile(r"logs\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?")
"""CloudWatch Logs as a principal, of whatever partition."""


def _services(principal: object) -> list[str]:
    """Return the services that a statement names as its principal."""
    named = principal.get("Service") if isinstance(principal, dict) else None
    return [str(service) for service in (named if isinstance(named, list) else [named])]


def _last(what: str, time: datetime | None) -> str:
    return f"last {what} at {_shown(time)}" if time else f"when it last {what} is not known"


def _shown(time: datetime) -> str:
    return timestamp(time.astimezone(UTC))
