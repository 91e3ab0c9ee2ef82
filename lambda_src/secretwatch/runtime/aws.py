"""AWS clients: made once, when first needed, with timeouts and retries."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def client(service: str, *, region: str | None = None, read_timeout: int = 10, attempts: int = 4) -> Any:
    """Return the function's one client of a service; the timeout is in seconds.

    boto3 is imported here because a handler that needs no client yet should not pay for it.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=3,
        read_timeout=read_timeout,
        retries={"mode": "standard", "max_attempts": attempts},
        max_pool_connections=16,
    )
    return boto3.client(service, region_name=region, config=config)


class Lazy:
    """A client that is made when it is first used: a function starts with the one it needs first."""

    def __init__(self, service: str, **options: Any) -> None:
        self._service = service
        self._options = options

    def __getattr__(self, name: str) -> Any:
        return getattr(client(self._service, **self._options), name)


def error_code(error: BaseException) -> str:
    """Return the AWS error code of a botocore ClientError, or the exception's class name."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", "")) or type(error).__name__
    return type(error).__name__
