"""Limits: how soon something may be done again (cooldowns), and how often within an hour (budgets)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from secretwatch.store.table import (
    ATTEMPTS,
    DAY,
    WORK_DAYS,
    Item,
    StoreError,
    Table,
    back_off,
    decode,
    encode,
    key_part,
)

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Cooldown:
    """What became of an attempt to take a cooldown."""

    mine: bool
    fresh: bool
    """Whether it was taken just now; a repeated attempt by its holder has it already."""
    suppressed: int
    """Uses that were counted while the cooldown before this one lasted."""
    until: int = field(default=0, compare=False)
    """Epoch seconds at which it ends, whoever holds it."""


class Use(NamedTuple):
    """One use of a budget that slides."""

    at: int
    """Epoch seconds."""
    subject: str
    """What it was used for."""
    holder: str


class Limits:
    """The cooldowns and budgets of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def now(self) -> int:
        """Return the time that cooldowns and budgets go by, in epoch seconds."""
        return int(self._table.now())

    def cool_down(self, name: str, holder: str, seconds: int, uses: int) -> Cooldown:
        """Take a cooldown for ``seconds``; if another holds it, count the uses there."""
        now = int(self._table.now())
        until = now + seconds
        key = cooldown_key(name)
        try:
            taken = self._table.update(
                key,
                "SET holder = :me, #u = :until, earlier = if_not_exists(suppressed, :zero), suppressed = :zero,"
                " expires_at = :end",
                {
                    ":me": key_part(holder),
                    ":until": until,
                    ":zero": 0,
                    ":end": until + DAY,
                    ":now": now,
                },
                {"#u": "until"},
                ConditionExpression="attribute_not_exists(pk) OR #u <= :now",
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._table.condition_failed as error:
            held = decode(error.response["Item"])
            if held["holder"] == key_part(holder):
                return Cooldown(True, False, int(held["earlier"]), int(held["until"]))
            self._table.update(key, "ADD suppressed :n", {":n": uses})
            return Cooldown(False, False, 0, int(held["until"]))
        return Cooldown(True, True, int(decode(taken["Attributes"])["earlier"]), until)

    def count_if_cooling(self, name: str, uses: int) -> bool:
        """Count uses where a cooldown lasts; return whether one does."""
        values = {":n": uses, ":now": int(self._table.now())}
        try:
            self._table.update(
                cooldown_key(name), "ADD suppressed :n", values, {"#u": "until"}, ConditionExpression="#u > :now"
            )
        except self._table.condition_failed:
            return False
        return True

    def give_back(self, name: str, holder: str) -> None:
        """End a cooldown that was taken for nothing; what was counted is said by the next one."""
        with contextlib.suppress(self._table.condition_failed):
            self._table.update(
                cooldown_key(name),
                "SET #u = :zero ADD suppressed :none",
                {":zero": 0, ":none": 0, ":me": key_part(holder)},
                {"#u": "until"},
                ConditionExpression="holder = :me",
            )

    def reserve(self, name: str, use: Use, limit: int) -> bool:
        """Take a place of a budget that slides over the last hour; return whether there was one.

        The same holder has its place already.
        """
        for attempt in range(ATTEMPTS):
            version, uses = self._uses(name)
            if any(known.holder == use.holder for known in uses):
                return True
            recent = [known for known in uses if known.at > use.at - HOUR]
            if not admits(recent, use.subject, limit):
                return False
            if self._write(name, version, [*recent, use]):
                return True
            back_off(attempt)
        raise StoreError(f"the budget {name} is written by too many at once")

    def release(self, name: str, holder: str) -> None:
        """Give back a place that was not used."""
        for attempt in range(ATTEMPTS):
            version, uses = self._uses(name)
            left = [use for use in uses if use.holder != holder]
            if len(left) == len(uses) or self._write(name, version, left):
                return
            back_off(attempt)
        raise StoreError(f"the budget {name} is written by too many at once")

    def _uses(self, name: str) -> tuple[int, list[Use]]:
        for item in self._table.get([sliding_key(name)]):
            return int(item["version"]), [Use(*use) for use in item["uses"]]
        return 0, []

    def _write(self, name: str, version: int, uses: list[Use]) -> bool:
        item = {
            **sliding_key(name),
            "version": version + 1,
            "uses": [list(use) for use in uses],
            "expires_at": self._table.expiry(WORK_DAYS * DAY),
        }
        condition = "attribute_not_exists(pk) OR version = :v"
        values = {"ExpressionAttributeValues": encode({":v": version})}
        return self._table.try_put(self._table.put_operation(item, condition, **values))

    def spend(self, name: str, limit: int) -> bool:
        """Count one use of a budget for this hour (UTC); return whether it was within ``limit``."""
        hour = int(self._table.now()) // HOUR * HOUR
        try:
            self._table.update(
                budget_key(name, hour),
                "ADD used :one SET expires_at = :end",
                {":one": 1, ":end": hour + WORK_DAYS * DAY, ":limit": limit},
                ConditionExpression="attribute_not_exists(used) OR used < :limit",
            )
        except self._table.condition_failed:
            return False
        return True

    def used(self, name: str, hours: Iterable[int]) -> list[int]:
        """Return what was used of a budget in those of some hours (their starts in epoch seconds) that saw any use."""
        return [item["used"] for item in self._table.get([budget_key(name, hour) for hour in hours])]


def admits(recent: Sequence[Use], subject: str, limit: int) -> bool:
    """Return whether a budget has a place for a subject, by its uses of the last hour.

    The last fifth of the places is kept for subjects that had none yet.
    """
    kept = 0 if limit < 2 else max(1, limit // 5)
    again = any(use.subject == subject for use in recent)
    return len(recent) < (limit - kept if again else limit)


def cooldown_key(name: str) -> Item:
    """Return the key of a cooldown."""
    return {"pk": f"COOLDOWN#{key_part(name)}", "sk": "COOLDOWN"}


def budget_key(name: str, hour: int) -> Item:
    """Return the key of what was used of a budget in an hour (its start in epoch seconds)."""
    return {"pk": f"BUDGET#{name}#{hour}", "sk": "BUDGET"}


def sliding_key(name: str) -> Item:
    """Return the key of the uses of a budget that slides."""
    return {"pk": f"BUDGET#{name}", "sk": "SLIDING"}
