"""The documents of AWS and GitHub, small, and a server that publishes them."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import ClientError


def aws(*prefixes: tuple[str, str, str]) -> dict[str, Any]:
    """Return ip-ranges.json of (prefix, region, service)."""
    six = [prefix for prefix in prefixes if ":" in prefix[0]]
    four = [prefix for prefix in prefixes if ":" not in prefix[0]]
    return {
        "syncToken": "1787411825",
        "createDate": "2026-08-22-15-17-05",
        "prefixes": [_entry("ip_prefix", *prefix) for prefix in four],
        "ipv6_prefixes": [_entry("ipv6_prefix", *prefix) for prefix in six],
    }


def _entry(key: str, prefix: str, region: str, service: str) -> dict[str, str]:
    return {key: prefix, "region": region, "service": service, "network_border_group": region}


def github(*actions: str) -> dict[str, Any]:
    """Return GitHub's meta."""
    return {"verifiable_password_authentication": False, "web": ["192.0.2.0/24"], "actions": list(actions)}


class Site:
    """An HTTP server on loopback while ``with`` runs: path → status and body, or headers too."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, bytes]] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        """Path and user agent of every request."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(self, path: str, document: object) -> str:
        """Serve a document as JSON; return its address."""
        self.pages[path] = (200, json.dumps(document).encode())
        return self.url(path)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("User-Agent", "")))
            status, body = site.pages.get(self.path, (404, b"nothing here"))
            if not status:  # no answer at all
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # who asked has heard enough
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Bucket:
    """S3, as far as the refresh uses it: one bucket without ListBucket."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.objects: dict[str, tuple[bytes, float]] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        assert (Bucket, ContentType) == ("summaries", "text/csv; charset=utf-8")
        self.objects[Key] = (Body, self.now)

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")
        return {"LastModified": datetime.fromtimestamp(self.objects[Key][1], UTC)}
