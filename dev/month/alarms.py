"""How often the alarms of modules/alerting would go off: their counts and thresholds, over the records.

Severity, threshold and period are the catalogue's, and so is whether stories tell what a detection counts: the
root module lets those alarms count and notify nobody. What each counts is said here once more, over
records instead of in CloudWatch's language; the tests take both over the same examples. The
anomaly band (SecretAccessed) is left out: only CloudWatch can draw it. Of the watch itself only
the trail is there to be touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.month.records import READS, SECRETS_MANAGER, Label, Record
from secretwatch.detect.catalogue import Severity
from secretwatch.record.access import ACTIVITIES, Activity
from secretwatch.runtime.data import read_data

_BY_PARAMETER = {
    "UpdateSecret": "kmsKeyId",
    "RotateSecret": "rotationLambdaARN",
    "CreateSecret": "crossAccountPrimaryARN",
}
_TAMPERING = {name for name, does in ACTIVITIES.items() if does is Activity.TAMPERING}
_TAMPERING -= {*_BY_PARAMETER, "PutSecretValue", "UpdateSecretVersionStage"}
_TRAIL = frozenset({"StopLogging", "DeleteTrail", "UpdateTrail"})


def _is_call(record: Record) -> bool:
    return bool(record["eventSource"] == SECRETS_MANAGER and record["eventType"] == "AwsApiCall")


def _returned(record: Record) -> bool:
    return record["eventName"] in READS and "errorCode" not in record and _is_call(record)


def _tampered(record: Record) -> bool:
    name = record["eventName"]
    if "errorCode" in record or not _is_call(record):
        return False
    return name in _TAMPERING or (name in _BY_PARAMETER and _BY_PARAMETER[name] in (record["requestParameters"] or {}))


COUNTED: Mapping[str, Callable[[Record], bool]] = {
    "SecretAccessedByRole": lambda r: _returned(r) and r["userIdentity"].get("type") == "AssumedRole",
    "DeniedReads": lambda r: (
        r["eventName"] in READS and r.get("errorCode", "").startswith("AccessDenied") and _is_call(r)
    ),
    "RootRead": lambda r: r["userIdentity"].get("type") == "Root" and _returned(r),
    "BatchRead": lambda r: r["eventName"] == "BatchGetSecretValue" and _returned(r),
    "SecretTampering": _tampered,
    "TrailTampering": lambda r: r["eventName"] in _TRAIL and "errorCode" not in r,
}
"""Detection → what it counts."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that went off."""

    time: int
    """The end of its period, epoch seconds."""
    detection: str
    severity: Severity
    labels: frozenset[Label]
    """Of the records that it counted."""
    notifies: bool = True
    """By default, in a deployment that has the summarizer."""


@dataclass(slots=True)
class _Counter:
    period: int
    threshold: int
    severity: Severity
    notifies: bool
    number: int = 0
    """Of the period that is counted."""
    count: int = 0
    alarming: int = -2
    """The last period that was over the threshold."""
    labels: set[Label] = field(default_factory=set)


class Alarms:
    """Counts records in order of time, for each account; an alarm goes off once until a period is without."""

    def __init__(self) -> None:
        self._detections: Mapping[str, Mapping[str, Any]] = read_data("detect/catalogue.json")["detections"]
        self._counters: dict[tuple[str, str], _Counter] = {}
        self.gone_off: list[Alarm] = []

    def take(self, record: Record, time: int, label: Label | None) -> None:
        """Count a record."""
        for detection, counts in COUNTED.items():
            if counts(record):
                self._count(record["recipientAccountId"], detection, time, label)

    def _count(self, account: str, detection: str, time: int, label: Label | None) -> None:
        counter = self._counters.get((account, detection))
        if counter is None:
            entry = self._detections[detection]
            notifies = not entry.get("told_by_stories", False)
            counter = _Counter(entry["period"], entry["threshold"], Severity(entry["severity"]), notifies)
            self._counters[account, detection] = counter
        number = time // counter.period
        if number != counter.number:
            self._end(detection, counter)
            counter.number, counter.count, counter.labels = number, 0, set()
        counter.count += 1
        if label is not None:
            counter.labels.add(label)

    def _end(self, detection: str, counter: _Counter) -> None:
        if counter.count < counter.threshold:
            return
        if counter.alarming != counter.number - 1:
            end = (counter.number + 1) * counter.period
            labels = frozenset(counter.labels)
            self.gone_off.append(Alarm(end, detection, counter.severity, labels, counter.notifies))
        counter.alarming = counter.number

    def end(self) -> list[Alarm]:
        """Return what went off, when there are no more records."""
        for (_, detection), counter in self._counters.items():
            self._end(detection, counter)
            counter.count = 0
        return sorted(self.gone_off, key=lambda alarm: (alarm.time, alarm.detection))
