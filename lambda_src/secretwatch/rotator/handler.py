"""Lambda: log subscription → rotation of a configured secret read from an untrusted network.

decode → judge → decide → claim → rotate → tell. A rotation's version id follows from the
event, its notice is kept before it is published: every step can be repeated.
"""

from __future__ import annotations

import logging
import os
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from secretwatch.audit import AuditTable, Claim
from secretwatch.aws import Lazy, client
from secretwatch.intake import read, respond
from secretwatch.logs import configure
from secretwatch.notice import Fact, Kind, Notice, Severity, notice_id, timestamp
from secretwatch.publisher import Publisher
from secretwatch.rotator.policy import Target, decide, parse_targets
from secretwatch.rotator.secret_value import Rotated, RotationError, SecretStore
from secretwatch.settings import Environment
from secretwatch.text import one_line
from secretwatch.trust import Judged, TrustPolicy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    table: str
    topic: str
    trust: TrustPolicy
    targets: tuple[Target, ...]
    exempt: frozenset[str]
    """Principals (role or user ARNs) whose reads rotate nothing: the rotator's own role above all."""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Settings:
        """Return the settings; raises SettingsError naming the variable."""
        environment = Environment(variables)
        return cls(
            table=environment.text("AUDIT_TABLE"),
            topic=environment.text("ALERTS_TOPIC_ARN"),
            trust=environment.trust(),
            targets=parse_targets(environment.objects("ROTATION_TARGETS")),
            exempt=frozenset(environment.items("EXEMPT_PRINCIPALS")),
        )


@dataclass(frozen=True, slots=True)
class Rotator:
    """Rotates what an untrusted read exposed."""

    settings: Settings
    audit: AuditTable
    store: SecretStore
    publisher: Publisher

    def handle(self, event: object, owner: str, lease_until: float) -> None:
        """Rotate and tell; raises IntakeError if a record could not be handled."""
        intake = read(event)
        problems = list(intake.problems)
        rotated: set[str] = set()
        for judged in self.settings.trust.judge(intake.accesses):
            decision = decide(judged, self.settings.targets, self.settings.exempt)
            for target in decision.targets:
                if target.secret.requested in rotated:
                    continue  # one rotation answers every read of the batch
                try:
                    if self._rotate_once(judged, target, owner, lease_until):
                        rotated.add(target.secret.requested)
                except Exception as error:  # the other records must still be handled
                    log.exception("not handled", extra={"event_id": judged.access.event_id})
                    problems.append(intake.problem(judged.access.event_id, str(error)))
        respond(event, problems)

    def _rotate_once(self, judged: Judged, target: Target, owner: str, lease_until: float) -> bool:
        """Rotate for one access, unless that was done before; return whether the secret was the target."""
        arn = self.store.arn_of(target, judged.access.call.secrets)
        if arn is None:
            return False
        action, subject = f"ROTATION#{arn}", judged.access.event_id
        claim = self.audit.claim(action, subject, owner, lease_until)
        if claim is Claim.BUSY:
            raise RotationError("another invocation is rotating for this record")
        if claim is Claim.TAKEN:
            self._rotate_and_tell(judged, target, arn)
            self.audit.settle(action, subject)
        return True

    def _rotate_and_tell(self, judged: Judged, target: Target, arn: str) -> None:
        identity = notice_id("rotation", judged.access.event_id, arn)
        kept = self.audit.kept_notices([identity]).get(identity)
        if kept is None:
            notice = self._rotate(judged, target, arn, identity)
            self.audit.keep_notice(notice)
        else:
            notice = kept[0]
        if kept is None or not kept[1]:
            self.publisher.publish(notice)
            self.audit.mark_published(identity)

    def _rotate(self, judged: Judged, target: Target, arn: str, identity: str) -> Notice:
        try:
            rotated = self.store.rotate(arn, target, judged.access.event_id)
        except RotationError as error:
            log.error("rotation failed", extra={"event_id": judged.access.event_id, "reason": str(error)})
            return failure_notice(judged, target, identity, str(error))
        log.info("rotated", extra={"event_id": judged.access.event_id, "version": rotated.new_version})
        return rotation_notice(judged, target, identity, rotated, clock.time())


def rotation_notice(judged: Judged, target: Target, identity: str, rotated: Rotated, now: float) -> Notice:
    """Return the notice of a rotation that is done or started."""
    done = "rotated" if rotated.confirmed else "is being rotated"
    name = target.secret.name
    after = max(0.0, now - judged.access.time.timestamp())
    advice = (
        "Only the secret was changed: whatever checks the old password (a database, a service) must learn the new one."
        if target.strategy == "generate"
        else "The secret's own rotation function is running; CloudTrail will say how it ends."
    )
    facts = (
        Fact("What was done", f"{name} {done} (strategy {target.strategy}), {after:.0f} s after the read"),
        *_who(judged),
        Fact("New version", rotated.new_version),
        Fact("Exposed version", rotated.old_version or "unknown"),
        Fact("Next", advice),
    )
    return _notice(judged, identity, Severity.HIGH, f"{name} {done}", facts)


def failure_notice(judged: Judged, target: Target, identity: str, reason: str) -> Notice:
    """Return the notice of a rotation that did not happen."""
    name = target.secret.name
    facts = (
        Fact("What was done", f"nothing: {reason}"),
        *_who(judged),
        Fact("Next", "The value that was read is still valid: rotate the secret by hand, then mend the cause."),
    )
    return _notice(judged, identity, Severity.CRITICAL, f"{name} was NOT rotated", facts)


def _who(judged: Judged) -> tuple[Fact, ...]:
    call = judged.access.call
    return (
        Fact("Because of", f"{judged.access.who} reading it from {call.source_address}"),
        Fact("Identity", call.principal.key),
        Fact("When", timestamp(judged.access.time)),
        Fact("Where", f"{call.region or 'unknown region'}, account {call.account or 'unknown'}"),
    )


def _notice(judged: Judged, identity: str, severity: Severity, title: str, facts: tuple[Fact, ...]) -> Notice:
    access = judged.access
    return Notice(
        id=identity,
        kind=Kind.ROTATION,
        severity=severity,
        title=one_line(title, 140),
        facts=facts,
        time=timestamp(access.time),
        reasons=(f"The read came from {judged.origin.network}, {judged.origin.reason}.",),
        event_ids=(access.event_id,),
    )


@cache
def _rotator() -> Rotator:
    configure()
    settings = Settings.read(os.environ)
    return Rotator(
        settings=settings,
        audit=AuditTable(client("dynamodb"), settings.table),
        store=SecretStore(Lazy("secretsmanager")),
        publisher=Publisher(Lazy("sns"), settings.topic),
    )


def handler(event: object, context: Any) -> None:
    """Lambda's entry point."""
    lease_until = clock.time() + context.get_remaining_time_in_millis() / 1000
    _rotator().handle(event, context.aws_request_id, lease_until)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _rotator()
