"""When a secret is rotated: a pure decision, with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from secretwatch.access import Activity, Outcome
from secretwatch.secret_id import SecretId, may_be_same, parse_secret_id
from secretwatch.settings import SettingsError
from secretwatch.trust import Judged, Verdict

STRATEGIES = ("generate", "managed")


@dataclass(frozen=True, slots=True)
class Target:
    """A secret that may be rotated, and how."""

    secret: SecretId
    strategy: str
    """``generate``: a new value is made here; ``managed``: the secret's own rotation function runs."""
    json_keys: tuple[str, ...] = ("password",)
    """``generate``, for a value that is a JSON object: the keys that get a new value; the others stay."""
    password_length: int = 32


@dataclass(frozen=True, slots=True)
class Decision:
    """Which targets an access puts at risk; none, with the reason, if it rotates nothing."""

    targets: tuple[Target, ...]
    reason: str


def decide(judged: Judged, targets: Sequence[Target], exempt: frozenset[str]) -> Decision:
    """Return what an access rotates."""
    call, origin = judged.access.call, judged.origin
    if call.activity is not Activity.READ or call.outcome is not Outcome.ALLOWED:
        return Decision((), "no secret value was handed out")
    if call.principal.key in exempt:
        return Decision((), "the principal is exempt")
    if origin.verdict is not Verdict.UNTRUSTED:
        return Decision((), f"the network is {origin.verdict}, not untrusted")
    hit = tuple(t for t in targets if any(may_be_same(t.secret, secret) for secret in call.secrets))
    return Decision(hit, origin.reason if hit else "the secret is not a rotation target")


def parse_targets(value: Mapping[str, object]) -> tuple[Target, ...]:
    """Return the targets of ROTATION_TARGETS (secret name or ARN → settings); raises SettingsError."""
    return tuple(_target(secret, settings) for secret, settings in value.items())


def _target(secret: str, settings: object) -> Target:
    where = f"environment variable ROTATION_TARGETS, {secret!r}"
    if not isinstance(settings, Mapping):
        raise SettingsError(f"{where}: must be a JSON object")
    strategy, keys, length = settings.get("strategy"), settings.get("json_keys"), settings.get("password_length", 32)
    if strategy not in STRATEGIES:
        raise SettingsError(f"{where}: strategy must be {' or '.join(STRATEGIES)}, not {strategy!r}")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise SettingsError(f"{where}: json_keys must be a list of strings")
    if not isinstance(length, int) or not 8 <= length <= 4096:
        raise SettingsError(f"{where}: password_length must be a whole number from 8 to 4096")
    return Target(parse_secret_id(secret), strategy, tuple(keys), length)
