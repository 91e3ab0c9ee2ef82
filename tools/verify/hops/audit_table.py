"""DynamoDB: the audit table. AWS: "Point-in-time backups for DynamoDB", "Using deletion protection"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from secretwatch.runtime.text import timestamp
from secretwatch.store.memories import HISTORY_KEY
from secretwatch.store.table import decode, encode
from tools.verify.deployment import Check, Deployment
from tools.verify.result import APPLY, Result, failed, not_yet, ok, skipped
from tools.verify.times import DAY, MINUTE, seconds_since


def table(deployment: Deployment) -> Iterator[Result]:
    """The table: active and protected."""
    yield from judge_table(deployment.names.table, deployment.table)


def judge_table(called: str, found: Mapping[str, Any] | None) -> Iterator[Result]:
    """Yield whether the table (DescribeTable) can be written, and not be deleted by mistake."""
    if found is None:
        yield failed("audit table", f"{called} is not there: no access is recorded", APPLY)
        return
    status = found.get("TableStatus")
    if status in ("ACTIVE", "UPDATING"):
        yield ok("audit table", f"{called} is {status}")
    elif status == "CREATING":
        yield not_yet("audit table", f"{called} is {status}", MINUTE)
    else:
        yield failed(
            "audit table",
            f"{called} is {status}: no access is recorded",
            "its key may be disabled: see the lines on keys",
        )
    name = "audit table: deletion protection"
    if found.get("DeletionProtectionEnabled"):
        yield ok(name, "on")
    else:
        # force_destroy is no setting of AWS's: whether this is meant cannot be seen. Who changes the table
        # by hand sets off TrailTampering.
        yield skipped(
            name,
            "off, as force_destroy = true leaves it: one call deletes the history",
            "unless that is meant, set force_destroy = false and apply",
        )


def recovery(deployment: Deployment) -> Iterator[Result]:
    """Point-in-time recovery."""
    name, called = "audit table: point-in-time recovery", deployment.names.table
    found = deployment.aws.find("dynamodb:DescribeContinuousBackups", TableName=called)
    if found is None:
        yield skipped(name, "there is no table")
        return
    described = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if described.get("PointInTimeRecoveryStatus") == "ENABLED":
        yield ok(name, "on")
    else:
        yield failed(name, "off: what is overwritten is lost", APPLY)


def expiry(deployment: Deployment) -> Iterator[Result]:
    """Time to live."""
    name = "audit table: time to live"
    found = deployment.aws.find("dynamodb:DescribeTimeToLive", TableName=deployment.names.table)
    if found is None:
        yield skipped(name, "there is no table")
        return
    described = found["TimeToLiveDescription"]
    if described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        yield ok(name, f"on, by {described.get('AttributeName')}")
    else:
        yield failed(name, "off: the table grows for ever", APPLY)


def history(deployment: Deployment) -> Iterator[Result]:
    """Whether a deployment knows what was usual before its first day; of an older one nothing is said."""
    age = seconds_since((deployment.table or {}).get("CreationDateTime"), deployment.now())
    if age is None or age > DAY:
        return
    name, key = "audit table: history", encode(HISTORY_KEY)
    found = deployment.aws.call("dynamodb:GetItem", TableName=deployment.names.table, Key=key).get("Item")
    if found:
        since = datetime.fromtimestamp(decode(found)["since"], UTC)
        yield ok(name, f"what is usual is known since {timestamp(since)}")
    else:
        yield skipped(
            name,
            "nothing is known of before the first day: whatever is usual is new once",
            "make seed SOURCE=lookup-events learns from CloudTrail's last 90 days, make seed LOGS=… from log files",
        )


CHECKS = (
    Check("audit table", table),
    Check("audit table: point-in-time recovery", recovery),
    Check("audit table: time to live", expiry),
    Check("audit table: history", history),
)
