"""The permissions that ``make seed`` needs, as an IAM policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.verify.names import Names

_USING_THE_KEY = ("dynamodb", "lambda", "s3")
"""Services that use the deployment's key with the caller's permissions."""


def policy(names: Names, bucket: str | None = None, by_athena: bool = False) -> Mapping[str, Any]:
    """Return the IAM policy document; account and region of ``names`` may be ``*``, ``bucket`` holds log files.

    ``by_athena``: Athena reads them, with the caller's permissions on the bucket of the trail.
    """
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
    if by_athena:
        statements += _asking(names)
    elif bucket is None:
        # Neither of the two can be limited to a resource.
        statements.append(_allow("LookUp", ("cloudtrail:LookupEvents", "ec2:DescribeRegions"), "*"))
    else:
        place = f"arn:{names.partition}:s3:::{bucket}"
        statements.append(_allow("ReadLogFiles", ("s3:GetObject", "s3:ListBucket"), [place, f"{place}/*"]))
    return {"Version": "2012-10-17", "Statement": statements}


def _asking(names: Names) -> list[dict[str, Any]]:
    results, logs = (f"arn:{names.partition}:s3:::{names.bucket(kind)}" for kind in ("athena", "cloudtrail"))
    tables = [
        names.arn("glue", part) for part in ("catalog", f"database/{names.database}", f"table/{names.database}/*")
    ]
    asks = ("athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults",
            "athena:StopQueryExecution")  # fmt: skip
    return [
        _allow("Ask", asks, names.arn("athena", f"workgroup/{names.workgroup}")),
        _allow("ReadTable", ("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"), tables),
        _allow("ReadLogFiles", ("s3:GetObject", "s3:ListBucket"), [logs, f"{logs}/*"]),
        _allow("KeepResults", ("s3:GetBucketLocation", "s3:ListBucket"), results),
        _allow("WriteResults", ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"), f"{results}/results/*"),
    ]


def _allow(sid: str, actions: Sequence[str], resources: str | Sequence[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
