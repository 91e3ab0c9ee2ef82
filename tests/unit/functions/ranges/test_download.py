from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from secretwatch.functions.ranges import download as module
from secretwatch.functions.ranges.download import DownloadError, download
from tests.unit.functions.ranges.doubles import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def test_a_document_is_fetched_under_our_name(site: Site) -> None:
    """GitHub refuses requests without a user agent."""
    assert download(site.publish("/meta", {"actions": ["é"]})) == {"actions": ["é"]}
    assert site.asked == [("/meta", "secretwatch")]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ((403, b'{"message": "API rate limit exceeded"}'), "HTTP 403 .*rate limit exceeded"),
        ((404, b""), "HTTP 404"),
        ((500, b"x" * 1_000_000), "HTTP 500 b'x{120}'$"),
        ((0, b""), "no answer"),
        ((200, b"<html>"), "not JSON"),
        ((200, b"\xff\xfe\xfa"), "not JSON"),
        ((200, b"[" * 100_000), "not JSON"),
        ((200, gzip.compress(b"{}", mtime=0)), "not JSON"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_document_is_named(site: Site, page: tuple[int, bytes], why: str) -> None:
    site.pages["/meta"] = page
    with pytest.raises(DownloadError, match=why) as refused:
        download(site.url("/meta"))
    assert str(refused.value).startswith(f"{site.url('/meta')}: ")


def test_a_redirect_is_not_followed(site: Site) -> None:
    site.pages["/meta"] = (302, b"")
    site.headers["Location"] = site.publish("/elsewhere", {})
    with pytest.raises(DownloadError, match="HTTP 302"):
        download(site.url("/meta"))
    assert [path for path, _ in site.asked] == ["/meta"]


def test_a_document_without_end_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZE_LIMIT", 100_000)
    site.pages["/meta"] = (200, b"[" + b" " * 200_000 + b"]")
    with pytest.raises(DownloadError, match="more than 100,000 bytes"):
        download(site.url("/meta"))


def test_a_document_of_a_few_bytes_that_unpacks_to_many_is_not_unpacked(site: Site) -> None:
    site.pages["/meta"] = (200, gzip.compress(b"[" + b" " * 50_000_000 + b"]"))
    site.headers["Content-Encoding"] = "gzip"
    with pytest.raises(DownloadError, match="not JSON"):
        download(site.url("/meta"))


def test_a_server_that_does_not_answer_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_TIMEOUT", 0.2)
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DownloadError, match="no answer"):
        download(f"http://127.0.0.1:{silent.getsockname()[1]}/")
