"""Following the advice: what is proposed is set, and the month runs again, until nothing is proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dev.month.lives import START
from dev.month.run import Month, Run
from secretwatch.detect.advice import Proposal
from tools.backtest.advice import Advice
from tools.backtest.settings import BacktestSettings

MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Round:
    """A month, and what is proposed after it."""

    month: Month
    proposal: Proposal | None
    """The first one; None: nothing is proposed any more."""


def rounds(
    settings: BacktestSettings, run: Callable[[Run], Month], say: Callable[[str], None] = lambda _: None
) -> Iterator[Round]:
    """Yield a round after the other, each with the proposal of the one before; at last one without any.

    Raises RuntimeError if that is not so after MOST_ROUNDS.
    """
    for _ in range(MOST_ROUNDS):
        advice = Advice(settings)
        taking = Run(settings, say, lambda story, sent: advice.add(story, sent) if story.span[0] >= START else None)  # noqa: B023
        month = run(taking)
        proposal = next(advice.proposals(), None)
        yield Round(month, proposal)
        if proposal is None:
            return
        settings = applied(settings, proposal)
    raise RuntimeError(f"after {MOST_ROUNDS} rounds something is proposed still")


def applied(settings: BacktestSettings, proposal: Proposal) -> BacktestSettings:
    """Return the settings with what is proposed added to them."""
    if proposal.setting == "trusted_vpc_endpoint_ids":
        trust = settings.trust
        return replace(settings, trust=replace(trust, vpc_endpoints=trust.vpc_endpoints | set(proposal.values)))
    before: tuple[str, ...] = getattr(settings.tuning, proposal.setting)
    changes = {proposal.setting: (*before, *proposal.values)}
    return replace(settings, tuning=replace(settings.tuning, **changes))  # type: ignore[arg-type]
