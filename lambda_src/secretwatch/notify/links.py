"""Links into the AWS console: to a CloudTrail event, and to Athena.

Only what looks like AWS's own ids becomes part of a link; a caller chooses neither.
AWS: "AWS Management Console endpoints" for the hosts of the partitions.
"""

from __future__ import annotations

import re

from secretwatch.notify.notice import Link

_REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d")
_EVENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def console(region: str) -> str:
    """Return the console's address for a region, by its partition."""
    if region.startswith("us-gov-"):
        return f"https://{region}.console.amazonaws-us-gov.com"
    if region.startswith("cn-"):
        return f"https://{region}.console.amazonaws.cn"
    return f"https://{region}.console.aws.amazon.com"


def event_link(region: str | None, event_id: str) -> tuple[Link, ...]:
    """Return the link to one event in CloudTrail's event history; none for an id that is not AWS's."""
    if region is None or not _REGION.fullmatch(region) or not _EVENT_ID.fullmatch(event_id):
        return ()
    return (Link("Event in CloudTrail", f"{console(region)}/cloudtrailv2/home?region={region}#/events/{event_id}"),)


def history_link(home_region: str | None) -> tuple[Link, ...]:
    """Return the link to Athena's saved queries, where the past can be asked about."""
    if home_region is None or not _REGION.fullmatch(home_region):
        return ()
    address = f"{console(home_region)}/athena/home?region={home_region}#/query-editor/saved-queries"
    return (Link("Ask Athena who else (who_read)", address),)
