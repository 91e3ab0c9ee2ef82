"""Records as the functions have them: judged, with their actors, decided on, as the notices that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from secretwatch.detect.decide import Decision, decide, whose
from secretwatch.detect.evidence import Evidence, Recorded, gather
from secretwatch.detect.memory import Memory
from secretwatch.detect.story import News
from secretwatch.detect.tuning import Tuning
from secretwatch.notify.access_notice import access_notice
from secretwatch.notify.notice import Notice
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import Actor, People
from secretwatch.record.origin import Judged, TrustPolicy, parse_networks
from tests.records import Record

TRUST = TrustPolicy(parse_networks(["198.51.100.0/24"]), frozenset({"vpce-0123456789abcdef0"}))


@dataclass(frozen=True)
class Decided:
    """What became of one actor's accesses."""

    actor: Actor
    accesses: tuple[Judged, ...]
    decision: Decision

    def evidence(self, news: News) -> Evidence:
        """Return the accesses behind a story, as the audit table would have them."""
        start, end = news.story.since, news.story.span[1]
        inside = (entry for entry in self.accesses if start <= entry.access.time.timestamp() <= end)
        return gather(news.story.lead, map(Recorded.of, inside))

    def notices(self, home_region: str | None = "us-east-1") -> list[Notice]:
        """Return what people are notified of."""
        return [access_notice(news, self.evidence(news), home_region) for news in self.decision.news]


def judged(*records: Record, trust: TrustPolicy = TRUST) -> list[Judged]:
    """Return records as the handlers have them."""
    parsed = [parse(record) for record in records]
    return trust.judge([each for each in parsed if isinstance(each, SecretAccess)])


def decided(
    *records: Record,
    tuning: Tuning | None = None,
    memories: Mapping[str, Memory] | None = None,
    trust: TrustPolicy = TRUST,
) -> list[Decided]:
    """Return what becomes of records that arrive together, by actor."""
    return decide_all(judged(*records, trust=trust), tuning or Tuning(), memories or {})


def decide_all(entries: Iterable[Judged], tuning: Tuning, memories: Mapping[str, Memory]) -> list[Decided]:
    """Return what becomes of judged accesses that arrive together, by actor."""
    entries = list(entries)
    people = People(tuning.people_roles, tuning.automation)
    groups: dict[str, tuple[Actor, list[Judged]]] = {}
    for entry, actor in zip(entries, people.actors(entry.access for entry in entries), strict=True):
        time = int(entry.access.time.timestamp())
        by = whose(actor, lambda key: memories.get(key, Memory()), time)
        groups.setdefault(by.key, (by, []))[1].append(entry)
    now = max((int(entry.access.time.timestamp()) for entry in entries), default=0)
    return [
        Decided(actor, tuple(found), decide(actor, found, memories.get(key, Memory()), tuning, now))
        for key, (actor, found) in groups.items()
    ]
