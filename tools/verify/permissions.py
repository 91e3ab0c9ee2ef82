"""The permissions that ``make verify`` needs, as an IAM policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.verify.names import Names

LOOK = (
    "athena:GetQueryExecution",
    "athena:GetWorkGroup",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "events:DescribeRule",
    "events:ListTargetsByRule",
    "events:TestEventPattern",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "lambda:GetFunction",
    "lambda:GetPolicy",
    "lambda:ListEventSourceMappings",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:DescribeMetricFilters",
    "logs:DescribeSubscriptionFilters",
    "logs:TestMetricFilter",
    "quicksight:DescribeDataSource",
    "sns:GetSMSSandboxAccountStatus",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ListQueues",
    "sts:GetCallerIdentity",
)
"""Read only, and nothing of what is recorded."""
ACT = (
    "athena:StartQueryExecution",
    "dynamodb:GetItem",
    "lambda:InvokeFunction",
    "logs:FilterLogEvents",
    "ssm:GetParameter",
)
"""What starts something or reads what is kept: on the deployment's own things only."""
FOR_ATHENA = ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "s3:GetBucketLocation", "s3:GetObject",
              "s3:ListBucket", "s3:PutObject")  # fmt: skip
"""What Athena does with the caller's permissions while it answers. It uses the deployment's key too."""
IAM_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
"""Calls whose permission has another name."""


def policy(names: Names) -> Mapping[str, Any]:
    """Return the IAM policy document; account and region of ``names`` may be ``*``."""
    own = [
        names.arn("athena", f"workgroup/{names.workgroup}"),
        names.arn("dynamodb", f"table/{names.table}"),
        names.arn("lambda", f"function:{names.prefix}-*"),
        names.arn("logs", "log-group:*"),
        names.arn("ssm", f"parameter{names.freeze_parameter}"),
    ]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Look", "Effect": "Allow", "Action": list(LOOK), "Resource": "*"},
            {"Sid": "Act", "Effect": "Allow", "Action": list(ACT), "Resource": own},
            {"Sid": "AskAthena", "Effect": "Allow", "Action": list(FOR_ATHENA), "Resource": "*"},
            {
                "Sid": "UseKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": names.arn("kms", "key/*"),
                "Condition": {"StringLike": {"kms:ViaService": [
                    f"{service}.*.amazonaws.com*" for service in ("dynamodb", "lambda", "s3")
                ]}},
            },
        ],
    }  # fmt: skip
