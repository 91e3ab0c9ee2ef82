"""When a secret is rotated: two pure decisions, each branch with its reason.

``decide`` looks at one access alone; ``permit`` at what is going on when the rotator is
about to act. Everything that speaks against a rotation stands in ``Reason``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from secretwatch.access import Activity, Outcome
from secretwatch.secret_id import SecretId, may_be_same, parse_secret_id
from secretwatch.settings import SettingsError
from secretwatch.trust import Judged, Verdict

STRATEGIES = ("generate", "managed", "notify_only")
CHARACTER_CLASSES = ("lowercase", "uppercase", "digits", "symbols")
MOST_TARGETS = 200


class Action(StrEnum):
    """What becomes of an access to a target."""

    NOTHING = "nothing"
    TELL = "tell"
    ROTATE = "rotate"


class Reason(StrEnum):
    """Why; for people and tests."""

    NOT_A_READ = "no secret value was handed out"
    NOT_A_TARGET = "the secret is not a rotation target"
    EXEMPT = "the principal is exempt"
    TRUSTED = "the network is trusted"
    AWS_SERVICE = "an AWS service read it"
    UNKNOWN_NETWORK = "it cannot be said where the read came from"
    UNTRUSTED = "the read came from an untrusted network"
    COOLDOWN = "the secret was dealt with within the cooldown"
    NOTIFY_ONLY = "this secret is only told about (strategy notify_only)"
    FROZEN = "rotations are frozen (the freeze parameter is on)"
    UNDER_WAY = "another rotation of it is under way (AWSPENDING stands on another version)"
    DRY_RUN = "the rotator is in dry run"
    BREAKER = "the hour's limit of rotations is reached: rotations have stopped"


@dataclass(frozen=True, slots=True)
class Target:
    """A secret that may be rotated, and how."""

    secret: SecretId
    strategy: str
    """``generate``: a new value is made here; ``managed``: the secret's own rotation function
    runs; ``notify_only``: somebody is told."""
    json_keys: tuple[str, ...] = ("password",)
    """``generate``, for a value that is a JSON object: the keys that get a new value; the others stay."""
    password_length: int = 32
    character_classes: tuple[str, ...] = CHARACTER_CLASSES
    exclude_characters: str = ""
    exempt: frozenset[str] = frozenset()
    """Principals whose reads of this secret rotate nothing: its rotation function's role."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user decided for all targets."""

    exempt: frozenset[str] = frozenset()
    """Principals (role or user ARNs) whose reads rotate nothing: the rotator's own role above all."""
    dry_run: bool = True
    rotate_unknown: bool = False
    """Whether a read rotates whose network cannot be judged."""
    cooldown_minutes: int = 15
    rotations_per_hour: int = 10


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is going on when the rotator is about to act."""

    frozen: bool
    under_way: bool
    within_limit: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    action: Action
    reason: Reason


def decide(judged: Judged, target: Target, policy: Policy) -> Decision:
    """Return what an access to ``target`` calls for, all else being quiet."""
    call, verdict = judged.access.call, judged.origin.verdict
    if call.activity is not Activity.READ or call.outcome is not Outcome.ALLOWED:
        return Decision(Action.NOTHING, Reason.NOT_A_READ)
    if not any(may_be_same(target.secret, secret) for secret in call.secrets):
        return Decision(Action.NOTHING, Reason.NOT_A_TARGET)
    if call.principal.key in policy.exempt or call.principal.key in target.exempt:
        return Decision(Action.NOTHING, Reason.EXEMPT)
    if verdict is Verdict.TRUSTED:
        return Decision(Action.NOTHING, Reason.TRUSTED)
    if verdict is Verdict.AWS_SERVICE:
        return Decision(Action.NOTHING, Reason.AWS_SERVICE)
    if verdict is Verdict.UNKNOWN:
        action = Action.ROTATE if policy.rotate_unknown else Action.TELL
        return Decision(action, Reason.UNKNOWN_NETWORK)
    return Decision(Action.ROTATE, Reason.UNTRUSTED)


def permit(target: Target, policy: Policy, now: Circumstances) -> Decision | None:
    """Return what keeps a rotation from being done now, or None if nothing does."""
    if target.strategy == "notify_only":
        return Decision(Action.TELL, Reason.NOTIFY_ONLY)
    if now.frozen:
        return Decision(Action.TELL, Reason.FROZEN)
    if now.under_way:
        return Decision(Action.TELL, Reason.UNDER_WAY)
    if policy.dry_run:
        return Decision(Action.TELL, Reason.DRY_RUN)
    if not now.within_limit:
        return Decision(Action.TELL, Reason.BREAKER)
    return None


def parse_targets(value: Mapping[str, object]) -> tuple[Target, ...]:
    """Return the targets of ROTATION_TARGETS (secret name or ARN → settings); raises SettingsError."""
    if len(value) > MOST_TARGETS:
        raise SettingsError(f"environment variable ROTATION_TARGETS names {len(value)} secrets, {MOST_TARGETS} at most")
    return tuple(_target(secret, settings) for secret, settings in value.items())


def _target(secret: str, settings: object) -> Target:
    where = f"environment variable ROTATION_TARGETS, {secret!r}"
    if not isinstance(settings, Mapping):
        raise SettingsError(f"{where}: must be a JSON object")
    strategy, length = settings.get("strategy"), settings.get("password_length", 32)
    if strategy not in STRATEGIES:
        raise SettingsError(f"{where}: strategy must be {' or '.join(STRATEGIES)}, not {strategy!r}")
    if not isinstance(length, int) or not 8 <= length <= 4096:
        raise SettingsError(f"{where}: password_length must be a whole number from 8 to 4096")
    classes = _texts(settings, "character_classes", where, CHARACTER_CLASSES)
    if not classes or not set(classes) <= set(CHARACTER_CLASSES):
        raise SettingsError(f"{where}: character_classes must be some of {', '.join(CHARACTER_CLASSES)}")
    excluded = settings.get("exclude_characters") or ""
    if not isinstance(excluded, str):
        raise SettingsError(f"{where}: exclude_characters must be a text")
    return Target(
        secret=parse_secret_id(secret),
        strategy=strategy,
        json_keys=_texts(settings, "json_keys", where, ()),
        password_length=length,
        character_classes=classes,
        exclude_characters=excluded,
        exempt=frozenset(_texts(settings, "exempt_principal_arns", where, ())),
    )


def _texts(settings: Mapping[str, object], name: str, where: str, default: Sequence[str]) -> tuple[str, ...]:
    value = settings.get(name, list(default))
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise SettingsError(f"{where}: {name} must be a list of strings")
    return tuple(value)
