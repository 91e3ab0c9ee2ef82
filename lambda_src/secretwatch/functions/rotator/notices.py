"""Notices of a rotation: done, started, finished or not done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.rotator.policy import Reason, Target
from secretwatch.functions.rotator.revocation import commands
from secretwatch.functions.rotator.secret_value import Rotated
from secretwatch.notify.links import event_link
from secretwatch.notify.notice import SECRET_LIMIT, Fact, Kind, Notice
from secretwatch.record.origin import Judged
from secretwatch.runtime.text import count, one_line, short_hash, timestamp


@dataclass(frozen=True, slots=True)
class Exposure:
    """The reads that a rotation answers."""

    lead: Judged
    """The first of them."""
    reads: int
    """How many came together."""
    suppressed: int
    """How many came since the last notice about this secret, within its cooldown."""
    version: str | None
    """The version that was read, where the record says it."""
    arrived: float
    """Epoch seconds at which the records reached the rotator."""

    def notice_id(self, target: Target, what: str) -> str:
        """Return the id of the notice about this exposure: of ROTATED, FAILED, or a reason's name."""
        return short_hash("rotation", self.lead.access.event_id, target.secret.requested, what)


ROTATED, FAILED = "ROTATED", "FAILED"
_SEVERITIES = {
    Reason.UNKNOWN_NETWORK: Severity.MEDIUM,
    Reason.DRY_RUN: Severity.MEDIUM,
    Reason.BREAKER: Severity.CRITICAL,
    Reason.OLD_VERSION: Severity.MEDIUM,
    Reason.CHANGED: Severity.MEDIUM,
}
_OF_PENDING = (Reason.UNDER_WAY, Reason.PENDING_VERSION)
_NEXT = {
    Reason.NOTIFY_ONLY: "Decide whether the value must change, and change it where it is made.",
    Reason.FROZEN: "If the read cannot be explained, rotate by hand; end the freeze when its cause is over.",
    Reason.UNDER_WAY: "It is looked at again when the cooldown is over. If AWSPENDING stays on that version for hours, "
    "its rotation function never ended: cancel-rotate-secret, then rotate.",
    Reason.PENDING_VERSION: "It is looked at again when the cooldown is over, and rotated if that version is "
    "the current one by then. If the rotation does not end, cancel it and rotate by hand.",
    Reason.OLD_VERSION: "The current value was not exposed. Make sure that the old one opens nothing any more, "
    "and ask the principal's owner about the read.",
    Reason.CHANGED: "Make sure that the new value came from one of you, and that what uses the secret has it.",
    Reason.DRY_RUN: 'Nothing was changed. rotation_mode = "rotate" makes it real.',
    Reason.BREAKER: "Many secrets are being read from outside, or trusted_cidrs is wrong: find out, then act by hand.",
    Reason.UNKNOWN_NETWORK: "Add the VPC endpoint to trusted_vpc_endpoint_ids if it is yours; if not, rotate by hand.",
}


def rotated_notice(exposure: Exposure, target: Target, rotated: Rotated, now: float) -> Notice:
    """Return the notice of a rotation that is done or started."""
    done = "rotated" if rotated.confirmed else "is being rotated"
    advice = (
        "Only the secret was changed: whatever checks the old password (a database, a service) must learn the new one."
        if rotated.confirmed
        else "The secret's own rotation function is running; another notification says how it ends."
    )
    facts = (
        Fact("What was done", f"{target.secret.name} {done} (strategy {target.strategy}), {_after(exposure, now)}"),
        *_who(exposure),
        Fact("Exposed version", exposure.version or rotated.old_version or "unknown"),
        Fact("New version", rotated.new_version),
        Fact("Recommended action", advice),
        *_revocation(exposure),
    )
    return _of_exposure(exposure, target, ROTATED, Severity.HIGH, f"{target.secret.name} {done}", facts)


def withheld_notice(exposure: Exposure, target: Target, reason: Reason, pending: str | None = None) -> Notice:
    """Return the notice of a rotation that was not done on purpose; ``pending``: what is known of one under way."""
    would = "would have been rotated" if reason in (Reason.DRY_RUN, Reason.NOTIFY_ONLY) else "was NOT rotated"
    facts = (
        Fact("What was done", f"nothing: {reason}"),
        *((Fact("Rotation under way", pending),) if pending and reason in _OF_PENDING else ()),
        *_who(exposure),
        Fact("Exposed version", exposure.version or "one that is gone by now"),
        Fact("Recommended action", _NEXT[reason]),
        *(() if reason is Reason.UNKNOWN_NETWORK else _revocation(exposure)),
    )
    severity = _SEVERITIES.get(reason, Severity.HIGH)
    return _of_exposure(exposure, target, reason.name, severity, f"{target.secret.name} {would}", facts)


def failed_notice(exposure: Exposure, target: Target, cause: str) -> Notice:
    """Return the notice of a rotation that could not be done."""
    facts = (
        Fact("What was done", f"nothing: {cause}"),
        *_who(exposure),
        Fact(
            "Recommended action",
            "The value that was read is still valid: rotate it by hand, then fix the cause.",
        ),
        *_revocation(exposure),
    )
    return _of_exposure(exposure, target, FAILED, Severity.CRITICAL, f"{target.secret.name} was NOT rotated", facts)


def ended_notice(end: Judged, secret: str, started: dict[str, str], succeeded: bool, cause: str) -> Notice:
    """Return the notice of how a rotation ended that was ``started`` here (its notice, version and time)."""
    access = end.access
    if succeeded:
        severity, title = Severity.HIGH, f"{secret} rotated: confirmed"
        after = (
            "The value that was read is no longer the current one. What uses the secret gets the new one from now on."
        )
    else:
        severity, title = Severity.CRITICAL, f"rotation of {secret} FAILED"
        after = "The value that was read is still valid: look at the rotation function's log, then rotate by hand."
    facts = (
        Fact("What was done", cause),
        Fact("Started", f"{started['time']}, see notice {started['notice'][:12]}"),
        Fact("New version", started["version"]),
        Fact("When", timestamp(access.time)),
        Fact("Recommended action", after),
    )
    identity = short_hash("rotation ended", started["notice"], "succeeded" if succeeded else "failed")
    return replace(_notice(end, identity, secret, severity, title, facts), story=started["notice"])


def _after(exposure: Exposure, now: float) -> str:
    read = max(0.0, now - exposure.lead.access.time.timestamp())
    return f"{read:.0f} s after the read, {max(0.0, now - exposure.arrived):.1f} s after its record arrived"


def _who(exposure: Exposure) -> tuple[Fact, ...]:
    access = exposure.lead.access
    call = access.call
    more = [f"{count(exposure.reads, 'read')} came together"] if exposure.reads > 1 else []
    more += [f"{count(exposure.suppressed, 'read')} more since the last notice about it"] if exposure.suppressed else []
    found = (
        Fact("Triggered by", f"{access.who} reading it from {call.source_address or 'an unknown address'}"),
        Fact("Identity", call.principal.key),
        Fact("When", timestamp(access.time)),
        Fact("Where", f"{call.region or 'unknown region'}, account {call.account or 'unknown'}"),
    )
    return (*found, Fact("How often", "; ".join(more))) if more else found


def _revocation(exposure: Exposure) -> tuple[Fact, ...]:
    """Return how to end the credentials that read the secret: a new value helps little while they live."""
    arrived = datetime.fromtimestamp(exposure.arrived, UTC)
    return tuple(Fact(label, command) for label, command in commands(exposure.lead.access, arrived))


def _of_exposure(
    exposure: Exposure, target: Target, what: str, severity: Severity, title: str, facts: tuple[Fact, ...]
) -> Notice:
    origin = exposure.lead.origin
    why = f"The read came from {origin.network}: {origin.reason}."
    return _notice(exposure.lead, exposure.notice_id(target, what), target.secret.name, severity, title, facts, (why,))


def _notice(judged: Judged, identity: str, secret: str, severity: Severity, title: str, facts: tuple[Fact, ...],
            reasons: tuple[str, ...] = ()) -> Notice:  # fmt: skip
    access = judged.access
    return Notice(
        id=identity,
        kind=Kind.ROTATION,
        severity=severity,
        title=one_line(title, 140),
        facts=tuple(Fact(fact.label, one_line(fact.value, 600)) for fact in facts),
        time=timestamp(access.time),
        reasons=reasons,
        secrets=(one_line(secret, SECRET_LIMIT),),
        links=event_link(access.call.region, access.event_id),
        event_ids=(access.event_id,),
    )
