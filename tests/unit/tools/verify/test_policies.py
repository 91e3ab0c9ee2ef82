from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tools.verify.policies import Decision, Request, judge, like, role_request

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:watch-summarizer"
GROUP = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/a:*"
INVOKE = Request(
    "logs.amazonaws.com",
    "lambda:InvokeFunction",
    FUNCTION,
    {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": GROUP},
    lacks=frozenset({"aws:SourceOwner"}),
)
SERVICE = {"Service": "logs.amazonaws.com"}


def statement(**changed: Any) -> dict[str, Any]:
    """A statement that lets CloudWatch Logs invoke the function, changed; what is changed to None is left out."""
    made = {"Effect": "Allow", "Principal": SERVICE, "Action": "lambda:InvokeFunction", "Resource": "*", **changed}
    return {name: value for name, value in made.items() if value is not None}


def judged(*statements: dict[str, Any], request: Request = INVOKE) -> Decision:
    return judge({"Statement": [*statements]}, request).decision


def when(**operators: dict[str, Any]) -> dict[str, Any]:
    """A condition; ForAnyValue_StringEquals stands for ForAnyValue:StringEquals."""
    return {"Condition": {name.replace("_", ":"): keys for name, keys in operators.items()}}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["events.amazonaws.com", "logs.amazonaws.com"]}},
        {"Principal": None, "NotPrincipal": {"Service": "events.amazonaws.com"}},
        {"Action": "lambda:*"},
        {"Action": ["lambda:GetFunction", "lambda:invoke*"]},
        {"Action": None, "NotAction": "lambda:DeleteFunction"},
        {"Resource": FUNCTION},
        {"Resource": "arn:aws:lambda:*:*:function:watch-*"},
        {"Resource": None, "NotResource": "arn:aws:lambda:*:*:function:other"},
        {"Resource": None},
        when(StringEquals={"AWS:SourceAccount": ACCOUNT}),
        when(StringEquals={"aws:sourceaccount": ["1", ACCOUNT]}),
        when(ArnLike={"aws:SourceArn": f"arn:aws:logs:*:{ACCOUNT}:log-group:/a:*"}),
        when(StringNotEquals={"aws:SourceAccount": "1"}),
        when(StringEqualsIfExists={"aws:SourceOwner": "1"}),
        when(StringNotEquals={"aws:PrincipalOrgID": "o-1"}),
        when(Null={"aws:SourceArn": "false"}),
        when(Null={"aws:PrincipalOrgID": True}),
        when(Bool={"aws:PrincipalIsAWSService": True}),
        when(StringEquals={"aws:PrincipalServiceName": "logs.amazonaws.com"}),
        when(ForAnyValue_StringLike={"aws:PrincipalServiceNamesList": "logs*"}),
        when(ForAllValues_StringEquals={"aws:PrincipalOrgPaths": "o-1/*"}),
        when(StringEquals={"aws:ResourceAccount": ACCOUNT, "aws:RequestedRegion": "eu-west-1"}),
    ],
)
def test_what_a_policy_allows(changed: dict[str, Any]) -> None:
    assert judged(statement(**changed)) is Decision.ALLOWED


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"Principal": None},
        {"Principal": None, "NotPrincipal": SERVICE},
        {"Action": "lambda:GetFunction"},
        {"Action": None, "NotAction": "lambda:*"},
        {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:other"},
        {"Resource": None, "NotResource": "arn:aws:lambda:*"},
        when(StringEquals={"aws:SourceAccount": "1"}),
        when(StringEquals={"aws:SourceOwner": ACCOUNT}),
        when(StringEquals={"aws:PrincipalOrgID": "o-1"}),
        when(StringEquals={"aws:PrincipalTag/team": "a"}),
        when(ArnLike={"aws:SourceArn": "arn:aws:logs:*:1:log-group:/a:*"}),
        when(ArnLike={"aws:SourceArn": "arn:aws:log?roup:/a:*::::"}),
        when(StringEquals={"aws:SourceAccount": ACCOUNT}, Null={"aws:SourceArn": "true"}),
        when(StringEquals={"aws:SourceAccount": "1", "aws:SourceOrgID": "o-1"}),
        when(ForAnyValue_StringNotEquals={"aws:PrincipalOrgPaths": "o-1/*"}),
        when(Bool={"aws:PrincipalIsAWSService": "false"}),
    ],
)
def test_what_a_policy_does_not_allow(changed: dict[str, Any]) -> None:
    assert judged(statement(**changed)) is Decision.DENIED


@pytest.mark.parametrize(
    ("changed", "depends_on"),
    [
        (when(StringEquals={"aws:SourceOrgID": "o-1"}), "StringEquals aws:SourceOrgID"),
        (when(IpAddress={"aws:SourceIp": "192.0.2.0/24"}), "IpAddress aws:SourceIp"),
        (when(NumericLessThan={"aws:SourceAccount": "5"}), "NumericLessThan aws:SourceAccount"),
        (when(ArnLike={"aws:SourceArn": "*"}), "ArnLike aws:SourceArn"),
        (when(StringEquals={"aws:SourceAccount": "${aws:PrincipalAccount}"}), "StringEquals aws:SourceAccount"),
        ({"Resource": "arn:aws:lambda:eu-west-1:${aws:PrincipalAccount}:*"}, "a variable in its resources"),
    ],
)
def test_what_nobody_but_aws_can_tell_is_said_to_be_so(changed: dict[str, Any], depends_on: str) -> None:
    verdict = judge({"Statement": [statement(Sid="S", **changed)]}, INVOKE)
    assert verdict.decision is Decision.UNKNOWN
    assert verdict.why == f"statement S depends on {depends_on}"
    assert judged(statement(), statement(**changed)) is Decision.ALLOWED


def test_a_denial_outweighs_what_is_allowed_where_it_applies() -> None:
    deny = statement(Sid="D", Effect="Deny", Principal="*")
    assert judged(statement(), {**deny, **when(Bool={"aws:SecureTransport": "false"})}) is Decision.ALLOWED
    assert judged(statement(), deny) is Decision.DENIED
    assert judge({"Statement": [statement(), deny]}, INVOKE).why == "statement D denies it"
    assert judged(statement(), {**deny, **when(StringNotEquals={"aws:SourceOrgID": "o"})}) is Decision.UNKNOWN
    assert judged({**deny, **when(StringNotEquals={"aws:SourceOrgID": "o"})}) is Decision.DENIED


def test_a_perimeter_that_leaves_services_alone_denies_none() -> None:
    perimeter = {
        **statement(Effect="Deny", Principal="*"),
        **when(
            StringNotEqualsIfExists={"aws:PrincipalOrgID": "o-1"}, BoolIfExists={"aws:PrincipalIsAWSService": "false"}
        ),
    }
    assert judged(statement(), perimeter) is Decision.ALLOWED
    del perimeter["Condition"]["BoolIfExists"]
    assert judged(statement(), perimeter) is Decision.DENIED


def test_the_default_policy_of_a_topic_lets_alarms_publish() -> None:
    topic = f"arn:aws:sns:eu-west-1:{ACCOUNT}:mine"
    default = statement(
        Principal={"AWS": "*"},
        Action=["SNS:GetTopicAttributes", "SNS:Publish"],
        Resource=topic,
        **when(StringEquals={"AWS:SourceOwner": ACCOUNT}),
    )
    publish = Request("cloudwatch.amazonaws.com", "sns:Publish", topic, {"aws:SourceOwner": ACCOUNT})
    assert judged(default, request=publish) is Decision.ALLOWED
    assert judged(default, request=replace(publish, sends={"aws:SourceOwner": "1"})) is Decision.DENIED


def test_no_statement_allows_nothing() -> None:
    assert judge("{}", INVOKE).decision is Decision.DENIED
    assert judged() is Decision.DENIED


def test_of_a_pattern_only_the_star_and_the_question_mark_are_special() -> None:
    assert like("/a[b]", "/a[b]")
    assert not like("/ab", "/a[b]")
    assert like("abc", "a?c")
    assert like("a\nb", "*")


ROLE = f"arn:aws:iam::{ACCOUNT}:role/watch-summarizer"


@pytest.mark.parametrize(
    ("statement", "decision"),
    [
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, Decision.ALLOWED),
        ({"Principal": {"AWS": ROLE}}, Decision.ALLOWED),
        ({"Principal": {"AWS": f"{ROLE}-2"}}, Decision.DENIED),
        ({"Principal": {"Service": "*"}}, Decision.DENIED),
        ({"Principal": "*", **when(StringEquals={"aws:PrincipalArn": ROLE})}, Decision.ALLOWED),
        ({"Principal": "*", **when(Bool={"aws:PrincipalIsAWSService": "true"})}, Decision.DENIED),
        ({"Principal": "*", **when(StringEquals={"aws:PrincipalOrgID": "o-1"})}, Decision.UNKNOWN),
    ],
)
def test_a_role_is_judged_by_what_is_known_of_it(statement: dict[str, Any], decision: Decision) -> None:
    made = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement}
    request = role_request(ROLE, "kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k")
    assert judged(made, request=request) is decision
