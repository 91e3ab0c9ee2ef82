"""Days of records as the digest sees them: counted from the items of the audit table, decided on, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from secretwatch.detect.memory import Memory
from secretwatch.detect.tuning import Tuning
from secretwatch.functions.digest.fold import Digest, fold
from secretwatch.functions.digest.tally import Tally
from secretwatch.notify.notice import Notice, Prose
from secretwatch.record.actor import People
from secretwatch.record.origin import TrustPolicy
from secretwatch.store.accesses import item_of
from tests.judging import TRUST, decided, judged
from tests.records import Record

DAY = "2026-01-31"
MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
CANARY = "arn:aws:iam::123456789012:role/secretwatch-canary"
SOUND: Mapping[str, Sequence[float]] = {"logs": [312.0] * 23 + [655.0], "events": [4.1] * 22 + [5.8, 9.2]}


def tally_of(*records: Record, tuning: Tuning | None = None, trust: TrustPolicy = TRUST) -> Tally:
    """Return what is counted of records."""
    tuning, tally = tuning or Tuning(), Tally(frozenset({CANARY}))
    accesses = judged(*records, trust=trust)
    actors = People(tuning.people_roles, tuning.automation).actors(entry.access for entry in accesses)
    items = [item_of(entry, actor, 0) for entry, actor in zip(accesses, actors, strict=True)]
    tally.add_all([iter(items), *(iter(()) for _ in range(15))], 1_000_000, lambda: True)
    return tally


def memories_of(*records: Record, tuning: Tuning | None = None) -> dict[str, Memory]:
    """Return what is remembered of the actors of records, as if there had been no others."""
    return {each.actor.key: each.decision.memory for each in decided(*records, tuning=tuning)}


def notices_of(
    *records: Record,
    tuning: Tuning | None = None,
    memories: Mapping[str, Memory] | None = None,
    trust: TrustPolicy = TRUST,
) -> list[Notice]:
    """Return what people were notified of about records."""
    found = decided(*records, tuning=tuning, memories=memories, trust=trust)
    written = Prose("A sentence of the model's.", MODEL, "2", 412, 38)
    return [replace(notice, prose=written) for each in found for notice in each.notices()]


def day_of(
    *records: Record,
    before: Sequence[Record] = (),
    tuning: Tuning | None = None,
    more_notices: Sequence[Notice] = (),
    delays: Mapping[str, Sequence[float]] = SOUND,
    calls: Sequence[int] = (),
    tally: Tally | None = None,
    trust: TrustPolicy = TRUST,
) -> Digest:
    """Return the digest of a day with some records, after others ``before``."""
    known = memories_of(*before, tuning=tuning)
    watched = [each for each in records if CANARY not in str(each["userIdentity"])]
    decisions = decided(*watched, tuning=tuning, memories=known, trust=trust)
    return fold(
        DAY,
        tally or tally_of(*records, tuning=tuning, trust=trust),
        {each.actor.key: each.decision.memory for each in decisions},
        [*notices_of(*watched, tuning=tuning, memories=known, trust=trust), *more_notices],
        delays,
        (MODEL, calls, 200),
        tuning or Tuning(),
    )
