from __future__ import annotations

import contextlib
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.channels.webhook import Address, DeliveryError, RefusedError, check_url, post
from secretwatch.notify.notice import Kind, Notice
from tests.harness.local_aws import free_port
from tests.harness.webhooks import WebhookReceiver

NOTICE = Notice("n1", Kind.ACCESS, Severity.INFO, "hello", (), "2026-01-31T12:00:00Z")
SLACK = CHANNELS["slack"]
PAYLOAD = SLACK.render(NOTICE)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(tmp_path / "notices.jsonl") as running:
        yield running


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which do not happen."""
    asked: list[float] = []
    monkeypatch.setattr("secretwatch.notify.channels.webhook.clock.sleep", asked.append)
    return asked


def soon() -> float:
    return time.time() + 60


def test_a_message_is_posted_once(receiver: WebhookReceiver, waits: list[float]) -> None:
    post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert [entry["body"] for entry in receiver.posts] == [PAYLOAD]
    assert waits == []


def test_retry_after_is_honoured(receiver: WebhookReceiver, waits: list[float]) -> None:
    receiver.answers["slack"].append((429, "slow down", {"Retry-After": "7"}))
    post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert waits == [7.0]
    assert len(receiver.posts) == 1


def test_whoever_is_told_when_to_come_back_comes_back_while_there_is_time(
    receiver: WebhookReceiver, waits: list[float]
) -> None:
    receiver.answers["slack"].extend([(429, "slow down", {"Retry-After": "1"})] * 10)
    post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert waits == [1.0] * 10


def test_a_retry_after_beyond_the_deadline_fails_at_once(receiver: WebhookReceiver, waits: list[float]) -> None:
    receiver.answers["slack"].append((429, "slow down", {"Retry-After": "600"}))
    with pytest.raises(DeliveryError, match="HTTP 429"):
        post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert waits == []


def test_server_errors_are_retried_then_raised(receiver: WebhookReceiver, waits: list[float]) -> None:
    receiver.answers["slack"].extend([(503, "down", {})] * 4)
    with pytest.raises(DeliveryError, match=r"HTTP 503 'down', tried 4 times"):
        post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert len(waits) == 3
    assert waits == sorted(waits)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, "invalid_payload", {}), "invalid_payload"),
        ((400, "bad", {}), "HTTP 400"),
        ((404, "no_service", {}), "this webhook is gone"),
        ((410, "", {}), "this webhook is gone"),
        ((302, "", {"Location": "https://evil.example"}), "HTTP 302"),
    ],
)
def test_a_refusal_is_final(
    receiver: WebhookReceiver, waits: list[float], answer: tuple[int, str, dict[str, str]], message: str
) -> None:
    receiver.answers["slack"].append(answer)
    with pytest.raises(RefusedError, match=message):
        post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert waits == []


def test_nobody_listening_is_retried_and_the_error_hides_the_url() -> None:
    url = f"http://127.0.0.1:{free_port()}/slack/secret-part"
    with pytest.raises(DeliveryError, match="no answer") as caught:
        post(Address(url), NOTICE, SLACK, soon())
    assert "secret-part" not in str(caught.value)


class Trickling(BaseHTTPRequestHandler):
    """An endpoint whose answer never ends, a byte at a time, in its head or in its body."""

    def do_POST(self) -> None:
        in_head = self.path == "/head"
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nX-Long: " if in_head else b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            for _ in range(60):
                self.wfile.write(b"o")
                time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_trickles_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.undo()  # the endpoint sleeps
    monkeypatch.setattr("secretwatch.notify.channels.webhook.ANSWER_TIMEOUT", 0.3)
    with ThreadingHTTPServer(("127.0.0.1", 0), Trickling) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        started = time.monotonic()
        with pytest.raises(DeliveryError, match=r"no answer \(.+\), tried 1 times"):
            post(Address(f"http://127.0.0.1:{server.server_port}/{part}"), NOTICE, SLACK, time.time() + 0.5)
        assert time.monotonic() - started < 2
        server.shutdown()


def test_whoever_was_asked_to_slow_down_says_so(receiver: WebhookReceiver) -> None:
    assert not post(Address(receiver.url("slack")), NOTICE, SLACK, soon()).throttled
    receiver.answers["slack"].append((429, "slow down", {"Retry-After": "1"}))
    assert post(Address(receiver.url("slack")), NOTICE, SLACK, soon()).throttled


def test_after_the_deadline_nothing_is_sent(receiver: WebhookReceiver) -> None:
    with pytest.raises(DeliveryError, match="no time left"):
        post(Address(receiver.url("slack")), NOTICE, SLACK, time.time() - 1)
    assert receiver.posts == []


@pytest.mark.parametrize("url", ["https://hooks.slack.example/x", "http://127.0.0.1:1/x", "http://[::1]:1/x"])
def test_webhooks_are_https_or_on_this_machine(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.example/x",
        "ftp://127.0.0.1/x",
        "",
        "https://",
        "http://[::1",
        "hooks",
        "https://:",
        "https://hooks slack.example/x",
        "https://hooks.slack.example/x y",
        "https://hooks.slack.example:65536/x",
    ],
)
def test_other_urls_are_refused_without_being_shown(url: str) -> None:
    with pytest.raises(DeliveryError, match="not an https:// URL"):
        check_url(url)


def test_a_signed_request_can_be_checked_and_told_apart(receiver: WebhookReceiver) -> None:
    receiver.answers["webhook"].append((503, "down", {}))
    post(Address(receiver.url("webhook"), signing_key="the key"), NOTICE, CHANNELS["webhook"], soon())
    (entry,) = receiver.posts
    headers, body = entry["headers"], json.dumps(entry["body"], ensure_ascii=False).encode()
    sent, signature = (part.partition("=")[2] for part in headers["X-Secretwatch-Signature"].split(","))
    assert signature == hmac.new(b"the key", f"{sent}.".encode() + body, "sha256").hexdigest()
    assert abs(int(sent) - time.time()) < 60
    assert headers["Idempotency-Key"] == "n1"
    assert Notice.from_json(json.dumps(entry["body"])) == NOTICE


def test_an_unsigned_request_has_no_signature(receiver: WebhookReceiver) -> None:
    post(Address(receiver.url("webhook")), NOTICE, CHANNELS["webhook"], soon())
    assert "X-Secretwatch-Signature" not in receiver.posts[0]["headers"]
