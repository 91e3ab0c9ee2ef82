"""Probes: events that ask a function about itself, which is what ``make verify`` sends.

``{"secretwatch": "no-op"}`` is answered by every function, once its settings were read: a wrong
setting shows as the error of this invocation. What else a function can test (channels, the
model) it offers by name. No event of AWS's has the key, so that a probe is never taken for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from secretwatch.runtime.text import short_hash

KEY = "secretwatch"
NO_OP = "no-op"

Results = Mapping[str, str | None]
"""What was tested → None where it works, else what went wrong."""


def patterns_hash(patterns: Iterable[str]) -> str:
    """Return what stands for the filter patterns of a metric, in whatever order: equal for the same patterns."""
    return short_hash(*sorted(patterns))


class ProbeError(Exception):
    """The function has no probe of that name."""


def answer(
    event: object, settings: Mapping[str, Any], probes: Mapping[str, Callable[[], Results]]
) -> dict[str, Any] | None:
    """Return the answer to a probe, or None where ``event`` is none; raises ProbeError.

    The answer has ``ok``, ``settings`` (what the caller shows: nothing secret) and ``results``.
    """
    if not isinstance(event, Mapping) or set(event) != {KEY}:
        return None
    name = event[KEY]
    if name != NO_OP and name not in probes:
        raise ProbeError(f"there is no probe {name!r}; known are {', '.join((NO_OP, *probes))}")
    results = {} if name == NO_OP else dict(probes[name]())
    return {
        "ok": all(problem is None for problem in results.values()),
        "settings": dict(settings),
        "results": results,
    }
