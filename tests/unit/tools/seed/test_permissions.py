from __future__ import annotations

from typing import Any

from tools.seed.permissions import policy
from tools.verify.names import Names

NAMES = Names("watch", "aws", "eu-west-1", "123456789012")


def actions(document: Any) -> dict[str, list[str]]:
    return {statement["Sid"]: statement["Action"] for statement in document["Statement"]}


def test_it_writes_to_the_audit_table_and_to_nothing_else() -> None:
    document: Any = policy(NAMES)
    allowed = [action for several in actions(document).values() for action in several]
    changing = [action for action in allowed if not action.split(":")[1].startswith(("Get", "Describe", "Lookup"))]
    assert changing == ["dynamodb:BatchGetItem", "dynamodb:PutItem", "kms:Decrypt", "kms:GenerateDataKey"]
    (learn,) = (statement for statement in document["Statement"] if statement["Sid"] == "Learn")
    assert learn["Resource"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/watch-audit"


def test_a_bucket_is_read_instead_of_the_event_history() -> None:
    assert "LookUp" in actions(policy(NAMES))
    document: Any = policy(NAMES, "trail")
    assert "LookUp" not in actions(document)
    assert document["Statement"][-1]["Resource"] == ["arn:aws:s3:::trail", "arn:aws:s3:::trail/*"]


def test_athena_needs_its_workgroup_the_table_and_the_trails_bucket() -> None:
    document: Any = policy(NAMES, by_athena=True)
    by_name = {statement["Sid"]: statement["Resource"] for statement in document["Statement"]}
    assert "LookUp" not in by_name
    assert by_name["Ask"] == "arn:aws:athena:eu-west-1:123456789012:workgroup/watch"
    assert "arn:aws:glue:eu-west-1:123456789012:table/watch/*" in by_name["ReadTable"]
    assert by_name["ReadLogFiles"][0] == f"arn:aws:s3:::{NAMES.bucket('cloudtrail')}"
    assert by_name["WriteResults"] == f"arn:aws:s3:::{NAMES.bucket('athena')}/results/*"
