"""The evaluator, on the examples of the AWS page "Filter pattern syntax"; documents are our own."""

from __future__ import annotations

import json

import pytest

from tests.harness.filter_pattern import PatternError, compile_pattern

DOCUMENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "OtherFlag": False,
        "cluster.name": "c",
        "bandwidth": 80,
        "numberOfErrors": 0.001,
        "user": {"id": 1, "email": "John.Stiles@example.com"},
        "users": [{"id": 2, "email": "John.Doe@example.com"}],
        "actions": ["GET", "PUT", "DELETE"],
    }
)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType = "updatetrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress != 111.111.* }", False),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[*] = "another value" }', True),
        ("{ $.arrayKey = value }", False),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[5].id = 2 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.SomeOtherObject IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.OtherFlag IS FALSE }", True),
        ("{ $.ThisFlag IS FALSE }", False),
        ('{ $.missing != "x" }', False),
        ('{ $.eventType = "*" }', True),
        ('{ $.missing = "*" }', False),
        ('{ $.user = "*" }', False),
        ("{ $.bandwidth > 75 }", True),
        ("{ $.bandwidth < 80 }", False),
        ("{ $.bandwidth >= 80 }", True),
        ("{ $.bandwidth <= 80 }", True),
        ("{ $.numberOfErrors = 1e-3 }", True),
        ("{ $.eventType > 1 }", False),
        ("{ $.eventType = %Trail% }", True),
        ("{ $.sourceIPAddress = %^222% }", False),
        ("{ $.['cluster.name'] = \"c\" }", True),
        ('{ $.* = "UpdateTrail" }', True),
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "DELETE" }', True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
        ('{ $.user.email = "John.Stiles@example.com" || $.a = 1 && $.b = 1 }', True),
        ("", True),
        ("UpdateTrail", True),
        ("ERROR", False),
        ("UpdateTrail DELETE", True),
        ("UpdateTrail ERROR", False),
        ("?ERROR ?DELETE", True),
        ("UpdateTrail -DELETE", False),
        ('"another value"', True),
        ("%1{3}%", True),
    ],
)
def test_the_documented_examples(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern)(DOCUMENT) is matches


def test_a_message_that_is_not_json_matches_no_json_pattern() -> None:
    assert not compile_pattern("{ $.a NOT EXISTS }")("plain text")


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a = 1",
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a > word }",
        "{ $.a IS NOT NULL }",
        "{ $.a = 1 } tail",
        "{ ($.a = 1 }",
        "{ $.a = %x% && $.b = %y% && $.c = %z% }",
        "{ $.a[*] = 1 && $.b[*] = 1 && $.c[*] = 1 && $.d[*] = 1 }",
        "[a, b]",
        "x" * 1025,
    ],
)
def test_what_cloudwatch_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)
