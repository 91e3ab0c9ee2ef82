"""The records inside a value of JSON: itself, or whatever a tool wrapped around it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from secretwatch.record.envelopes import Content, Decoded, Unreadable, unwrap

_DEEPEST = 12
_RAW = ("_raw", "@message", "message", "raw_data", "CloudTrailEvent", "eventJson", "cloudtrail_event", "original")
"""Fields in which a tool keeps the record as it came, beside what it took out of it: Splunk, CloudWatch Logs (Insights,
FilterLogEvents), OCSF, LookupEvents, CloudTrail Lake, Elastic. What is beside them is a copy, and may be less."""


def find(value: object, depth: int = 0) -> Iterator[Content]:
    """Yield the records inside a JSON value, and what should be one and is none."""
    if isinstance(value, Mapping):
        yield from _in_object(value, depth)
    elif isinstance(value, list):
        if (row := _merged(value)) is not None:
            yield from _in_object(row, depth)
        elif depth < _DEEPEST:
            for inner in value:
                yield from find(inner, depth + 1)
    elif isinstance(value, str) and "eventName" in value and "{" in value and depth < _DEEPEST:
        try:
            start = 0 if value.lstrip()[:1] in ("{", "[") else value.index("{")
            inner = json.loads(value[start:])
        except (ValueError, RecursionError):
            yield Unreadable("a text that should be a record is not JSON")
        else:
            yield from find(inner, depth + 1)


def _in_object(value: Mapping[str, object], depth: int) -> Iterator[Content]:
    if depth < _DEEPEST and (raw := _raw(value)) is not None:
        yield from find(raw, depth + 1)
    elif (refused := _without_identity(value)) is not None:
        yield Unreadable(refused)
    elif "eventName" in value and ("eventSource" in value or "eventID" in value):
        yield Decoded(value)
    elif "eventname" in value and "eventsource" in value:
        yield from _lower_case(value)
    elif "awslogs" in value:
        yield from unwrap(value)
    elif depth < _DEEPEST:
        for inner in value.values():
            yield from find(inner, depth + 1)


def _raw(value: Mapping[str, object]) -> object:
    """Return the record as it came, where a tool keeps it; else None."""
    event = value.get("event")
    kept = event.get("original") if isinstance(event, Mapping) else None
    return next((raw for raw in (kept, *map(value.get, _RAW)) if _is_raw(raw)), None)


def _is_raw(value: object) -> bool:
    return (isinstance(value, str) and '"eventName"' in value) or (isinstance(value, Mapping) and "eventName" in value)


_NAMES = {name.lower(): name for name in (
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
    "requestID", "eventID",
    "readOnly", "eventType", "recipientAccountId", "serviceEventDetails", "sharedEventID", "vpcEndpointId", "resources",
    "eventCategory", "sessionCredentialFromConsole", "managementEvent", "tlsDetails", "apiVersion",
)}  # fmt: skip
_DOCUMENTS = ("useridentity", "requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
              "resources", "tlsdetails")  # fmt: skip


def _lower_case(row: Mapping[str, object]) -> Iterator[Content]:
    """A row of Athena's, whose columns are in lower case, the documents in them as JSON."""
    record: dict[str, object] = {}
    for key, value in row.items():
        if key not in _NAMES or value in ("", None):
            continue
        try:
            is_document = key in _DOCUMENTS and isinstance(value, str)
            record[_NAMES[key]] = json.loads(str(value)) if is_document else value
        except (ValueError, RecursionError):
            yield Unreadable(f"column {key} is no JSON: select CAST({key} AS JSON), or read the log files")
            return
    if isinstance(record.get("userIdentity"), Mapping):
        yield Decoded(record)
    else:
        yield Unreadable("a row without useridentity: nothing says who called; select every column")


def _without_identity(value: Mapping[str, object]) -> str | None:
    """Return why an object that is about a call is no record, or None."""
    if "class_uid" in value and isinstance(value.get("api"), Mapping):
        return "OCSF without the record in raw_data: read CloudTrail's own log files"
    if isinstance(event := value.get("event"), Mapping) and "action" in event and "aws" in value:
        return "Elastic's fields without event.original: keep the original event, or read CloudTrail's own log files"
    if value.get("Type") == "AWSCloudTrail" or "UserIdentityArn" in value:
        return "Sentinel's columns: read CloudTrail's own log files"
    if "Event name" in value and "Event time" in value:
        return "the console's CSV does not say who called: download the JSON of the event history"
    identity = value.get("userIdentity")
    if "eventName" in value and isinstance(identity, str) and not identity.lstrip().startswith('{"'):
        return "userIdentity is no JSON: of CloudTrail Lake select eventJson"
    return None


def _merged(value: list[object]) -> Mapping[str, object] | None:
    """Return a row that a tool keeps as a list of single fields as one object: Logs Insights, CloudTrail Lake."""
    if len(value) < 2 or not all(isinstance(entry, Mapping) for entry in value):
        return None
    row: dict[str, object] = {}
    for entry in value:
        assert isinstance(entry, Mapping)  # noqa: S101 -- for the type checker, seen above
        if set(entry) == {"field", "value"}:
            row[str(entry["field"])] = entry["value"]
        elif len(entry) == 1:
            row.update(entry)
        else:
            return None
    return row if len(row) == len(value) else None
