"""The permissions that docs/deploy-permissions.md lists are those that the deployment used."""

from __future__ import annotations

import json
import os
import re

from tests.harness.stack import DEPLOY_ACTIONS, Stack
from tests.harness.terraform import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "deploy-permissions.md"
_BLOCK = re.compile(r"(<!-- actions, [^>]*-->\n).*?(<!-- end -->)", re.S)


def test_the_listed_permissions_are_the_used_ones(stack: Stack) -> None:
    used = json.loads((stack.aws.folder / DEPLOY_ACTIONS).read_text())
    services: dict[str, list[str]] = {}
    for action in used:
        service, _, name = action.partition(":")
        services.setdefault(service, []).append(f"`{name}`")
    rows = [f"| {service} | {', '.join(names)} |" for service, names in sorted(services.items())]
    table = "\n".join(["", "| service | actions |", "|---|---|", *rows, "", ""])
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = _BLOCK.sub(lambda match: match[1] + table + match[2], text)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        DOCUMENT.write_text(shown, encoding="utf-8")
    assert shown == DOCUMENT.read_text(encoding="utf-8")
