"""The notice of a story: its facts as the records say them, why it is notable, and what to do.

No model is asked here: without prose the notice is complete.
"""

from __future__ import annotations

from collections.abc import Iterable

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.decide import Decision
from secretwatch.detect.signals import Signal
from secretwatch.detect.story import Story
from secretwatch.notify.links import event_link, history_link
from secretwatch.notify.notice import SECRET_LIMIT, SECRETS_KEPT, Fact, Kind, Notice
from secretwatch.record.access import Activity, Outcome
from secretwatch.runtime.text import count, one_line, timestamp

EVENT_IDS_KEPT = 20
NAMES_SHOWN = 10
FACT_LIMIT = 1200
"""Longest fact, in characters; channels cut further."""


def access_notice(story: Story, decision: Decision, identity: str, home_region: str | None = None) -> Notice:
    """Return the notice of a story, without prose; ``home_region`` is where the system runs."""
    first = story.first
    next_step = None if decision.lowered is not None else advice(decision.signals)
    return Notice(
        id=identity,
        kind=Kind.ACCESS,
        severity=decision.severity,
        title=title(story),
        facts=facts(story) + (() if next_step is None else (Fact("Recommended action", next_step),)),
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
        yield f"Lowered to info: known automation ({decision.lowered})."
    if decision.suppressed:
        yield f"{count(decision.suppressed, 'similar access', 'similar accesses')} suppressed since the last alert."


def advice(signals: tuple[Signal, ...]) -> str | None:
    """Return what to do about the most severe signal, or None where nothing has to be done at once."""
    urgent = [signal for signal in signals if signal.severity.rank >= Severity.MEDIUM.rank]
    worst = max(urgent, key=lambda signal: signal.severity.rank, default=None)
    return None if worst is None else SIGNALS[worst.id].advice


def facts(story: Story) -> tuple[Fact, ...]:
    """Return what the records say, in the order a person asks."""
    first, last = map(timestamp, story.span)
    access = story.first
    found = (
        Fact("Who", story.who),
        Fact("Identity", access.principal.key),
        Fact("What", _what(story)),
        Fact("Outcome", access.outcome),
        Fact("From", f"{access.source_address or 'unknown'} ({story.origin.trust}: {story.origin.reason})"),
        Fact("When", first if first == last else f"{first} to {last}"),
        Fact("Where", f"{', '.join(story.regions) or 'unknown region'}, account {access.account or 'unknown'}"),
        Fact("User agent", access.user_agent or "no user agent recorded"),
    )
    return tuple(Fact(fact.label, one_line(fact.value, FACT_LIMIT)) for fact in found)


def title(story: Story) -> str:
    """Return "user alice read TopSecretInfo", "role deploy tried to read 3 secrets"."""
    names = story.secrets
    nameless = "secrets in a batch" if "BatchGetSecretValue" in story.event_names else "a secret"
    what = names[0] if len(names) == 1 else count(len(names), "secret") if names else nameless
    return one_line(f"{one_line(story.who, 80)} {_did(story)} {what}", 140)


def _did(story: Story) -> str:
    tried = story.first.outcome is not Outcome.ALLOWED
    if story.first.activity is Activity.READ:
        return "tried to read" if tried else "read"
    calls = " and ".join(story.event_names)
    return f"tried {calls} on" if tried else f"called {calls} on"


def _what(story: Story) -> str:
    names = story.secrets
    shown = ", ".join(one_line(name, 100) for name in names[:NAMES_SHOWN]) or "no secret named"
    more = f" … and {len(names) - NAMES_SHOWN} more, all in the audit table" if len(names) > NAMES_SHOWN else ""
    calls = ", ".join(f"{number:,} {name}" if number > 1 else name for name, number in story.event_names.items())
    return f"{shown}{more} ({calls})"
