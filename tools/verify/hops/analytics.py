"""Athena and QuickSight, where they are deployed.

AWS: "GetQueryExecution" (Athena API Reference), "DescribeDataSource" (QuickSight API Reference).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tools.verify.aws import AwsError
from tools.verify.deployment import Check, Deployment
from tools.verify.result import APPLY, Result, failed, not_yet, ok, skipped
from tools.verify.times import MINUTE

_QUERY_SECONDS = 120.0
_RUNNING = frozenset({"QUEUED", "RUNNING"})


def athena(deployment: Deployment) -> Iterator[Result]:
    """One question about today in this region: a partition, and no more than one row."""
    name, names = "athena", deployment.names
    try:
        deployment.aws.call("athena:GetWorkGroup", WorkGroup=names.workgroup)
    except AwsError as error:
        if not (error.is_absent or re.search("not found", error.message, re.IGNORECASE)):
            raise
        yield skipped(name, f"there is no workgroup {names.workgroup}: enable_analytics is off")
        return
    today = datetime.fromtimestamp(deployment.now(), UTC).strftime("%Y/%m/%d")
    started = deployment.aws.call(
        "athena:StartQueryExecution",
        QueryString=f"SELECT count(*) FROM secret_calls WHERE day = '{today}' AND region = '{names.region}'",  # noqa: S608
        QueryExecutionContext={"Database": names.database},
        WorkGroup=names.workgroup,
    )["QueryExecutionId"]

    def ended() -> Mapping[str, Any] | None:
        found: Mapping[str, Any] = deployment.aws.call("athena:GetQueryExecution", QueryExecutionId=started)[
            "QueryExecution"
        ]
        return None if found["Status"]["State"] in _RUNNING else found

    yield judge_query(deployment.wait(ended, "Athena", _QUERY_SECONDS))


def judge_query(execution: Mapping[str, Any] | None) -> Result:
    """Return whether the query succeeded; None: it did not end in time."""
    if execution is None:
        return failed("athena", "the query did not end in time", "look at it in Athena's console: Recent queries")
    status = execution["Status"]
    if status["State"] == "SUCCEEDED":
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        return ok("athena", f"a question about today was answered, {scanned:,} bytes read")
    why = str(status.get("StateChangeReason", "Athena does not say why"))
    lowered, cure = why.lower(), APPLY
    if "serde" in lowered:
        cure = "the view lacks a SerDe: upgrade the module and apply"
    elif "access denied" in lowered or "not authorized" in lowered or "kms" in lowered:
        cure = "it ran with your own permissions: python -m tools.verify --permissions lists what Athena needs of them"
    return failed("athena", f"the query ended as {status['State']}: {why}", cure)


def quicksight(deployment: Deployment) -> Iterator[Result]:
    """The data source that QuickSight asks Athena by."""
    name, names = "quicksight", deployment.names
    try:
        found = deployment.aws.find(
            "quicksight:DescribeDataSource", AwsAccountId=names.account, DataSourceId=names.data_source
        )
    except AwsError as error:
        if "not signed up" not in error.message.lower() and error.code != "UnsupportedUserEditionException":
            raise
        found = None
    if found is None:
        yield skipped(name, f"there is no data source {names.data_source}: QuickSight is off")
    else:
        yield judge_data_source(found["DataSource"], f"{names.prefix}-quicksight")


def judge_data_source(source: Mapping[str, Any], role: str) -> Result:
    """Return whether QuickSight could connect."""
    name, status = "quicksight", str(source.get("Status"))
    if status.endswith("SUCCESSFUL"):
        return ok(name, f"{source.get('DataSourceId')} is {status}")
    if status.endswith("IN_PROGRESS"):
        return not_yet(name, f"{source.get('DataSourceId')} is {status}", MINUTE)
    why = source.get("ErrorInfo", {}).get("Message") or "QuickSight does not say why"
    return failed(
        name,
        f"{source.get('DataSourceId')} is {status}: {why}",
        f"QuickSight, Manage QuickSight, Security & permissions: choose the role {role}; then apply",
    )


CHECKS = (Check("athena", athena), Check("quicksight", quicksight))
