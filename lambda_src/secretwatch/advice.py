"""What to do about a signal: one sentence for whoever is woken by it."""

from __future__ import annotations

from collections.abc import Mapping

from secretwatch.notice import Severity
from secretwatch.signals import Signal

_EXPLAIN_OR_REVOKE = (
    "Ask the principal's owner. If nobody can explain it: revoke the credentials first, then rotate every secret read."
)
_UNDO = "Ask who did it and why; if nobody meant it, undo it and look at what else this principal did."

ADVICE: Mapping[str, str] = {
    "decoy_touched": "Nobody has a reason to read a decoy: revoke these credentials, then see what else they did.",
    "secret_shared": "Look at the resource policy now, and remove the grant if nobody meant it.",
    "root": "Ask who used root and why: nothing that reads secrets needs it.",
    "cross_account": "Check that the secret's resource policy means this account.",
    "untrusted_network": _EXPLAIN_OR_REVOKE,
    "many_secrets": _EXPLAIN_OR_REVOKE,
    "batch_catch_all": _EXPLAIN_OR_REVOKE,
    "enumerate_then_read": _EXPLAIN_OR_REVOKE,
    "denied_burst": "Nothing was handed out. Find out what this principal is and why it tries.",
    "deletion_forced": "The value cannot be brought back here: restore it from its source, and ask who deleted it.",
    "kms_key_changed": _UNDO,
    "policy_removed": _UNDO,
    "new_region": "Ask the principal's owner whether anything of theirs runs in that region.",
    "cloudshell": "Ask the principal's owner whether it was them, at a prompt in the browser.",
    "rotation_cancelled": "Switch rotation on again unless its owner meant this.",
    "rotation_failed": "The old value is still valid: look at the rotation function's log, then rotate again.",
    "replica_created": "Check that the replica's region is meant; if not, remove the replica.",
    "deletion": "If nobody meant it: RestoreSecret brings the secret back within its recovery window.",
    "restored": _UNDO,
}


def advice(signals: tuple[Signal, ...]) -> str | None:
    """Return what to do about the most severe signal, or None where nothing has to be done at once."""
    urgent = [signal for signal in signals if signal.severity.rank >= Severity.MEDIUM.rank and signal.id in ADVICE]
    worst = max(urgent, key=lambda signal: signal.severity.rank, default=None)
    return None if worst is None else ADVICE[worst.id]
