"""What a local AWS (AWS_ENDPOINT_URL: make demo, the end-to-end tests) cannot show, and why.

A line that is wrong only for that reason is shown as not looked at, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.verify.result import Result, State, skipped


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that the local AWS lacks."""

    name: str
    """Start of the names of the results that it spoils."""
    detail: str
    """A part of what such a result says."""
    reason: str


GAPS = (
    Gap("trail: exists", "delivers to no log group", "a local AWS forgets the log group that a trail was created with"),
    Gap("subscription filter", "TestMetricFilter", "in place; a local AWS cannot try its pattern"),
    Gap("quicksight", "", "a local AWS has no QuickSight"),
)


def of_local_aws(result: Result) -> Result:
    """Return the result, or that a local AWS cannot show it."""
    if result.state is State.OK:
        return result
    for gap in GAPS:
        if result.name.startswith(gap.name) and gap.detail in result.detail:
            return skipped(result.name, gap.reason)
    return result
