"""A webhook receiver: keeps every POST, answers like Slack and Teams, or as a test asks."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = tuple[int, str, dict[str, str]]
_USUAL: dict[str, Answer] = {
    "slack": (200, "ok", {}),
    "slack_bot": (200, '{"ok": true, "channel": "C0123456789", "ts": "1769861400.000100"}', {}),
    "teams": (202, "", {}),
    "pagerduty": (202, '{"status": "success", "message": "Event processed", "dedup_key": "k"}', {}),
    "webhook": (200, "{}", {}),
}
KEYS = {"slack_bot": "xoxb-0-synthetic", "pagerduty": "0" * 32}
"""What a channel's parameter holds beside an endpoint, where it holds a key."""


class WebhookReceiver:
    """Listens on loopback while ``with`` runs; writes one line per POST to ``file``."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.posts: list[dict[str, Any]] = []
        self.answers: dict[str, deque[Answer]] = {name: deque() for name in _USUAL}
        """Channel → answers to give instead of the usual one, each once."""
        self.scene = ""
        """Written beside every POST, for whoever reads the file."""
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> WebhookReceiver:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, channel: str) -> str:
        """Return what a channel's parameter holds: the URL, and the key of a channel that has one."""
        return " ".join(filter(None, [self.endpoint(channel), KEYS.get(channel)]))

    def endpoint(self, channel: str) -> str:
        """Return a channel's URL; its path stands for the secret part of a real one."""
        return f"http://127.0.0.1:{self._server.server_port}/{channel}/T0SYNTHETIC/hook"

    def receive(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Keep one POST and return what to answer."""
        channel = path.split("/")[1]
        with self._lock:
            waiting = self.answers.get(channel)
            answer: Answer = waiting.popleft() if waiting else _USUAL.get(channel, (404, "no such channel", {}))
            if 0 < answer[0] < 300:
                post = {"channel": channel, "time": time.time(), "scene": self.scene, "body": json.loads(body)}
                self.posts.append({**post, "headers": headers})
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(post, ensure_ascii=False) + "\n")
        return answer


def _handler(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, text, headers = receiver.receive(self.path, body, dict(self.headers.items()))
            if not status:  # no answer at all
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler
