from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dev import cost
from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import People
from secretwatch.record.origin import TrustPolicy
from secretwatch.runtime.data import read_data
from secretwatch.store.accesses import item_of
from secretwatch.store.table import encode
from tests.records import record, role, secret_arn

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("usd", "counted"),
    [
        (2.00, lambda: cost.second_copy(100_000)),
        (0.50, lambda: cost.log_ingestion(500_000)),
        (1.3125, lambda: cost.audit_writes(1_000_000, paths=1)),
        (1.375, lambda: cost.audit_writes(1_000_000, paths=2)),
        (0.0025, lambda: cost.summaries(1)),
        (2.00, lambda: cost.publishes(4_000_000)),
        (0.48, lambda: cost.queue(1_000_000)),
        (2.20001, lambda: cost.functions(1_000_000)),
        (0.63, lambda: cost.audit_storage(1_000_000, 1)),
    ],
)
def test_figures_counted_by_hand_from_the_price_lists(usd: float, counted: Callable[[], float]) -> None:
    assert counted() == pytest.approx(usd, rel=1e-4)


def test_the_sum_is_the_lines_and_grows_with_the_account() -> None:
    sums = [cost.total(month) for month in cost.ACCOUNTS]
    assert sums == sorted(sums)
    rows = [line for line in cost.table() if line.startswith("|")]
    cells = [row.split("|")[3].strip() for row in rows[5 : 5 + len(cost.LINES)]]
    (shown,) = [row.split("|")[3].strip(" *") for row in rows if row.startswith("| **sum**")]
    assert sum(map(float, cells)) == pytest.approx(float(shown), abs=0.01 * len(cells))


def test_every_price_names_its_page_and_unit() -> None:
    assert all(price.page.startswith(("AWS ", "Amazon ")) and price.unit for price in cost.PRICES.values())


def test_the_model_counts_the_metrics_that_are_made() -> None:
    detections = read_data("detect/catalogue.json")["detections"]
    # Off hours are asked for by working_hours, which is null by default.
    assert set(detections) >= {"ReadOffHours"}
    others = {"KeyTampering", "ModelFailures", "CanaryDelay of logs", "CanaryDelay of events"}
    assert len(detections) - 1 + len(others) == cost.DEFAULT.metrics


def test_an_access_fits_into_the_size_that_the_model_takes() -> None:
    """One unit is 1 KB: a larger item would cost twice as much."""
    access = parse(
        record(
            userIdentity=role("external-secrets-operator", "1700000000000000000"),
            userAgent="aws-sdk-go-v2/1.24.0 os/linux lang/go#1.21.5 md/GOOS#linux md/GOARCH#arm64 "
            "exec-env/AWS_ECS_FARGATE api/secretsmanager#1.25.5",
            requestParameters={"secretId": secret_arn("prod/payments/database")},
            vpcEndpointId="vpce-0123456789abcdef0",
        )
    )
    assert isinstance(access, SecretAccess)
    (judged,) = TrustPolicy().judge([access])
    item = encode(item_of(judged, People().actor(access), 1_800_000_000))
    size = 100 + sum(len(name) + _size(value) for name, value in item.items())
    assert cost.ACCESS_GB * 1e9 / 2 < size <= min(1024, cost.ACCESS_GB * 1e9 * 1.1)


def _size(value: dict[str, Any]) -> int:
    """AWS: "DynamoDB item sizes and formats"."""
    ((kind, content),) = value.items()
    if kind == "L":
        return 3 + sum(1 + _size(entry) for entry in content)
    return len(str(content).encode())
