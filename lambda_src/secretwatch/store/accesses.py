"""Every access once: each item names the invocation that took it, which holds a lease until it is done.

What an ended invocation took can be taken over by another.
"""

from __future__ import annotations

import random
import time as clock
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from secretwatch.record.origin import Judged
from secretwatch.runtime.invocation import Invocation
from secretwatch.runtime.text import timestamp
from secretwatch.store.claims import Claim
from secretwatch.store.table import (
    ATTEMPTS,
    DAY,
    PATIENCE,
    TRANSACTION_SIZE,
    WORK_DAYS,
    Item,
    StoreError,
    T,
    Table,
    back_off,
    bounded,
    chunked,
    cut,
    decode,
    encode,
    key_part,
)

WORKERS = 8
"""Most calls under way at once."""
_SECRETS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What an invocation may act on, and what it found already taken."""

    mine: tuple[Judged, ...]
    """New, or taken by an earlier attempt of this same invocation."""
    retried: bool
    """Whether an earlier attempt of this invocation took some of them."""
    orphans: tuple[tuple[Judged, str], ...]
    """Accesses whose invocation (its id beside them) ended before it was done."""
    busy: tuple[str, ...]
    """Event ids held by an invocation that still runs."""
    duplicates: int


class Accesses:
    """The accesses of the audit table, and the invocations that took them."""

    def __init__(self, table: Table, retention_days: int) -> None:
        self._table = table
        self._retention = retention_days * DAY

    def take(self, judged: Sequence[Judged], invocation: Invocation) -> Taken:
        """Record every access once and take the new ones for ``invocation``."""
        self._table.put(self._invocation_item(invocation))
        known = self._insert([self._item(entry, invocation) for entry in judged])
        states = self._settled_states(set(known.values()) - {invocation.id}, invocation)
        mine, orphans, busy = [], [], []
        for entry in judged:
            holder = known.get(entry.access.event_id, invocation.id)
            if holder == invocation.id:
                mine.append(entry)
            elif states[holder] is Claim.TAKEN:
                orphans.append((entry, holder))
            elif states[holder] is Claim.BUSY:
                busy.append(entry.access.event_id)
        return Taken(
            mine=tuple(mine),
            retried=invocation.id in known.values(),
            orphans=tuple(orphans),
            busy=tuple(busy),
            duplicates=len(judged) - len(mine) - len(orphans) - len(busy),
        )

    def adopt(self, orphans: Iterable[tuple[Judged, str]], invocation: Invocation) -> tuple[Judged, ...]:
        """Take over orphans; return those that no other invocation adopted first."""
        adopted = []
        for entry, holder in orphans:
            try:
                self._table.update(
                    access_key(entry.access.event_id),
                    "SET invocation = :mine",
                    {":mine": invocation.id, ":theirs": holder},
                    ConditionExpression="invocation = :theirs",
                )
            except self._table.condition_failed:
                continue
            adopted.append(entry)
        return tuple(adopted)

    def finish(self, invocation: Invocation) -> None:
        """Mark an invocation done: its accesses are never handled again."""
        self._table.update(invocation_key(invocation.id), "SET #s = :v", {":v": Claim.DONE}, {"#s": "state"})

    def release(self, invocation: Invocation) -> None:
        """End an invocation's lease: it failed, and whoever retries need not wait."""
        self._table.update(invocation_key(invocation.id), "SET lease_until = :v", {":v": 0})

    def between(self, since: datetime, until: datetime) -> Iterator[Item]:
        """Yield the accesses of a time that is shorter than a day, newest first."""
        for day in sorted({timestamp(since)[:10], timestamp(until)[:10]}, reverse=True):
            yield from self._table.query(
                IndexName="by_day",
                ScanIndexForward=False,
                KeyConditionExpression="#k = :v AND #at BETWEEN :since AND :until",
                ExpressionAttributeNames={"#k": "day", "#at": "at"},
                ExpressionAttributeValues=encode(
                    {":v": day, ":since": timestamp(since), ":until": timestamp(until) + "~"}
                ),
            )

    def _insert(self, items: list[Item]) -> dict[str, str]:
        """Put items that do not exist yet; return event id → invocation of those that do."""
        chunks = list(chunked(items, TRANSACTION_SIZE))
        known: dict[str, str] = {}
        for found in _parallel(self._insert_chunk, chunks):
            known.update(found)
        return known

    def _insert_chunk(self, items: list[Item]) -> dict[str, str]:
        known: dict[str, str] = {}
        pending = items
        for attempt in range(ATTEMPTS):
            reasons = self._table.transact(
                [self._table.put_operation(item, ReturnValuesOnConditionCheckFailure="ALL_OLD") for item in pending]
            )
            if reasons is None:
                return known
            remaining = []
            for item, reason in zip(pending, reasons, strict=True):
                if reason.get("Code") == "ConditionalCheckFailed":
                    known[item["event_id"]] = str(decode(reason["Item"]).get("invocation", ""))
                else:
                    remaining.append(item)
            if not remaining:
                return known
            if len(remaining) == len(pending):
                back_off(attempt)
            pending = remaining
        raise StoreError(f"TransactWriteItems kept being cancelled for {len(pending)} accesses")

    def _settled_states(self, holders: set[str], invocation: Invocation) -> dict[str, Claim]:
        """Return what became of other invocations, after waiting a while for those that still run."""
        patient_until = min(self._table.now() + PATIENCE, invocation.lease_until - PATIENCE)
        states = self._states(holders)
        while Claim.BUSY in states.values() and self._table.now() < patient_until:
            clock.sleep(random.uniform(0.2, 0.5))  # noqa: S311
            states |= self._states({holder for holder, state in states.items() if state is Claim.BUSY})
        return states

    def _states(self, holders: set[str]) -> dict[str, Claim]:
        """Done, still running (busy) or ended without finishing (taken: free to take over)."""
        found = {item["pk"]: item for item in self._table.get([invocation_key(holder) for holder in holders])}
        states = {}
        for holder in holders:
            item = found.get(invocation_key(holder)["pk"])
            if item is None or item["state"] == Claim.DONE:
                states[holder] = Claim.DONE
            else:
                states[holder] = Claim.BUSY if item["lease_until"] > self._table.now() else Claim.TAKEN
        return states

    def _invocation_item(self, invocation: Invocation) -> Item:
        return {
            **invocation_key(invocation.id),
            "state": Claim.TAKEN,
            "lease_until": int(invocation.lease_until) + 1,
            "expires_at": self._table.expiry(WORK_DAYS * DAY),
        }

    def _item(self, judged: Judged, invocation: Invocation) -> Item:
        (event_id, time, call, session, _), origin = judged
        at = timestamp(time)
        item = {
            **access_key(event_id),
            "event_id": event_id,
            "at": f"{at}#{key_part(event_id)}",
            "day": at[:10],
            "time": at,
            "event_name": call.event_name,
            "activity": call.activity,
            "outcome": call.outcome,
            "error_code": call.error_code,
            "secret": key_part(call.secrets[0].name) if call.secrets else None,
            "secrets": [cut(secret.requested) for secret in call.secrets[:_SECRETS_KEPT]] or None,
            "principal": key_part(call.principal.key),
            "principal_type": call.principal.type,
            "principal_name": call.principal.name,
            "session_name": session.name,
            "account": call.account,
            "region": call.region,
            "source_address": call.source_address,
            "network": origin.network,
            "trust": origin.trust,
            "user_agent": call.user_agent,
            "invocation": invocation.id,
            "expires_at": self._table.expiry(self._retention),
        }
        return bounded(item)


def access_key(event_id: str) -> Item:
    """Return the key of an access's item."""
    return {"pk": f"ACCESS#{key_part(event_id)}", "sk": "ACCESS"}


def invocation_key(identity: str) -> Item:
    """Return the key of an invocation's item."""
    return {"pk": f"INVOCATION#{identity}", "sk": "INVOCATION"}


def _parallel(function: Callable[[list[Item]], T], chunks: list[list[Item]]) -> Iterator[T]:
    if min(len(chunks), WORKERS) < 2:
        yield from map(function, chunks)
        return
    with ThreadPoolExecutor(max_workers=min(WORKERS, len(chunks))) as pool:
        yield from pool.map(function, chunks)
