"""How a rotation ended that was started here: confirmed or failed, or failed and then made good by AWS's own retry."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.functions.rotator.notices import ended_notice
from secretwatch.functions.rotator.outlet import Outlet
from secretwatch.functions.rotator.secret_value import RotationError, SecretStore
from secretwatch.record.access import Activity
from secretwatch.record.origin import Judged
from secretwatch.record.secret_id import parse_secret_id
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.claims import Claim
from secretwatch.store.store import Store

_ENDS = {"RotationSucceeded": True, "RotationFailed": False, "RotationAbandoned": False}
_ACTION = "ROTATION ENDED"


def is_end(judged: Judged) -> bool:
    """Return whether a record says how a rotation ended."""
    call = judged.access.call
    return call.activity is Activity.ROTATION and call.event_name in _ENDS


@dataclass(frozen=True, slots=True)
class Ends:
    """Notifies of the ends of rotations that were started here."""

    store: Store
    secrets: SecretStore
    outlet: Outlet

    def handle(self, entry: Judged, invocation: Invocation) -> None:
        """Notify how a rotation ended, once for each outcome."""
        event_id, name = entry.access.event_id, entry.access.call.event_name
        for secret_id in entry.access.call.secrets:
            started = self.store.evidence.noted(f"ROTATING#{secret_id.requested}")
            if started is None:
                continue
            claim = self.store.claims.claim(_ACTION, event_id, invocation)
            if claim is Claim.BUSY:
                raise RotationError("another invocation is at work on this record")
            if claim is Claim.TAKEN:
                with self.store.claims.acting(_ACTION, [event_id], invocation):
                    self._notify(entry, secret_id.requested, started, _ENDS[name])

    def _notify(self, entry: Judged, arn: str, started: dict[str, str], succeeded: bool) -> None:
        secret = self.secrets.describe(arn)
        cause = f"Secrets Manager recorded {entry.access.call.event_name}"
        if succeeded and "AWSCURRENT" not in secret.stages.get(started["version"], ()):
            succeeded, cause = False, f"{cause}, but the new version is not AWSCURRENT"
        failed_before = f"FAILED#{started['notice']}"
        if not succeeded:
            self.store.evidence.note_once(failed_before, {"cause": cause}, self.outlet.managed_lasts)
        elif self.store.evidence.noted(failed_before) is not None:
            cause = f"{cause}, after the failure that was notified before: AWS tried again by itself"
        self.outlet.publish(ended_notice(entry, parse_secret_id(arn, full=True).name, started, succeeded, cause))
