"""Many notices at once, and channels that do not answer, through the notifier behind its queues. ``make bursts``.

Each queue hands over at most BATCH messages at a time, to two invocations at once, and again what was
handed back; the webhooks are local servers, time is real.
"""

from __future__ import annotations

import logging
import os
import time
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
from tests.records import channel_batch

BATCH, AT_ONCE = 25, 2
"""As modules/alerting/channels.tf has them: batch_size, maximum_concurrency."""
FUNCTION_SECONDS = 60
_TABLE = "audit"


@dataclass
class Webhook:
    """What a local webhook saw."""

    requests: int = 0
    taken: list[float] = field(default_factory=list)
    """When it took a message (epoch seconds)."""
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
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
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
            now = time.time()
            invocation = Invocation(f"{self.channel}-{worker}-{invoked}", now + FUNCTION_SECONDS, now)
            answer = self.notifier.handle(channel_batch(*batch, channel=self.channel), invocation)
            self.handed_back += len(answer["batchItemFailures"])


def notices(count: int) -> list[str]:
    """Return notices as the alerts topic carries them."""
    facts, time_of_all = (Fact("Who", "user alice"),), "2026-01-31T12:00:00Z"
    titles = (f"user alice read prod/db-{number}" for number in range(count))
    made = (Notice(title, Kind.ACCESS, Severity.MEDIUM, title, facts, time_of_all) for title in titles)
    return [notice.to_json() for notice in made]


def notifier(urls: dict[str, str]) -> Notifier:
    """Return the notifier with channels in Slack's form, by name and URL, and an empty audit table."""
    dynamodb, ssm = boto3.client("dynamodb"), boto3.client("ssm")
    make_table(dynamodb, _TABLE)
    for name, url in urls.items():
        ssm.put_parameter(Name=f"/{name}", Value=url, Type="SecureString", Overwrite=True)
    channels = {name: documents.channel("slack", f"/{name}") for name in urls}
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


def main() -> None:
    """Print the figures."""
    logging.disable()
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    print(f"{'notices':>8}{'Retry-After':>13}{'handed back':>13}{'messages':>10}{'requests':>10}{'took':>11}")
    with mock_aws():
        for count, retry_after in ((5, 1), (60, 1), (200, 1), (200, 30)):
            print(burst(count, retry_after), flush=True)
        print(beside_broken_ones(3))
    print("What is handed back comes again after six minutes, for two days; none of it is in a dead-letter queue.")


if __name__ == "__main__":
    main()
