"""What a local AWS (AWS_ENDPOINT_URL: make demo, the end-to-end tests) cannot show, and why.

A check that fails only for that reason is shown as not looked at, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from tools.verify.result import Result, State, skipped

GAPS: Mapping[str, str] = {
    "quicksight": "a local AWS has no QuickSight",
}
"""Name of a check → what is missing."""


def of_local_aws(result: Result) -> Result:
    """Return the result, or that a local AWS cannot show it."""
    reason = GAPS.get(result.name.partition(": ")[0]) or GAPS.get(result.name)
    if result.state is State.OK or reason is None:
        return result
    return skipped(result.name, reason)
