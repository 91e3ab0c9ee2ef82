"""The catalogue of signals and detections (``catalogue.json``) as typed values.

A signal is worked out by a function of its name in ``signals.py``; a detection is a metric
filter and an alarm in modules/alerting. Everything else about them stands in the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from secretwatch.record.access import Activity
from secretwatch.runtime.data import read_data


class Severity(StrEnum):
    """How much something matters; ``rank`` orders it."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class SignalEntry:
    """One signal of the catalogue."""

    severity: Severity
    technique: str
    """MITRE ATT&CK technique id."""
    activities: frozenset[Activity]
    """What an access must be for the signal to look at it."""
    fires_when: str
    meaning: str
    """Why it matters."""
    advice: str
    """What to do about it: one or two sentences for whoever is woken by it."""
    threshold: int = 0
    """How many, for the signals that count; 0 where nothing is counted."""
    window_minutes: int = 0
    """Within how many minutes, for the signals that look back; 0 for the others."""
    usual_severity: Severity | None = None
    """What it is of an actor that did the same on an earlier day; None: the same."""
    usual_for_automation: bool = False
    """Whether declared automation does so as a matter of course: then it is info."""
    only_new: bool = False
    """Whether it says no more than that something is new: then it is low at most while a deployment learns."""


_CATALOGUE = read_data("detect/catalogue.json")

SIGNALS: Mapping[str, SignalEntry] = MappingProxyType(
    {
        name: SignalEntry(
            **{
                **entry,
                "severity": Severity(entry["severity"]),
                "activities": frozenset(map(Activity, entry["activities"])),
                "usual_severity": Severity(entry["usual_severity"]) if "usual_severity" in entry else None,
            }
        )
        for name, entry in _CATALOGUE["signals"].items()
    }
)
HISTORY_DAYS: int = _CATALOGUE["defaults"]["history_days"]
LEARNING_DAYS: int = _CATALOGUE["defaults"]["learning_days"]
QUIET_MINUTES: int = _CATALOGUE["defaults"]["quiet_minutes"]
