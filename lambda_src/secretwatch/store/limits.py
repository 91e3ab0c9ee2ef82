"""Limits: how soon something may be done again (cooldowns), and how often within an hour (budgets)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from secretwatch.store.table import DAY, WORK_DAYS, Item, Table, decode, key_part

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Cooldown:
    """What became of an attempt to take a cooldown."""

    mine: bool
    fresh: bool
    """Whether it was taken just now; a repeated attempt by its holder has it already."""
    suppressed: int
    """Uses that were counted while the cooldown before this one lasted."""


class Limits:
    """The cooldowns and budgets of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

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
                return Cooldown(mine=True, fresh=False, suppressed=int(held["earlier"]))
            self._table.update(key, "ADD suppressed :n", {":n": uses})
            return Cooldown(mine=False, fresh=False, suppressed=0)
        return Cooldown(mine=True, fresh=True, suppressed=int(decode(taken["Attributes"])["earlier"]))

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


def cooldown_key(name: str) -> Item:
    """Return the key of a cooldown."""
    return {"pk": f"COOLDOWN#{key_part(name)}", "sk": "COOLDOWN"}


def budget_key(name: str, hour: int) -> Item:
    """Return the key of what was used of a budget in an hour (its start in epoch seconds)."""
    return {"pk": f"BUDGET#{name}#{hour}", "sk": "BUDGET"}
