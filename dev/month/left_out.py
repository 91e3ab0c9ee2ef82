"""The settings without one of the steps that make the month quiet and sharp: what each is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from secretwatch.detect.tuning import SignalTuning, Tuning
from tools.backtest.settings import BacktestSettings


def without(settings: BacktestSettings, step: str) -> BacktestSettings:
    """Return the settings without a step of ``STEPS``."""
    return STEPS[step](settings)


def _tuned(settings: BacktestSettings, change: Callable[[str, SignalTuning], SignalTuning]) -> BacktestSettings:
    signals = {name: change(name, tuned) for name, tuned in settings.tuning.signals.items()}
    return replace(settings, tuning=replace(settings.tuning, signals=signals))


def _off(*signals: str) -> Callable[[BacktestSettings], BacktestSettings]:
    return lambda settings: _tuned(settings, lambda name, t: replace(t, enabled=t.enabled and name not in signals))


def _with(**changes: object) -> Callable[[BacktestSettings], BacktestSettings]:
    return lambda settings: replace(settings, tuning=_changed(settings.tuning, changes))


def _changed(tuning: Tuning, changes: Mapping[str, object]) -> Tuning:
    return replace(tuning, **changes)  # type: ignore[arg-type]


STEPS: Mapping[str, Callable[[BacktestSettings], BacktestSettings]] = {
    "ranges": lambda settings: replace(settings, trust=replace(settings.trust, ranges=())),
    "places": _off("elsewhere", "key_in_two_places"),
    "names": _off("unrelated_secret", "slow_collection"),
    "new_secrets": _off("many_secrets"),
    "usual": lambda settings: _tuned(settings, lambda _, tuned: replace(tuned, usual_severity=None)),
    "stories": _with(quiet_minutes=0),
    "memory": _with(history_days=1),
}
"""Step → the settings without it.

ranges: a place is a /16 or /32, without published ranges. places: credentials elsewhere, or in two
places. names: whom a secret belongs to by its name. new_secrets: many secrets that are new to an
actor. usual: what an actor did before is lower. stories: what belongs together is one. memory: what
was seen is known for thirty days instead of one.
"""
