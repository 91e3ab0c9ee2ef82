"""What is remembered of actors: one item each, stored together with the notices that follow from it.

The memory is compressed: thousands of habits are some ten kilobytes, and DynamoDB counts each.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.memory import STORIES_KEPT, Kind, Known, Memory, Moment, Told, Way
from secretwatch.notify.notice import Notice
from secretwatch.store.outbox import Outbox
from secretwatch.store.table import DAY, Item, StoreError, Table, encode, key_part

_MOST_BYTES = 390_000
"""Of a stored memory; an item holds 400 KB with its keys."""
_MOST_NOTICES = 50
"""Notices in one transaction; they may hold 4 MB together with what is remembered."""
HISTORY_KEY: Item = {"pk": "HISTORY", "sk": "HISTORY"}
"""Of the item that says that habits were learnt from history."""
_HISTORY_KEPT_DAYS = 90
FORMAT = 2
"""Of the stored form; one that is newer than ours is left alone."""


class Memories:
    """The memories of the audit table."""

    def __init__(self, table: Table, outbox: Outbox) -> None:
        self._table = table
        self._outbox = outbox

    def of(self, actors: Iterable[str]) -> dict[str, Memory]:
        """Return what is remembered of some actors (by key); of an unknown one an empty memory.

        Raises StoreError for a memory that a newer version wrote.
        """
        keys = {actor_key(actor)["pk"]: actor for actor in actors}
        found = {item["pk"]: item for item in self._table.get([{"pk": pk, "sk": "MEMORY"} for pk in keys])}
        return {actor: load(found[pk]) if pk in found else Memory() for pk, actor in keys.items()}

    def remember(self, actor: str, memory: Memory, keep_days: int, notices: Sequence[Notice] = ()) -> bool:
        """Store a memory and, in the same transaction, the notices that follow from it.

        Returns False if another invocation stored a memory of this actor meanwhile: then the
        decision must be taken again. A notice that is kept already stays as it is.
        """
        put = self._put(actor, memory, keep_days)
        # Of days of records at once there are more than a transaction holds. A notice that
        # nobody remembers is not published; whoever decides again keeps what he says.
        for notice in notices[_MOST_NOTICES:]:
            self._outbox.keep(notice)
        waiting = [self._table.put_operation(self._outbox.item(notice)) for notice in notices[:_MOST_NOTICES]]
        while waiting:
            reasons = self._table.transact([put, *waiting])
            if reasons is None:
                return True
            if reasons[0].get("Code") != "None":
                return False
            kept = [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons[1:]]
            if not any(kept):
                return False
            waiting = [operation for operation, is_kept in zip(waiting, kept, strict=True) if not is_kept]
        return self._table.try_put(put)

    def note_history(self, since: int) -> None:
        """Note from when on (epoch seconds) habits were learnt from history; the earliest stays."""
        item = {**HISTORY_KEY, "since": since, "expires_at": self._table.expiry(_HISTORY_KEPT_DAYS * DAY)}
        with contextlib.suppress(self._table.condition_failed):
            self._table.put(
                item,
                ConditionExpression="attribute_not_exists(pk) OR since > :new",
                ExpressionAttributeValues=encode({":new": since}),
            )

    def _put(self, actor: str, memory: Memory, keep_days: int) -> Item:
        """Return the put that succeeds if nobody stored another memory since this one was read."""
        item = {
            **actor_key(actor),
            "format": FORMAT,
            "memory": _fitting(memory),
            "version": memory.version + 1,
            "expires_at": self._table.expiry(max(keep_days * DAY, STORIES_KEPT)),
        }
        if not memory.version:
            return self._table.put_operation(item)
        values = encode({":v": memory.version})
        return self._table.put_operation(item, "version = :v", ExpressionAttributeValues=values)


def actor_key(actor: str) -> Item:
    """Return the key of the item that remembers an actor."""
    return {"pk": f"ACTOR#{key_part(actor)}", "sk": "MEMORY"}


def dump(memory: Memory) -> bytes:
    """Return a memory as it is stored, without its version."""
    document = {
        "habits": memory.habits,
        "moments": memory.moments,
        "told": [asdict(story) for story in memory.told],
        "unpublished": memory.unpublished,
        "forgotten": memory.forgotten,
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 6)


def _fitting(memory: Memory) -> bytes:
    """Return a memory as it is stored, without what is oldest where all of it would not fit into an item."""
    while len(stored := dump(memory)) > _MOST_BYTES and (memory.moments or memory.habits):
        memory = _smaller(memory)
    return stored


def _smaller(memory: Memory) -> Memory:
    """Return a memory without the older half of its moments; without any, of the habit with most names."""
    if memory.moments:
        return replace(memory, moments=memory.moments[len(memory.moments) // 2 + 1 :])
    kind = max(memory.habits, key=lambda kind: len(memory.habits[kind]))
    names = sorted(memory.habits[kind].items(), key=lambda entry: (entry[1].last, entry[1].first, entry[0]))
    habits = {**memory.habits, kind: dict(names[len(names) // 2 + 1 :])}
    return replace(memory, habits={kind: names for kind, names in habits.items() if names})


def load(item: Mapping[str, Any]) -> Memory:
    """Return the memory of an item; raises StoreError if a newer version wrote it, or nobody can read it."""
    if item.get("format", 0) > FORMAT:
        raise StoreError(
            f"what is remembered of {item['pk']} was written by a newer version (format {item['format']}): "
            "deploy that version again, or delete the item to begin anew"
        )
    try:
        document = json.loads(zlib.decompress(item["memory"]))
        return Memory(
            habits={
                kind: {name: Known(*times) for name, times in names.items()}
                for kind, names in document["habits"].items()
            },
            moments=tuple(map(_moment, document["moments"])),
            told=tuple(_told(story) for story in document["told"]),
            unpublished=tuple(document["unpublished"]),
            forgotten=document["forgotten"],
            version=item["version"],
        )
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise StoreError(
            f"what is remembered of {item.get('pk')} cannot be read ({error}): delete the item to begin anew"
        ) from error


def _moment(fields: list[Any]) -> Moment:
    moment = Moment(*fields)
    return moment._replace(
        kind=Kind(moment.kind),
        ways=tuple(Way(*way) for way in moment.ways),
        marks=tuple((signal, sentence) for signal, sentence in moment.marks),
    )


def _told(fields: Mapping[str, Any]) -> Told:
    return Told(**{**fields, "severity": Severity(fields["severity"]), "signals": tuple(fields["signals"])})
