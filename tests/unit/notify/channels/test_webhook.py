from __future__ import annotations

import contextlib
import hmac
import html
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import quote, urlsplit

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.channels.webhook import Address, DeliveryError, RefusedError, check_url, post
from secretwatch.notify.notice import Kind, Notice
from tests.harness.local_aws import free_port
from tests.harness.webhooks import KEYS, WebhookReceiver

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


@pytest.mark.parametrize("asked", ["0", "-5", "nan", "inf", "-inf", "1e999", "0.001", "soon"])
def test_whoever_asks_for_no_wait_or_nonsense_is_waited_for(
    receiver: WebhookReceiver, waits: list[float], asked: str
) -> None:
    receiver.answers["slack"].extend([(429, "slow down", {"Retry-After": asked})] * 2)
    post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    receiver.answers["webhook"].append((503, "down", {"Retry-After": asked}))
    post(Address(receiver.url("webhook")), NOTICE, CHANNELS["webhook"], soon())
    assert len(waits) == 3
    assert all(0.5 <= wait <= 2 for wait in waits)
    if asked in ("0", "-5", "0.001"):
        assert waits == [1.0, 1.0, 0.5], "Slack takes one message a second"


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
    with pytest.raises(DeliveryError, match=r"no answer \(.+\), tried 4 times") as caught:
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


class Slow(BaseHTTPRequestHandler):
    """An endpoint that takes every message, and says so too late."""

    taken: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(0.6)
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def log_message(self, *_: object) -> None:
        pass


def test_whoever_answers_too_late_gets_one_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the endpoint sleeps
    monkeypatch.setattr("secretwatch.notify.channels.webhook.ANSWER_TIMEOUT", 0.2)
    monkeypatch.setattr(Slow, "taken", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with pytest.raises(DeliveryError, match=r"no answer \(.+\), tried 2 times"):
            post(Address(f"http://127.0.0.1:{server.server_port}/slow"), NOTICE, SLACK, time.time() + 30)
        server.shutdown()
    assert len(Slow.taken) == 2


def test_what_ends_without_an_answer_gets_one_copy(receiver: WebhookReceiver) -> None:
    receiver.answers["slack"].extend([(0, "", {})] * 2)
    with pytest.raises(DeliveryError, match=r"no answer \(ProtocolError\), tried 2 times"):
        post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    receiver.answers["slack"].append((0, "", {}))
    post(Address(receiver.url("slack")), NOTICE, SLACK, soon())
    assert len(receiver.posts) == 1


def test_what_cannot_be_sent_at_all_is_named_at_once(receiver: WebhookReceiver) -> None:
    begun = time.monotonic()
    with pytest.raises(DeliveryError, match=r"no answer \(UnicodeEncodeError\)"):
        post(Address(receiver.url("slack"), headers={"X-Any": "\u2028"}), NOTICE, SLACK, soon())
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("hostile", ["x\r\nX-Evil: 1", "名" * 10, "x" * 100_000, " x", "", "\ud800"])
def test_the_id_of_a_notice_cannot_break_the_request(receiver: WebhookReceiver, hostile: str) -> None:
    for _ in range(2):
        post(Address(receiver.url("webhook")), replace(NOTICE, id=hostile), CHANNELS["webhook"], soon())
    first, second = (entry["headers"]["Idempotency-Key"] for entry in receiver.posts)
    assert first == second, "copies are known by it"
    assert 0 < len(first) <= 100
    assert "X-Evil" not in receiver.posts[0]["headers"]


def slashed(text: str) -> str:
    """Return a text as PHP writes JSON."""
    return json.dumps(text).replace("/", r"\/")


SECRET_ADDRESS = Address(
    "",
    headers={"Authorization": "Splunk hec-0-synthetic/token"},
    body={"routing_key": KEYS["pagerduty"]},
    signing_key='sign"ing/0 key',
)
SECRETS = ("T0SYNTHETIC", "hec-0-synthetic", KEYS["pagerduty"], 'sign"ing/0 key', "query-0-synthetic")


@pytest.mark.parametrize("name", ["slack", "teams", "pagerduty", "webhook", "slack_bot"])
@pytest.mark.parametrize("spell", [str, quote, html.escape, json.dumps, slashed])
def test_an_answer_that_repeats_the_request_shows_no_secret_of_it(
    receiver: WebhookReceiver, name: str, spell: Callable[[str], str]
) -> None:
    to = replace(SECRET_ADDRESS, url=f"{receiver.endpoint(name)}?sig=query-0-synthetic")
    said = " ".join([urlsplit(to.url).path, *SECRETS])
    for shift in range(0, 120, 11):  # wherever it is cut
        echo = spell("." * shift + said)
        whole = json.dumps({"ok": False, "error": echo, "errors": [echo]}) if shift % 2 else echo
        receiver.answers[name].append((400, whole, {}))
        with pytest.raises(DeliveryError) as caught:
            post(to, NOTICE, CHANNELS[name], soon())
        assert not [secret for secret in SECRETS if secret[:6] in str(caught.value)], str(caught.value)


def test_an_error_of_slacks_api_that_repeats_the_token_does_not_show_it(receiver: WebhookReceiver) -> None:
    to = CHANNELS["slack_bot"].address(receiver.url("slack_bot"))
    receiver.answers["slack_bot"].append((200, json.dumps({"ok": False, "error": f"bad {KEYS['slack_bot']}"}), {}))
    with pytest.raises(DeliveryError, match="Slack says bad") as caught:
        post(to, NOTICE, CHANNELS["slack_bot"], soon())
    assert "xoxb" not in str(caught.value)


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
