"""A headless Chromium, spoken to in its own protocol over pipes: pages from disk, as a person has them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# The rest keeps Chromium itself from calling home, so that every request seen is the page's.
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync",
          "--disable-dev-shm-usage", "--remote-debugging-pipe")  # fmt: skip
PATIENCE = 60.0


class BrowserMissingError(Exception):
    """There is no Chromium here; the message says how to get one."""


class BrowserError(Exception):
    """The browser did not do what it was asked."""


def find() -> str:
    """Return the path of a Chromium: CHROMIUM, or one on PATH; raises BrowserMissingError."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *_NAMES)):
        if path := shutil.which(name):
            return path
    raise BrowserMissingError("no Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM")


class Page:
    """One tab: opens files, runs scripts, and keeps what the page said and asked for."""

    def __init__(self, process: subprocess.Popen[bytes], to_browser: int, from_browser: int) -> None:
        self._process = process
        self._out = to_browser
        self._in = from_browser
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.console: list[str] = []
        """Errors and messages of the page's scripts."""
        self.requests: list[str] = []
        """Addresses that the page asked for, itself left out."""
        self._loaded = False
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")

    def open(self, file: Path) -> None:
        """Load a file and wait until it has loaded."""
        self.console, self.requests, self._loaded = [], [], False
        self._send("Page.navigate", url=file.resolve().as_uri())
        deadline = time.monotonic() + PATIENCE
        while not self._loaded:
            self._receive(deadline)

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited. Raises BrowserError."""
        answer = self._send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.run(script):
            if time.monotonic() > deadline:
                raise BrowserError(f"never true: {script}; console: {self.console}")
            # Two frames of the page pass between two looks.
            self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, key: str) -> None:
        """Press and release a key, such as Tab."""
        for kind in ("keyDown", "keyUp"):
            self._send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_KEYS.get(key, 0))

    def type(self, text: str) -> None:
        """Write text where the focus is."""
        self._send("Input.insertText", text=text)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Set the size of the window in CSS pixels."""
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def media(self, *, scheme: str = "light", kind: str = "screen") -> None:
        """Set light or dark, screen or print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._send("Emulation.setEmulatedMedia", media=kind, features=features)

    def screenshot(self, file: Path, *, whole: bool = True) -> None:
        """Write a picture of the page, the whole or what the window shows."""
        size = self._send("Page.getLayoutMetrics")["cssContentSize" if whole else "cssVisualViewport"]
        width, height = (size["width"], size["height"]) if whole else (size["clientWidth"], size["clientHeight"])
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self._send("Page.captureScreenshot", captureBeyondViewport=whole, clip=clip)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._in, 1 << 20) if ready else b""
            if not data:
                raise BrowserError(f"Chromium said nothing (ended with {self._process.poll()})")
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, event: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.consoleAPICalled":
                self.console.append(f"{event['type']}: {[each.get('value') for each in event['args']]}")
            case "Runtime.exceptionThrown":
                details = event["exceptionDetails"]
                self.console.append(details.get("exception", {}).get("description") or details["text"])
            case "Log.entryAdded":
                self.console.append(f"{event['entry']['level']}: {event['entry']['text']}")
            case "Network.requestWillBeSent" if event["type"] != "Document" and not event["request"]["url"].startswith(
                "data:"
            ):
                self.requests.append(event["request"]["url"])


_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


@contextlib.contextmanager
def browser() -> Iterator[Page]:
    """Yield a page of a new Chromium with an empty profile; raises BrowserMissingError."""
    path = find()
    read_commands, to_browser = os.pipe()
    from_browser, write_answers = os.pipe()
    # Chromium reads descriptor 3 and writes descriptor 4.
    command = f'exec 3<&{read_commands} 4>&{write_answers}; exec "$@"'
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["bash", "-c", command, "chromium", path, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(read_commands, write_answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_commands)
        os.close(write_answers)
        try:
            yield Page(process, to_browser, from_browser)
        finally:
            process.terminate()
            process.wait()
            os.close(to_browser)
            os.close(from_browser)
