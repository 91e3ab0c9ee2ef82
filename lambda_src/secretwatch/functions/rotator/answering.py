"""What is done about reads of a target: claim → look → cooldown and limit → rotate → notify → evidence.

A rotation's version id follows from the event and the version that it replaces, its notice is
kept before it is published: every step can be repeated.
"""

from __future__ import annotations

import logging
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from secretwatch.functions.rotator.freeze import Freeze
from secretwatch.functions.rotator.kept_read import to_record
from secretwatch.functions.rotator.notices import (
    FAILED,
    ROTATED,
    Exposure,
    failed_notice,
    rotated_notice,
    withheld_notice,
)
from secretwatch.functions.rotator.outlet import Outlet
from secretwatch.functions.rotator.policy import (
    Action,
    Circumstances,
    Reason,
    RotationDecision,
    Target,
    outdated,
    permit,
)
from secretwatch.functions.rotator.secret import STUCK_AFTER, Secret
from secretwatch.functions.rotator.secret_value import (
    ChangedMeanwhileError,
    Rotated,
    RotationError,
    SecretStore,
    version_token,
)
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.notify.notice import Notice
from secretwatch.record.origin import Judged
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.text import timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.due import Task
from secretwatch.store.limits import Use
from secretwatch.store.store import Store

log = logging.getLogger(__name__)
READ_AGAIN = "read"
"""The kind of what is due when a cooldown ends: a read that is to be answered."""
_ROTATIONS = "rotations"


@dataclass(frozen=True, slots=True)
class Read:
    """A read of a target, and what it calls for."""

    judged: Judged
    decision: RotationDecision

    @property
    def event_id(self) -> str:
        """The record's id."""
        return self.judged.access.event_id

    @property
    def rotates(self) -> bool:
        """Whether it calls for a rotation, all else being quiet."""
        return self.decision.action is Action.ROTATE


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers the reads of one target that came together: at most one rotation, one notice."""

    settings: RotatorSettings
    store: Store
    secrets: SecretStore
    freeze: Freeze
    outlet: Outlet

    def answer(
        self, target: Target, reads: Sequence[Read], invocation: Invocation, *, again: int | None = None
    ) -> None:
        """Answer reads; ``again``: when one was due (epoch seconds) that was kept until a cooldown ended."""
        found: Secret | RotationError
        try:
            found = self.secrets.describe(target.secret.requested)
        except RotationError as error:
            found, really = error, list(reads)
        else:
            really = [r for r in reads if found.is_read_by(r.judged.access.call)]
        # By its ARN, so that two targets which are one secret act once.
        name = found.arn if isinstance(found, Secret) else target.secret.requested
        # A read may be kept several times: each time it is due is an answer of its own.
        action = f"ROTATION#{name}" if again is None else f"AGAIN {again}#{name}"
        claims = [(r, self.store.claims.claim(action, r.event_id, invocation)) for r in really]
        mine = [r for r, claim in claims if claim is Claim.TAKEN]
        if mine:
            with self.store.claims.acting(action, [r.event_id for r in mine], invocation):
                _One(self, target, found, mine, invocation, again is not None).answer()
        if any(claim is Claim.BUSY for _, claim in claims):
            raise RotationError("another invocation is at work on this record")


@dataclass(frozen=True, slots=True)
class _One:
    """The answer to some reads of one secret that nobody else answers."""

    by: Answering
    target: Target
    found: Secret | RotationError
    reads: Sequence[Read]
    invocation: Invocation
    again: bool

    def answer(self) -> None:
        if isinstance(self.found, RotationError):
            self._notify_failure(self.reads[0], self.target.secret.requested, str(self.found))
            return
        secret = self.by.secrets.dated(self.found)
        begun = self._begun(secret)
        if begun is not None:
            self._rotate(secret, *begun)
            return
        why_not = {r.event_id: self._outdated(secret, r) for r in self.reads}
        current = [r for r in self.reads if r.rotates and why_not[r.event_id] is None]
        if current:
            self._answer_current(secret, current[0])
            return
        lead = next((r for r in self.reads if r.rotates), self.reads[0])
        reason = (why_not[lead.event_id] if lead.rotates else None) or lead.decision.reason
        if reason is Reason.OLD_VERSION and self._is_settled(secret):
            return
        if reason is Reason.PENDING_VERSION:
            self._keep(secret, lead, self.by.store.limits.now() + self._cooldown_seconds)
        self._withhold(secret, lead, reason)

    def _begun(self, secret: Secret) -> tuple[Read, str] | None:
        """Return the read whose rotation an earlier attempt has begun, and the new version's id."""
        return next(
            (
                (read, token)
                for read in self.reads
                for version in secret.stages
                if (token := version_token(read.event_id, secret.arn, version)) in secret.stages
            ),
            None,
        )

    @staticmethod
    def _outdated(secret: Secret, read: Read) -> Reason | None:
        returned = secret.returned_by(read.judged.access)
        return outdated(returned, secret.version("AWSCURRENT"), secret.pending)

    def _is_settled(self, secret: Secret) -> bool:
        """Return whether a rotation has answered reads of the old version already, or this one was answered before."""
        return self.again or self.by.store.limits.count_if_cooling(_cooldown(secret), len(self.reads))

    def _answer_current(self, secret: Secret, lead: Read) -> None:
        withheld = self._withheld(secret)
        if withheld is not None:
            if withheld is Reason.UNDER_WAY and not self.again:
                self._keep(secret, lead, self.by.store.limits.now() + self._cooldown_seconds)
            self._withhold(secret, lead, withheld)
            return
        self._rotate(secret, lead, version_token(lead.event_id, secret.arn, secret.version("AWSCURRENT")))

    def _withheld(self, secret: Secret) -> Reason | None:
        """Look at what is going on, apart from cooldown and limit, which only a rotation takes."""
        pending = secret.pending_for(self.by.store.limits.now())
        # A rotation function that never ended keeps RotateSecret from working, but not a new value made here.
        may_go_on = self.target.strategy == "generate" and pending is not None and pending > STUCK_AFTER
        frozen = self.target.strategy != "notify_only" and self.by.freeze.is_on()
        now = Circumstances(frozen=frozen, under_way=secret.pending is not None and not may_go_on)
        decision = permit(self.target, self.by.settings.policy, now)
        return None if decision is None else decision.reason

    # --- a rotation ---------------------------------------------------------------------------

    def _rotate(self, secret: Secret, lead: Read, token: str) -> None:
        limits = self.by.store.limits
        cooldown = limits.cool_down(_cooldown(secret), lead.event_id, self._cooldown_seconds, len(self.reads))
        if not cooldown.mine:
            log.info(Reason.COOLDOWN, extra={"secret": self.target.secret.name, "reads": len(self.reads)})
            self._keep(secret, lead, cooldown.until)
            return
        use = Use(self.by.store.limits.now(), secret.arn, token)
        if not limits.reserve(_ROTATIONS, use, self.by.settings.rotations_per_hour):
            limits.give_back(_cooldown(secret), lead.event_id)
            self._withhold(secret, lead, Reason.BREAKER)
            return
        exposure = self._exposure(secret, lead, cooldown.suppressed)
        try:
            notice = self.by.outlet.once(
                exposure.notice_id(self.target, ROTATED), lambda: self._act(secret, lead, exposure, token)
            )
        except (RotationError, ChangedMeanwhileError) as error:
            limits.release(_ROTATIONS, token)
            limits.give_back(_cooldown(secret), lead.event_id)
            if isinstance(error, RotationError):
                self._notify_failure(lead, secret.arn, str(error))
            else:
                self._withhold(secret, lead, Reason.CHANGED)
            return
        self.by.outlet.report(notice, exposure, secret.arn)

    def _act(self, secret: Secret, lead: Read, exposure: Exposure, token: str) -> Notice:
        rotated = self.by.secrets.rotate(secret, self.target, token)
        notice = rotated_notice(exposure, self.target, rotated, clock.time())
        if not rotated.confirmed:
            started = {"notice": notice.id, "version": rotated.new_version, "time": timestamp(datetime.now(UTC))}
            self.by.store.evidence.note(f"ROTATING#{secret.arn}", started, self.by.outlet.managed_lasts)
        self._keep_evidence(secret, exposure, lead.decision.reason, rotated)
        return notice

    def _keep(self, secret: Secret, lead: Read, until: int) -> None:
        """Keep a read for the time when the cooldown ends: whoever has the current value then has it no longer."""
        access = lead.judged.access
        kept = {"target": self.target.secret.requested, "record": to_record(access, secret.returned_by(access))}
        self.by.store.due.keep(Task.of(until, READ_AGAIN, secret.arn, kept))

    # --- no rotation --------------------------------------------------------------------------

    def _withhold(self, secret: Secret, lead: Read, reason: Reason) -> None:
        def make(exposure: Exposure) -> Notice:
            self._keep_evidence(secret, exposure, reason, None)
            return withheld_notice(exposure, self.target, reason, _pending_since(secret))

        self._notify(lead, secret, secret.arn, reason.name, make)

    def _notify_failure(self, lead: Read, name: str, cause: str) -> None:
        def make(exposure: Exposure) -> Notice:
            if isinstance(self.found, Secret):
                self._keep_evidence(self.found, exposure, cause, None)
            return failed_notice(exposure, self.target, cause)

        self._notify(lead, self.found if isinstance(self.found, Secret) else None, name, FAILED, make)

    def _notify(
        self, lead: Read, secret: Secret | None, name: str, reason: str, make: Callable[[Exposure], Notice]
    ) -> None:
        """Notify that nothing was rotated: once in a while for each reason, which keeps no rotation from being done."""
        told = self.by.store.limits.cool_down(
            f"{reason} {name}", lead.event_id, self._cooldown_seconds, len(self.reads)
        )
        if not told.mine:
            log.info("notified before", extra={"secret": self.target.secret.name, "reason": reason})
            return
        exposure = self._exposure(secret, lead, told.suppressed)
        notice = self.by.outlet.once(exposure.notice_id(self.target, reason), lambda: make(exposure))
        if secret is not None:
            self.by.outlet.report(notice, exposure, secret.arn)

    # --- facts --------------------------------------------------------------------------------

    @property
    def _cooldown_seconds(self) -> int:
        return self.by.settings.cooldown_minutes * 60

    def _exposure(self, secret: Secret | None, lead: Read, suppressed: int) -> Exposure:
        access = lead.judged.access
        version = access.call.version_id if secret is None else secret.returned_by(access)
        return Exposure(lead.judged, len(self.reads), suppressed, version, self.invocation.started)

    def _keep_evidence(self, secret: Secret, exposure: Exposure, reason: str, rotated: Rotated | None) -> None:
        """Write into the audit table what was read, by whom, and what was done about it."""
        access = exposure.lead.access
        self.by.store.evidence.record_rotation(
            secret.arn,
            f"{timestamp(access.time)}#{access.event_id}",
            {
                "principal": access.call.principal.key,
                "source_address": access.call.source_address,
                "network": exposure.lead.origin.network,
                "reads": exposure.reads,
                "strategy": self.target.strategy,
                "done": "nothing" if rotated is None else "rotated" if rotated.confirmed else "started",
                "reason": reason,
                "exposed_version": (rotated and rotated.old_version) or exposure.version,
                "new_version": rotated and rotated.new_version,
                "seconds_from_read": max(0, int(clock.time() - access.time.timestamp())),
                "milliseconds_from_arrival": int((clock.time() - exposure.arrived) * 1000),
            },
        )
        log.info("answered", extra={"event_id": access.event_id, "reason": reason, "rotated": rotated is not None})


def _cooldown(secret: Secret) -> str:
    return f"rotation {secret.arn}"


def _pending_since(secret: Secret) -> str | None:
    since = secret.created.get(secret.pending or "")
    if since is None:
        return None
    return f"AWSPENDING is on version {secret.pending} since {timestamp(datetime.fromtimestamp(since, UTC))}"
