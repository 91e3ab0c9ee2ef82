"""The local AWS: one MiniStack process on loopback, with IAM enforced, and clients for it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.harness.terraform import ACCOUNT, REGION, REPOSITORY

START_LIMIT = 60.0
_CHANGE = {"started": 1, "ended": -1}


class LocalAwsError(Exception):
    """The local AWS did not start; the message says where its log is."""


class LocalAws:
    """A MiniStack process, ended by its own pid."""

    def __init__(self, folder: Path, model_url: str | None = None) -> None:
        self.folder = folder
        self.log_file = folder / "local-aws.log"
        self.calls_file = folder / "calls.jsonl"
        self.trail_file = folder / "trail.jsonl"
        self.endpoint = ""
        self._model_url = model_url
        self._running = 0
        self._counted = 0  # bytes of the calls file
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> LocalAws:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.calls_file.write_text("")
        self._running = self._counted = 0
        self.trail_file.write_text("")
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.ministack_server"],
                cwd=REPOSITORY,
                env=self._environment(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its function processes end with it
            )
        try:
            self._await_start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def client(self, service: str, access_key: str = "test", secret_key: str = "test", token: str | None = None,
               **options: Any) -> Any:  # fmt: skip
        """Return a client of the local AWS: the account's administrator, unless keys are given."""
        config = Config(
            retries={"total_max_attempts": 2},
            read_timeout=60,
            s3={"addressing_style": "path"},
            max_pool_connections=32,
            **options,
        )
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token,
            config=config,
        )

    def calls(self) -> Iterator[dict[str, Any]]:
        """Yield what the server wrote down: authorised actions and denials."""
        for line in self.calls_file.read_text().splitlines():
            with contextlib.suppress(ValueError):  # a line still being written
                yield json.loads(line)

    def running(self) -> int:
        """Return how many functions are running now, or about to."""
        with self._lock, self.calls_file.open("rb") as file:
            file.seek(self._counted)
            for line in file:
                if not line.endswith(b"\n"):  # still being written
                    break
                self._counted += len(line)
                self._running += _CHANGE.get(json.loads(line).get("function"), 0)
            return self._running

    def denials(self) -> list[dict[str, Any]]:
        """Return every refused call so far."""
        return [call for call in self.calls() if "denied" in call]

    def _environment(self, port: int) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        state = self.folder / "state"
        return kept | {
            "GATEWAY_PORT": str(port),
            "EDGE_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AUTH": "true",
            "CLOUDTRAIL_RECORDING": "1",
            "CLOUDTRAIL_MAX_EVENTS": "200000",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            # Lambda sets it, the SDK puts it into the user agent; the emulator's functions inherit it from here.
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            "STATE_DIR": str(state),
            "S3_DATA_DIR": str(state / "s3"),
            "TMPDIR": str(state / "tmp"),
            "SECRETWATCH_CALLS": str(self.calls_file),
            "SECRETWATCH_TRAIL": str(self.trail_file),
            "PYTHONUNBUFFERED": "1",
            **({"MINISTACK_BEDROCK_PROXY_URL": self._model_url} if self._model_url else {}),
        }

    def _await_start(self) -> None:
        (self.folder / "state" / "tmp").mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + START_LIMIT
        assert self._process is not None
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2).close()
                return
            time.sleep(0.05)
        raise LocalAwsError(f"the local AWS did not start; its log is {self.log_file}")


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Any, seconds: float, what: str) -> Any:
    """Poll until ``condition()`` is true and return its value; raises TimeoutError naming ``what``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)
