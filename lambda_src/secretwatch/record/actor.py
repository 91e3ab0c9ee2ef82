"""Who acted: a person where people act, a role where services do.

Many people share the role of a permission set, and one service has many sessions. What
somebody usually does, and what a message says of somebody, is therefore of an actor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from secretwatch.record.access import Call, SecretAccess
from secretwatch.record.principal import Principal, Session

_PEOPLE_TYPES = frozenset({"IAMUser", "IdentityCenterUser", "SAMLUser", "Root"})
_PERMISSION_SET = re.compile(r"arn:[^:]*:iam::[0-9]*:role/(.*/)?AWSReservedSSO_")
"""How IAM Identity Center names the role of a permission set."""
_PERMISSION_SET_ID = re.compile(r"(?<=[^_])_[0-9a-f]{16}\Z")
"""What Identity Center puts behind the name of a permission set."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PERSON_LIMIT = 128
"""Longest name of a person, in characters; AWS allows 64 for a session name and a source identity."""


class _Left(Enum):
    """What a call leaves its session to say about the actor."""

    NOTHING = "the principal is the actor"
    WHICH = "which person it is"
    WHETHER = "whether it is a person, and which"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that calls, the same from call to call."""

    key: str
    """Stable identity: the principal's key, and of a person behind a role the role and the person."""
    principal: Principal
    person: str | None
    """The person's name; None for what is no person. Of a role that people assume without a name: the role's."""

    @property
    def is_person(self) -> bool:
        """Whether a person acts, as far as the record can say."""
        return self.person is not None

    @property
    def label(self) -> str:
        """How messages name the actor: ``user alice``, ``role deploy``, ``ann@corp.example (role Developers)``."""
        label = self.principal.label
        if self.key == self.principal.key or self.person is None:
            return label
        if _PERMISSION_SET.match(self.principal.key):
            label = _PERMISSION_SET_ID.sub("", label)
        return f"{self.person} ({label})"

    @property
    def is_of_identity_center(self) -> bool:
        """Whether Identity Center names the sessions, by who logged in: of any other role whoever assumes it does."""
        return _PERMISSION_SET.match(self.principal.key) is not None

    @property
    def behind(self) -> Actor | None:
        """The role or the user whose session this is, where the session is an actor of its own."""
        principal = self.principal
        if self.key == principal.key or self.is_of_identity_center:
            return None
        if principal.type == "FederatedUser":
            return Actor(principal.key, replace(principal, type="IAMUser"), principal.name)
        return Actor(principal.key, principal, None)


@dataclass(frozen=True)
class People:
    """Who is a person, besides those whose records say so: the one definition, which the view ``secret_calls`` repeats.

    People are: IAM users, the account root user, users of Identity Center and of SAML; whoever
    has a session of the console, a role of an Identity Center permission set, a source
    identity, or an Identity Center user on whose behalf the call is made; whoever's session is
    named by an email address, as identity providers name the sessions of people. AWS:
    "CloudTrail userIdentity element" (CloudTrail User Guide), "Monitor and control actions
    taken with assumed roles" (IAM User Guide).
    """

    people_roles: tuple[str, ...] = ()
    """Patterns (``*``) of the ARNs of roles that only people assume."""
    automation: tuple[str, ...] = ()
    """Patterns (``*``) of the ARNs of users and roles that are no people, whatever their records look like."""

    def actor(self, access: SecretAccess) -> Actor:
        """Return who made an access."""
        return _behind(*self._of_call(access.call), access.session)

    def actor_of(self, principal: Principal, session: Session, from_console: bool) -> Actor:
        """Return who made a call of whatever service."""
        return _behind(*self._of(principal, from_console), session)

    def actors(self, accesses: Iterable[SecretAccess]) -> list[Actor]:
        """Return who made each access: what a call says is worked out once for all its repetitions."""
        known: dict[Call, tuple[Actor, _Left]] = {}
        found = []
        for _, _, call, session, *_ in accesses:
            of_call = known.get(call)
            if of_call is None:
                of_call = known[call] = self._of_call(call)
            actor, left = of_call
            found.append(_behind(actor, left, session))
        return found

    def _of_call(self, call: Call) -> tuple[Actor, _Left]:
        """Return the actor as far as the call alone says it, and what its session may still say."""
        return self._of(call.principal, call.from_console)

    def _of(self, principal: Principal, from_console: bool) -> tuple[Actor, _Left]:
        unnamed = Actor(principal.key, principal, None)
        if self._automation.fullmatch(principal.key):
            return unnamed, _Left.NOTHING
        if principal.type in _PEOPLE_TYPES:
            return replace(unnamed, person=principal.name), _Left.NOTHING
        only_people = (
            from_console
            or _PERMISSION_SET.match(principal.key) is not None
            or self._people_roles.fullmatch(principal.key) is not None
        )
        return unnamed, _Left.WHICH if only_people else _Left.WHETHER

    @cached_property
    def _people_roles(self) -> re.Pattern[str]:
        return _any_of(self.people_roles)

    @cached_property
    def _automation(self) -> re.Pattern[str]:
        return _any_of(self.automation)


def _behind(actor: Actor, left: _Left, session: Session) -> Actor:
    """Return the actor behind the session of a principal."""
    if left is _Left.NOTHING:
        return actor
    name, _, source_identity, on_behalf_of, _ = session
    person = source_identity or on_behalf_of
    if person is None and name is not None and (left is _Left.WHICH or ("@" in name and _ADDRESS.fullmatch(name))):
        person = name
    if person is None and name is not None and actor.principal.type == "FederatedUser":
        # Of a user's token: the user's own calls are another actor's. The name is the user's choice.
        return replace(actor, key=f"{actor.key} {name[:_PERSON_LIMIT]}")
    if person is None:
        return actor if left is _Left.WHETHER else replace(actor, person=actor.principal.name)
    person = person[:_PERSON_LIMIT]
    if _ADDRESS.fullmatch(person):
        person = person.lower()
    # A space is in no ARN: nobody can choose a session name that makes another role or user of it.
    return Actor(f"{actor.key} {person}", actor.principal, person)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches a text that one of the patterns matches; ``*`` stands for any text."""
    return re.compile("|".join(re.escape(pattern).replace(r"\*", ".*") for pattern in patterns) or r"(?!)", re.DOTALL)
