from __future__ import annotations

from typing import Any

import pytest

from tools.verify.policies import allows

SENT = {"aws:SourceAccount": "123456789012", "aws:SourceArn": "arn:aws:logs:eu-west-1:123456789012:log-group:/a:*"}


def policy(**changed: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": "*",
    }
    return {"Statement": [{**statement, **changed}]}


def allowed(document: Any) -> bool:
    return allows(document, "logs.amazonaws.com", "lambda:InvokeFunction", SENT)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["events.amazonaws.com", "logs.amazonaws.com"]}},
        {"Action": "lambda:*"},
        {"Action": ["lambda:GetFunction", "lambda:invoke*"]},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": ["1", "123456789012"]}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:123456789012:log-group:/a:*"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceOrgID": "o-1"}}},
        {"Condition": {"Null": {"aws:SourceArn": "false"}}},
    ],
)
def test_what_a_policy_allows(changed: dict[str, Any]) -> None:
    assert allowed(policy(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"Action": "lambda:GetFunction"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}},
        {"Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:1:log-group:/a:*"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}, "Null": {"aws:SourceArn": "true"}}},
        {"Condition": {"NumericLessThan": {"aws:SourceAccount": "5"}}},
    ],
)
def test_what_a_policy_does_not_allow(changed: dict[str, Any]) -> None:
    assert not allowed(policy(**changed))


def test_a_denial_outweighs_what_is_allowed_where_it_applies() -> None:
    (statement,) = policy()["Statement"]
    plain_http = {
        **statement,
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert allowed({"Statement": [statement, plain_http]})
    assert not allowed({"Statement": [statement, {**plain_http, "Condition": {}}]})


def test_no_statement_allows_nothing() -> None:
    assert not allowed("{}")
    assert not allowed({"Statement": []})
