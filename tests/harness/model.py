"""A stand-in for the Bedrock model: an OpenAI-compatible server that MiniStack asks.

It writes one sentence from the facts in the question, by a template. It shows that the
path works; how well a real model writes it does not show.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL_ID = "stand-in.template-v1"


class StandInModel:
    """Listens on loopback while ``with`` runs."""

    def __init__(self) -> None:
        self.fails = False
        """Whether every question is answered with an error."""
        self.questions: list[dict[str, Any]] = []
        self.before_answer: Callable[[], None] = lambda: None
        """Called before each answer: what a test wants to happen just then."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> StandInModel:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, question: dict[str, Any]) -> str:
        self.questions.append(question)
        self.before_answer()
        facts = json.loads(question["messages"][-1]["content"])
        what = facts["what"].partition(" (")[0]
        where = facts["from"].partition(" (")[0]
        return f"The {facts['who']} read {what} from {where} at {facts['when']}, and the call was {facts['outcome']}."


def _handler(model: StandInModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = 500, {"error": "the model is down"}
            if not model.fails:
                message = {"role": "assistant", "content": model.answer(question)}
                status, answer = 200, {"choices": [{"message": message}]}  # type: ignore[dict-item]
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
