from __future__ import annotations

import json

import pytest

from secretwatch.detect.catalogue import Severity
from secretwatch.detect.tuning import DEFAULTS, Tuning, TuningError, parse_rules
from secretwatch.record.secret_id import parse_secret_id
from tests.records import secret_arn


def test_nothing_given_is_the_defaults() -> None:
    assert parse_rules(None) == parse_rules("") == parse_rules("{}") == Tuning()


def test_a_signal_is_tuned_and_the_others_stay() -> None:
    tuning = parse_rules(
        '{"many_secrets": {"threshold": 20, "window_minutes": 10, "severity": "medium"}, "batch": {"enabled": false},'
        ' "history_days": 7, "quiet_minutes": 0, "decoys": ["honey/*"], "automation": ["arn:*:role/eso"]}'
    )
    tuned = tuning.signals["many_secrets"]
    assert (tuned.threshold, tuned.window_minutes, tuned.severity) == (20, 10, Severity.MEDIUM)
    assert not tuning.signals["batch"].enabled
    assert tuning.signals["root"] == DEFAULTS["root"]
    assert (tuning.history_days, tuning.quiet_minutes) == (7, 0)
    assert tuning.decoy_of(parse_secret_id("honey/pot")) == "honey/pot"
    assert tuning.decoy_of(parse_secret_id(secret_arn("honey/pot", "abcdef"))) == "honey/pot-abcdef", "it may be a word"
    declared = Tuning(decoys=("honey/pot",))
    assert declared.decoy_of(parse_secret_id(secret_arn("honey/pot", "abcdef"))) == "honey/pot"
    assert tuning.decoy_of(parse_secret_id("money")) is None
    assert tuning.automation_pattern("arn:aws:iam::1:role/eso") == "arn:*:role/eso"


def test_readers_are_expected_of_the_secrets_that_are_declared() -> None:
    tuning = parse_rules('{"expected_readers": {"payments/*": ["arn:*:role/payments-*"], "*/db": ["arn:*:role/dba"]}}')

    def expects(principal: str, secret: str) -> bool | None:
        return tuning.expects(f"arn:aws:iam::123456789012:role/{principal}", parse_secret_id(secret))

    assert expects("payments-task", "payments/api")
    assert expects("payments-task", secret_arn("payments/api"))
    assert expects("orders-task", "payments/api") is False
    assert expects("dba", "payments/db")
    assert expects("payments-task", "payments/db"), "each list adds to the other"
    assert expects("orders-task", "orders/api") is None


def test_a_severity_that_is_given_holds_for_what_is_usual_too() -> None:
    tuning = parse_rules('{"deletion": {"severity": "high"}}')
    assert tuning.signals["deletion"].usual_severity is None
    assert DEFAULTS["deletion"].usual_severity is Severity.LOW


NO_DECOYS = [
    "",
    "*",
    "?*",
    "**/*",
    "*-*",
    "[a-z]*",
    "honey\n",
    " honey",
    "arn:aws:secretsmanager:us-east-1:1:secret:honey",
]
"""They match every secret, or none."""
NO_AUTOMATION = [
    "", "*", "?*", "arn:*", "[a-z]*", "arn:*:iam::*:*", "arn:*:iam::*:role/*", "*role/??*", "external-secrets",
    " arn:aws:iam::123456789012:role/x", "arn:aws:sts::123456789012:assumed-role/ci/x",
]  # fmt: skip
"""They match every principal, or none."""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"first_raeder": {}}', "'first_raeder' is neither a signal nor a setting"),
        ('{"root": true}', "root must be a JSON object"),
        ('{"root": {"threshold": 5}}', "root has no 'threshold'; it has enabled, severity"),
        ('{"many_secrets": {"treshold": 5}}', "many_secrets has no 'treshold'"),
        ('{"root": {"enabled": "no"}}', "root.enabled must be true or false"),
        ('{"root": {"severity": "urgent"}}', "root.severity must be one of info, low"),
        ('{"many_secrets": {"threshold": 0}}', "many_secrets.threshold must be a whole number from 1 to 60"),
        ('{"many_secrets": {"window_minutes": 1.5}}', "many_secrets.window_minutes must be a whole number"),
        ('{"history_days": true}', "history_days must be a whole number from 1 to 365"),
        ('{"decoys": "honey"}', "decoys must be a list of patterns"),
        ('{"expected_readers": ["a"]}', "expected_readers must be a JSON object"),
        ('{"expected_readers": {"*": ["arn:*:role/a"]}}', "expected_readers must be patterns of names of secrets"),
        (
            '{"expected_readers": {"a/*": "arn:*:role/a"}}',
            r"expected_readers.+ must be a list of patterns of role",
        ),
        ('{"expected_readers": {"a/*": ["*"]}}', r"expected_readers.+ must be patterns of role or user ARNs"),
        *((json.dumps({"decoys": [wrong]}), "decoys must be patterns of names") for wrong in NO_DECOYS),
        *(
            (json.dumps({"automation": [wrong]}), "automation must be patterns of role or user")
            for wrong in NO_AUTOMATION
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(TuningError, match=message.replace("'", ".")):
        parse_rules(text)
