"""Others' rules over the same month, roughly: what they notify of, and whether an attack is in it.

These are short imitations from public rule sets, in this project's own words; what their owners' engines
do beside the rules (suppression, grouping, models) is not in them.

- one message per read: each value that is returned.
- Elastic-like: the first read of an identity, session included, in five days, unless a browser, a function or
  an instance made it; twenty different secrets read by one identity within six minutes.
- Panther-like: a denied read; seven different secrets read by one identity within an hour; a batch that catches
  all; batches in five regions within an hour. Of one identity each at most once an hour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from dev.month.lives import START
from dev.month.records import SECRETS_MANAGER, Label, Record
from secretwatch.detect.catalogue import Severity

_DAY, _HOUR = 86_400, 3600


@dataclass
class Told:
    """What a rival says in a month."""

    number: Counter[tuple[int, Severity]] = field(default_factory=Counter)
    """Day and severity → messages."""
    attacks: dict[str, list[tuple[int, Severity]]] = field(default_factory=lambda: defaultdict(list))
    """Attack → day and severity of each message that it is in."""

    @property
    def total(self) -> int:
        """All messages."""
        return self.number.total()

    def rank(self, attack: str) -> int | None:
        """Return how many messages of its best day are as severe as the attack's; None if it is in none."""
        found = self.attacks.get(attack, ())
        return min(
            (sum(n for (d, s), n in self.number.items() if d == day and s.rank >= severity.rank)
             for day, severity in found),
            default=None,
        )  # fmt: skip


@dataclass
class Rivals:
    """All rivals, each with its messages."""

    told: dict[str, Told] = field(default_factory=lambda: defaultdict(Told))
    _seen: dict[str, int] = field(default_factory=dict)
    _quick: dict[str, tuple[int, set[str]]] = field(default_factory=dict)
    _secrets: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    _regions: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    _day: int = -1
    _quiet: dict[str, int] = field(default_factory=dict)

    def take(self, record: Record, time: int, label: Label | None) -> None:
        """Look at a record, in order of time."""
        name = record["eventName"]
        if record["eventSource"] != SECRETS_MANAGER or name not in ("GetSecretValue", "BatchGetSecretValue"):
            return
        if time // _DAY != self._day:  # sessions end: what was of yesterday's is not looked at any more
            self._day = time // _DAY
            self._secrets.clear()
            self._regions.clear()
            self._quick.clear()
            self._quiet = {key: at for key, at in self._quiet.items() if time - at < _HOUR}
            self._seen = {arn: at for arn, at in self._seen.items() if time - at <= 5 * _DAY}
        identity = record["userIdentity"]
        arn = str(identity.get("arn") or identity.get("accountId") or identity.get("invokedBy"))
        failed = "errorCode" in record
        if name == "GetSecretValue" and not failed:
            self._say("one message per read", time, Severity.MEDIUM, label)
        self._elastic(record, arn, time, failed, label)
        self._panther(record, arn, time, failed, label)

    def _elastic(self, record: Record, arn: str, time: int, failed: bool, label: Label | None) -> None:
        if failed:
            return
        agent = record["userAgent"]
        if agent.startswith("Mozilla/"):
            return
        by_workload = "exec-env/AWS_Lambda" in agent or arn.rpartition("/")[2].startswith("i-")
        known = self._seen.get(arn)
        self._seen[arn] = time
        if not by_workload and (known is None or time - known > 5 * _DAY):
            self._say("Elastic-like", time, Severity.MEDIUM, label)
        window, secrets = self._quick.get(arn, (0, set()))
        if window != time // 360:
            secrets = set()
        self._quick[arn] = (time // 360, secrets)
        secrets.add((record["requestParameters"] or {}).get("secretId", ""))
        if len(secrets) == 20:
            self._say("Elastic-like", time, Severity.MEDIUM, label)

    def _panther(self, record: Record, arn: str, time: int, failed: bool, label: Label | None) -> None:
        parameters = record["requestParameters"] or {}
        if failed:
            if self._once(f"denied {arn}", time):
                self._say("Panther-like", time, Severity.INFO, label)
            return
        if record["eventName"] == "BatchGetSecretValue":
            values = [value for each in parameters.get("filters", ()) for value in each["values"]]
            catches_all = bool(values) and all(value.startswith("!") for value in values)
            everywhere = _lately(self._regions[arn], record["awsRegion"], time, 5)
            if (catches_all or everywhere) and self._once(f"batch {arn}", time):
                self._say("Panther-like", time, Severity.MEDIUM, label)
        elif _lately(self._secrets[arn], parameters.get("secretId", ""), time, 7) and self._once(f"many {arn}", time):
            self._say("Panther-like", time, Severity.MEDIUM, label)

    def _once(self, what: str, time: int) -> bool:
        """Whether an hour went by since the same was said."""
        if time - self._quiet.get(what, -_HOUR) < _HOUR:
            return False
        self._quiet[what] = time
        return True

    def _say(self, rival: str, time: int, severity: Severity, label: Label | None) -> None:
        if time < START:
            return
        told, day = self.told[rival], (time - START) // _DAY
        told.number[day, severity] += 1
        if label is not None and label.kind == "attack":
            told.attacks[label.name].append((day, severity))


def _lately(names: dict[str, int], name: str, time: int, many: int) -> bool:
    """Add a name to those of the last hour, and return whether they are many."""
    names[name] = time
    if len(names) < many:
        return False
    for old in [name for name, at in names.items() if at < time - _HOUR]:
        del names[old]
    return len(names) >= many
