"""The published ranges that the package ships, from the documents that AWS and GitHub publish.

$ curl -O https://ip-ranges.amazonaws.com/ip-ranges.json
$ curl -o meta.json https://api.github.com/meta
$ python -m dev.published_ranges 2026-01-31 aws=ip-ranges.json github=meta.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dev.rooms import PACKAGE
from secretwatch.functions.ranges.documents import PUBLISHERS
from secretwatch.record.ranges import read

FOLDER = PACKAGE / "record" / "published_ranges"


def main(day: str, *documents: str) -> int:
    """Write a file for each document, and say how much is in it."""
    for publisher, _, document in (argument.partition("=") for argument in documents):
        text = PUBLISHERS[publisher].to_csv(json.loads(Path(document).read_text(encoding="utf-8")), day)
        file = FOLDER / f"{publisher}.csv"
        file.write_text(text, encoding="utf-8")
        print(f"{file.name}: {sum(1 for _ in read(text.splitlines())):,} networks, {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
