"""Writes the table of rules into docs/aws-rules.md: ``python -m tests.aws_rules --write``, or ``--check``."""

from __future__ import annotations

import sys

from dev.generated import replaced
from tests.aws_rules import RULES
from tests.harness.terraform import REPOSITORY

FILE = REPOSITORY / "docs" / "aws-rules.md"


def table() -> str:
    """Return the rules as a Markdown table."""
    rows = [f"| `{r.id}` | {_cell(r.looks_at)} | {_cell(r.cure)} | {_cell(r.page)} |" for r in RULES.values()]
    return "\n".join(["| rule | looks at | what AWS asks for | page |", "|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Return 1 with ``--check`` if the document is not what the rules say."""
    is_, must_be = replaced(FILE, "rules", table())
    if "--write" in arguments:
        FILE.write_text(must_be, encoding="utf-8")
    elif is_ != must_be:
        print(f"{FILE.relative_to(REPOSITORY)} is not what tests/aws_rules says. Run: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
