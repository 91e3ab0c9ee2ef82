"""DynamoDB: keys, indexes, capacity."""

from __future__ import annotations

from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import Problem, rule


@rule(
    "dynamodb.attributes",
    page='"CreateTable"',
    looks_at="the attributes that a table declares",
    cure="exactly those that are a key of the table or of an index",
)
def _attributes(planned: Planned) -> Iterator[Problem]:
    for table in planned.of("aws_dynamodb_table"):
        indexes = table.values.get("global_secondary_index") or []
        keys = {table.values["hash_key"], table.values.get("range_key")}
        keys |= {index.get(kind) for index in indexes for kind in ("hash_key", "range_key")}
        keys |= {k["attribute_name"] for index in indexes for k in index.get("key_schema") or []}
        declared = {attribute["name"] for attribute in table.values["attribute"]}
        if declared != keys - {None, ""}:
            yield table.address, f"declares {sorted(declared)}, its keys are {sorted(k for k in keys if k)}"


@rule(
    "dynamodb.indexes",
    page='"Quotas in Amazon DynamoDB"',
    looks_at="how many indexes a table has",
    cure="20 global secondary indexes",
)
def _indexes(planned: Planned) -> Iterator[Problem]:
    for table in planned.of("aws_dynamodb_table"):
        if len(table.values.get("global_secondary_index") or []) > 20:
            yield table.address, "has more than 20 indexes"
