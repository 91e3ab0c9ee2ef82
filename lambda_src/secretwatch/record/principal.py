"""Who made a call: the identity that CloudTrail recorded, under a key that stays the same.

AWS: "CloudTrail userIdentity element" (CloudTrail User Guide). Every field of it is
optional; session names and access key ids change from call to call, so the key of a
role is its session issuer. What changes is the ``Session``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from secretwatch.runtime.text import FIELD_LIMIT, field

_ASSUMED_ROLE = re.compile(r"arn:([^:]*):sts::([0-9]*):assumed-role/([^/]+)")


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one recorded API call."""

    key: str
    """Stable identity: role or user ARN, account root, service host name, or account id."""
    type: str
    """``userIdentity.type``, or ``Unknown``."""
    name: str
    """Short name for people: ``alice``, ``deploy-role``, ``root``."""
    account: str | None

    @property
    def label(self) -> str:
        """How messages name the principal: with its kind."""
        return f"{_KINDS.get(self.type, self.type)} {self.name}"


class Session(NamedTuple):
    """What changes from call to call of one principal: the credentials that a call was made with."""

    name: str | None = None
    """The session's name, of a role or a federated user: chosen by its caller."""
    access_key_id: str | None = None
    source_identity: str | None = None
    """Who took the first role of a chain, where its trust policy asks: it stays the same through the chain."""
    on_behalf_of: str | None = None
    """The id of the Identity Center user for whom the call was made."""
    principal_id: str | None = None
    """The unique id of the user, or of the role with the session's name: what policies know as ``aws:userid``."""


NO_SESSION = Session()
_new = tuple.__new__

_KINDS = {
    "IAMUser": "user",
    "AssumedRole": "role",
    "Role": "role",
    "Root": "account",
    "AWSService": "service",
    "AWSAccount": "account",
    "FederatedUser": "federated user",
    "IdentityCenterUser": "Identity Center user",
    "WebIdentityUser": "web identity",
    "SAMLUser": "SAML user",
    "Directory": "directory user",
    "Unknown": "principal",
}


def parse_principal(identity: object) -> Principal:
    """Return the principal of a ``userIdentity`` element, whatever is missing from it. Never raises."""
    if not isinstance(identity, Mapping):
        return Principal("unknown", "Unknown", "unknown", None)
    arn = field(identity.get("arn"))
    kind = field(identity.get("type")) or "Unknown"
    account = field(identity.get("accountId"))
    issuer = _issuer(identity)
    if kind in ("AssumedRole", "Role"):
        key = issuer or _role(arn)
    elif kind == "FederatedUser":
        key = issuer or arn
    elif kind == "IdentityCenterUser":
        key = _nested(identity, "onBehalfOf", "userId") or arn
    elif kind == "AWSService":
        key = field(identity.get("invokedBy"))
    elif kind == "AWSAccount":
        key = arn or account
    else:
        key = arn
    key = (
        key
        or arn
        or field(identity.get("userName"))
        or field(identity.get("invokedBy"))
        or field(identity.get("principalId"))
        or field(identity.get("accessKeyId"))
        or account
        or "unknown"
    )
    return Principal(
        key=key,
        type=kind,
        name=_short(kind, key, identity),
        account=account or _account_of(key),
    )


def parse_session(identity: object) -> Session:
    """Return what a ``userIdentity`` element says of the session that the call was made in. Never raises."""
    if not isinstance(identity, dict):
        return NO_SESSION
    get = identity.get
    arn, key, context, behalf = get("arn"), get("accessKeyId"), get("sessionContext"), get("onBehalfOf")
    if type(arn) is str:
        if len(arn) > FIELD_LIMIT:
            arn = arn[:FIELD_LIMIT]
        name = arn.partition(":assumed-role/")[2].partition("/")[2] or arn.partition(":federated-user/")[2] or None
    else:
        name = None
    # Almost every call of a role passes here: what is missing is not asked for.
    if type(key) is not str or not 0 < len(key) <= FIELD_LIMIT:
        key = field(key)
    source = context.get("sourceIdentity") if type(context) is dict else None
    source = None if source is None else field(source)
    person = None if behalf is None else _nested(identity, "onBehalfOf", "userId")
    principal = get("principalId")
    if type(principal) is not str or not 0 < len(principal) <= FIELD_LIMIT:
        principal = field(principal)
    return _new(Session, (name, key, source, person, principal))


def _role(arn: str | None) -> str | None:
    """Return the role's ARN of an assumed role's."""
    match = _ASSUMED_ROLE.match(arn) if arn else None
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else arn


def _issuer(identity: Mapping[str, object]) -> str | None:
    context = identity.get("sessionContext")
    return _nested(context, "sessionIssuer", "arn") if isinstance(context, Mapping) else None


def _nested(outer: Mapping[str, object], name: str, inner: str) -> str | None:
    value = outer.get(name)
    return field(value.get(inner)) if isinstance(value, Mapping) else None


def _short(kind: str, key: str, identity: Mapping[str, object]) -> str:
    if kind == "Root":
        return "root"
    if kind == "IAMUser":
        return field(identity.get("userName")) or key.rpartition("/")[2]
    return key.rpartition("/")[2] if key.startswith("arn:") else key


def _account_of(key: str) -> str | None:
    parts = key.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" and parts[4].isdigit() else None
