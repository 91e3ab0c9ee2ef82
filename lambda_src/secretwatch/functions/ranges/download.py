"""Fetching one JSON document: with timeouts and a limit of its size, without following redirects."""

from __future__ import annotations

import json
from typing import Any

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
SIZE_LIMIT = 16 * 1024 * 1024
"""Largest document, in bytes: AWS's has 2.6 million."""
_CHUNK = 64 * 1024


class DownloadError(Exception):
    """A document could not be fetched; the message says from where and why."""


def download(url: str, pool: Any = None) -> object:
    """Return the parsed JSON document at an address; raises DownloadError."""
    import urllib3

    pool = pool or urllib3.PoolManager(num_pools=1)
    try:
        response = pool.request(
            "GET",
            url,
            headers={"Accept": "application/json", "User-Agent": "secretwatch"},
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            return _document(url, response)
        finally:
            response.close()
    except urllib3.exceptions.HTTPError as error:
        raise DownloadError(f"{url}: no answer ({type(error).__name__})") from None


def _document(url: str, response: Any) -> object:
    if response.status != 200:
        raise DownloadError(f"{url}: HTTP {response.status} {response.read(120, decode_content=False)!r}")
    body = b""
    for chunk in response.stream(_CHUNK, decode_content=False):  # nothing was asked to be compressed
        body += chunk
        if len(body) > SIZE_LIMIT:
            raise DownloadError(f"{url}: more than {SIZE_LIMIT:,} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DownloadError(f"{url}: not JSON ({error})") from None
