"""What one CloudTrail record says about a secret: the parser.

``parse`` is total: any JSON value comes back as a ``SecretAccess``, as ``Ignored`` with
a reason, or as ``Malformed`` with what is wrong. AWS: "CloudTrail record contents"
(CloudTrail User Guide), "Secrets Manager information in CloudTrail" (Secrets Manager
User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

from secretwatch.record.principal import Principal, Session, parse_principal, session_of
from secretwatch.record.secret_id import SecretId, parse_secret_id
from secretwatch.runtime.data import read_data
from secretwatch.runtime.text import FIELD_LIMIT, field, one_line

EVENT_SOURCE = "secretsmanager.amazonaws.com"
MAX_SECRETS = 100
"""Most secrets taken from one record; a Batch call itself returns at most 20."""


class Activity(StrEnum):
    """What kind of thing was done."""

    READ = "read"
    ENUMERATION = "enumeration"
    TAMPERING = "tampering"
    ROTATION = "rotation"


class Outcome(StrEnum):
    """How the call ended."""

    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


ACTIVITIES: Mapping[str, Activity] = {
    name: Activity(activity) for name, activity in read_data("record/event_names.json").items()
}
"""The calls that are watched; Terraform reads the same file for rules and filters."""

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"})
_SECRET_ARN = re.compile(r"arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]+:secret:[A-Za-z0-9/_+=.@!-]+")


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """What was called, by whom, from where: the same object for every repetition of the same call.

    Equal only to itself, so that whatever is worked out of a call can be worked out once.
    """

    event_name: str
    activity: Activity
    principal: Principal
    secrets: tuple[SecretId, ...]
    """The secrets that the record names; empty for a Batch by filters."""
    outcome: Outcome
    error_code: str | None
    account: str | None
    """The account that the secret belongs to (``recipientAccountId``)."""
    region: str | None
    source_address: str | None
    vpc_endpoint_id: str | None
    user_agent: str | None
    from_console: bool
    version_id: str | None
    invoked_by: str | None
    parameters: Mapping[str, object]
    """``requestParameters`` as recorded (of the first such call): hostile, never a secret's value."""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of the secrets, without ARN and suffix, in the order of the record."""
        return tuple(secret.name for secret in self.secrets)

    @property
    def is_read(self) -> bool:
        """Whether a secret's value was returned."""
        return self.event_name == 'GetSecretValue' and self.outcome is Outcome.ALLOWED


class SecretAccess(NamedTuple):
    """One recorded call to Secrets Manager."""

    event_id: str
    time: datetime
    """When the call was made (``eventTime``, UTC); arrival is later."""
    call: Call
    session: Session
    shared_event_id: str | None = None
    """The role session's name, which changes from call to call."""

    @property
    def who(self) -> str:
        """How messages name the caller: the principal, and its session where it has one."""
        return f"{self.call.principal.label} (session {self.session.name})" if self.session.name else self.call.principal.label


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that is none of our business, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that should be understood and cannot be: a failure that people must see."""

    reason: str
    event_id: str | None


Parsed = SecretAccess | Ignored | Malformed


def parse(record: object) -> Parsed:
    """Return what ``record`` (one decoded CloudTrail record) says. Never raises."""
    known = _plain_read(record)
    if known is not None:
        return known
    if not isinstance(record, Mapping):
        return Malformed(f"a record must be a JSON object, not {type(record).__name__}", None)
    source = record.get("eventSource")
    if source != EVENT_SOURCE:
        if isinstance(source, str) and source:
            return Ignored("other event source")
        return Malformed("eventSource is missing", _id_of(record))
    kind = record.get("eventType")
    if kind not in ("AwsApiCall", "AwsServiceEvent"):
        return Ignored(f"event type {one_line(str(kind), 40)}")
    name = record.get("eventName")
    if not isinstance(name, str) or not name:
        return Malformed("eventName is missing", _id_of(record))
    if name not in ACTIVITIES:
        return Ignored("event name not watched")
    event_id = field(record.get("eventID"))
    if event_id is None:
        return Malformed("eventID is missing", None)
    time = _time(record.get("eventTime"))
    if time is None:
        return Malformed("eventTime is not a time like 2026-01-31T12:00:00Z", event_id)
    return SecretAccess(event_id, time, _call(record), session_of(record.get("userIdentity")))


def _call(record: Mapping[str, Any]) -> Call:
    name = record["eventName"]
    parameters = _mapping(record.get("requestParameters"))
    error = field(record.get("errorCode"))
    return Call(
        event_name=name,
        activity=ACTIVITIES[name],
        principal=parse_principal(record.get("userIdentity")),
        secrets=_secrets(record, parameters),
        outcome=Outcome.ALLOWED if error is None else Outcome.DENIED if error in _DENIED else Outcome.FAILED,
        error_code=error,
        account=field(record.get("recipientAccountId")),
        region=field(record.get("awsRegion")),
        source_address=field(record.get("sourceIPAddress")),
        vpc_endpoint_id=field(record.get("vpcEndpointId")),
        user_agent=field(record.get("userAgent")),
        from_console=record.get("sessionCredentialFromConsole") in ("true", True),
        parameters=parameters,
        version_id=field(parameters.get("versionId")),
        invoked_by=None,
    )


# --- plain reads -----------------------------------------------------------------------
# Services read the same secrets all day: of 10,000 records only some hundred differ in more
# than id, time and session. What a plain read (by a user or role, of one secret by name)
# says is worked out once for each set of the fields below, out of a record that has these
# fields and no others: a field that is not among them cannot be read.

_CALLS: dict[tuple[object, ...], Call] = {}
_MAX_CALLS = 20_000
_MAX_KEY = 4096
_NAMES = ("eventSource", "eventType", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "recipientAccountId")
_fields_of = itemgetter(*_NAMES)


def _plain_read(record: object) -> SecretAccess | None:
    """Return what a plain read says; None for any other record."""
    try:
        fields = _fields(record)
        event_id, time = record["eventID"], datetime.fromisoformat(record["eventTime"])  # type: ignore[index]
        if time.tzinfo is not UTC or type(event_id) is not str or not 0 < len(event_id) <= FIELD_LIMIT:
            return None
        call = _CALLS.get(fields)
        if call is None:
            call = _remembered(fields)
        return SecretAccess(event_id, time, call, session_of(record["userIdentity"]))  # type: ignore[index]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def _fields(record: Any) -> tuple[object, ...]:
    """Return the fields that decide about the Call of a plain read; raises if it is not one."""
    identity, get = record["userIdentity"], record.get
    kind, parameters = identity["type"], record["requestParameters"]
    secret = parameters["secretId"]
    if kind == "AssumedRole":
        who, name = identity["sessionContext"]["sessionIssuer"]["arn"], None
    else:
        who, name = identity["arn"], identity["userName"]
    # A version asked for is evidence of which value was returned.
    plain = kind in ("IAMUser", "AssumedRole") and len(parameters) == 1
    if not (plain and who and secret and type(who) is type(secret) is str and get("errorCode") is None):
        raise KeyError
    place = (kind, who, name, identity["accountId"], secret, get("vpcEndpointId"), get("sessionCredentialFromConsole"))
    fields: tuple[object, ...] = _fields_of(record) + place
    if fields[0] != EVENT_SOURCE or fields[1] != "AwsApiCall" or fields[2] != "GetSecretValue":
        raise KeyError
    return fields


def _remembered(fields: tuple[object, ...]) -> Call:
    """Work out a Call from the fields alone, and remember it."""
    call = _call(_record_of(fields))
    if sum(len(part) for part in fields if isinstance(part, str)) < _MAX_KEY:
        if len(_CALLS) >= _MAX_CALLS:
            _CALLS.clear()
        _CALLS[fields] = call
    return call


def _record_of(fields: tuple[object, ...]) -> dict[str, object]:
    """Return a record that has the fields of a plain read and no others."""
    kind, who, name, account, secret, endpoint, console = fields[len(_NAMES) :]
    issuer = {"sessionContext": {"sessionIssuer": {"arn": who}}} if kind == "AssumedRole" else {"arn": who}
    return {
        **dict(zip(_NAMES, fields, strict=False)),
        "userIdentity": {"type": kind, "userName": name, "accountId": account, **issuer},
        "requestParameters": {"secretId": secret},
        "vpcEndpointId": endpoint,
        "sessionCredentialFromConsole": console,
    }


def _secrets(record: Mapping[str, object], parameters: Mapping[str, object]) -> tuple[SecretId, ...]:
    """The secrets a record names: asked for, else answered with, else denied by name."""
    single = field(parameters.get("secretId"))
    if single is not None:
        return (parse_secret_id(single),)
    listed = parameters.get("secretIdList")
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        ids = dict.fromkeys(text for item in listed[:MAX_SECRETS] if (text := field(item)) is not None)
        return tuple(map(parse_secret_id, ids))
    response, extra = _mapping(record.get("responseElements")), _mapping(record.get("additionalEventData"))
    for holder, key in ((response, "arn"), (response, "aRN"), (extra, "SecretId"), (extra, "secretId")):
        text = field(holder.get(key))
        if text is not None:
            return (parse_secret_id(text, full=True),)
    denied = _SECRET_ARN.search(field(record.get("errorMessage")) or "")
    return (parse_secret_id(denied[0], full=True),) if denied else ()


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    # A time without a zone is UTC: CloudTrail writes no other. A zone at the edge of the
    # calendar overflows on conversion.
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None


def _id_of(record: Mapping[str, object]) -> str | None:
    return field(record.get("eventID"))
