"""The notice of a story: why people should look, what the records say, and what to do.

No model is asked here: without prose the notice is complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.evidence import Evidence
from secretwatch.detect.memory import Kind as Of
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import News
from secretwatch.notify.links import event_link, history_link
from secretwatch.notify.notice import SECRET_LIMIT, SECRETS_KEPT, Fact, Kind, Notice
from secretwatch.runtime.text import count, one_line

EVENT_IDS_KEPT = 20
NAMES_SHOWN = 10
OTHERS_SHOWN = 3
FACT_LIMIT = 1200
"""Longest fact, in characters; channels cut further."""


def access_notice(news: News, evidence: Evidence, home_region: str | None = None) -> Notice:
    """Return the notice of a story's news, without prose; ``home_region`` is where the system runs."""
    lead, secrets = evidence.lead, list(evidence.secrets)
    next_step = advice(news)
    return Notice(
        id=news.id,
        kind=Kind.ACCESS,
        severity=news.severity,
        title=title(news, evidence),
        facts=facts(news, evidence) + (() if next_step is None else (Fact("Recommended action", next_step),)),
        time=lead.time,
        reasons=tuple(_reasons(news)),
        signals=tuple(dict.fromkeys(finding.signal for finding in _worst_first(news.fresh))),
        secrets=tuple(one_line(name, SECRET_LIMIT) for name in secrets[:SECRETS_KEPT]),
        more_secrets=max(0, len(secrets) - SECRETS_KEPT),
        links=event_link(lead.region, lead.event_id) + history_link(home_region),
        event_ids=tuple(dict.fromkeys([lead.event_id, *(finding.event_id for finding in _worst_first(news.fresh))]))[
            :EVENT_IDS_KEPT
        ],
        story=news.story.id,
    )


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (-finding.severity.rank, finding.time, finding.event_id))


def _reasons(news: News) -> Iterator[str]:
    """Yield a sentence for each signal that is new: the last one of those that count, since it has the most."""
    by_signal: dict[str, list[Finding]] = {}
    for finding in news.story.findings:
        by_signal.setdefault(finding.signal, []).append(finding)
    for signal in dict.fromkeys(finding.signal for finding in _worst_first(news.fresh)):
        found = by_signal[signal]
        shown = found[-1] if SIGNALS[signal].threshold else found[0]
        others = 0 if SIGNALS[signal].threshold else len({finding.sentence for finding in found}) - 1
        more = f" … and {others} more like this." if others else ""
        yield f"{shown.sentence}{more} ({shown.severity}, {shown.technique})"
    if not news.opened:
        yield "This story was notified before; only what is new in it stands here."


def advice(news: News) -> str | None:
    """Return what to do about the most severe signal, or None where nothing has to be done at once."""
    worst = _worst_first(news.fresh)[0]
    return SIGNALS[worst.signal].advice if worst.severity.rank >= Severity.MEDIUM.rank else None


def facts(news: News, evidence: Evidence) -> tuple[Fact, ...]:
    """Return what the records say, in the order a person asks."""
    lead, actor = evidence.lead, news.story.actor
    first, last = evidence.accesses[0].time, evidence.accesses[-1].time
    found = (
        Fact("Who", _who(news, evidence)),
        Fact("Identity", actor.principal.key),
        Fact("Credentials", _credentials(evidence)),
        Fact("What", _what(evidence)),
        Fact("Outcome", _outcome(evidence)),
        Fact("From", _from(evidence)),
        Fact("When", first if first == last else f"{first} to {last}"),
        Fact("Where", f"{_some(evidence.distinct('region')) or 'unknown region'}, account {lead.account or 'unknown'}"),
        Fact("User agent", _some(evidence.distinct("user_agent")) or "no user agent recorded"),
        Fact("Story", news.story.id[:12]),
    )
    return tuple(Fact(fact.label, one_line(fact.value, FACT_LIMIT)) for fact in found if fact.value)


def title(news: News, evidence: Evidence) -> str:
    """Return "user alice read TopSecretInfo", "role deploy tried to read 3 secrets"."""
    names = list(evidence.secrets)
    what = names[0] if len(names) == 1 else count(len(names), "secret") if names else _NAMELESS[evidence.lead.kind]
    return one_line(f"{one_line(_who(news, evidence), 80)} {_did(evidence)} {what}", 140)


_NAMELESS = {
    kind: "secrets in a batch" if kind is Of.BATCH else "secrets" if kind is Of.LISTED else "a secret" for kind in Of
}
_DID = {
    Of.READ: "read",
    Of.BATCH: "read",
    Of.DENIED: "tried to read",
    Of.MISSING: "tried to read",
    Of.LISTED: "listed",
    Of.DESCRIBED: "looked at",
}


def _did(evidence: Evidence) -> str:
    kind = evidence.lead.kind
    if kind in _DID:
        return _DID[kind]
    calls = " and ".join(dict.fromkeys(access.event_name for access in evidence.alike))
    return f"tried {calls} on" if kind is Of.OTHER else f"called {calls} on"


def _who(news: News, evidence: Evidence) -> str:
    """The actor; of a role also the session of the access that the story is about, which changes from call to call."""
    actor, session = news.story.actor, evidence.lead.session
    return f"{actor.label} (session {session})" if session and actor.person is None else actor.label


def _credentials(evidence: Evidence) -> str:
    keys = _some(tuple(f"access key {key}" for key in evidence.distinct("access_key_id")))
    sources = _some(tuple(f"source identity {name}" for name in evidence.distinct("source_identity")))
    return ", ".join(filter(None, [keys, sources]))


def _what(evidence: Evidence) -> str:
    names = [f"{one_line(name, 100)} ×{n:,}" if n > 1 else one_line(name, 100) for name, n in evidence.secrets.items()]
    shown = ", ".join(names[:NAMES_SHOWN]) or "no secret named"
    more = f" … and {len(names) - NAMES_SHOWN} more, all in the audit table" if len(names) > NAMES_SHOWN else ""
    calls = ", ".join(f"{number:,} {name}" if number > 1 else name for name, number in evidence.calls.most_common())
    besides = (
        f"; besides {count(evidence.besides, 'such call')} with other credentials or tools" if evidence.besides else ""
    )
    return f"{shown}{more} ({calls}{'' if evidence.complete else ' among the first that were looked at'}){besides}"


def _outcome(evidence: Evidence) -> str:
    returned = sum(access.kind is Of.READ for access in evidence.accesses)
    kinds = Counter(_OUTCOMES.get(access.kind, "allowed") for access in evidence.accesses)
    if len(kinds) == 1:
        return next(iter(kinds))
    several = ", ".join(f"{number:,} {outcome}" for outcome, number in kinds.most_common())
    return f"{several} ({count(returned, 'value')} returned)"


_OUTCOMES = {Of.DENIED: "denied", Of.MISSING: "failed", Of.OTHER: "failed"}


def _from(evidence: Evidence) -> str:
    lead = evidence.lead
    others = evidence.distinct("source_address")[1:]
    also = f"; also {_some(others)}" if others else ""
    return f"{lead.source_address or 'unknown'} ({lead.trust}: {lead.trust_reason}){also}"


def _some(values: tuple[str, ...]) -> str:
    """Return the first few values and how many more there are."""
    shown = ", ".join(one_line(value, 200) for value in values[:OTHERS_SHOWN])
    return f"{shown} and {len(values) - OTHERS_SHOWN} more" if len(values) > OTHERS_SHOWN else shown
