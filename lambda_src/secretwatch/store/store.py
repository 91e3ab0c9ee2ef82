"""The audit table put together: one object with each kind of item under its name."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from secretwatch.store.accesses import Accesses
from secretwatch.store.claims import Claims
from secretwatch.store.due import Due
from secretwatch.store.evidence import Evidence
from secretwatch.store.expectations import Expectations
from secretwatch.store.limits import Limits
from secretwatch.store.memories import Memories
from secretwatch.store.outbox import Outbox
from secretwatch.store.sightings import Sightings
from secretwatch.store.start import Start
from secretwatch.store.table import Table
from secretwatch.store.threads import Threads


@dataclass(frozen=True, slots=True)
class Store:
    """What the functions keep. modules/audit/README.md describes the items."""

    accesses: Accesses
    memories: Memories
    outbox: Outbox
    claims: Claims
    limits: Limits
    evidence: Evidence
    sightings: Sightings
    due: Due
    expectations: Expectations
    start: Start
    threads: Threads


def open_store(client: Any, name: str, retention_days: int = 365, now: Callable[[], float] = clock.time) -> Store:
    """Return the store of one table, through a low-level DynamoDB client."""
    table = Table(client, name, now)
    outbox = Outbox(table)
    return Store(
        accesses=Accesses(table, retention_days),
        memories=Memories(table, outbox),
        outbox=outbox,
        claims=Claims(table),
        limits=Limits(table),
        evidence=Evidence(table, retention_days),
        sightings=Sightings(table),
        due=Due(table),
        expectations=Expectations(table),
        start=Start(table),
        threads=Threads(table),
    )
