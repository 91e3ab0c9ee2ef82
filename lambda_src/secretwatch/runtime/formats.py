"""What inputs look like: ``formats.json``, which Terraform's validations match with too.

Each is a regular expression that the whole text has to match, in the syntax that Python and Terraform (RE2) share.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from secretwatch.runtime.data import read_data

FORMATS: Mapping[str, str] = read_data("runtime/formats.json")


def looks_like(kind: str, text: str) -> bool:
    """Return whether a text is one of a kind, such as ``secret_name``."""
    return re.fullmatch(FORMATS[kind], text) is not None


def is_iam_principal(arn: str) -> bool:
    """Return whether a text is the ARN of one IAM role or user, without wildcards."""
    return re.fullmatch(rf"arn:[a-z-]+:iam::[0-9]{{12}}:{FORMATS['iam_principal']}", arn) is not None
