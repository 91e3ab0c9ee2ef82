"""The policy linter parliament, which reads its data by ways that warn."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any


@cache
def _parliament() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import parliament

        gc.collect()  # it leaves its files open
    return parliament


def findings(statements: Sequence[dict[str, Any]]) -> list[str]:
    """Return what the linter says of a policy: "ISSUE detail" each."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return [f"{found.issue} {found.detail}" for found in _parliament().analyze_policy_string(document).findings]
