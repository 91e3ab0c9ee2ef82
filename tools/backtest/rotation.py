"""The rotator over history: the policy, the cooldown and the limit of the deployed one, by the clock of the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from secretwatch.functions.rotator.notices import Exposure, rotated_notice, withheld_notice
from secretwatch.functions.rotator.policy import (
    Action,
    Circumstances,
    Reason,
    RotationDecision,
    Target,
    action_for,
    permit,
)
from secretwatch.functions.rotator.secret_value import Rotated
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.notify.notice import Notice
from secretwatch.record.origin import Judged
from secretwatch.store.limits import HOUR, Use, admits


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rotator does about one access to one target."""

    target: Target
    decision: RotationDecision
    notice: Notice | None = None
    """What it publishes; None where it keeps silent."""

    @property
    def rotates(self) -> bool:
        """Whether the secret is rotated."""
        return self.decision.action is Action.ROTATE


class Rotator:
    """Answers accesses in order of time. Nobody freezes, no rotation is under way, and nobody else changes a value."""

    def __init__(self, settings: RotatorSettings | None) -> None:
        self._settings = settings
        self._rotated_at: dict[str, int] = {}
        """Of a read within the cooldown this is the time to come at which it is answered."""
        self._told_until: dict[tuple[str, Reason], int] = {}
        self._suppressed: dict[str, int] = {}
        self._uses: list[Use] = []

    def answers(self, judged: Judged) -> Iterator[Answer]:
        """Yield what is done about an access, for each target that it names."""
        if self._settings is None:
            return
        for target in self._settings.targets:
            decision = action_for(judged, target, self._settings.policy)
            if decision.reason is Reason.NOT_A_TARGET:
                continue
            if decision.action is Action.NOTHING:
                yield Answer(target, decision)
            else:
                yield self._answer(self._settings, judged, target, decision)

    def _answer(self, settings: RotatorSettings, judged: Judged, target: Target, decision: RotationDecision) -> Answer:
        now, secret = int(judged.access.time.timestamp()), target.secret.requested
        if judged.access.call.version_stage not in (None, "AWSCURRENT"):
            decision = RotationDecision(Action.NOTIFY, Reason.OLD_VERSION)
        withheld = decision if decision.action is Action.NOTIFY else permit(target, settings.policy, _QUIET)
        if withheld is not None:
            return self._withhold(settings, judged, target, withheld)
        at, before = now, self._rotated_at.get(secret)
        if before is not None and now < before + settings.cooldown_minutes * 60:
            if now < before:
                self._suppressed[secret] = self._suppressed.get(secret, 0) + 1
                return Answer(target, RotationDecision(Action.NOTHING, Reason.COOLDOWN))
            at = before + settings.cooldown_minutes * 60
        if not self._spend(at, secret, settings.rotations_per_hour):
            return self._withhold(settings, judged, target, RotationDecision(Action.NOTIFY, Reason.BREAKER))
        self._rotated_at[secret] = at
        version = judged.access.call.version_id
        exposure = Exposure(judged, 1, self._suppressed.pop(secret, 0), version, float(at))
        rotated = Rotated(secret, "a new one", version, confirmed=target.strategy == "generate")
        return Answer(target, decision, rotated_notice(exposure, target, rotated, at))

    def _withhold(self, settings: RotatorSettings, judged: Judged, target: Target, why: RotationDecision) -> Answer:
        """Notify that nothing was rotated, once in a while for each reason."""
        now, about = int(judged.access.time.timestamp()), (target.secret.requested, why.reason)
        if self._told_until.get(about, now) > now:
            return Answer(target, why)
        self._told_until[about] = now + settings.cooldown_minutes * 60
        exposure = Exposure(judged, 1, 0, judged.access.call.version_id, float(now))
        return Answer(target, why, withheld_notice(exposure, target, why.reason))

    def _spend(self, at: int, secret: str, limit: int) -> bool:
        self._uses = [use for use in self._uses if use.at > at - HOUR]
        if not admits(self._uses, secret, limit):
            return False
        self._uses.append(Use(at, secret, ""))
        return True


_QUIET = Circumstances(frozen=False, under_way=False)
