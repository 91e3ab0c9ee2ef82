"""Every access once: an item under its actor, day, time and event id, so that the same record is the same item.

Whoever brings a record again would write the very same; that it is there already is looked up
first only because a read costs a tenth of the two writes (item and index).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from secretwatch.detect.evidence import Recorded
from secretwatch.detect.memory import Kind
from secretwatch.record.actor import Actor
from secretwatch.record.origin import Judged
from secretwatch.record.principal import Principal
from secretwatch.runtime.text import short_hash, timestamp
from secretwatch.store.table import (
    DAY,
    TRANSACTION_SIZE,
    WRITE_SIZE,
    Item,
    T,
    Table,
    bounded,
    chunked,
    cut,
    encode,
    key_part,
)

WORKERS = 8
"""Most calls under way at once."""
SHARDS = "0123456789abcdef"
"""A day is as many partitions of the index: DynamoDB writes 1,000 items a second to one of them."""
_COUNTED = (
    "pk", "kind", "event_name", "secrets", "principal", "principal_type", "principal_name", "person", "account",
    "region", "network", "trust", "user_agent", "session_name", "access_key_id",
)  # fmt: skip
"""What is read of the accesses of a whole day, which may be millions."""


class Accesses:
    """The accesses of the audit table."""

    def __init__(self, table: Table, retention_days: int) -> None:
        self._table = table
        self._retention = retention_days * DAY

    def record(self, actor_of: Iterable[tuple[Judged, Actor]]) -> None:
        """Write the accesses; writing one again changes nothing."""
        items = {_key(item): item for item in (self._item(judged, actor) for judged, actor in actor_of)}
        chunks = list(chunked(items.values(), TRANSACTION_SIZE))
        for _ in _parallel(self._write_missing, chunks):
            pass

    def _write_missing(self, items: list[Item]) -> None:
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
        known = {_key(item) for item in self._table.get(keys, consistent=False, names=("pk", "sk"))}
        for chunk in chunked((item for item in items if _key(item) not in known), WRITE_SIZE):
            self._table.write(chunk)

    def of(self, actor: str, since: int, until: int, limit: int) -> tuple[list[Recorded], bool]:
        """Return the accesses of an actor (by key) between two times (epoch seconds, both included), oldest first.

        Of more than ``limit`` the first; the second value says whether they are all.
        """
        found: list[Recorded] = []
        for day in _days(since, until):
            query = self._table.query(
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
                ExpressionAttributeValues=encode(
                    {":pk": _partition(actor, day), ":since": _iso(since), ":until": _iso(until) + "~"}
                ),
            )
            for item in query:
                if len(found) >= limit:
                    return found, False
                found.append(_recorded(item))
        return found, True

    def between(self, since: datetime, until: datetime) -> Iterator[Item]:
        """Yield the accesses of a time that is shorter than a day, newest first."""
        days = sorted({timestamp(since)[:10], timestamp(until)[:10]}, reverse=True)
        for day in days:
            found = [item for shard in SHARDS for item in self._of_shard(f"{day}#{shard}", since, until)]
            yield from sorted(found, key=lambda item: str(item["sk"]), reverse=True)

    def parts(self, day: str) -> Iterator[Iterator[Item]]:
        """Yield the accesses of a day (2026-01-31) in SHARDS parts, with those attributes that are counted.

        Which part an access is in follows from its event id: each part is a fair sample of the day.
        """
        for shard in SHARDS:
            yield self._table.query(
                IndexName="by_day",
                KeyConditionExpression="#day = :day",
                ProjectionExpression=", ".join(f"#{name}" for name in _COUNTED),
                ExpressionAttributeNames={f"#{name}": name for name in (*_COUNTED, "day")},
                ExpressionAttributeValues=encode({":day": f"{day}#{shard}"}),
            )

    def _item(self, judged: Judged, actor: Actor) -> Item:
        # From the access on, not from now: so that a copy is the same item. What claims to be of the future is not kept
        # for longer.
        made = min(judged.access.time.timestamp(), self._table.now())
        return item_of(judged, actor, int(made) + self._retention)

    def claim_shared(self, shared_id: str, event_id: str, names_caller: bool) -> bool:
        """Return whether a record stands for a call that two accounts recorded.

        The one that names the caller does, else the one with the smaller id: as soon as it comes, whichever came first.
        """
        key = {"pk": f"SHARED#{key_part(shared_id)}", "sk": "SHARED"}
        standing = f"{int(not names_caller)} {key_part(event_id)}"
        item = {**key, "standing": standing, "expires_at": self._table.expiry(self._retention)}
        better = self._table.put_operation(
            item,
            "attribute_not_exists(pk) OR standing > :mine",
            ExpressionAttributeValues=encode({":mine": standing}),
        )
        if self._table.try_put(better):
            return True
        return any(known.get("standing") == standing for known in self._table.get([key]))

    def _of_shard(self, day: str, since: datetime, until: datetime) -> Iterator[Item]:
        return self._table.query(
            IndexName="by_day",
            KeyConditionExpression="#k = :v AND #at BETWEEN :since AND :until",
            ExpressionAttributeNames={"#k": "day", "#at": "sk"},
            ExpressionAttributeValues=encode({":v": day, ":since": timestamp(since), ":until": timestamp(until) + "~"}),
        )


def actor_of(item: Mapping[str, Any]) -> Actor:
    """Return who made a kept access; its key is the one that memories are kept under."""
    key = item["pk"].removeprefix("ACCESS#").rpartition("#")[0]
    principal = Principal(item["principal"], item["principal_type"], item["principal_name"], None)
    return Actor(key, principal, item.get("person"))


def _key(item: Item) -> tuple[str, str]:
    return item["pk"], item["sk"]


def item_of(judged: Judged, actor: Actor, expires: int) -> Item:
    """Return the item of an access: the same for the same record, whoever brings it."""
    recorded, call = Recorded.of(judged), judged.access.call
    event, at = key_part(recorded.event_id), recorded.time
    # An id that comes again with another content is another access.
    content = short_hash(call.event_name, *call.secret_names, call.error_code or "")[:4]
    return bounded(
        {
            "pk": _partition(actor.key, at[:10]),
            "sk": f"{at}#{event}#{content}",
            "day": f"{at[:10]}#{short_hash(event)[0]}",
            "event_id": recorded.event_id,
            "time": at,
            "event_name": recorded.event_name,
            "activity": call.activity,
            "outcome": call.outcome,
            "kind": recorded.kind,
            "error_code": recorded.error_code,
            "secret": key_part(call.secrets[0].name) if call.secrets else None,
            "secrets": [cut(name) for name in recorded.secrets] or None,
            "principal": key_part(call.principal.key),
            "principal_type": call.principal.type,
            "principal_name": call.principal.name,
            "person": actor.person,
            "session_name": recorded.session,
            "access_key_id": recorded.access_key_id,
            "source_identity": recorded.source_identity,
            "account": recorded.account,
            "region": recorded.region,
            "source_address": recorded.source_address,
            "network": recorded.network,
            "trust": recorded.trust,
            "trust_reason": recorded.trust_reason,
            "user_agent": recorded.user_agent,
            "expires_at": expires,
        }
    )


def _recorded(item: Item) -> Recorded:
    def text(name: str) -> str | None:
        return item.get(name)

    return Recorded(
        event_id=item["event_id"],
        time=item["time"],
        event_name=item["event_name"],
        kind=Kind(item["kind"]),
        error_code=text("error_code"),
        secrets=tuple(item.get("secrets", ())),
        account=text("account"),
        region=text("region"),
        source_address=text("source_address"),
        network=item["network"],
        trust=item["trust"],
        trust_reason=item["trust_reason"],
        user_agent=text("user_agent"),
        session=text("session_name"),
        access_key_id=text("access_key_id"),
        source_identity=text("source_identity"),
    )


def _partition(actor: str, day: str) -> str:
    return f"ACCESS#{key_part(actor)}#{day}"


def _iso(seconds: int) -> str:
    return timestamp(_time(seconds))


def _days(since: int, until: int) -> list[str]:
    first, last = _time(since).date(), _time(until).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _time(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _parallel(function: Callable[[list[Item]], T], chunks: Sequence[list[Item]]) -> Iterator[T]:
    if min(len(chunks), WORKERS) < 2:
        yield from map(function, chunks)
        return
    with ThreadPoolExecutor(max_workers=min(WORKERS, len(chunks))) as pool:
        yield from pool.map(function, chunks)
