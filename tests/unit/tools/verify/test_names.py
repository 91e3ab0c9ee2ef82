from __future__ import annotations

from tools.verify.names import Names

EU = "secretwatch-eu"


def names(prefix: str) -> Names:
    return Names(prefix, "aws", "eu-west-1", "123456789012")


def test_the_alarms_of_another_deployment_whose_prefix_begins_alike_are_none_of_ours() -> None:
    assert "secretwatch-no-records" in names("secretwatch").alarms
    assert not names("secretwatch").alarms & names(EU).alarms


def test_a_bucket_is_of_one_account_and_region() -> None:
    assert names("secretwatch").bucket("athena") == "secretwatch-athena-123456789012-eu-west-1"
