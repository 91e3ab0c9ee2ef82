"""``make demo`` as a user runs it, where the other tests play its scenes: interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.harness.local_aws import wait_until
from tests.harness.terraform import REPOSITORY


def test_an_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    environment = {**os.environ, "DEMO_OUT": str(tmp_path), "PYTHONPATH": "lambda_src:."}
    with subprocess.Popen(
        [sys.executable, "-m", "demo"], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
    ) as demo:
        wait_until((tmp_path / "root" / "main.tf.json").exists, 30, "the local AWS")
        assert _processes_of(tmp_path)
        demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "nothing is left running" in output
    wait_until(lambda: not _processes_of(tmp_path), 10, "the end of the local AWS")


def test_logs_that_do_not_exist_are_named(tmp_path: Path) -> None:
    environment = {**os.environ, "DEMO_OUT": str(tmp_path), "LOGS": "no/such/folder", "PYTHONPATH": "lambda_src:."}
    demo = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert demo.returncode == 1
    assert "no/such/folder is neither a file nor a folder" in demo.stdout


def _processes_of(folder: Path) -> list[str]:
    """Processes whose environment names the folder (Linux; elsewhere none are found and none asserted)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append(process.name)
        except OSError:
            continue
    return found
