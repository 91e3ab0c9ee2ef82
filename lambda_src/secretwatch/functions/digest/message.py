"""A day's digest as a ``Notice``, in one screen, which every channel renders as it does the others."""

from __future__ import annotations

from collections.abc import Iterator

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.digest.fold import TOP, Delays, Digest, Expected, ModelUse, Newcomer, Notified, Top
from secretwatch.notify.links import history_link
from secretwatch.notify.notice import Fact, Kind, Notice
from secretwatch.runtime.text import count, one_line

FACT_LIMIT = 480
"""Longest fact, in characters: what Slack shows of one."""
_PATHS = {"logs": "complete path", "events": "fast path"}
_QUIET_DAY = "nothing notable"


def digest_notice(digest: Digest, identity: str, home_region: str | None = None) -> Notice:
    """Return the message of a day; ``home_region`` is where the system runs."""
    return Notice(
        id=identity,
        kind=Kind.DIGEST,
        severity=Severity.INFO,
        title=_title(digest),
        facts=tuple(Fact(label, one_line(value, FACT_LIMIT)) for label, value in _facts(digest) if value),
        time=f"{digest.day}T23:59:59Z",
        reasons=tuple(map(_story, digest.stories)),
        links=history_link(home_region),
    )


def _title(digest: Digest) -> str:
    what = _severities(digest) if digest.is_notable else _QUIET_DAY
    reads = f"{count(digest.reads, 'read')} by {_number(digest.readers, 'reader')}"
    return f"Digest of {digest.day}: {what}; {reads if digest.reads else 'no secret was read'}"


def _severities(digest: Digest) -> str:
    worst_first = sorted(digest.severities.items(), key=lambda entry: -entry[0].rank)
    return ", ".join(f"{number:,} {severity}" for severity, number in worst_first)


def _facts(digest: Digest) -> Iterator[tuple[str, str]]:
    yield "Notified", _severities(digest) or _QUIET_DAY
    yield "Readers", f"{_number(digest.readers, 'reader')}: {_top(digest.readers)}" if digest.reads else "nobody"
    yield "Secrets", f"{_number(digest.secrets, 'secret')}: {_top(digest.secrets)}" if digest.reads else "none"
    yield "Reads", _reads(digest)
    yield "New readers", _newcomers(digest.new_readers)
    yield "New secrets of known readers", _newcomers(digest.new_secrets)
    yield "Denied reads", f"{digest.refusals:,}: {_top(digest.refused)}" if digest.refusals else "none"
    yield "Changes to secrets", f"{digest.changes:,}: {_top(digest.changed)}" if digest.changes else ""
    yield "Not notified", "; ".join(digest.quiet)
    for each in digest.expected[:TOP]:
        yield "Expected", _expected(each)
    if len(digest.expected) > TOP:
        more = count(len(digest.expected) - TOP, "more expectation")
        yield "Expected", f"{more}: make expect ARGS=--list, and the variable expectations"
    yield "The canary's reads", "; ".join(map(_delays, digest.delays))
    yield "Model", "" if digest.model is None else _model(digest.model)
    for line in digest.advice:
        yield "To be quieter", line
    yield "Not counted", digest.cut or ""


def _reads(digest: Digest) -> str:
    if not digest.reads:
        return "none"
    by = (
        f"{digest.people:,} by people, {digest.services:,} by roles and services, "
        f"{digest.automation_reads:,} by declared automation"
    )
    return f"{digest.reads:,}: {by}" + (f" ({_top(digest.automation)})" if digest.automation_reads else "")


def _number(top: Top, noun: str) -> str:
    return ("" if top.is_exact else "at least ") + count(top.number, noun)


def _top(top: Top) -> str:
    """Return "role ci (40), user alice and others"."""
    names = [f"{name} ({number:,})" if number > 1 else name for name, number in top.shown]
    more = " and others" if top.number > len(top.shown) else ""
    return ", ".join(names) + more


def _newcomers(found: tuple[Newcomer, ...]) -> str:
    """Return "role ci (prod/db), user alice (3: a, b, c) and 4 more"."""
    shown = [f"{each.name} ({_new_secrets(each)})" for each in found[:TOP]]
    more = f" and {len(found) - TOP:,} more" if len(found) > TOP else ""
    return ", ".join(shown) + more if found else "none"


def _new_secrets(each: Newcomer) -> str:
    if each.number == 1 and each.secrets:
        return each.secrets[0]
    names = ", ".join(each.secrets)
    return f"{each.number:,}: {names}{' …' if each.number > len(each.secrets) else ''}" if names else f"{each.number:,}"


def _story(told: Notified) -> str:
    return f"{told.severity}: {told.title}" + (f" ({told.messages:,} messages)" if told.messages > 1 else "")


def _expected(each: Expected) -> str:
    """Return "12 accesses, high at worst, …: user ann expects role/ci on prod/* until 2026-01-31: a migration"."""
    expectation = each.expectation
    quiet = f"{count(each.accesses, 'access', 'accesses')}, {each.worst} at worst" if each.worst else "nothing yet"
    return (
        f"{quiet}: {one_line(expectation.actor, 120)} on {one_line(expectation.secret, 80)} until {expectation.end}, "
        f"by {one_line(expectation.by, 100)}: {one_line(expectation.why, 120)} ({expectation.id})"
    )


def _delays(delays: Delays) -> str:
    path = _PATHS.get(delays.path, delays.path)
    if delays.p50 is None or delays.p95 is None:
        return f"none came by the {path}"
    return f"{path}: {count(delays.reads, 'read')}, p50 {_seconds(delays.p50)}, p95 {_seconds(delays.p95)}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _model(model: ModelUse) -> str:
    if not model.calls:
        return f"no call of {model.model}"
    tokens = f"{model.tokens[0]:,} tokens in, {model.tokens[1]:,} out"
    cost = "cost not known here" if model.usd is None else f"about {model.usd:.2f} USD"
    return f"{count(model.calls, 'call')}, {count(model.sentences, 'sentence')} used ({tokens}), {cost} ({model.model})"
