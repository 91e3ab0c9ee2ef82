from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from secretwatch.functions.summarizer import handler
from secretwatch.store import accesses, claims
from tests.documents import TABLE
from tests.harness.audit_table import make_table
from tests.unit.doubles import Model, Topic


@functools.cache
def aws_client(service: str) -> Any:
    """Return a client for the account in memory; made once, since making one takes longer than most tests."""
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account in memory, and nobody's keys: no test can reach a real one."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client, with the audit table as modules/audit makes it."""
    for module in (accesses, handler):
        monkeypatch.setattr(module, "WORKERS", 1)  # moto's tables are not made for threads
    monkeypatch.setattr(claims, "PATIENCE", 0.0)  # nothing else runs that could finish meanwhile
    client = aws_client("dynamodb")
    make_table(client, TABLE)
    return client


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def model() -> Model:
    return Model()
