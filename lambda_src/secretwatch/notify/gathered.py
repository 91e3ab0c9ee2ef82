"""Many notices at once become one that lists them: a chat takes about one message a second, and people read one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.notice import Fact, Kind, Link, Notice
from secretwatch.runtime.text import one_line, short_hash

_TITLE_LIMIT = 200
_LINKED = 5
"""Most notices whose first link is shown: Teams shows six buttons."""


def gathered(notices: Sequence[Notice]) -> Notice:
    """Return one notice that names each of ``notices``, the worst first, as severe as the worst of them."""
    listed = sorted(notices, key=lambda notice: -notice.severity.rank)
    counts = Counter(notice.severity for notice in listed)
    by_severity = ", ".join(f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity])
    return Notice(
        id=short_hash("gathered", *sorted(notice.id for notice in listed)),
        kind=Kind.MESSAGE,
        severity=listed[0].severity,
        title=f"{len(listed)} notifications: {by_severity}",
        facts=tuple(_listed(number, notice) for number, notice in enumerate(listed, 1)),
        time=max(notice.time for notice in listed),
        links=tuple(_links(listed)),
    )


def _listed(number: int, notice: Notice) -> Fact:
    title = one_line(notice.title, _TITLE_LIMIT)
    return Fact(f"{number}. {notice.severity.capitalize()}", f"{title} ({notice.time}, notice {notice.id[:12]})")


def _links(listed: Sequence[Notice]) -> list[Link]:
    found = [
        Link(f"{number}. {notice.links[0].label}", notice.links[0].url)
        for number, notice in enumerate(listed, 1)
        if notice.links
    ]
    return found[:_LINKED]
