from __future__ import annotations

import pytest

from secretwatch.record.agent import is_by_hand, tool_of


@pytest.mark.parametrize(
    ("agent", "tool", "by_hand"),
    [
        ("aws-cli/2.15.0 Python/3.11 Linux/6.1 prompt/off command/secretsmanager.list-secrets", "aws-cli", True),
        ("[aws-cli/1.32.1 Python/3.9]", "aws-cli", True),
        ("aws-cli/2.15 md/Botocore exec-env/CloudShell exe/x", "CloudShell", True),
        ("Mozilla/5.0 (X11; Linux x86_64)", "a browser", True),
        ("AWS Internal", "a browser", True),
        ("curl/8.5.0", "curl", True),
        ("AWSPowerShell.Common/4.1.1 .NET", "AWSPowerShell.Common", True),
        ("Boto3/1.34.0 md/Botocore#1.34 exec-env/AWS_Lambda_python3.12", "Boto3 on Lambda", False),
        ("aws-sdk-go-v2/1.24.0 exec-env/AWS_ECS_FARGATE api/secretsmanager#1.25.5", "aws-sdk-go-v2 on ECS", False),
        ("aws-cli/2.15.0 exec-env/AWS_ECS_FARGATE", "aws-cli on ECS", False),
        ("APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io)", "Terraform", False),
        ("secretsmanager.amazonaws.com", "secretsmanager.amazonaws.com", False),
        ("", "no user agent", False),
        (None, "no user agent", False),
        ("\u202e<script>" + "x" * 100, "<script>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…", False),
    ],
)  # fmt: skip
def test_a_tool_is_named_without_its_release(agent: str | None, tool: str, by_hand: bool) -> None:
    assert (tool_of(agent), is_by_hand(tool_of(agent))) == (tool, by_hand)
