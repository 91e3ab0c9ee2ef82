"""Many notices at once, and channels that do not answer, through the notifier behind its queues. ``make bursts``.

Each queue hands over at most BATCH messages at a time, to two invocations at once, and again what was
handed back; the webhooks are local servers, time is real.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Lock, Thread

import boto3
from moto import mock_aws

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.notifier.handler import Notifier
from secretwatch.functions.notifier.sender import Parameters
from secretwatch.notify.notice import Fact, Kind, Notice
from secretwatch.runtime.invocation import Invocation
from secretwatch.store.store import open_store
from tests import documents
from tests.harness.audit_table import make_table
from tests.harness.webhooks import KEYS
from tests.records import channel_batch

BATCH, AT_ONCE, WINDOW = 25, 2, 2.0
"""As modules/alerting/channels.tf has them: batch_size, maximum_concurrency, maximum_batching_window_in_seconds."""
FUNCTION_SECONDS = 60
STORM = 10_000, 300.0
"""Stories, and seconds in which they come."""
_TABLE = "audit"


@dataclass
class Webhook:
    """What a local webhook saw."""

    requests: int = 0
    taken: list[float] = field(default_factory=list)
    """When it took a message (epoch seconds)."""
    bodies: list[str] = field(default_factory=list)
    """What it took, beside ``taken``, where it keeps that."""
    lock: Lock = field(default_factory=Lock)


Answer = Callable[[BaseHTTPRequestHandler, Webhook], None]


def slack(retry_after: int) -> Answer:
    """Return an endpoint that takes one message a second, and asks whoever is faster to wait."""

    def answer(request: BaseHTTPRequestHandler, seen: Webhook) -> None:
        with seen.lock:
            refused = bool(seen.taken) and time.time() - seen.taken[-1] < 1
            if not refused:
                seen.taken.append(time.time())
        request.send_response(429 if refused else 200)
        if refused:
            request.send_header("Retry-After", str(retry_after))
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    return answer


def keeping(status: int, answer: str, a_second: float = 0.0) -> Answer:
    """Return an endpoint that keeps what it takes, and asks whoever is faster than one message a second to wait."""

    def take(request: BaseHTTPRequestHandler, seen: Webhook) -> None:
        with seen.lock:
            refused = bool(a_second and seen.taken) and time.time() - seen.taken[-1] < a_second
            if not refused:
                seen.taken.append(time.time())
                seen.bodies.append(request.body)  # type: ignore[attr-defined]
        request.send_response(429 if refused else status)
        if refused:
            request.send_header("Retry-After", "1")
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer.encode())

    return take


def dead(request: BaseHTTPRequestHandler, _: Webhook) -> None:
    """Close the connection without a word."""
    request.close_connection = True


def trickling(request: BaseHTTPRequestHandler, _: Webhook) -> None:
    """Answer a byte every second, without end."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _second in range(600):
        request.wfile.write(b".")
        time.sleep(1)


@contextmanager
def webhook(answer: Answer) -> Iterator[tuple[str, Webhook]]:
    """Yield the URL of a local endpoint, and what it sees."""
    seen = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            with seen.lock:
                seen.requests += 1
            try:
                answer(self, seen)
            except OSError:  # nobody waits for the answer any more
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", seen
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Queue:
    """A channel's queue in front of the notifier."""

    notifier: Notifier
    channel: str
    handed_back: int = 0
    """Messages that were not delivered at the first attempt."""

    def deliver(self, messages: list[str]) -> None:
        """Hand over everything once, AT_ONCE batches at a time; return when all was handled."""
        batches: SimpleQueue[list[str]] = SimpleQueue()
        for start in range(0, len(messages), BATCH):
            batches.put(messages[start : start + BATCH])
        workers = [Thread(target=self._poll, args=(batches, number)) for number in range(AT_ONCE)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _poll(self, batches: SimpleQueue[list[str]], worker: int) -> None:
        invoked = 0
        while True:
            try:
                batch = batches.get_nowait()
            except Empty:
                return
            invoked += 1
            self.hand_over(batch, f"{self.channel}-{worker}-{invoked}")

    def hand_over(self, batch: list[str], request: str) -> None:
        """Let the notifier handle a batch."""
        now = time.time()
        invocation = Invocation(request, now + FUNCTION_SECONDS, now)
        answer = self.notifier.handle(channel_batch(*batch, channel=self.channel), invocation)
        self.handed_back += len(answer["batchItemFailures"])


@dataclass
class Live(Queue):
    """A queue that fills while it is read: what is handed back stays in it, as it would for six minutes."""

    arrived: dict[int, float] = field(default_factory=dict)
    """Number of a notice → when it came (epoch seconds)."""
    waiting: deque[str] = field(default_factory=deque)
    closed: bool = False

    def fill(self, messages: list[str], seconds: float) -> None:
        """Let the messages come in evenly over some seconds."""
        started = time.time()
        for number, message in enumerate(messages):
            time.sleep(max(0.0, started + seconds * number / len(messages) - time.time()))
            self.arrived[number] = time.time()
            self.waiting.append(message)
        self.closed = True

    def read(self, until: float) -> None:
        """Hand over what comes, AT_ONCE batches at a time, until all was handed over once or the time has come."""
        workers = [Thread(target=self._work, args=(until, number)) for number in range(AT_ONCE)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, until: float, worker: int) -> None:
        invoked = 0
        while time.time() < until and not (self.closed and not self.waiting):
            batch: list[str] = []
            window = time.time() + WINDOW
            while len(batch) < BATCH and time.time() < window:
                try:
                    batch.append(self.waiting.popleft())
                except IndexError:
                    time.sleep(0.05)
            if batch:
                invoked += 1
                self.hand_over(batch, f"{self.channel}-{worker}-{invoked}")


def notices(count: int) -> list[str]:
    """Return notices as the alerts topic carries them."""
    facts, time_of_all = (Fact("Who", "user alice"),), "2026-01-31T12:00:00Z"
    titles = (f"user alice read prod/db-{number}" for number in range(count))
    made = (Notice(title, Kind.ACCESS, Severity.MEDIUM, title, facts, time_of_all, story=title) for title in titles)
    return [notice.to_json() for notice in made]


def notifier(urls: dict[str, str], kinds: dict[str, str] | None = None) -> Notifier:
    """Return the notifier with channels by name and what their parameter holds, and an empty audit table.

    ``kinds`` names the types of channels that are not in Slack's form.
    """
    dynamodb, ssm = boto3.client("dynamodb"), boto3.client("ssm")
    make_table(dynamodb, _TABLE)
    for name, url in urls.items():
        ssm.put_parameter(Name=f"/{name}", Value=url, Type="SecureString", Overwrite=True)
    channels = {name: documents.channel((kinds or {}).get(name, "slack"), f"/{name}") for name in urls}
    return Notifier(documents.notifier_settings(channels), open_store(dynamodb, _TABLE), Parameters(ssm), None)


def burst(count: int, retry_after: int) -> str:
    """Return what becomes of some notices at once at a Slack that takes one message a second."""
    with webhook(slack(retry_after)) as (url, seen):
        queue, started = Queue(notifier({"slack": url}), "slack"), time.time()
        queue.deliver(notices(count))
        took = max(seen.taken) - started
    return f"{count:>8}{retry_after:>13}{queue.handed_back:>13}{len(seen.taken):>10}{seen.requests:>10}{took:>9.1f} s"


def beside_broken_ones(count: int) -> str:
    """Return how late a healthy channel is beside a dead and a trickling one."""
    with webhook(slack(1)) as (healthy, seen), webhook(dead) as (silent, _), webhook(trickling) as (slow, _):
        made, started = notifier({"healthy": healthy, "dead": silent, "slow": slow}), time.time()
        queues = [Queue(made, name) for name in ("dead", "slow", "healthy")]
        took: dict[str, float] = {}

        def run(queue: Queue) -> None:
            queue.deliver(notices(count))
            took[queue.channel] = time.time() - started

        threads = [Thread(target=run, args=(queue,)) for queue in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    first, last = min(seen.taken) - started, max(seen.taken) - started
    back = ", ".join(f"{queue.channel} {queue.handed_back} after {took[queue.channel]:.0f} s" for queue in queues[:2])
    return f"healthy channel: first of {count} after {first:.1f} s, last after {last:.1f} s; handed back: {back}"


def storm(count: int, seconds: float) -> Iterator[str]:
    """Yield what becomes of many stories within some minutes: beside a dead channel, how late the others are."""
    posted = json.dumps({"ok": True, "ts": "1769861400.000100"})
    with (
        webhook(keeping(200, "ok", 1.0)) as (slack_url, by_webhook),
        webhook(keeping(200, posted, 1.0)) as (api, by_bot),
        webhook(keeping(202, "{}")) as (enqueue, by_pager),
        webhook(dead) as (silent, _),
    ):
        held = {"slack": slack_url, "bot": f"{api} {KEYS['slack_bot']}", "pager": f"{enqueue} {KEYS['pagerduty']}"}
        made = notifier({**held, "dead": silent}, {"bot": "slack_bot", "pager": "pagerduty"})
        queues = [Live(made, name) for name in (*held, "dead")]
        until = time.time() + 3 * seconds
        threads = [Thread(target=queue.fill, args=(notices(count), seconds)) for queue in queues]
        threads += [Thread(target=queue.read, args=(until,)) for queue in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for queue, seen in zip(queues, (by_webhook, by_bot, by_pager), strict=False):
        yield _told(queue, seen, count)
    kept = queues[-1].handed_back + len(queues[-1].waiting)
    yield f"{'dead':>8}: 0 delivered, {kept:,} of {count:,} in its queue, 0 in its dead-letter queue"


def _told(queue: Live, seen: Webhook, count: int) -> str:
    """Return how often each notice was delivered, and how late."""
    times: Counter[int] = Counter()
    late: list[float] = []
    for body, at in zip(seen.bodies, seen.taken, strict=True):
        named = {int(number) for number in re.findall(r"prod/db-(\d+)", body)}
        times.update(named)
        late += [at - queue.arrived[number] for number in named]
    late.sort()
    lost, doubled = count - len(times), sum(number > 1 for number in times.values())
    return (
        f"{queue.channel:>8}: {len(times):,} of {count:,} delivered in {len(seen.taken):,} messages, {lost} lost, "
        f"{doubled} doubled, {queue.handed_back} handed back; half within {late[len(late) // 2]:.0f} s, "
        f"95 % within {late[len(late) * 95 // 100]:.0f} s, all within {late[-1]:.0f} s"
    )


def main() -> None:
    """Print the figures."""
    logging.disable()
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    print(f"{'notices':>8}{'Retry-After':>13}{'handed back':>13}{'messages':>10}{'requests':>10}{'took':>11}")
    with mock_aws():
        for count, retry_after in ((5, 1), (60, 1), (200, 1), (200, 30)):
            print(burst(count, retry_after), flush=True)
        print(beside_broken_ones(3))
        count, seconds = STORM
        print(f"{count:,} stories within {seconds:.0f} s, to four channels:", flush=True)
        for line in storm(count, seconds):
            print(line, flush=True)
    print("What is handed back comes again after six minutes, for two days; none of it is in a dead-letter queue.")


if __name__ == "__main__":
    main()
