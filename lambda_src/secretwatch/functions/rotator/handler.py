"""Lambda: log subscription and rule → rotation of a configured secret read from an untrusted network.

decode → judge → choose an action → claim → cooldown → permit → rotate → notify → evidence. A rotation's
version id follows from the event, its notice is kept before it is published: every step can
be repeated.
"""

from __future__ import annotations

import logging
import os
import time as clock
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from secretwatch.functions.rotator.notices import (
    Exposure,
    ended_notice,
    failed_notice,
    rotated_notice,
    withheld_notice,
)
from secretwatch.functions.rotator.policy import (
    Action,
    Circumstances,
    Reason,
    RotationDecision,
    Target,
    action_for,
    permit,
)
from secretwatch.functions.rotator.secret_value import Rotated, RotationError, Secret, SecretStore, version_token
from secretwatch.functions.rotator.security_hub import SecurityHub, finding_id
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from secretwatch.record.access import Activity
from secretwatch.record.intake import Intake, Problem, read, respond
from secretwatch.record.origin import Judged
from secretwatch.record.secret_id import parse_secret_id
from secretwatch.runtime.aws import Lazy, client
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.logs import configure
from secretwatch.runtime.probe import Results, answer
from secretwatch.runtime.settings import Environment, packaged_settings
from secretwatch.runtime.text import field, timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.limits import Cooldown
from secretwatch.store.store import Store, open_store
from secretwatch.store.table import DAY

log = logging.getLogger(__name__)
_ENDS = {"RotationSucceeded": True, "RotationFailed": False, "RotationAbandoned": False}
_ENDED = "ROTATION ENDED"
_BUSY = "another invocation is at work on this record"
_MANAGED_LASTS = 7 * DAY
"""Seconds that a started rotation is remembered, to notify how it ended."""
_FINDING_LASTS = 90 * DAY
"""Seconds that a finding's first time is remembered: Security Hub forgets it after 90 days."""


class Freeze:
    """The switch that any operator can set: an SSM parameter; any value but ``off`` freezes."""

    def __init__(self, ssm: Any, parameter: str | None) -> None:
        self._ssm = ssm
        self._parameter = parameter

    def is_on(self) -> bool:
        """Return whether rotations are frozen; a parameter that is gone freezes nothing."""
        if self._parameter is None:
            return False
        try:
            value: str = self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return False
        return value.strip().lower() != "off"


@dataclass(frozen=True, slots=True)
class Read:
    """A read of a target, and what it calls for."""

    judged: Judged
    decision: RotationDecision

    @property
    def event_id(self) -> str:
        """The record's id."""
        return self.judged.access.event_id


@dataclass(frozen=True, slots=True)
class Rotator:
    """Rotates what an untrusted read exposed."""

    settings: RotatorSettings
    store: Store
    secrets: SecretStore
    publisher: Publisher
    freeze: Freeze
    hub: SecurityHub | None

    def handle(self, event: object, invocation: Invocation) -> None:
        """Rotate and notify; raises IntakeError if a record could not be handled."""
        intake = read(event)
        judged = sorted(self.settings.trust.judge(intake.accesses), key=lambda entry: entry.access.time)
        problems = list(intake.problems)
        for target in self.settings.targets:
            decided = [(entry, action_for(entry, target, self.settings.policy)) for entry in judged]
            reads = [Read(entry, decision) for entry, decision in decided if decision.action is not Action.NOTHING]
            if reads:
                problems += self._handled(intake, [r.judged for r in reads], self._answer, target, reads, invocation)
        for entry in judged:
            if entry.access.call.activity is Activity.ROTATION and entry.access.call.event_name in _ENDS:
                problems += self._handled(intake, [entry], self._ended, entry, invocation)
        respond(event, problems)

    def about(self) -> dict[str, Any]:
        """Return what a probe may show of the settings."""
        return {
            "mode": "dry_run" if self.settings.policy.dry_run else "rotate",
            "targets": len(self.settings.targets),
            "freeze_parameter": self.settings.freeze_parameter,
        }

    def test_targets(self) -> Results:
        """Describe every target, as the first step of its rotation would."""
        return {target.secret.requested: self._problem(target.secret.requested) for target in self.settings.targets}

    def _problem(self, secret: str) -> str | None:
        try:
            self.secrets.describe(secret)
        except Exception as error:  # each target has its own answer
            return str(error)
        return None

    @staticmethod
    def _handled(intake: Intake, entries: Iterable[Judged], do: Callable[..., None], *arguments: Any) -> list[Problem]:
        """Do something about some accesses; return what could not be done."""
        try:
            do(*arguments)
        except Exception as error:  # the other records must still be handled
            log.exception("not handled")
            return [intake.problem(entry.access.event_id, str(error)) for entry in entries]
        return []

    # --- a read of a target -------------------------------------------------------------------

    def _answer(self, target: Target, reads: list[Read], invocation: Invocation) -> None:
        """Answer the reads of one target that came together: at most one rotation, one notice."""
        found: Secret | RotationError
        try:
            found = self.secrets.describe(target.secret.requested)
        except RotationError as error:
            found, really = error, reads
        else:
            really = [r for r in reads if found.is_read_by(r.judged.access.call)]
        action = f"ROTATION#{target.secret.requested}"
        claims = [(r, self.store.claims.claim(action, r.event_id, invocation)) for r in really]
        mine = [r for r, claim in claims if claim is Claim.TAKEN]
        if mine:
            with self.store.claims.acting(action, [r.event_id for r in mine], invocation):
                self._answer_once(target, found, mine, invocation)
        if any(claim is Claim.BUSY for _, claim in claims):
            raise RotationError(_BUSY)

    def _answer_once(
        self, target: Target, found: Secret | RotationError, mine: list[Read], invocation: Invocation
    ) -> None:
        lead = next((r for r in mine if r.decision.action is Action.ROTATE), mine[0])
        seconds = self.settings.cooldown_minutes * 60
        cooldown = self.store.limits.cool_down(target.secret.requested, lead.event_id, seconds, len(mine))
        if not cooldown.mine:
            log.info(Reason.COOLDOWN, extra={"secret": target.secret.name, "reads": len(mine)})
            return
        version = field(lead.judged.access.call.parameters.get("versionId"))
        exposure = Exposure(lead.judged, len(mine), cooldown.suppressed, version, invocation.started)
        notice = self._notify_once(
            exposure.notice_id(target), lambda: self._act(target, found, lead.decision, exposure, cooldown)
        )
        if self.hub is not None and isinstance(found, Secret):
            first_told = self.store.evidence.note_once(
                finding_id(exposure, found.arn), {"time": notice.time}, _FINDING_LASTS
            )
            self.hub.report(notice, exposure, found.arn, str(first_told["time"]))

    def _notify_once(self, identity: str, make: Callable[[], Notice]) -> Notice:
        """Publish the notice of an id, made and kept first unless an earlier attempt did; return it."""
        kept = self.store.outbox.kept([identity]).get(identity)
        if kept is None:
            kept = make(), False
            self.store.outbox.keep(kept[0])
        notice, published = kept
        if not published:
            self.publisher.publish(notice)
            self.store.outbox.mark_published(identity)
        return notice

    def _act(
        self,
        target: Target,
        found: Secret | RotationError,
        decision: RotationDecision,
        exposure: Exposure,
        cooldown: Cooldown,
    ) -> Notice:
        """Rotate if nothing speaks against it; return the notice."""
        if isinstance(found, RotationError):
            return failed_notice(exposure, target, str(found))
        token = version_token(exposure.lead.access.event_id, target.secret.requested)
        withheld = decision if decision.action is Action.NOTIFY else self._withheld(target, found, token, cooldown)
        if withheld is not None:
            self._keep_evidence(found, target, exposure, withheld.reason, None)
            return withheld_notice(exposure, target, withheld.reason)
        try:
            rotated = self.secrets.rotate(found, target, token)
        except RotationError as error:
            self._keep_evidence(found, target, exposure, str(error), None)
            return failed_notice(exposure, target, str(error))
        notice = rotated_notice(exposure, target, rotated, clock.time())
        if not rotated.confirmed:
            now = timestamp(datetime.now(UTC))
            started = {"notice": notice.id, "version": rotated.new_version, "time": now}
            self.store.evidence.note(f"ROTATING#{found.arn}", started, _MANAGED_LASTS)
        self._keep_evidence(found, target, exposure, decision.reason, rotated)
        return notice

    def _withheld(self, target: Target, secret: Secret, token: str, cooldown: Cooldown) -> RotationDecision | None:
        """Look at what is going on, the hour's limit last: only what would rotate counts."""
        if token in secret.stages:
            return None  # an earlier attempt has begun it
        policy = self.settings.policy
        frozen = target.strategy != "notify_only" and self.freeze.is_on()
        now = Circumstances(frozen=frozen, under_way=secret.is_rotating(token))
        withheld = permit(target, policy, now)
        if (
            withheld is not None
            or not cooldown.fresh
            or self.store.limits.spend("rotations", self.settings.rotations_per_hour)
        ):
            return withheld
        return permit(target, policy, replace(now, within_limit=False))

    def _keep_evidence(
        self, secret: Secret, target: Target, exposure: Exposure, reason: str, rotated: Rotated | None
    ) -> None:
        """Write into the audit table what was read, by whom, and what was done about it."""
        access = exposure.lead.access
        self.store.evidence.record_rotation(
            secret.arn,
            f"{timestamp(access.time)}#{access.event_id}",
            {
                "principal": access.call.principal.key,
                "source_address": access.call.source_address,
                "network": exposure.lead.origin.network,
                "reads": exposure.reads,
                "strategy": target.strategy,
                "done": "nothing" if rotated is None else "rotated" if rotated.confirmed else "started",
                "reason": reason,
                "exposed_version": exposure.version
                or (rotated and rotated.old_version)
                or secret.version("AWSCURRENT"),
                "new_version": rotated and rotated.new_version,
                "seconds_from_read": max(0, int(clock.time() - access.time.timestamp())),
                "milliseconds_from_arrival": int((clock.time() - exposure.arrived) * 1000),
            },
        )
        log.info("answered", extra={"event_id": access.event_id, "reason": reason, "rotated": rotated is not None})

    # --- the end of a managed rotation --------------------------------------------------------

    def _ended(self, entry: Judged, invocation: Invocation) -> None:
        """Notify how a rotation ended that was started here."""
        event_id, name = entry.access.event_id, entry.access.call.event_name
        for secret_id in entry.access.call.secrets:
            started = self.store.evidence.noted(f"ROTATING#{secret_id.requested}")
            if started is None:
                continue
            claim = self.store.claims.claim(_ENDED, event_id, invocation)
            if claim is Claim.BUSY:
                raise RotationError(_BUSY)
            if claim is Claim.TAKEN:
                with self.store.claims.acting(_ENDED, [event_id], invocation):
                    self._notify_end(entry, secret_id.requested, started, _ENDS[name])

    def _notify_end(self, entry: Judged, arn: str, started: dict[str, str], succeeded: bool) -> None:
        secret = self.secrets.describe(arn)
        cause = f"Secrets Manager recorded {entry.access.call.event_name}"
        if succeeded and "AWSCURRENT" not in secret.stages.get(started["version"], ()):
            succeeded, cause = False, f"{cause}, but the new version is not AWSCURRENT"
        notice = ended_notice(entry, parse_secret_id(arn, full=True).name, started, succeeded, cause)
        self._notify_once(notice.id, lambda: notice)


@cache
def _rotator() -> Rotator:
    configure()
    settings = RotatorSettings.read(Environment(os.environ), packaged_settings())
    return Rotator(
        settings=settings,
        store=open_store(client("dynamodb"), settings.table, settings.retention_days),
        secrets=SecretStore(Lazy("secretsmanager")),
        publisher=Publisher(Lazy("sns"), settings.topic),
        freeze=Freeze(Lazy("ssm"), settings.freeze_parameter),
        hub=SecurityHub(Lazy("securityhub")) if settings.security_hub else None,
    )


def handler(event: object, context: Any) -> dict[str, Any] | None:
    """Lambda's entry point."""
    rotator = _rotator()
    probed = answer(event, rotator.about(), {"test-targets": rotator.test_targets})
    if probed is None:
        rotator.handle(event, Invocation.of(context))
    return probed


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _rotator()
