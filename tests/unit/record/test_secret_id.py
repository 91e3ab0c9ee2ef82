from __future__ import annotations

import pytest

from secretwatch.record.secret_id import may_be_same, parse_secret_id, settled
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


@pytest.mark.parametrize(
    ("requested", "names"),
    [
        ("prod/db", {"prod/db"}),
        ("db-secret", {"db-secret"}),
        (secret_arn("prod/db"), {"prod/db", "prod/db-Ab12Cd"}),
        (secret_arn("honey/vault", "agquim"), {"honey/vault", "honey/vault-agquim"}),
        (secret_arn("db-secret")[:-7], {"db-secret", "db"}),
        (secret_arn("a", "short"), {"a-short"}),
    ],
)
def test_a_typed_arn_can_mean_two_names(requested: str, names: set[str]) -> None:
    secret = parse_secret_id(requested)
    assert set(secret.names) == names
    assert secret.name == secret.names[0]


def test_an_arn_of_awss_means_one_name() -> None:
    assert parse_secret_id(secret_arn("prod/db", "abcdef"), full=True).names == ("prod/db",)


@pytest.mark.parametrize("suffix", ["agquim", "Ab12Cd", "123456"])
@pytest.mark.parametrize("pattern", ["honey/vault", "honey/*", "honey/v?ult"])
def test_a_pattern_matches_with_and_without_the_suffix(pattern: str, suffix: str) -> None:
    secret = parse_secret_id(secret_arn("honey/vault", suffix))
    assert secret.matches(["other", pattern])
    assert secret.matches([f"honey/vault-{suffix}"])
    assert not secret.matches(["honey", "*/vaul", "HONEY/*"])
    assert not secret.matches([])


@pytest.mark.parametrize(
    ("asked", "written", "name"),
    [
        (secret_arn("db", "abcdef"), [secret_arn("db", "abcdef")], "db"),
        (secret_arn("db-secret")[:-7], [secret_arn("db-secret", "abcdef")], "db-secret"),
        (secret_arn("db", "abcdef"), [secret_arn("x"), secret_arn("db", "abcdef")], "db"),
        (secret_arn("db", "abcdef"), [], "db-abcdef"),
        (secret_arn("db", "abcdef"), ["db"], "db-abcdef"),
        (secret_arn("db", "abcdef"), [secret_arn("db", "ghijkl")], "db-abcdef"),
        (secret_arn("db", "abcdef"), [secret_arn("db", "abcdef", region="eu-west-1")], "db-abcdef"),
    ],
)
def test_awss_own_arn_of_the_same_secret_says_where_the_name_ends(asked: str, written: list[str], name: str) -> None:
    found = settled(parse_secret_id(asked), [parse_secret_id(arn, full=True) for arn in written])
    assert found.name == name
    assert name in found.names
    assert found.requested == asked
