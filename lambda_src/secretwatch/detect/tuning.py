"""How the signals are tuned: one JSON document, checked as a whole.

The same document is made by Terraform (its output ``rules``), read by the functions as their
setting ``rules`` and by the backtest's ``--rules``; docs/detections.md describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from secretwatch.detect.catalogue import HISTORY_DAYS, LEARNING_DAYS, QUIET_MINUTES, SIGNALS, Severity, SignalEntry
from secretwatch.detect.expectations import Expectation, ExpectationError, expectation_of
from secretwatch.detect.memory import DAY, MOMENTS_KEPT
from secretwatch.record.access import Call
from secretwatch.record.secret_id import SecretId, is_this
from secretwatch.runtime.formats import looks_like

_PARTS = (
    "history_days",
    "learning_days",
    "quiet_minutes",
    "decoys",
    "automation",
    "people_roles",
    "expected_readers",
    "expectations",
)


SETTINGS = "the settings"
"""Who declared the expectations that are part of the document."""
MOST_MINUTES = 60
"""Longest window of the signals that look back over single accesses, which are remembered for hours."""
MOST_LEARNING_DAYS = 30
_MOST_MINUTES_OF_HABITS = 43_200
"""Longest window, 30 days, of the signals that look at habits."""


class TuningError(ValueError):
    """The document is wrong; the message names the part and says what to write."""


@dataclass(frozen=True, slots=True)
class SignalTuning:
    """One signal as it is tuned."""

    severity: Severity
    technique: str
    threshold: int
    window_minutes: int
    enabled: bool = True
    usual_severity: Severity | None = None
    """Of an actor that did the same on an earlier day; None: the same."""


def _catalogued(entry: SignalEntry) -> SignalTuning:
    return SignalTuning(
        entry.severity,
        entry.technique,
        entry.threshold,
        entry.window_minutes,
        usual_severity=entry.usual_severity,
    )


DEFAULTS: Mapping[str, SignalTuning] = MappingProxyType({name: _catalogued(entry) for name, entry in SIGNALS.items()})


@dataclass(frozen=True, slots=True)
class Tuning:
    """The whole tuning."""

    signals: Mapping[str, SignalTuning] = field(default_factory=lambda: DEFAULTS)
    history_days: int = HISTORY_DAYS
    """A reader, network or region not seen for this long counts as new."""
    quiet_minutes: int = QUIET_MINUTES
    """How long a story is not notified again, unless there is something new in it."""
    learning_days: int = LEARNING_DAYS
    """How long nothing is worse than low for being new alone, from a deployment's first delivery on."""
    decoys: tuple[str, ...] = ()
    """Patterns of names of secrets that nobody should ever touch."""
    automation: tuple[str, ...] = ()
    """Patterns of principals (role or user ARNs) that are known automation: what is usual for it is no news."""
    people_roles: tuple[str, ...] = ()
    """Patterns of role ARNs that only people assume, each under a session name of their own."""
    expected_readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern of names of secrets → patterns of the principals that read them: anybody else is unexpected."""
    expectations: tuple[Expectation, ...] = ()
    """What people announced: it is counted, and nobody hears of it."""
    learning_until: int = 0
    """Until when that is, epoch seconds. Not part of the document."""
    canary_secret: SecretId | None = None
    """The canary's own secret: a decoy without being declared one. Not part of the document."""
    own_principals: frozenset[str] = frozenset()
    """Role ARNs of this system: their work is recorded and no news. Not part of the document."""

    def learning_since(self, start: int) -> Tuning:
        """Return the tuning of a deployment that knows what is usual since a time, epoch seconds."""
        return replace(self, learning_until=start + self.learning_days * DAY if self.learning_days else 0)

    def decoy_of(self, secret: SecretId) -> str | None:
        """Return the name by which a secret is a decoy, or None; of two that it can mean the one that is declared."""
        names = sorted(secret.names, key=lambda name: name not in self.decoys) if self.decoys else ()
        return next((name for name in names if any(fnmatchcase(name, pattern) for pattern in self.decoys)), None)

    def expects(self, principal: str, secret: SecretId) -> bool | None:
        """Whether a principal is declared as a reader of a secret; None where nothing is declared of that secret."""
        declared = [readers for pattern, readers in self.expected_readers.items() if secret.matches([pattern])]
        if not declared:
            return None
        return any(fnmatchcase(principal, reader) for readers in declared for reader in readers)

    def is_canarys(self, call: Call, secret: SecretId) -> bool:
        """Whether a secret that a call names is the canary's."""
        return self.canary_secret is not None and is_this(self.canary_secret, secret, call.region, call.account)

    def automation_pattern(self, principal: str) -> str | None:
        """Return the pattern by which a principal is known automation, or None."""
        return next((pattern for pattern in self.automation if fnmatchcase(principal, pattern)), None)


def parse_rules(text: str | None) -> Tuning:
    """Return the tuning of a JSON text ("" and None are the defaults); raises TuningError."""
    try:
        document = json.loads(text) if text else {}
    except ValueError as error:
        raise TuningError(f"not JSON: {error}") from None
    return tuning_of(document)


def tuning_of(document: object) -> Tuning:
    """Return the tuning of a decoded document; what is missing or null is as in the catalogue. Raises TuningError."""
    if not isinstance(document, Mapping):
        raise TuningError("must be a JSON object")
    given = {name: value for name, value in document.items() if value is not None}
    unknown = [name for name in given if name not in DEFAULTS and name not in _PARTS]
    if unknown:
        raise TuningError(
            f"{unknown[0]!r} is neither a signal nor a setting; known are {', '.join([*_PARTS, *DEFAULTS])}"
        )
    signals = {name: _signal(name, default, given.get(name, {})) for name, default in DEFAULTS.items()}
    return Tuning(
        signals=MappingProxyType(signals),
        history_days=_whole("history_days", given.get("history_days", HISTORY_DAYS), 1, 365),
        quiet_minutes=_whole("quiet_minutes", given.get("quiet_minutes", QUIET_MINUTES), 0, 1440),
        learning_days=_whole("learning_days", given.get("learning_days", LEARNING_DAYS), 0, MOST_LEARNING_DAYS),
        decoys=_patterns(
            "decoys", given.get("decoys", []), "decoys", 'names of secrets, with a letter or digit, such as "honey/*"'
        ),
        automation=_patterns(
            "automation",
            given.get("automation", []),
            "principals",
            'role or user ARNs, with a name, such as "arn:*:iam::*:role/external-secrets"',
        ),
        people_roles=_patterns(
            "people_roles",
            given.get("people_roles", []),
            "principals",
            'role ARNs, with a name, such as "arn:*:iam::*:role/okta-engineers"',
        ),
        expected_readers=_expected_readers(given.get("expected_readers", {})),
        expectations=_expectations(given.get("expectations", [])),
    )


def _signal(name: str, default: SignalTuning, given: object) -> SignalTuning:
    if not isinstance(given, Mapping):
        raise TuningError(f'{name} must be a JSON object, such as {{"enabled": false}}')
    allowed = ["enabled", "severity"]
    allowed += ["threshold"] * bool(default.threshold) + ["window_minutes"] * bool(default.window_minutes)
    values = {key: value for key, value in given.items() if value is not None}
    unknown = [key for key in values if key not in allowed]
    if unknown:
        raise TuningError(f"{name} has no {unknown[0]!r}; it has {', '.join(allowed)}")
    enabled, severity = values.get("enabled", True), values.get("severity", default.severity)
    if not isinstance(enabled, bool):
        raise TuningError(f"{name}.enabled must be true or false")
    if severity not in list(Severity):
        raise TuningError(f"{name}.severity must be one of {', '.join(Severity)}")
    return SignalTuning(
        severity=Severity(severity),
        technique=default.technique,
        threshold=_count(name, "threshold", values, default.threshold, _most(default)),
        window_minutes=_count(name, "window_minutes", values, default.window_minutes, _most_minutes(default)),
        enabled=enabled,
        # Whoever says how severe it is, says so of all of it.
        usual_severity=None if "severity" in values else default.usual_severity,
    )


def _most(default: SignalTuning) -> int:
    """Return the highest threshold: of single accesses only so many are remembered."""
    return MOMENTS_KEPT if default.window_minutes <= MOST_MINUTES else 1000


def _most_minutes(default: SignalTuning) -> int:
    return MOST_MINUTES if default.window_minutes <= MOST_MINUTES else _MOST_MINUTES_OF_HABITS


def _count(name: str, key: str, values: Mapping[str, object], default: int, high: int) -> int:
    return _whole(f"{name}.{key}", values[key], 1, high) if key in values else default


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise TuningError(f"{name} must be a whole number from {low} to {high}")
    return value


def _expected_readers(given: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise TuningError("expected_readers must be a JSON object of names of secrets and lists of their readers")
    _patterns("expected_readers", list(given), "decoys", 'names of secrets, such as "payments/*"')
    right = 'role or user ARNs, with a name, such as "arn:*:iam::*:role/payments-*"'
    return {
        str(secret): _patterns(f"expected_readers[{json.dumps(secret)}]", readers, "principals", right)
        for secret, readers in given.items()
    }


def _expectations(given: object) -> tuple[Expectation, ...]:
    if not isinstance(given, list):
        raise TuningError("expectations must be a list of objects with actor, secret, until and why")
    found = []
    for number, entry in enumerate(given):
        try:
            found.append(expectation_of(entry, SETTINGS))
        except ExpectationError as error:
            raise TuningError(f"expectations[{number}] {error}") from None
    return tuple(found)


def _patterns(name: str, value: object, kind: str, right: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TuningError(f"{name} must be a list of patterns of {right}")
    wrong = [entry for entry in value if not isinstance(entry, str) or not looks_like(kind, entry)]
    if wrong:
        raise TuningError(f"{name} must be patterns of {right}, not {json.dumps(wrong[0], default=str)}")
    return tuple(value)
