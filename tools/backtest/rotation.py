"""The rotator over history: the policy, the cooldown and the limit of the deployed one, by the clock of the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
from secretwatch.store.limits import HOUR


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
    """Answers accesses in order of time. Nobody freezes, and no rotation is under way."""

    def __init__(self, settings: RotatorSettings | None) -> None:
        self._settings = settings
        self._cooldown_until: dict[str, int] = {}
        self._suppressed: dict[str, int] = {}
        self._hour = self._rotations = 0

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
        if self._cooldown_until.get(secret, now) > now:
            self._suppressed[secret] = self._suppressed.get(secret, 0) + 1
            return Answer(target, RotationDecision(Action.NOTHING, Reason.COOLDOWN))
        self._cooldown_until[secret] = now + settings.cooldown_minutes * 60
        version = judged.access.call.version_id
        exposure = Exposure(judged, 1, self._suppressed.pop(secret, 0), version, float(now))
        withheld = decision if decision.action is Action.NOTIFY else self._withheld(settings, target, now)
        if withheld is not None:
            return Answer(target, withheld, withheld_notice(exposure, target, withheld.reason))
        rotated = Rotated(secret, "a new one", version, confirmed=target.strategy == "generate")
        return Answer(target, decision, rotated_notice(exposure, target, rotated, now))

    def _withheld(self, settings: RotatorSettings, target: Target, now: int) -> RotationDecision | None:
        """Return what keeps a rotation from being done; only one that would be counts for the limit."""
        quiet = Circumstances(frozen=False, under_way=False)
        withheld = permit(target, settings.policy, quiet)
        if withheld is not None or self._spend(now, settings.rotations_per_hour):
            return withheld
        return permit(target, settings.policy, replace(quiet, within_limit=False))

    def _spend(self, now: int, limit: int) -> bool:
        if now // HOUR != self._hour:
            self._hour, self._rotations = now // HOUR, 0
        self._rotations += 1
        return self._rotations <= limit
