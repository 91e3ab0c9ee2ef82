"""Who made a call: the identity that CloudTrail recorded, under a key that stays the same.

AWS: "CloudTrail userIdentity element" (CloudTrail User Guide). Every field of it is
optional; session names and access key ids change from call to call, so the key of a
role is its session issuer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from secretwatch.runtime.text import field

_ASSUMED_ROLE = re.compile(r"arn:([^:]*):sts::([0-9]*):assumed-role/([^/]+)")
_PEOPLE_TYPES = frozenset({"IAMUser", "IdentityCenterUser", "SAMLUser", "Root"})
_PERMISSION_SET = re.compile(r"arn:[^:]*:iam::[0-9]*:role/(.*/)?AWSReservedSSO_")
"""How IAM Identity Center names the role of a permission set."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


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


from typing import NamedTuple
class Session(NamedTuple):
    name: str | None = None
    access_key_id: str | None = None
    source_identity: str | None = None
    on_behalf_of: str | None = None
def session_of(identity):
    return Session(_session_name(identity), identity.get("accessKeyId") if isinstance(identity, dict) else None)
def _session_name(identity: object) -> str | None:
    """Return the name of a role's or federated user's session: new with every login, chosen by the caller."""
    arn = field(identity.get("arn")) if isinstance(identity, dict) else None
    if arn is None:
        return None
    role = arn.partition(":assumed-role/")[2]
    return role.partition("/")[2] or arn.partition(":federated-user/")[2] or None


def is_person(
    identity: object,
    *,
    from_console: bool = False,
    people_roles: Collection[str] = (),
    automation: Collection[str] = (),
) -> bool:
    """Return whether a person made the call of a ``userIdentity`` element, as far as its record can say. Never raises.

    People are: IAM users, the account root user, users of Identity Center and of SAML;
    whoever has a session of the console (``from_console``: ``sessionCredentialFromConsole``
    of the record), a role of an Identity Center permission set, a source identity, or an
    Identity Center user on whose behalf the call is made; whoever's session is named by an
    email address, as identity providers name the sessions of people. ``people_roles`` and
    ``automation`` are patterns (``*``) of role and user ARNs: roles that only people assume,
    and principals that are no people whatever their records look like.

    The view ``secret_calls`` of modules/analytics says the same in SQL. AWS: "CloudTrail
    userIdentity element" (CloudTrail User Guide), "Monitor and control actions taken with
    assumed roles" (IAM User Guide).
    """
    known = identity if isinstance(identity, Mapping) else {}
    principal = parse_principal(known)
    if _matches(principal.key, automation):
        return False
    return (
        from_console
        or principal.type in _PEOPLE_TYPES
        or _PERMISSION_SET.match(principal.key) is not None
        or _nested(known, "sessionContext", "sourceIdentity") is not None
        or _nested(known, "onBehalfOf", "userId") is not None
        or _ADDRESS.fullmatch(session_of(known) or "") is not None
        or _matches(principal.key, people_roles)
    )


def _matches(key: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


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
