"""The canary's reads as the paths bring them: the latest one of each path is noted, and how long each took."""

from __future__ import annotations

from secretwatch.detect.canary import READ, Canary
from secretwatch.record.access import SecretAccess
from secretwatch.record.envelopes import RecordPath
from secretwatch.record.intake import Intake
from secretwatch.runtime import metrics
from secretwatch.store.sightings import Sightings

METRIC = "CanaryDelay"
"""Seconds from the call (``eventTime``) to the start of the invocation that brought it, by path."""


def reads(canary: Canary, intake: Intake) -> list[SecretAccess]:
    """Return the canary's reads of its own secret, denied ones too: a path that brings them works."""
    return [a for a in intake.accesses if a.call.event_name == READ and canary.made(a.call)]


def note(canary: Canary, intake: Intake, sightings: Sightings, namespace: str, arrived: float) -> None:
    """Note each path's latest read once, and publish the delay; ``arrived`` is in epoch seconds.

    A read that was noted before, by a repeated delivery, is not counted again. One that the
    other path brought first is: a duplicate for stories is still a sighting of this path.
    """
    by_path: dict[RecordPath, list[SecretAccess]] = {}
    for access in reads(canary, intake):
        for path in intake.paths.get(access.event_id, ()):
            by_path.setdefault(path, []).append(access)
    for path, brought in sorted(by_path.items()):
        found = [access for access in brought if sightings.may_be(access.time)]
        if not found:
            continue
        delays = [max(0.0, arrived - access.time.timestamp()) for access in found]
        for access, delay in zip(found, delays, strict=True):
            sightings.keep_delay(path, access.time, delay)
        if sightings.note(path, max(access.time for access in found)):
            metrics.publish(namespace, METRIC, "Seconds", delays, {"Path": path})
