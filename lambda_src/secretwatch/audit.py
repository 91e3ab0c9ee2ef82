"""The audit table: every access once, every action claimed before it is done.

One DynamoDB table; modules/audit/README.md describes its items. Three rules keep effects
single although records arrive more than once and functions can end at any point:

* An access item is written only if its event id is new. It names the *batch* (one
  invocation) that took it; a batch holds a lease, so that what an ended invocation
  took can be taken again.
* A notice is kept here before it is published (an outbox), under an id that follows
  from batch and story. Whoever finds it unpublished publishes those very bytes.
* Any other effect (a webhook, a rotation) has a claim of its own, with a lease.

AWS: "Amazon DynamoDB Transactions: How it works", "Condition expressions".
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import time as clock
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from secretwatch.notice import Notice, timestamp
from secretwatch.state import PrincipalState
from secretwatch.text import one_line
from secretwatch.trust import Judged

TRANSACTION_SIZE = 100
"""Most items of one TransactWriteItems or BatchGetItem call."""
HOUR = 3_600
DAY = 86_400
WORK_DAYS = 14
"""Days that claims, batches and notices are kept: longer than any queue keeps a message."""
WORKERS = 8
"""Most calls under way at once."""
PATIENCE = 20.0
"""Seconds to wait for another invocation that holds the same records: both paths often bring them at once."""
_KEY_LIMIT = 512
_VALUE_LIMIT = 600
"""Longest text, in bytes, of one attribute: 100 hostile accesses must fit into one transaction of 4 MB."""
_SECRETS_KEPT = 20
_ATTEMPTS = 8

Item = dict[str, Any]
T = TypeVar("T")


class Claim(StrEnum):
    """What became of an attempt to claim an action."""

    TAKEN = "taken"
    DONE = "done"
    BUSY = "busy"


class AuditError(Exception):
    """The table refused or stayed throttled; the message names the operation."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One invocation's right to act, until its lease ends."""

    token: str
    lease_until: float
    """Epoch seconds; the invocation cannot outlive it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an invocation may act on, and what it found already taken."""

    mine: tuple[Judged, ...]
    """New, or taken by this same batch before it was retried."""
    retried: bool
    """Whether this batch took some of them in an earlier attempt."""
    orphans: tuple[tuple[Judged, str], ...]
    """Accesses whose batch (its token beside them) ended before it was done."""
    busy: tuple[str, ...]
    """Event ids held by a batch that still runs."""
    duplicates: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What became of an attempt to take a cooldown."""

    mine: bool
    fresh: bool
    """Whether it was taken just now; a repeated attempt by its holder has it already."""
    folded: int
    """Uses that were counted while the hold before this one lasted."""


class AuditTable:
    """Reads and writes one table through a low-level DynamoDB client."""

    def __init__(
        self, client: Any, name: str, retention_days: int = 365, now: Callable[[], float] = clock.time
    ) -> None:
        self._client = client
        self._name = name
        self._retention = retention_days * DAY
        self._now = now

    # --- accesses -------------------------------------------------------------------------

    def take(self, judged: Sequence[Judged], batch: Batch) -> Taken:
        """Record every access once and take the new ones for ``batch``."""
        self._put(self._batch_item(batch))
        known = self._insert([self._access_item(entry, batch) for entry in judged])
        states = self._settled_states(set(known.values()) - {batch.token}, batch)
        mine, orphans, busy = [], [], []
        for entry in judged:
            token = known.get(entry.access.event_id, batch.token)
            if token == batch.token:
                mine.append(entry)
            elif states[token] is Claim.TAKEN:
                orphans.append((entry, token))
            elif states[token] is Claim.BUSY:
                busy.append(entry.access.event_id)
        return Taken(
            mine=tuple(mine),
            retried=batch.token in known.values(),
            orphans=tuple(orphans),
            busy=tuple(busy),
            duplicates=len(judged) - len(mine) - len(orphans) - len(busy),
        )

    def adopt(self, orphans: Iterable[tuple[Judged, str]], batch: Batch) -> tuple[Judged, ...]:
        """Move orphans into ``batch``; return those that no other invocation adopted first."""
        adopted = []
        for entry, token in orphans:
            update = self._update(
                access_key(entry.access.event_id),
                "SET #b = :mine",
                {"#b": "batch"},
                {":mine": batch.token, ":theirs": token},
            )
            try:
                self._client.update_item(**update, ConditionExpression="#b = :theirs")
            except self._client.exceptions.ConditionalCheckFailedException:
                continue
            adopted.append(entry)
        return tuple(adopted)

    def finish(self, batch: Batch) -> None:
        """Mark the batch done: its accesses are never handled again."""
        self._client.update_item(
            **self._update(batch_key(batch.token), "SET #s = :v", {"#s": "state"}, {":v": Claim.DONE})
        )

    def release(self, batch: Batch) -> None:
        """End the batch's lease: it failed, and whoever retries need not wait."""
        self._client.update_item(**self._update(batch_key(batch.token), "SET lease_until = :v", {}, {":v": 0}))

    def _insert(self, items: list[Item]) -> dict[str, str]:
        """Put items that do not exist yet; return event id → batch token of those that do."""
        chunks = list(chunked(items, TRANSACTION_SIZE))
        known: dict[str, str] = {}
        for found in _parallel(self._insert_chunk, chunks):
            known.update(found)
        return known

    def _insert_chunk(self, items: list[Item]) -> dict[str, str]:
        known: dict[str, str] = {}
        pending = items
        for attempt in range(_ATTEMPTS):
            puts = [
                {
                    "Put": {
                        "TableName": self._name,
                        "Item": encode(item),
                        "ConditionExpression": "attribute_not_exists(pk)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                }
                for item in pending
            ]
            reasons = self._try_transact(puts)
            if reasons is None:
                return known
            remaining = []
            for item, reason in zip(pending, reasons, strict=True):
                if reason.get("Code") == "ConditionalCheckFailed":
                    old = decode(reason["Item"])
                    known[item["event_id"]] = str(old.get("batch", ""))
                else:
                    remaining.append(item)
            if not remaining:
                return known
            if len(remaining) == len(pending):
                back_off(attempt)
            pending = remaining
        raise AuditError(f"TransactWriteItems kept being cancelled for {len(pending)} accesses")

    def _settled_states(self, tokens: set[str], batch: Batch) -> dict[str, Claim]:
        """Return what became of other batches, after waiting a while for those that still run."""
        patient_until = min(self._now() + PATIENCE, batch.lease_until - PATIENCE)
        states = self._batch_states(tokens)
        while Claim.BUSY in states.values() and self._now() < patient_until:
            clock.sleep(random.uniform(0.2, 0.5))  # noqa: S311
            states |= self._batch_states({token for token, state in states.items() if state is Claim.BUSY})
        return states

    def _batch_states(self, tokens: set[str]) -> dict[str, Claim]:
        """Done, still running (busy) or ended without finishing (taken: free to take over)."""
        found = {item["pk"]: item for item in self._get([batch_key(token) for token in tokens])}
        states = {}
        for token in tokens:
            item = found.get(batch_key(token)["pk"])
            if item is None or item["state"] == Claim.DONE:
                states[token] = Claim.DONE
            else:
                states[token] = Claim.BUSY if item["lease_until"] > self._now() else Claim.TAKEN
        return states

    def _batch_item(self, batch: Batch) -> Item:
        return {
            **batch_key(batch.token),
            "state": Claim.TAKEN,
            "lease_until": int(batch.lease_until) + 1,
            "expires_at": self._expiry(WORK_DAYS * DAY),
        }

    def _access_item(self, judged: Judged, batch: Batch) -> Item:
        (event_id, time, call, session), origin = judged
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
            "secrets": [_cut(secret.requested) for secret in call.secrets[:_SECRETS_KEPT]] or None,
            "principal": key_part(call.principal.key),
            "principal_type": call.principal.type,
            "principal_name": call.principal.name,
            "session_name": session,
            "account": call.account,
            "region": call.region,
            "source_address": call.source_address,
            "network": origin.network,
            "verdict": origin.verdict,
            "user_agent": call.user_agent,
            "batch": batch.token,
            "expires_at": self._expiry(self._retention),
        }
        return _bounded(item)

    # --- the outbox -----------------------------------------------------------------------

    def keep_notice(self, notice: Notice) -> None:
        """Keep a notice for publishing, unless one of its id is kept already."""
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._put(self._notice_item(notice), ConditionExpression="attribute_not_exists(pk)")

    def kept_notices(self, ids: Iterable[str]) -> dict[str, tuple[Notice, bool]]:
        """Return id → (notice, whether it is published) of those ids that are kept."""
        kept = {}
        for item in self._get([notice_key(identity) for identity in ids]):
            notice = Notice.from_json(item["body"])
            if notice is not None:
                kept[notice.id] = (notice, item["state"] == "published")
        return kept

    def mark_published(self, notice_id: str) -> None:
        """Note that a kept notice has been published."""
        self._client.update_item(
            **self._update(notice_key(notice_id), "SET #s = :v", {"#s": "state"}, {":v": "published"})
        )

    def _notice_item(self, notice: Notice) -> Item:
        return {
            **notice_key(notice.id),
            "state": "pending",
            "body": notice.to_json(),
            "expires_at": self._expiry(WORK_DAYS * DAY),
        }

    # --- what is remembered of principals -----------------------------------------------------

    def states(self, principals: Iterable[str]) -> dict[str, PrincipalState]:
        """Return what is remembered of some principals (by key); of an unknown one an empty state."""
        keys = {principal_key(principal)["pk"]: principal for principal in principals}
        found = {item["pk"]: item for item in self._get([{"pk": pk, "sk": "STATE"} for pk in keys])}
        return {
            principal: PrincipalState.from_item(found[pk]) if pk in found else PrincipalState()
            for pk, principal in keys.items()
        }

    def remember(self, principal: str, state: PrincipalState, keep_days: int, notice: Notice | None) -> bool:
        """Store a state and, in the same transaction, the notice that follows from it.

        Returns False if another invocation stored a state of this principal meanwhile:
        then the decision must be taken again. A notice that is kept already stays as it is.
        """
        item = {
            **principal_key(principal),
            **state.to_item(),
            "version": state.version + 1,
            "expires_at": self._expiry(keep_days * DAY),
        }
        put_state = {
            "TableName": self._name,
            "Item": encode(item),
            "ConditionExpression": "version = :v" if state.version else "attribute_not_exists(pk)",
            **({"ExpressionAttributeValues": encode({":v": state.version})} if state.version else {}),
        }
        if notice is None:
            try:
                self._client.put_item(**put_state)
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
            return True
        put_notice = {
            "TableName": self._name,
            "Item": encode(self._notice_item(notice)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        reasons = self._try_transact([{"Put": put_notice}, {"Put": put_state}])
        return reasons is None or reasons[0].get("Code") == "ConditionalCheckFailed"

    # --- claims ---------------------------------------------------------------------------

    def claim(self, action: str, subject: str, owner: str, lease_until: float) -> Claim:
        """Claim one action on one subject; the same owner may claim again (it is being retried).

        Where another owner holds it, wait a while for it to be done: BUSY means it still is not.
        """
        patient_until = min(self._now() + PATIENCE, lease_until - PATIENCE)
        while (claim := self._claim(action, subject, owner, lease_until)) is Claim.BUSY:
            if self._now() >= patient_until:
                break
            clock.sleep(random.uniform(0.2, 0.5))  # noqa: S311
        return claim

    def _claim(self, action: str, subject: str, owner: str, lease_until: float) -> Claim:
        item = {
            **claim_key(action, subject),
            "state": Claim.TAKEN,
            "owner": owner,
            "lease_until": int(lease_until) + 1,
            "expires_at": self._expiry(WORK_DAYS * DAY),
        }
        try:
            self._put(
                item,
                ConditionExpression="attribute_not_exists(pk) OR (#s = :taken AND (#o = :me OR lease_until <= :now))",
                ExpressionAttributeNames={"#s": "state", "#o": "owner"},
                ExpressionAttributeValues=encode({":taken": Claim.TAKEN, ":me": owner, ":now": int(self._now())}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            old = decode(error.response.get("Item") or {})
            return Claim.DONE if old.get("state") == Claim.DONE else Claim.BUSY
        return Claim.TAKEN

    def settle(self, action: str, subject: str) -> None:
        """Mark a claimed action done: it is never done again."""
        self._client.update_item(
            **self._update(claim_key(action, subject), "SET #s = :v", {"#s": "state"}, {":v": Claim.DONE})
        )

    def let_go(self, action: str, subject: str, owner: str) -> None:
        """End a claim whose action failed: whoever tries again need not wait for its lease."""
        update = self._update(
            claim_key(action, subject),
            "SET lease_until = :zero",
            {"#s": "state", "#o": "owner"},
            {":zero": 0, ":taken": Claim.TAKEN, ":me": owner},
        )
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(**update, ConditionExpression="#s = :taken AND #o = :me")

    @contextlib.contextmanager
    def acting(self, action: str, subjects: Sequence[str], owner: str) -> Iterator[None]:
        """Do what was claimed: settle the claims, or let them go if it fails."""
        try:
            yield
        except Exception:
            for subject in subjects:
                self.let_go(action, subject, owner)
            raise
        for subject in subjects:
            self.settle(action, subject)

    # --- cooldowns and notes --------------------------------------------------------------

    def hold(self, name: str, holder: str, seconds: int, uses: int) -> Hold:
        """Take a cooldown for ``seconds``; if another holds it, count the uses there."""
        now = int(self._now())
        key = hold_key(name)
        take = self._update(
            key,
            "SET holder = :me, #u = :until, earlier = if_not_exists(folded, :zero), folded = :zero, expires_at = :end",
            {"#u": "until"},
            {":me": key_part(holder), ":until": now + seconds, ":zero": 0, ":end": now + seconds + DAY, ":now": now},
        )
        try:
            taken = self._client.update_item(
                **take,
                ConditionExpression="attribute_not_exists(pk) OR #u <= :now",
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            held = decode(error.response["Item"])
            if held["holder"] == key_part(holder):
                return Hold(mine=True, fresh=False, folded=int(held["earlier"]))
            self._client.update_item(**self._update(key, "ADD folded :n", {}, {":n": uses}))
            return Hold(mine=False, fresh=False, folded=0)
        return Hold(mine=True, fresh=True, folded=int(decode(taken["Attributes"])["earlier"]))

    def note(self, name: str, values: Mapping[str, str], seconds: int) -> None:
        """Keep a few texts under a name."""
        self._put({**note_key(name), **values, "expires_at": self._expiry(seconds)})

    def note_once(self, name: str, values: Mapping[str, str], seconds: int) -> Item:
        """Keep a few texts under a name unless it has some; return what it has."""
        item = {**note_key(name), **values, "expires_at": self._expiry(seconds)}
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._put(item, ConditionExpression="attribute_not_exists(pk)")
        return self.noted(name) or item

    def noted(self, name: str) -> Item | None:
        """Return what is kept under a name, or None."""
        return next(iter(self._get([note_key(name)])), None)

    def record_rotation(self, arn: str, at: str, values: Mapping[str, Any]) -> None:
        """Keep the evidence of one rotation, or of why there was none, under the secret's ARN."""
        self._put({**rotation_key(arn, at), **_bounded(values), "expires_at": self._expiry(self._retention)})

    # --- budgets --------------------------------------------------------------------------

    def spend(self, name: str, limit: int) -> bool:
        """Count one use of a budget for this hour (UTC); return whether it was within ``limit``."""
        hour = int(self._now()) // HOUR * HOUR
        update = self._update(
            budget_key(name, hour),
            "ADD used :one SET expires_at = :end",
            {},
            {":one": 1, ":end": hour + DAY, ":limit": limit},
        )
        try:
            self._client.update_item(**update, ConditionExpression="attribute_not_exists(used) OR used < :limit")
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    # --- questions ------------------------------------------------------------------------

    def by_secret(self, name: str, since: datetime, until: datetime) -> Iterator[Item]:
        """Yield the accesses to a secret (by name), oldest first."""
        return self._query("by_secret", "secret", key_part(name), since, until)

    def by_principal(self, key: str, since: datetime, until: datetime) -> Iterator[Item]:
        """Yield the accesses by a principal (role or user ARN), oldest first."""
        return self._query("by_principal", "principal", key_part(key), since, until)

    def by_day(self, day: str) -> Iterator[Item]:
        """Yield the accesses of one day (YYYY-MM-DD, UTC), oldest first."""
        return self._pages(
            IndexName="by_day",
            KeyConditionExpression="#k = :v",
            ExpressionAttributeNames={"#k": "day"},
            ExpressionAttributeValues=encode({":v": day}),
        )

    def between(self, since: datetime, until: datetime) -> Iterator[Item]:
        """Yield the accesses of a time that is shorter than a day, oldest first."""
        for day in sorted({timestamp(since)[:10], timestamp(until)[:10]}):
            yield from self._query("by_day", "day", day, since, until)

    def _query(self, index: str, key: str, value: str, since: datetime, until: datetime) -> Iterator[Item]:
        return self._pages(
            IndexName=index,
            KeyConditionExpression="#k = :v AND #at BETWEEN :since AND :until",
            ExpressionAttributeNames={"#k": key, "#at": "at"},
            ExpressionAttributeValues=encode(
                {":v": value, ":since": timestamp(since), ":until": timestamp(until) + "~"}
            ),
        )

    def _pages(self, **query: Any) -> Iterator[Item]:
        start: Item = {}
        while True:
            page = self._client.query(TableName=self._name, **query, **start)
            yield from map(decode, page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    # --- calls ----------------------------------------------------------------------------

    def _put(self, item: Item, **conditions: Any) -> None:
        self._client.put_item(TableName=self._name, Item=encode(item), **conditions)

    def _update(self, key: Item, expression: str, names: dict[str, str], values: Item) -> Item:
        return {
            "TableName": self._name,
            "Key": encode(key),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": encode(values),
            **({"ExpressionAttributeNames": names} if names else {}),
        }

    def _get(self, keys: list[Item]) -> Iterator[Item]:
        for chunk in chunked(keys, TRANSACTION_SIZE):
            request = {self._name: {"Keys": [encode(key) for key in chunk], "ConsistentRead": True}}
            for attempt in range(_ATTEMPTS):
                answer = self._client.batch_get_item(RequestItems=request)
                yield from map(decode, answer["Responses"].get(self._name, ()))
                request = answer.get("UnprocessedKeys") or {}
                if not request:
                    break
                back_off(attempt)
            else:
                raise AuditError("BatchGetItem left keys unprocessed")

    def _try_transact(self, operations: list[Item]) -> list[Item] | None:
        """Return None on success, else the reason for each operation."""
        try:
            self._client.transact_write_items(TransactItems=operations)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons: list[Item] = error.response["CancellationReasons"]
            return reasons
        return None

    def _expiry(self, seconds: int) -> int:
        return int(self._now()) + seconds


def access_key(event_id: str) -> Item:
    """Return the key of an access's item."""
    return {"pk": f"ACCESS#{key_part(event_id)}", "sk": "ACCESS"}


def principal_key(principal: str) -> Item:
    """Return the key of the item that remembers a principal."""
    return {"pk": f"PRINCIPAL#{key_part(principal)}", "sk": "STATE"}


def batch_key(token: str) -> Item:
    """Return the key of a batch's item."""
    return {"pk": f"BATCH#{token}", "sk": "BATCH"}


def notice_key(notice_id: str) -> Item:
    """Return the key of a kept notice's item."""
    return {"pk": f"NOTICE#{notice_id}", "sk": "NOTICE"}


def note_key(name: str) -> Item:
    """Return the key of a note."""
    return {"pk": f"NOTE#{key_part(name)}", "sk": "NOTE"}


def hold_key(name: str) -> Item:
    """Return the key of a cooldown."""
    return {"pk": f"HOLD#{key_part(name)}", "sk": "HOLD"}


def budget_key(name: str, hour: int) -> Item:
    """Return the key of what was used of a budget in an hour (its start in epoch seconds)."""
    return {"pk": f"BUDGET#{name}#{hour}", "sk": "BUDGET"}


def rotation_key(arn: str, at: str) -> Item:
    """Return the key of the evidence of a rotation."""
    return {"pk": f"ROTATION#{key_part(arn)}", "sk": key_part(at)}


def claim_key(action: str, subject: str) -> Item:
    """Return the key of a claim's item."""
    return {"pk": f"CLAIM#{key_part(subject)}", "sk": action}


def key_part(text: str) -> str:
    """Return text fit for a key: as it is, or cut with a hash where a caller made it too long."""
    if len(text) <= _KEY_LIMIT and text.isascii():
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{one_line(text, 100)}#{digest}"


def _bounded(values: Mapping[str, Any]) -> Item:
    return {name: _cut(value) if isinstance(value, str) else value for name, value in values.items()}


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:_VALUE_LIMIT].decode("utf-8", "ignore")


def encode(item: Mapping[str, Any]) -> Item:
    """Return a plain dict as DynamoDB attribute values; None is left out."""
    return {name: _encode(value) for name, value in item.items() if value is not None}


def decode(item: Mapping[str, Any]) -> Item:
    """Return DynamoDB attribute values as a plain dict."""
    return {name: _decode(value) for name, value in item.items()}


def _encode(value: Any) -> Item:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value.encode("utf-8", "replace").decode()}
    if isinstance(value, Mapping):
        return {"M": encode(value)}
    return {"L": [_encode(entry) for entry in value]}


def _decode(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content)
    if kind == "M":
        return decode(content)
    if kind == "L":
        return [_decode(entry) for entry in content]
    return content


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most ``size`` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _parallel(function: Callable[[list[Item]], T], chunks: list[list[Item]]) -> Iterator[T]:
    if min(len(chunks), WORKERS) < 2:
        yield from map(function, chunks)
        return
    with ThreadPoolExecutor(max_workers=min(WORKERS, len(chunks))) as pool:
        yield from pool.map(function, chunks)


def back_off(attempt: int) -> None:
    """Wait with full jitter, up to 50 ms, 100 ms … 3.2 s."""
    clock.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 6)))  # noqa: S311
