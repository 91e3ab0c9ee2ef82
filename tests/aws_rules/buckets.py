"""S3: names and lifecycles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import Problem, rule

_NAME = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)"
                   r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # fmt: skip


@rule(
    "s3.bucket-name",
    page='"General purpose bucket naming rules"',
    looks_at="every bucket's name",
    cure="3 to 63 lower-case letters, digits, dots and hyphens, without a reserved prefix or suffix",
)
def _name(planned: Planned) -> Iterator[Problem]:
    for bucket in planned.of("aws_s3_bucket"):
        name = bucket.values.get("bucket")
        if name is not None and not _NAME.fullmatch(name):
            yield bucket.address, f"cannot be called {name!r}"


@rule(
    "s3.small-objects",
    page='"Transitioning objects using Amazon S3 Lifecycle"',
    looks_at="lifecycle rules that move objects to another storage class",
    cure="say transition_default_minimum_object_size or object_size_greater_than: by default objects below 128 KB "
    "stay, and most log files are smaller",
)
def _small_objects(planned: Planned) -> Iterator[Problem]:
    for lifecycle in planned.of("aws_s3_bucket_lifecycle_configuration"):
        if planned.is_written(lifecycle, "transition_default_minimum_object_size"):
            continue
        for one in lifecycle.values.get("rule") or []:
            filters = one.get("filter") or [{}]
            nested = (filters[0].get("and") or [{}])[0]
            sizes = [f.get("object_size_greater_than") for f in (filters[0], nested)]
            if one.get("transition") and not any(size is not None and str(size) != "" for size in sizes):
                yield lifecycle.address, f"rule {one['id']} leaves objects below 128 KB where they are"


@rule(
    "s3.tls-only",
    page='"Security best practices for Amazon S3"',
    looks_at="every bucket's policy",
    cure="deny s3:* where aws:SecureTransport is false",
)
def _tls(planned: Planned) -> Iterator[Problem]:
    policies = {policy.values.get("bucket"): policy for policy in planned.of("aws_s3_bucket_policy")}
    for bucket in planned.of("aws_s3_bucket"):
        policy = policies.get(bucket.values.get("bucket"))
        statements = policy.statements() if policy else []
        if not any(
            s["Effect"] == "Deny" and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            for s in statements
        ):
            yield bucket.address, "may be used over plain HTTP"
