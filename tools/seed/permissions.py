"""The permissions that ``make seed`` needs, as an IAM policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.verify.names import Names

_USING_THE_KEY = ("dynamodb", "lambda", "s3")
"""Services that use the deployment's key with the caller's permissions."""


def policy(names: Names, bucket: str | None = None) -> Mapping[str, Any]:
    """Return the IAM policy document; account and region of ``names`` may be ``*``, ``bucket`` holds log files."""
    summaries = f"arn:{names.partition}:s3:::{names.bucket('summaries')}/ranges/*"
    statements = [
        _allow("Learn", ("dynamodb:BatchGetItem", "dynamodb:PutItem"), names.arn("dynamodb", f"table/{names.table}")),
        _allow("ReadSettings", ("lambda:GetFunction",), names.function_arn("summarizer")),
        _allow("ReadRanges", ("s3:GetObject",), summaries),
        {
            **_allow("UseKey", ("kms:Decrypt", "kms:GenerateDataKey"), names.arn("kms", "key/*")),
            "Condition": {"StringLike": {"kms:ViaService": [f"{service}.*" for service in _USING_THE_KEY]}},
        },
    ]
    if bucket is None:
        # Neither of the two can be limited to a resource.
        statements.append(_allow("LookUp", ("cloudtrail:LookupEvents", "ec2:DescribeRegions"), "*"))
    else:
        place = f"arn:{names.partition}:s3:::{bucket}"
        statements.append(_allow("ReadLogFiles", ("s3:GetObject", "s3:ListBucket"), [place, f"{place}/*"]))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: Sequence[str], resources: str | Sequence[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
