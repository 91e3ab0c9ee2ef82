"""What is remembered of one principal: what it read, from where, what was notified of it.

One small item of the audit table for each principal, pure data here. Every map is
bounded: what is oldest is forgotten first, and then counts as new once more.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.story import Story, secret_key
from secretwatch.record.access import Activity, Outcome

# Together they keep the item below DynamoDB's 400 KB, whatever the names.
MAX_SECRETS = 1000
MAX_WRITTEN = 200
MAX_PLACES = 200
MAX_DENIALS = 200
MAX_QUIET = 20
MAX_QUIET_SECRETS = 100
EVENT_ID_KEPT = 64
"""Characters of an event id that are remembered; CloudTrail's have 36."""

Times = Mapping[str, int]
"""Name → epoch seconds when last seen."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A story that was notified lately: until when it is suppressed, and what was in it."""

    until: int
    """Epoch seconds, in the time of the calls."""
    secrets: tuple[str, ...]
    """Short hashes of the secrets."""
    signals: tuple[str, ...]
    severity: Severity
    suppressed: int = 0
    """Accesses suppressed since it was notified."""
    last: str = ""
    """Event id of the last access suppressed: the same story again is not counted twice."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one principal."""

    secrets: Times = field(default_factory=dict)
    """Read, by ``secret_key``."""
    written: Times = field(default_factory=dict)
    networks: Times = field(default_factory=dict)
    regions: Times = field(default_factory=dict)
    denials: Times = field(default_factory=dict)
    """Event id → time of a denied call: a record that comes again counts once."""
    listed: int = 0
    """When secrets were last enumerated."""
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    """Story key → what was notified."""
    version: int = 0
    """Of the stored item; 0 if there is none."""

    def advance(self, story: Story) -> Memory:
        """Return the memory after a story. Advancing twice by the same story changes nothing."""
        call, last = story.first, int(story.span[1].timestamp())
        if call.activity is Activity.ENUMERATION:
            return replace(self, listed=max(self.listed, last))
        if call.outcome is not Outcome.ALLOWED:
            denied = {
                e.access.event_id[:EVENT_ID_KEPT]: int(e.access.time.timestamp()) for e in story.entries[-MAX_DENIALS:]
            }
            return replace(self, denials=newest({**self.denials, **denied}, MAX_DENIALS))
        if call.activity is Activity.TAMPERING:
            written = [secret_key(c, s) for c in story.calls if c.event_name == "PutSecretValue" for s in c.secrets]
            return replace(self, written=seen(self.written, written, last, MAX_WRITTEN))
        if call.activity is not Activity.READ:
            return self
        return replace(
            self,
            secrets=seen(self.secrets, story.secret_keys, last, MAX_SECRETS),
            networks=seen(self.networks, [story.origin.network], last, MAX_PLACES),
            regions=seen(self.regions, story.regions, last, MAX_PLACES),
        )

    def stored(self) -> Memory:
        """Return the memory as it is after it was stored."""
        return replace(self, version=self.version + 1)

    def to_item(self) -> dict[str, Any]:
        """Return the memory as plain data, without its version."""
        item = asdict(self)
        del item["version"]
        return item

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Memory:
        """Return the memory of stored data."""
        quiet = {
            key: Quiet(
                until=entry["until"],
                secrets=tuple(entry["secrets"]),
                signals=tuple(entry["signals"]),
                severity=Severity(entry["severity"]),
                suppressed=entry["suppressed"],
                last=entry["last"],
            )
            for key, entry in item["quiet"].items()
        }
        maps = {name: item[name] for name in ("secrets", "written", "networks", "regions", "denials")}
        return cls(**maps, listed=item["listed"], quiet=quiet, version=item["version"])


def seen(known: Times, names: Iterable[str], time: int, limit: int) -> Times:
    """Return ``known`` with the names seen at a time, the ``limit`` latest of them."""
    merged = dict(known)
    for name in names:
        merged[name] = max(merged.get(name, 0), time)
    return newest(merged, limit)


def newest(times: Times, limit: int) -> Times:
    """Return the ``limit`` entries with the latest times."""
    if len(times) <= limit:
        return times
    return dict(heapq.nlargest(limit, times.items(), key=lambda entry: entry[1]))
