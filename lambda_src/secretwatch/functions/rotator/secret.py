"""A target as Secrets Manager knows it: its versions, its replicas, and which version a read returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from secretwatch.record.access import Call, SecretAccess
from secretwatch.record.secret_id import SecretId

STUCK_AFTER = 3_600
"""Seconds after which a version that is AWSPENDING still is no rotation under way any more."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in the region of its primary."""

    arn: str
    stages: Mapping[str, tuple[str, ...]]
    """Version id → stages."""
    created: Mapping[str, float] = field(default_factory=dict)
    """Version id → when it was made (epoch seconds), where that was asked for."""
    replicas: tuple[str, ...] = ()
    """The regions that have a copy of it: the same ARN but for the region, and the same values."""

    def version(self, stage: str) -> str | None:
        """Return the version that has a stage."""
        return next((version for version, stages in self.stages.items() if stage in stages), None)

    @property
    def pending(self) -> str | None:
        """The version that a rotation has made and not finished."""
        return next((v for v, s in self.stages.items() if "AWSPENDING" in s and "AWSCURRENT" not in s), None)

    def pending_for(self, now: float) -> float | None:
        """Return for how many seconds a rotation has been under way; None where none is, or nobody knows."""
        since = None if self.pending is None else self.created.get(self.pending)
        return None if since is None else max(0.0, now - since)

    def returned_by(self, access: SecretAccess) -> str | None:
        """Return the version whose value a read returned; None for one that is gone since.

        Records have whole seconds. What was read in the second in which the current version was
        made counts as a read of it.
        """
        call = access.call
        if call.version_id is not None:
            return call.version_id
        if call.version_stage not in (None, "AWSCURRENT"):
            return self.version(str(call.version_stage))
        current, before = self.version("AWSCURRENT"), self.version("AWSPREVIOUS")
        read_at = access.time.timestamp()
        if current is None or int(self.created.get(current, 0)) <= read_at:
            return current
        return before if before is not None and int(self.created.get(before, 0)) <= read_at else None

    def is_read_by(self, call: Call) -> bool:
        """Return whether a call names this very secret, or a replica: another one may have its name elsewhere."""
        region, account = self.arn.split(":")[3:5]
        places = (region, *self.replicas)
        if call.region not in (None, *places) or call.account not in (None, account):
            return False
        return any(self._is(secret, place) for secret in call.secrets for place in places)

    def _is(self, read: SecretId, region: str) -> bool:
        partition, account, tail = self.arn.split(":")[1], self.arn.split(":")[4], self.arn.split(":", 6)[6]
        arn = f"arn:{partition}:secretsmanager:{region}:{account}:secret:{tail}"
        return read.requested in (arn, arn[:-7]) or (not read.is_arn and read.requested == tail[:-7])
