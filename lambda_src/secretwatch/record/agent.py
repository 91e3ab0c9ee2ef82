"""Which tool a user agent names: what stays the same from call to call and from release to release.

A caller writes its own user agent, so that a tool is a hint and never a proof. AWS:
"CloudTrail record contents", field userAgent; "AWS SDKs and Tools Reference Guide", User agents.
"""

from __future__ import annotations

import re
from functools import lru_cache

from secretwatch.runtime.text import one_line

TERRAFORM = "Terraform"
CLOUDSHELL = "CloudShell"
BROWSER = "a browser"
_TOOL_LIMIT = 40
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*")
_ENVIRONMENT = re.compile(r"exec-env/(?:AWS_)?([A-Za-z]+)")
_BY_HAND = re.compile(
    r"aws-cli|CloudShell|a browser|curl|[wW]get|python-requests|AWSPowerShell.*|PostmanRuntime|[pP]acu|S3-?Browser"
)


@lru_cache(maxsize=4096)
def tool_of(user_agent: str | None) -> str:
    """Return the tool of a user agent without its version: "aws-cli", "Terraform", "Boto3 on Lambda"."""
    text = (user_agent or "").strip("[] ")
    if not text:
        return "no user agent"
    if "CloudShell" in text:
        return CLOUDSHELL
    if "Terraform/" in text:
        return TERRAFORM
    if text.startswith(("Mozilla/", "AWS Internal", "console.amazonaws.com", "signin.amazonaws.com")):
        return BROWSER
    product = _PRODUCT.match(text)
    name = one_line(product[0] if product else text, _TOOL_LIMIT)
    environment = _ENVIRONMENT.search(text)
    return f"{name} on {environment[1][:_TOOL_LIMIT]}" if environment else name


def is_by_hand(tool: str) -> bool:
    """Whether people type with a tool, outside of any function, task or instance of AWS's."""
    return _BY_HAND.fullmatch(tool) is not None
