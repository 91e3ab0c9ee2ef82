"""What the demo shows for a real account is what the README deploys."""

from __future__ import annotations

import re
from textwrap import dedent

from demo.__main__ import REAL_ACCOUNT
from tests.harness.terraform import REPOSITORY

ASSIGNED = re.compile(r"^\s*(\w+)\s+=\s*(.*?)\s*(?:#.*)?$", re.MULTILINE)


def assigned(text: str) -> list[tuple[str, str]]:
    return ASSIGNED.findall(text)


def test_the_demo_ends_with_the_deployment_of_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    block = readme[readme.index("cat > main.tf") : readme.index("terraform init && terraform apply")]
    assert assigned(dedent(REAL_ACCOUNT)) == assigned(block)
