"""The published ranges that the package ships, from the documents that AWS and GitHub publish.

$ curl -O https://ip-ranges.amazonaws.com/ip-ranges.json
$ curl -o meta.json https://api.github.com/meta
$ python -m dev.published_ranges ip-ranges.json meta.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dev.rooms import PACKAGE
from secretwatch.functions.ranges.documents import ranges_csv
from secretwatch.record import ranges

FILE = PACKAGE / "record" / "published_ranges.csv"


def main(arguments: list[str]) -> int:
    """Write the file, and say how much is in it."""
    aws, github = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
    text = ranges_csv(aws, github)
    networks = list(ranges.read(text.splitlines()))
    FILE.write_text(text, encoding="utf-8")
    names = {network.name for network in networks}
    print(f"{FILE}: {len(networks):,} networks, {len(names)} names, {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
