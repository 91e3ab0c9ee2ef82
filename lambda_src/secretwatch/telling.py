"""Whether a story is told, how severe it is, and what is remembered afterwards: a pure decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from secretwatch import signals
from secretwatch.access import Activity, Outcome
from secretwatch.advice import advice
from secretwatch.links import event_link, history_link
from secretwatch.notice import SECRET_LIMIT, SECRETS_KEPT, Fact, Kind, Notice, Severity, notice_id, timestamp
from secretwatch.rules import Rules
from secretwatch.signals import Signal
from secretwatch.state import EVENT_ID_KEPT, MAX_QUIET, MAX_QUIET_SECRETS, PrincipalState, Quiet
from secretwatch.story import Story, facts, title
from secretwatch.text import count, one_line

EVENT_IDS_KEPT = 20
_FIRSTS = frozenset({"first_reader", "first_network", "first_writer", "new_region"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a story."""

    told: bool
    reason: str
    """Why it is told or not, in a few words."""
    severity: Severity
    signals: tuple[Signal, ...]
    lowered: str | None
    """The automation pattern that lowered the severity, if one did."""
    folded: int
    """Accesses folded since the same story was last told; they are told with this one."""
    state: PrincipalState
    """What is remembered afterwards."""


def decide(story: Story, state: PrincipalState, rules: Rules, own_principals: frozenset[str] = frozenset()) -> Decision:
    """Return what becomes of a story, given what is remembered of its principal."""
    advanced = state.advance(story)
    if story.principal.key in own_principals:
        return _kept_quiet("our own function", (), advanced)
    found = signals.find(story, state, rules)
    severity = max((signal.severity for signal in found), key=lambda s: s.rank, default=Severity.INFO)
    lowered = rules.automation_pattern(story.principal.key)
    if lowered is not None and severity is not Severity.CRITICAL:
        severity = Severity.INFO
    else:
        lowered = None
    if not _is_notable(story, found):
        return _kept_quiet("nothing was handed out and nothing is notable", found, advanced)
    quiet = state.quiet.get(story.key)
    end = int(story.span[1].timestamp())
    if quiet is not None and end < quiet.until and not _is_new(story, found, severity, quiet, lowered):
        return Decision(
            told=False,
            reason="told already, nothing new",
            severity=severity,
            signals=found,
            lowered=lowered,
            folded=0,
            state=_remember(advanced, story.key, _fold(quiet, story)),
        )
    told = Quiet(
        until=end + rules.quiet_minutes * 60,
        secrets=_hashes(story)[:MAX_QUIET_SECRETS],
        signals=tuple(signal.id for signal in found),
        severity=severity,
    )
    return Decision(
        told=True,
        reason=", ".join(signal.id for signal in found) or "a read",
        severity=severity,
        signals=found,
        lowered=lowered,
        folded=quiet.folded if quiet is not None else 0,
        state=_remember(advanced, story.key, told),
    )


def notice(story: Story, decision: Decision, identity: str, home_region: str | None = None) -> Notice:
    """Return a story as it is told, without prose; ``home_region`` is where the system runs."""
    first = story.first
    next_step = None if decision.lowered is not None else advice(decision.signals)
    return Notice(
        id=identity,
        kind=Kind.ACCESS,
        severity=decision.severity,
        title=title(story),
        facts=facts(story) + (() if next_step is None else (Fact("Next", next_step),)),
        time=timestamp(story.span[0]),
        reasons=tuple(_reasons(decision)),
        signals=tuple(signal.id for signal in decision.signals),
        secrets=tuple(one_line(name, SECRET_LIMIT) for name in story.secrets[:SECRETS_KEPT]),
        more_secrets=max(0, len(story.secrets) - SECRETS_KEPT),
        links=event_link(first.region, story.entries[0].access.event_id) + history_link(home_region),
        event_ids=tuple(entry.access.event_id for entry in story.entries[:EVENT_IDS_KEPT]),
    )


def _reasons(decision: Decision) -> Iterable[str]:
    for signal in decision.signals:
        yield f"{signal.sentence} ({signal.severity}, {signal.technique})"
    if decision.lowered is not None:
        yield f"Told at info: known automation ({decision.lowered})."
    if decision.folded:
        yield f"{count(decision.folded, 'access', 'accesses')} like this were folded since it was last told."


def _is_notable(story: Story, found: tuple[Signal, ...]) -> bool:
    """Reads that handed out a value always are; anything else only with a signal that is about it."""
    if story.first.activity is Activity.READ and story.first.outcome is Outcome.ALLOWED:
        return True
    return any(signal.id not in ("batch", "root", "cloudshell") for signal in found) or (
        story.first.activity is Activity.TAMPERING and bool(found)
    )


def _is_new(story: Story, found: tuple[Signal, ...], severity: Severity, quiet: Quiet, lowered: str | None) -> bool:
    """Whether there is something in a story that was not in it when it was told."""
    ids = {signal.id for signal in found}
    if lowered is None and (severity.rank >= Severity.HIGH.rank or ids & _FIRSTS):
        return True
    return (
        severity.rank > quiet.severity.rank
        or not ids <= set(quiet.signals)
        or not set(_hashes(story)) <= set(quiet.secrets)
    )


def _hashes(story: Story) -> tuple[str, ...]:
    return tuple(notice_id(key)[:8] for key in story.secret_keys)


def _fold(quiet: Quiet, story: Story) -> Quiet:
    last = story.entries[-1].access.event_id[:EVENT_ID_KEPT]
    return quiet if quiet.last == last else replace(quiet, folded=quiet.folded + len(story.entries), last=last)


def _remember(state: PrincipalState, key: str, quiet: Quiet) -> PrincipalState:
    """Keep what was told; of too many stories those whose quiet ends first are forgotten."""
    kept = {**state.quiet, key: quiet}
    if len(kept) > MAX_QUIET:
        kept = dict(sorted(kept.items(), key=lambda entry: -entry[1].until)[:MAX_QUIET])
    return replace(state, quiet=kept)


def _kept_quiet(reason: str, found: tuple[Signal, ...], state: PrincipalState) -> Decision:
    severity = max((signal.severity for signal in found), key=lambda s: s.rank, default=Severity.INFO)
    return Decision(False, reason, severity, found, None, 0, state)
