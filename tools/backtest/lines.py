"""A story in one line, for people: how bad, who, what, from where, with what, why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from secretwatch.detect.evidence import Evidence, gather
from secretwatch.notify.access_notice import title
from secretwatch.record.agent import tool_of
from secretwatch.runtime.text import count, one_line, timestamp
from tools.backtest.replay import Closed, Row

NAMES_SHOWN = 20
_OTHERS_SHOWN = 3


def story_line(closed: Closed) -> str:
    """Return the line of a story, at the time of its first message."""
    story, evidence = closed.story, _of_lead(closed)
    times = len(evidence.alike)
    parts = [
        title(closed.messages[0], evidence),
        f" ×{times:,}" if times > 1 and len(evidence.secrets) <= 1 else "",
        f" from {_some(evidence.distinct('source_address')) or 'an unknown place'} ({evidence.lead.trust})",
        f" with {_some(evidence.distinct('user_agent')) or 'no user agent'}",
        f", {_keys(evidence)}" if evidence.lead.access_key_id else "",
        f": {_names(evidence)}" if len(evidence.secrets) > 1 else "",
        _others(closed),
        f"  [{', '.join(story.signals)}]  story {story.id[:12]}",
        f"  {count(len(closed.messages), 'message')}" if len(closed.messages) > 1 else "",
        f"  ROTATES {', '.join(closed.rotated)}" if closed.rotated else "",
    ]
    return f"{timestamp(datetime.fromtimestamp(closed.time, UTC))}  {story.severity:8}  {''.join(parts)}"


def rotation_line(row: Row) -> str:
    """Return the line of an access that rotates a secret and is in no story."""
    access = row.judged.access
    source = one_line(access.call.source_address or "an unknown place", 60)
    return (
        f"{timestamp(access.time)}  {'':8}  ROTATES {', '.join(row.rotates)}: {one_line(row.actor.label, 100)} read it"
        f" from {source} ({row.judged.origin.trust}), as it did before (event {one_line(access.event_id, 64)})"
    )


def _of_lead(closed: Closed) -> Evidence:
    """Return the accesses with the tool that the story is about; the others are told apart."""
    lead = closed.story.lead
    alike = [access for access in closed.evidence.accesses if tool_of(access.user_agent) == lead.tool]
    return gather(lead, alike, closed.evidence.complete)


def _others(closed: Closed) -> str:
    tools = Counter(tool_of(access.user_agent) for access in closed.evidence.accesses)
    tools.pop(closed.story.lead.tool, None)
    told = [f"{count(number, 'access', 'accesses')} with {tool}" for tool, number in tools.most_common(_OTHERS_SHOWN)]
    unseen = [f"{count(closed.unseen, 'access', 'accesses')} beyond these"] if closed.unseen else []
    return f"; besides {', '.join(told + unseen)}" if told or unseen else ""


def _names(evidence: Evidence) -> str:
    names = [one_line(name, 100) for name in evidence.secrets]
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _keys(evidence: Evidence) -> str:
    keys = evidence.distinct("access_key_id")
    return f"access key{'s' if len(keys) > 1 else ''} {_some(keys)}"


def _some(values: Sequence[str]) -> str:
    shown = ", ".join(_shown(values[:_OTHERS_SHOWN]))
    return f"{shown} and {len(values) - _OTHERS_SHOWN:,} more" if len(values) > _OTHERS_SHOWN else shown


def _shown(values: Iterable[str]) -> list[str]:
    return [one_line(value, 80) for value in values]
