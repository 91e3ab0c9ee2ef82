"""How the signals are tuned: one JSON setting, checked as a whole.

The same document is the Terraform variable ``rules``, the environment variable RULES and
the backtest's ``--rules``; docs/detections.md describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from secretwatch.notice import Severity

DAY = 86_400


class RulesError(ValueError):
    """The setting is wrong; the message names the part and says what to write."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One signal's tuning."""

    severity: Severity
    technique: str
    """MITRE ATT&CK technique id."""
    threshold: int = 0
    """How many, for the signals that count; 0 where nothing is counted."""
    window_minutes: int = 0
    """Within how many minutes, for the signals that look back."""
    enabled: bool = True


DEFAULTS: Mapping[str, Rule] = MappingProxyType(
    {
        "decoy_touched": Rule(Severity.CRITICAL, "T1555.006"),
        "secret_shared": Rule(Severity.CRITICAL, "T1098"),
        "root": Rule(Severity.HIGH, "T1078.004"),
        "cross_account": Rule(Severity.HIGH, "T1199"),
        "untrusted_network": Rule(Severity.HIGH, "T1078.004"),
        "many_secrets": Rule(Severity.HIGH, "T1555.006", threshold=10, window_minutes=5),
        "batch_catch_all": Rule(Severity.HIGH, "T1555.006"),
        "denied_burst": Rule(Severity.HIGH, "T1555.006", threshold=5, window_minutes=10),
        "deletion_forced": Rule(Severity.HIGH, "T1485"),
        "kms_key_changed": Rule(Severity.HIGH, "T1486"),
        "policy_removed": Rule(Severity.HIGH, "T1562"),
        "enumerate_then_read": Rule(Severity.MEDIUM, "T1526", window_minutes=10),
        "new_region": Rule(Severity.MEDIUM, "T1535"),
        "cloudshell": Rule(Severity.MEDIUM, "T1059.009"),
        "rotation_cancelled": Rule(Severity.MEDIUM, "T1562"),
        "rotation_failed": Rule(Severity.MEDIUM, "T1562"),
        "replica_created": Rule(Severity.MEDIUM, "T1537"),
        "deletion": Rule(Severity.MEDIUM, "T1485"),
        "restored": Rule(Severity.MEDIUM, "T1098"),
        "first_reader": Rule(Severity.LOW, "T1555.006"),
        "first_network": Rule(Severity.LOW, "T1078.004"),
        "first_writer": Rule(Severity.LOW, "T1565.001"),
        "unknown_network": Rule(Severity.LOW, "T1078.004"),
        "console_read": Rule(Severity.LOW, "T1555.006"),
        "batch": Rule(Severity.LOW, "T1555.006"),
        "version_stage_moved": Rule(Severity.LOW, "T1565.001"),
    }
)
_SETTINGS = ("history_days", "quiet_minutes", "decoys", "automation")


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole tuning."""

    signals: Mapping[str, Rule] = field(default_factory=lambda: DEFAULTS)
    history_days: int = 30
    """A reader, network or region not seen for this long counts as new."""
    quiet_minutes: int = 60
    """How long a story that was told is not told again, unless there is something new in it."""
    decoys: tuple[str, ...] = ()
    """Patterns of names of secrets that nobody should ever touch."""
    automation: tuple[str, ...] = ()
    """Patterns of principals (role or user ARNs) that are known: told at info."""

    def is_decoy(self, name: str) -> bool:
        """Whether a secret's name is a decoy's."""
        return any(fnmatchcase(name, pattern) for pattern in self.decoys)

    def automation_pattern(self, principal: str) -> str | None:
        """Return the pattern by which a principal is known automation, or None."""
        return next((pattern for pattern in self.automation if fnmatchcase(principal, pattern)), None)


def parse_rules(text: str | None) -> Rules:
    """Return the rules of a JSON document ("" and None are the defaults); raises RulesError."""
    try:
        document = json.loads(text) if text else {}
    except ValueError as error:
        raise RulesError(f"not JSON: {error}") from None
    if not isinstance(document, Mapping):
        raise RulesError("must be a JSON object")
    unknown = [name for name in document if name not in DEFAULTS and name not in _SETTINGS]
    if unknown:
        raise RulesError(
            f"{unknown[0]!r} is neither a signal nor a setting; there are {', '.join([*_SETTINGS, *DEFAULTS])}"
        )
    signals = {name: _rule(name, rule, document.get(name, {})) for name, rule in DEFAULTS.items()}
    return Rules(
        signals=MappingProxyType(signals),
        history_days=_whole("history_days", document.get("history_days", 30), 1, 365),
        quiet_minutes=_whole("quiet_minutes", document.get("quiet_minutes", 60), 0, 1440),
        decoys=_patterns("decoys", document.get("decoys", [])),
        automation=_patterns("automation", document.get("automation", [])),
    )


def _rule(name: str, default: Rule, given: object) -> Rule:
    if not isinstance(given, Mapping):
        raise RulesError(f'{name} must be a JSON object, such as {{"enabled": false}}')
    allowed = [
        "enabled",
        "severity",
        *(["threshold"] if default.threshold else []),
        *(["window_minutes"] if default.window_minutes else []),
    ]
    unknown = [key for key in given if key not in allowed]
    if unknown:
        raise RulesError(f"{name} has no {unknown[0]!r}; it has {', '.join(allowed)}")
    rule = default
    if "enabled" in given:
        if not isinstance(given["enabled"], bool):
            raise RulesError(f"{name}.enabled must be true or false")
        rule = replace(rule, enabled=given["enabled"])
    if "severity" in given:
        if given["severity"] not in list(Severity):
            raise RulesError(f"{name}.severity must be one of {', '.join(Severity)}")
        rule = replace(rule, severity=Severity(given["severity"]))
    if "threshold" in given:
        rule = replace(rule, threshold=_whole(f"{name}.threshold", given["threshold"], 1, 1000))
    if "window_minutes" in given:
        rule = replace(rule, window_minutes=_whole(f"{name}.window_minutes", given["window_minutes"], 1, 1440))
    return rule


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RulesError(f"{name} must be a whole number from {low} to {high}")
    return value


def _patterns(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise RulesError(f'{name} must be a list of patterns, such as ["honey/*"]')
    if "*" in value:
        raise RulesError(f"{name} must not hold the pattern *, which is everything")
    return tuple(value)
