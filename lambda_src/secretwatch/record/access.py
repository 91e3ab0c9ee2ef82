"""What one CloudTrail record says about a secret: the parser.

``parse`` is total: any JSON value comes back as a ``SecretAccess``, as ``Ignored`` with
a reason, or as ``Malformed`` with what is wrong. AWS: "CloudTrail record contents"
(CloudTrail User Guide), "Secrets Manager information in CloudTrail" (Secrets Manager
User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

from secretwatch.record.principal import Principal, Session, parse_principal, parse_session
from secretwatch.record.secret_id import SecretId, parse_secret_id, settled
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
_REFUSED = re.compile(rf"on resource: ({_SECRET_ARN.pattern}|[A-Za-z0-9/_+=.@!-]+)(?:\s|$)")
"""How a refusal names its secret: as the caller typed it."""


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
    """The account that the secret belongs to: its ARN says it, else whose record it is (``recipientAccountId``)."""
    region: str | None
    source_address: str | None
    vpc_endpoint_id: str | None
    user_agent: str | None
    from_console: bool
    parameters: Mapping[str, object]
    """``requestParameters`` as recorded (of the first such call): hostile, never a secret's value."""
    version_id: str | None = None
    """The version that was asked for; None for the current one."""
    version_stage: str | None = None
    """The staging label of the version that was asked for; None for AWSCURRENT."""
    invoked_by: str | None = None
    """The AWS service that called on the principal's behalf; None where the principal itself called."""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of the secrets, without ARN and suffix, in the order of the record."""
        return tuple(secret.name for secret in self.secrets)

    @property
    def is_read(self) -> bool:
        """Whether a secret's value was returned.

        A batch returns none by itself: each secret that it asks for has a GetSecretValue record
        of its own, which says how that ended, while the batch succeeds also where every secret was
        refused. AWS: "BatchGetSecretValue" (Secrets Manager API Reference).
        """
        return self.event_name == "GetSecretValue" and self.outcome is Outcome.ALLOWED


class SecretAccess(NamedTuple):
    """One recorded call to Secrets Manager."""

    event_id: str
    time: datetime
    """When the call was made (``eventTime``, UTC); arrival is later."""
    call: Call
    session: Session
    """The credentials of the call, which change from call to call."""
    shared_event_id: str | None = None
    """The same in the two records of a call across accounts: the caller's account's and the secret's account's."""

    @property
    def id(self) -> str:
        """What the records of one call have in common, and those of two calls have not."""
        return self.shared_event_id or self.event_id

    @property
    def who(self) -> str:
        """How messages name the caller: the principal, and its session where it has one."""
        label, name = self.call.principal.label, self.session.name
        return f"{label} (session {name})" if name else label


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
    known = _plain_call(record)
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
    session = parse_session(record.get("userIdentity"))
    return SecretAccess(event_id, time, _call(record), session, field(record.get("sharedEventID")))


def _call(record: Mapping[str, Any]) -> Call:
    name = record["eventName"]
    parameters = _mapping(record.get("requestParameters"))
    error = field(record.get("errorCode"))
    principal, secrets = parse_principal(record.get("userIdentity")), _secrets(record, parameters)
    return Call(
        event_name=name,
        activity=ACTIVITIES[name],
        principal=principal,
        secrets=secrets,
        outcome=Outcome.ALLOWED if error is None else Outcome.DENIED if error in _DENIED else Outcome.FAILED,
        error_code=error,
        account=_owner(secrets) or field(record.get("recipientAccountId")),
        region=field(record.get("awsRegion")),
        source_address=field(record.get("sourceIPAddress")),
        vpc_endpoint_id=field(record.get("vpcEndpointId")),
        user_agent=field(record.get("userAgent")),
        from_console=record.get("sessionCredentialFromConsole") in ("true", True),
        parameters=parameters,
        version_id=field(parameters.get("versionId")),
        version_stage=field(parameters.get("versionStage")),
        invoked_by=_invoked_by(record, principal),
    )


def _owner(secrets: Sequence[SecretId]) -> str | None:
    """Return the account that the ARN of the first secret names: the caller's own record says the caller's account."""
    account = secrets[0].account if secrets else None
    return account if account and len(account) == 12 and account.isascii() and account.isdecimal() else None


def _invoked_by(record: Mapping[str, object], principal: Principal) -> str | None:
    identity = record.get("userIdentity")
    service = field(identity.get("invokedBy")) if isinstance(identity, dict) else None
    return None if service == principal.key else service


# --- which secret ----------------------------------------------------------------------


def _secrets(record: Mapping[str, object], parameters: Mapping[str, object]) -> tuple[SecretId, ...]:
    """The secrets a record names: asked for, else as AWS wrote them, else refused by name."""
    asked = field(parameters.get("secretId"))
    if asked is not None:
        secret = parse_secret_id(asked)
        return (settled(secret, _written_by_aws(record)) if secret.is_ambiguous else secret,)
    listed = parameters.get("secretIdList")
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        ids = dict.fromkeys(text for item in listed[:MAX_SECRETS] if (text := field(item)) is not None)
        return tuple(map(parse_secret_id, ids))
    created = field(parameters.get("name")) if record.get("eventName") == "CreateSecret" else None
    if created is not None:
        return (parse_secret_id(created),)
    written = next(_written_by_aws(record), None)
    if written is not None:
        return (written,)
    message = field(record.get("errorMessage")) or ""
    refused = _REFUSED.search(message)
    about = refused[1] if refused else (arn[0] if (arn := _SECRET_ARN.search(message)) else None)
    return (parse_secret_id(about),) if about else ()


def _written_by_aws(record: Mapping[str, object]) -> Iterator[SecretId]:
    """Yield what AWS itself put into a record to name its secret; ARNs are whole there.

    Service events have it in ``additionalEventData`` or ``serviceEventDetails``, under keys
    whose case changed over the years. AWS: "AWS CloudTrail entries for Secrets Manager".
    """
    resources = record.get("resources")
    holders = (
        record.get("responseElements"),
        record.get("additionalEventData"),
        *(resources[:MAX_SECRETS] if isinstance(resources, list) else ()),
        record.get("serviceEventDetails"),
    )
    names = []
    for holder in holders:
        known = {key.lower(): value for key, value in _mapping(holder).items()}
        for key in ("arn", "secretarn", "secretid"):
            text = field(known.get(key))
            if text is None:
                continue
            secret = parse_secret_id(text, full=True)
            if secret.is_arn:
                yield secret
            elif key == "secretid":
                names.append(secret)
        name = field(known.get("name"))
        if name is not None:
            names.append(parse_secret_id(name))
    yield from names


# --- plain calls -----------------------------------------------------------------------
# Services read the same secrets all day: of 10,000 records only some hundred differ in more
# than id, time and session. What a plain call (by a user or role, about one secret and nothing
# else) says is worked out once for each set of the fields below, out of a record that has these
# fields and no others: a field that is not among them cannot be read.

_CALLS: dict[tuple[Any, ...], Call] = {}
_MAX_CALLS = 20_000
_MAX_KEY = 4096
_NAMES = ("eventSource", "eventType", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "recipientAccountId")
_fields_of = itemgetter(*_NAMES)
_parts_of = itemgetter("userIdentity", "eventID", "eventTime")
_new = tuple.__new__  # as the named tuple's own __new__ does, which takes twice as long


def _plain_call(record: object) -> SecretAccess | None:
    """Return what a plain call says; None for any other record."""
    try:
        identity, event_id, at = _parts_of(record)  # type: ignore[arg-type]
        fields = _fields(record, identity)
        time = datetime.fromisoformat(at)
        if time.tzinfo is not UTC or type(event_id) is not str or not 0 < len(event_id) <= FIELD_LIMIT:
            return None
        call = _CALLS.get(fields)
        if call is None:
            call = _remembered(fields)
        return _new(SecretAccess, (event_id, time, call, parse_session(identity), None))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def _fields(record: Any, identity: Any) -> tuple[Any, ...]:
    """Return the fields that decide about the Call of a plain call; raises if it is not one."""
    get, kind, parameters = record.get, identity["type"], record["requestParameters"]
    secret = parameters["secretId"]
    if kind == "AssumedRole":
        who, name = identity["sessionContext"]["sessionIssuer"]["arn"], None
    else:
        who, name = identity["arn"], identity["userName"]
    # A version asked for is evidence of which value was returned.
    if len(parameters) != 1 or get("errorCode") is not None or get("sharedEventID") is not None:
        raise KeyError
    account, service = identity["accountId"], identity.get("invokedBy")
    endpoint, console = get("vpcEndpointId"), get("sessionCredentialFromConsole")
    return _fields_of(record), kind, who, name, account, service, secret, endpoint, console


def _remembered(fields: tuple[Any, ...]) -> Call:
    """Work out a Call from the fields alone, and remember it; raises if they are not a plain call's."""
    (source, event_type, name, *_), kind, who, _, _, _, secret, *_ = fields
    plain = source == EVENT_SOURCE and event_type == "AwsApiCall" and name in ACTIVITIES
    plain = plain and kind in ("IAMUser", "AssumedRole") and type(who) is type(secret) is str
    if not (plain and who and secret):
        raise KeyError
    call = _call(_record_of(fields))
    if call.secrets[0].is_ambiguous:
        raise KeyError  # other fields may say more
    if len("".join(filter(None, (*fields[0], *fields[1:])))) < _MAX_KEY:  # raises where one is no text
        if len(_CALLS) >= _MAX_CALLS:
            _CALLS.clear()
        _CALLS[fields] = call
    return call


def _record_of(fields: tuple[Any, ...]) -> dict[str, object]:
    """Return a record that has the fields of a plain call and no others."""
    named, kind, who, name, account, service, secret, endpoint, console = fields
    issuer = {"sessionContext": {"sessionIssuer": {"arn": who}}} if kind == "AssumedRole" else {"arn": who}
    return {
        **dict(zip(_NAMES, named, strict=True)),
        "userIdentity": {"type": kind, "userName": name, "accountId": account, "invokedBy": service, **issuer},
        "requestParameters": {"secretId": secret},
        "vpcEndpointId": endpoint,
        "sessionCredentialFromConsole": console,
    }


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
