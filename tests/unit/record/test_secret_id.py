from __future__ import annotations

import pytest

from secretwatch.record.secret_id import may_be_same, parse_secret_id
from tests.records import secret_arn

PARTIAL = secret_arn("prod/db")[:-7]


@pytest.mark.parametrize(
    ("requested", "name"),
    [
        ("prod/db", "prod/db"),
        (secret_arn("prod/db"), "prod/db"),
        (PARTIAL, "prod/db"),
        ("db-secret", "db-secret"),
        (secret_arn("db-secret")[:-7], "db-secret"),
        (secret_arn("db-secret"), "db-secret"),
        ("arn:aws:secretsmanager:us-east-1:1:secret:", "arn:aws:secretsmanager:us-east-1:1:secret:"),
        ("", ""),
        ("名前", "名前"),
    ],
)
def test_the_name_is_the_same_however_the_caller_wrote_it(requested: str, name: str) -> None:
    assert parse_secret_id(requested).name == name


@pytest.mark.parametrize("configured", ["prod/db", secret_arn("prod/db")])
@pytest.mark.parametrize("requested", ["prod/db", secret_arn("prod/db"), PARTIAL])
def test_a_name_a_full_and_a_partial_arn_match(configured: str, requested: str) -> None:
    assert may_be_same(parse_secret_id(configured), parse_secret_id(requested))


@pytest.mark.parametrize(
    ("configured", "requested"),
    [
        ("prod/db", "prod/db2"),
        ("prod/db", "db"),
        ("db", "db-secret"),
        ("db-secret", "db"),
        (secret_arn("db"), "db-secret"),
        (secret_arn("prod/db"), secret_arn("prod/db", region="eu-west-1")),
        (secret_arn("prod/db"), secret_arn("prod/db", suffix="Xx99Yy")),
        ("db", secret_arn("db-secret")),
    ],
)
def test_other_secrets_do_not_match(configured: str, requested: str) -> None:
    assert not may_be_same(parse_secret_id(configured), parse_secret_id(requested))


def test_an_arn_that_aws_wrote_has_a_suffix_whatever_it_looks_like() -> None:
    arn = secret_arn("prod/db", suffix="abcdef")
    assert parse_secret_id(arn).name == "prod/db-abcdef"
    assert parse_secret_id(arn, full=True).name == "prod/db"
