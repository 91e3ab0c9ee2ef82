"""Claims: every effect (a webhook, a rotation) is claimed before it is done, with a lease."""

from __future__ import annotations

import contextlib
import logging
import random
import time as clock
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from secretwatch.runtime.invocation import Invocation
from secretwatch.store.table import DAY, PATIENCE, WORK_DAYS, Item, Table, decode, encode, key_part

log = logging.getLogger(__name__)


class Claim(StrEnum):
    """What became of an attempt to claim an action."""

    TAKEN = "taken"
    DONE = "done"
    BUSY = "busy"


class Claims:
    """The claims of the audit table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, action: str, subject: str, invocation: Invocation) -> Claim:
        """Claim one action on one subject; the same invocation may claim again (it is being retried).

        Where another one holds it, wait a while for it to be done: BUSY means it still is not.
        """
        patient_until = min(self._table.now() + PATIENCE, invocation.lease_until - PATIENCE)
        while (claim := self._claim(action, subject, invocation)) is Claim.BUSY:
            if self._table.now() >= patient_until:
                break
            clock.sleep(random.uniform(0.2, 0.5))  # noqa: S311
        return claim

    def _claim(self, action: str, subject: str, invocation: Invocation) -> Claim:
        item = {
            **claim_key(action, subject),
            "state": Claim.TAKEN,
            "owner": invocation.id,
            "lease_until": int(invocation.lease_until) + 1,
            "expires_at": self._table.expiry(WORK_DAYS * DAY),
        }
        values = {":taken": Claim.TAKEN, ":me": invocation.id, ":now": int(self._table.now())}
        try:
            self._table.put(
                item,
                ConditionExpression="attribute_not_exists(pk) OR (#s = :taken AND (#o = :me OR lease_until <= :now))",
                ExpressionAttributeNames={"#s": "state", "#o": "owner"},
                ExpressionAttributeValues=encode(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._table.condition_failed as error:
            old = decode(error.response.get("Item") or {})
            return Claim.DONE if old.get("state") == Claim.DONE else Claim.BUSY
        return Claim.TAKEN

    def settle(self, action: str, subject: str) -> None:
        """Mark a claimed action done: it is never done again."""
        self._table.update(claim_key(action, subject), "SET #s = :v", {":v": Claim.DONE}, {"#s": "state"})

    def release(self, action: str, subject: str, invocation: Invocation) -> None:
        """End a claim whose action failed: whoever tries again need not wait for its lease."""
        with contextlib.suppress(self._table.condition_failed):
            self._table.update(
                claim_key(action, subject),
                "SET lease_until = :zero",
                {":zero": 0, ":taken": Claim.TAKEN, ":me": invocation.id},
                {"#s": "state", "#o": "owner"},
                ConditionExpression="#s = :taken AND #o = :me",
            )

    @contextlib.contextmanager
    def acting(self, action: str, subjects: Sequence[str], invocation: Invocation) -> Iterator[None]:
        """Do what was claimed: settle the claims, or release them if it fails.

        What was done is done even if that cannot be written: failing now would do it again at once.
        """
        try:
            yield
        except Exception:
            for subject in subjects:
                _logged(self.release, action, subject, invocation)
            raise
        for subject in subjects:
            _logged(self.settle, action, subject)


def _logged(write: Callable[..., None], action: str, subject: str, *more: Invocation) -> None:
    """Write a claim; that it cannot be written hides neither what was done nor why it failed."""
    try:
        write(action, subject, *more)
    except Exception as error:
        log.error("claim not written", extra={"action": action, "subject": subject, "reason": str(error)})


def claim_key(action: str, subject: str) -> Item:
    """Return the key of a claim's item."""
    return {"pk": f"CLAIM#{key_part(subject)}", "sk": action}
