"""Whether people are notified of a story, how severe it is, and what is remembered afterwards: a pure decision."""

from __future__ import annotations

from dataclasses import dataclass, replace

from secretwatch.detect import signals
from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import EVENT_ID_KEPT, MAX_QUIET, MAX_QUIET_SECRETS, Memory, Quiet
from secretwatch.detect.signals import Signal
from secretwatch.detect.story import Story
from secretwatch.detect.tuning import Tuning
from secretwatch.record.access import Activity, Outcome
from secretwatch.runtime.text import short_hash

_FIRSTS = frozenset({"first_reader", "first_network", "first_writer", "new_region"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a story."""

    notified: bool
    reason: str
    """Why people are notified or not, in a few words."""
    severity: Severity
    signals: tuple[Signal, ...]
    lowered: str | None
    """The automation pattern that lowered the severity, if one did."""
    suppressed: int
    """Accesses suppressed since the last notification of the same story; it is said with this one."""
    memory: Memory
    """What is remembered afterwards."""


def decide(story: Story, memory: Memory, tuning: Tuning, own_principals: frozenset[str] = frozenset()) -> Decision:
    """Return what becomes of a story, given what is remembered of its principal."""
    advanced = memory.advance(story)
    if story.principal.key in own_principals:
        return _kept_quiet("our own function", (), advanced)
    found = signals.find(story, memory, tuning)
    severity = max((signal.severity for signal in found), key=lambda s: s.rank, default=Severity.INFO)
    lowered = tuning.automation_pattern(story.principal.key)
    if lowered is not None and severity is not Severity.CRITICAL:
        severity = Severity.INFO
    else:
        lowered = None
    if not _is_notable(story, found):
        return _kept_quiet("no value was returned and nothing is notable", found, advanced)
    quiet = memory.quiet.get(story.key)
    end = int(story.span[1].timestamp())
    if quiet is not None and end < quiet.until and not _is_new(story, found, severity, quiet, lowered):
        return Decision(
            notified=False,
            reason="notified already, nothing new",
            severity=severity,
            signals=found,
            lowered=lowered,
            suppressed=0,
            memory=_remember(advanced, story.key, _suppress(quiet, story)),
        )
    notified = Quiet(
        until=end + tuning.quiet_minutes * 60,
        secrets=_hashes(story)[:MAX_QUIET_SECRETS],
        signals=tuple(signal.id for signal in found),
        severity=severity,
    )
    return Decision(
        notified=True,
        reason=", ".join(signal.id for signal in found) or "a read",
        severity=severity,
        signals=found,
        lowered=lowered,
        suppressed=quiet.suppressed if quiet is not None else 0,
        memory=_remember(advanced, story.key, notified),
    )


def _is_notable(story: Story, found: tuple[Signal, ...]) -> bool:
    """Reads that returned a value always are; anything else only with a signal that is about it."""
    if story.first.activity is Activity.READ and story.first.outcome is Outcome.ALLOWED:
        return True
    return any(signal.id not in ("batch", "root", "cloudshell") for signal in found) or (
        story.first.activity is Activity.TAMPERING and bool(found)
    )


def _is_new(story: Story, found: tuple[Signal, ...], severity: Severity, quiet: Quiet, lowered: str | None) -> bool:
    """Whether there is something in a story that was not in it when it was notified."""
    ids = {signal.id for signal in found}
    if lowered is None and (severity.rank >= Severity.HIGH.rank or ids & _FIRSTS):
        return True
    return (
        severity.rank > quiet.severity.rank
        or not ids <= set(quiet.signals)
        or not set(_hashes(story)) <= set(quiet.secrets)
    )


def _hashes(story: Story) -> tuple[str, ...]:
    return tuple(short_hash(key)[:8] for key in story.secret_keys)


def _suppress(quiet: Quiet, story: Story) -> Quiet:
    last = story.entries[-1].access.event_id[:EVENT_ID_KEPT]
    return quiet if quiet.last == last else replace(quiet, suppressed=quiet.suppressed + len(story.entries), last=last)


def _remember(memory: Memory, key: str, quiet: Quiet) -> Memory:
    """Keep what was notified; of too many stories those whose quiet period ends first are forgotten."""
    kept = {**memory.quiet, key: quiet}
    if len(kept) > MAX_QUIET:
        kept = dict(sorted(kept.items(), key=lambda entry: -entry[1].until)[:MAX_QUIET])
    return replace(memory, quiet=kept)


def _kept_quiet(reason: str, found: tuple[Signal, ...], memory: Memory) -> Decision:
    severity = max((signal.severity for signal in found), key=lambda s: s.rank, default=Severity.INFO)
    return Decision(False, reason, severity, found, None, 0, memory)
