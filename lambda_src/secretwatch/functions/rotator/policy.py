"""When a secret is rotated: three pure decisions, each branch with its reason.

``action_for`` looks at one access alone; ``outdated`` at the version that it returned; ``permit``
at what is going on when the rotator is about to act. Everything that speaks against a rotation
stands in ``Reason``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from secretwatch.record.origin import Judged, Trust
from secretwatch.record.secret_id import SecretId, may_be_copy

STRATEGIES = ("generate", "managed", "notify_only")
FORMATS = ("json", "text")
CHARACTER_CLASSES = ("lowercase", "uppercase", "digits", "symbols")


class Action(StrEnum):
    """What becomes of an access to a target."""

    NOTHING = "nothing"
    NOTIFY = "notify"
    ROTATE = "rotate"


class Reason(StrEnum):
    """Why; for people and tests."""

    NOT_A_READ = "no secret value was returned"
    NOT_A_TARGET = "the secret is not a rotation target"
    EXEMPT = "the principal is exempt"
    TRUSTED = "the network is trusted"
    AWS_SERVICE = "an AWS service read it"
    UNKNOWN_NETWORK = "it cannot be determined where the read came from"
    UNTRUSTED = "the read came from an untrusted network"
    COOLDOWN = "the secret was rotated within the cooldown"
    NOTIFY_ONLY = "people are only notified about this secret (strategy notify_only)"
    FROZEN = "rotations are frozen (the freeze parameter is not off)"
    OLD_VERSION = "an older version of the value was read, which is not the current one any more"
    PENDING_VERSION = "the version that was read is AWSPENDING: a rotation has made it and not finished"
    CHANGED = "somebody else gave the secret a new value meanwhile, which stays"
    UNDER_WAY = "another rotation of it is under way (AWSPENDING is on another version)"
    DRY_RUN = "the rotator is in dry run"
    BREAKER = "the maximum of rotations per hour is reached: rotations have stopped"


@dataclass(frozen=True, slots=True)
class Generation:
    """How a new value is made."""

    json_keys: tuple[str, ...]
    """Of a value that is a JSON object: the keys that get a new value; the others stay."""
    password_length: int
    character_classes: tuple[str, ...]
    exclude_characters: str
    format: str | None = None
    """``json``, ``text`` (all of the value is one password, whatever it looks like), or None: as json_keys says."""


@dataclass(frozen=True, slots=True)
class Target:
    """A secret that may be rotated, and how."""

    secret: SecretId
    strategy: str
    """``generate``: a new value is made here; ``managed``: the secret's own rotation function
    runs; ``notify_only``: people are notified."""
    generation: Generation | None = None
    """Of strategy ``generate`` only."""
    exempt: frozenset[str] = frozenset()
    """Principals whose reads of this secret rotate nothing: its rotation function's role."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user decided for all targets."""

    exempt: frozenset[str]
    """Principals (role or user ARNs) whose reads rotate nothing: the rotator's own role above all."""
    dry_run: bool
    rotate_unknown: bool
    """Whether a read rotates whose network cannot be judged."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is going on when the rotator is about to act."""

    frozen: bool
    under_way: bool
    within_limit: bool = True


@dataclass(frozen=True, slots=True)
class RotationDecision:
    """What to do, and why."""

    action: Action
    reason: Reason


def action_for(judged: Judged, target: Target, policy: Policy) -> RotationDecision:
    """Return what an access to ``target`` calls for, all else being quiet."""
    call, trust = judged.access.call, judged.origin.trust
    if not call.is_read:
        return RotationDecision(Action.NOTHING, Reason.NOT_A_READ)
    if not any(may_be_copy(target.secret, secret) for secret in call.secrets):
        return RotationDecision(Action.NOTHING, Reason.NOT_A_TARGET)
    if call.principal.key in policy.exempt or call.principal.key in target.exempt:
        return RotationDecision(Action.NOTHING, Reason.EXEMPT)
    if trust is Trust.TRUSTED:
        return RotationDecision(Action.NOTHING, Reason.TRUSTED)
    if trust is Trust.AWS_SERVICE:
        return RotationDecision(Action.NOTHING, Reason.AWS_SERVICE)
    if trust is Trust.UNKNOWN:
        action = Action.ROTATE if policy.rotate_unknown else Action.NOTIFY
        return RotationDecision(action, Reason.UNKNOWN_NETWORK)
    return RotationDecision(Action.ROTATE, Reason.UNTRUSTED)


def outdated(returned: str | None, current: str | None, pending: str | None) -> Reason | None:
    """Return why a read of a version (None: one that is gone) does not expose the current one, or None if it does."""
    if returned is not None and returned == current:
        return None
    if returned is not None and returned == pending:
        return Reason.PENDING_VERSION
    return Reason.OLD_VERSION


def permit(target: Target, policy: Policy, now: Circumstances) -> RotationDecision | None:
    """Return what keeps a rotation from being done now, or None if nothing does."""
    if target.strategy == "notify_only":
        return RotationDecision(Action.NOTIFY, Reason.NOTIFY_ONLY)
    if now.frozen:
        return RotationDecision(Action.NOTIFY, Reason.FROZEN)
    if now.under_way:
        return RotationDecision(Action.NOTIFY, Reason.UNDER_WAY)
    if policy.dry_run:
        return RotationDecision(Action.NOTIFY, Reason.DRY_RUN)
    if not now.within_limit:
        return RotationDecision(Action.NOTIFY, Reason.BREAKER)
    return None
