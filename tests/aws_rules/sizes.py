"""Sizes: Lambda's environment, and policies that hang on a resource."""

from __future__ import annotations

from collections.abc import Iterator

from tests.aws_rules.planned import Planned, at
from tests.aws_rules.rule import Problem, rule

_UNKNOWN = 120
"""Bytes that a value known only after the apply is reckoned with: an ARN."""


@rule(
    "size.lambda-environment",
    page='"Lambda quotas"',
    looks_at="the environment of every function, names and values together",
    cure="4 KB: settings that grow go into the package or into SSM",
)
def _environment(planned: Planned) -> Iterator[Problem]:
    for function in planned.of("aws_lambda_function"):
        variables = function.get("environment.variables") or {}
        size = sum(len(name.encode()) + len((value or "").encode()) for name, value in variables.items())
        hidden = at(function.unknown, "environment.variables")
        if isinstance(hidden, dict):
            size += sum(len(name) + _UNKNOWN for name in hidden)
        if size > 4096:
            yield function.address, f"has an environment of {size} bytes"


_POLICIES = {
    "aws_s3_bucket_policy": ("policy", 20 * 1024, '"Bucket policies"'),
    "aws_kms_key": ("policy", 32 * 1024, '"Resource quotas" (KMS)'),
    "aws_sns_topic_policy": ("policy", 30 * 1024, "unproven"),
    "aws_sqs_queue": ("policy", 8 * 1024, '"Amazon SQS policy quotas"'),
    "aws_secretsmanager_secret_policy": ("policy", 20 * 1024, '"AWS Secrets Manager quotas"'),
}


@rule(
    "size.resource-policy",
    page='"Bucket policies for Amazon S3", "Resource quotas" (KMS), "Amazon SQS policy quotas", '
    '"AWS Secrets Manager quotas"; '
    "for topics unproven",
    looks_at="the policy of every bucket, key, topic, queue and secret",
    cure="20 KB for a bucket or secret, 32 KB for a key, 30 KB for a topic, 8 KB for a queue",
)
def _policies(planned: Planned) -> Iterator[Problem]:
    for kind, (attribute, most, _) in _POLICIES.items():
        for one in planned.of(kind):
            size = len((one.values.get(attribute) or "").encode())
            if size > most:
                yield one.address, f"its policy has {size} bytes"


@rule(
    "size.lambda-zip",
    page='"Lambda quotas"',
    looks_at="memory, timeout and storage of every function",
    cure="128 to 10,240 MB, at most 900 seconds",
)
def _limits(planned: Planned) -> Iterator[Problem]:
    for function in planned.of("aws_lambda_function"):
        memory, timeout = function.values.get("memory_size"), function.values.get("timeout")
        if memory is not None and not 128 <= memory <= 10_240:
            yield function.address, f"has {memory} MB"
        if timeout is not None and not 1 <= timeout <= 900:
            yield function.address, f"may take {timeout} s"


_CONCURRENCY, _UNRESERVED = 1000, 100
"""The account's quota where nobody raised it (a new account has less), and what Lambda keeps for all functions."""


@rule(
    "lambda.reserved-concurrency",
    page='"PutFunctionConcurrency", "Lambda quotas"',
    looks_at="the reserved concurrency of all functions, together",
    cure="at most 900 of the usual 1,000: Lambda refuses to leave fewer than 100 unreserved",
)
def _concurrency(planned: Planned) -> Iterator[Problem]:
    reserved = {
        function.address: function.values.get("reserved_concurrent_executions") or 0
        for function in planned.of("aws_lambda_function")
    }
    total = sum(max(count, 0) for count in reserved.values())
    if total > _CONCURRENCY - _UNRESERVED:
        yield max(reserved, key=reserved.__getitem__), f"is one of those that reserve {total} together"
