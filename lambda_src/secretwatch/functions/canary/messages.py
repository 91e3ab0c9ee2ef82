"""The messages to the operations topic: that paths are silent, since when and where, and that they are back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secretwatch.functions.canary.hops import Diagnosis, HopState
from secretwatch.functions.canary.watch import shown
from secretwatch.record.envelopes import RecordPath
from secretwatch.runtime.text import one_line

_NAMES = {
    RecordPath.LOGS: "the complete path (CloudWatch Logs)",
    RecordPath.EVENTS: "the fast path (EventBridge)",
}
_MARKS = {HopState.ALIVE: "ok", HopState.STOPPED: "STOPPED", HopState.UNKNOWN: "unknown"}
_MEANWHILE = {
    RecordPath.LOGS: "The complete path works: nothing is lost, but it takes minutes, not seconds.",
    RecordPath.EVENTS: "The fast path works, and it sees this region only: reads in other regions go unnoticed.",
}
_NOTHING_WORKS = "No other path is known to work: accesses to secrets may be neither recorded nor notified."
_UNSEEN = (
    "No hop that can be looked at is broken. What cannot be seen from here: the policies of queue and key, "
    "the trail's event selectors, the queue's event source mapping."
)


@dataclass(frozen=True, slots=True)
class Report:
    """Subject and text as SNS takes them."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A path that does not bring the canary's reads; times are epoch seconds."""

    path: RecordPath
    seen: int | None
    """When the latest read was made that the path brought, or None if it never brought one."""
    first_missed: int
    diagnosis: Diagnosis


def silent(system: str, silences: Sequence[Silence], working: Sequence[RecordPath]) -> Report:
    """Return the message about paths that are silent; ``working`` are those that brought the latest read."""
    names = _and([_NAMES[silence.path] for silence in silences])
    does, is_ = ("does", "is") if len(silences) == 1 else ("do", "are")
    lines = [f"{_upper(names)} of {system} {does} not bring the canary's reads: reads of secrets may go unnoticed."]
    for silence in silences:
        lines += ["", *_lines(silence)]
    lines.append("")
    lines += [_MEANWHILE[path] for path in working] or [_NOTHING_WORKS]
    lines.append("The next message comes when this changes, or in a day.")
    return Report(_subject(f"{system}: {names} {is_} silent"), "\n".join(lines))


def back(system: str, paths: Sequence[RecordPath], seen: int) -> Report:
    """Return the message that paths work again; ``seen`` is when the latest read was made that came."""
    names = _and([_NAMES[path] for path in paths])
    verb, is_ = ("brings", "is") if len(paths) == 1 else ("bring", "are")
    text = f"{_upper(names)} of {system} {verb} the canary's reads again, the latest one made at {shown(seen)}."
    return Report(_subject(f"{system}: {names} {is_} back"), text)


def _lines(silence: Silence) -> list[str]:
    diagnosis = silence.diagnosis
    if silence.seen is None:
        since = f"has never brought a read; the first one that it missed was made at {shown(silence.first_missed)}"
    else:
        since = f"last brought the read of {shown(silence.seen)}; it missed those from {shown(silence.first_missed)} on"
    alive, stopped = diagnosis.last_alive, diagnosis.stopped
    lines = [f"{_upper(_NAMES[silence.path])} {since}."]
    lines.append(f"Last seen alive: {f'{alive.name} ({alive.detail})' if alive else 'the canary itself'}.")
    if stopped:
        lines.append(f"Stopped at: {stopped.name} {stopped.detail}.")
    else:
        lines.append(_UNSEEN)
    lines += [f"  {_MARKS[hop.state]}: {hop.name} {hop.detail}" for hop in diagnosis.hops]
    return lines


def _subject(text: str) -> str:
    """SNS takes printable ASCII, at most 100 characters."""
    return one_line(text.encode("ascii", "replace").decode(), 100).replace("…", ".")


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
