from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from secretwatch.runtime import aws
from secretwatch.runtime.aws import Lazy, client, error_code
from tests.unit.doubles import throttled


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The clients that are made, none of which is one."""
    clients: list[tuple[str, dict[str, Any]]] = []

    def make(service: str, **options: Any) -> dict[str, Any]:
        clients.append((service, options))
        return options

    monkeypatch.setattr(boto3, "client", make)
    client.cache_clear()
    yield clients
    client.cache_clear()


def test_a_client_is_made_once_with_a_timeout_and_retries(made: list[tuple[str, dict[str, Any]]]) -> None:
    one, other = client("sns"), client("sns")
    assert one is other
    ((service, options),) = made
    assert (service, options["region_name"]) == ("sns", None)
    config = options["config"]
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries == {"mode": "standard", "max_attempts": 4}


def test_another_region_or_timeout_is_another_client(made: list[tuple[str, dict[str, Any]]]) -> None:
    client("bedrock-runtime")
    client("bedrock-runtime", region="eu-central-1", read_timeout=15, attempts=2)
    assert [options["region_name"] for _, options in made] == [None, "eu-central-1"]


def test_a_lazy_client_is_made_when_it_is_used(made: list[tuple[str, dict[str, Any]]]) -> None:
    lazy = Lazy("s3", region="eu-west-1")
    assert made == []
    assert lazy.items()
    assert [service for service, _ in made] == ["s3"]


def test_an_error_is_called_by_aws_code_or_by_its_class() -> None:
    assert error_code(throttled()) == "ThrottlingException"
    assert error_code(ReadTimeoutError(endpoint_url="https://aws.example")) == "ReadTimeoutError"
    without: Any = ValueError()
    without.response = {"Error": {}}
    assert error_code(without) == "ValueError"


def test_nothing_is_imported_before_it_is_needed() -> None:
    assert not hasattr(aws, "boto3")
