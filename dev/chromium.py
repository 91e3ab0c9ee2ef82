"""Sees to a Chromium for the page tests: ``python -m dev.chromium``.

Where none is found, the system's package manager installs one if it may; else it says what to
do. Without one the page tests are not run: in CI that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.harness.browser import BrowserMissingError, find

# Package manager → what installs a Chromium with it, without a question.
INSTALLERS = {
    "apt-get": "apt-get -qq update && apt-get -qq install -y chromium",
    "dnf": "dnf -q -y install chromium",
    "apk": "apk add -q chromium",
    "pacman": "pacman -S --noconfirm --needed chromium",
}


def main() -> int:
    """Return the exit code: 1 where there is no Chromium in the end and CI runs."""
    if _found():
        return 0
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    if manager is not None and os.geteuid() == 0:
        print(f"Installing Chromium by {manager} (once) …", file=sys.stderr, flush=True)
        subprocess.run(["sh", "-c", INSTALLERS[manager]], stdout=subprocess.DEVNULL, check=False)
        if _found():
            return 0
    by_hand = f"sudo sh -c '{INSTALLERS[manager]}'" if manager else "install Chromium or Google Chrome"
    print(f"THE PAGE TESTS CANNOT RUN: no Chromium was found. {by_hand}, or set CHROMIUM.", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


def _found() -> bool:
    try:
        find()
    except BrowserMissingError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
