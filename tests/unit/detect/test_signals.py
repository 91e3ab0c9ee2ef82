"""Each signal that compares: on what it must fire, and on what it must not."""

from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect import signals
from secretwatch.detect.tuning import Tuning, parse_rules
from tests.records import Record, role, user
from tests.unit.detect.course import DENIED, OUTSIDE, START, Course, at, days
from tests.unit.detect.course import signals as found

KNOWN = [days(-2)]
"""Alice read prod/db from the office with the AWS CLI two days before."""
SERVICE: dict[str, Any] = {
    "userIdentity": role("app", "i-0abc"),
    "userAgent": "Boto3/1.40 md/Botocore#1.40 exec-env/AWS_ECS_FARGATE",
}
BY_HAND: dict[str, Any] = {**SERVICE, "userAgent": "aws-cli/2.15.0"}
APP: dict[str, Any] = {"userIdentity": role("app", "i-0abc")}
ANN = role("AWSReservedSSO_dev_0123456789abcdef", "ann@example.com")
SYSTEMS, MORE_SYSTEMS = ["billing", "search", "mail", "crm"], ["shop", "ledger", "stock", "fleet"]
TUNING = parse_rules('{"expected_readers": {"guarded/*": ["arn:*:iam::*:role/guard"]}}')
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) aws-sdk-go-v2/1.30"
THEIR_ROLE = {"sessionIssuer": {"arn": "arn:aws:iam::210987654321:role/app"}}
FOREIGN: dict[str, Any] = {
    "userIdentity": {**role("app"), "accountId": "210987654321", "sessionContext": THEIR_ROLE},
}


def reads(number: int, since: float = 0, step: float = 0.01, **changes: Any) -> list[Record]:
    return [at(since + n * step, secret=f"s{n}", **changes) for n in range(number)]


def calls(name: str, number: int, step: float = 0.01, **changes: Any) -> list[Record]:
    return [at(n * step, name, f"s{n}", **changes) for n in range(number)]


def in_regions(name: str, number: int, **changes: Any) -> list[Record]:
    return [at(n * 0.01, name, awsRegion=f"xx-test-{n}", **changes) for n in range(number)]


FIRES: list[tuple[str, list[Record], list[Record]]] = [
    ("first_reader", [], [at(0)]),
    ("first_reader", KNOWN, [at(0, secret="other")]),
    ("first_reader", KNOWN, [at(0, userIdentity=user("bob"))]),
    ("first_reader", [days(-33)], [at(0)]),
    ("first_network", KNOWN, [at(0, sourceIPAddress="198.51.100.200", vpcEndpointId="vpce-0123456789abcdef0")]),
    ("untrusted_network", [], [at(0, **OUTSIDE)]),
    ("untrusted_network", KNOWN, [at(0, **OUTSIDE)]),
    ("untrusted_network", [days(-2, **OUTSIDE)], [at(0, sourceIPAddress="192.0.2.9")]),
    ("unknown_network", KNOWN, [at(0, sourceIPAddress="10.0.0.7")]),
    ("unknown_network", [], [at(0, sourceIPAddress="HIDDEN_DUE_TO_SECURITY_REASONS")]),
    ("new_region", KNOWN, [at(0, awsRegion="eu-west-1")]),
    ("new_tool", KNOWN, [at(0, userAgent="Boto3/1.40 md/Botocore#1.40")]),
    ("used_by_hand", [days(-2, **SERVICE)], [at(0, **BY_HAND)]),
    ("used_by_hand", [days(-2, **SERVICE)], [at(0, **{**SERVICE, "userAgent": "curl/8.5"})]),
    ("cloudshell", KNOWN, [at(0, userAgent="aws-cli/2.15 exec-env/CloudShell")]),
    ("console_read", KNOWN, [at(0, sessionCredentialFromConsole="true")]),
    ("read_through_service", KNOWN, [at(0, userIdentity={**user(), "invokedBy": "cloudformation.amazonaws.com"})]),
    ("cross_account", [], [at(0, **FOREIGN)]),
    ("key_in_two_places", [], [at(0, **APP), at(30, **APP, **OUTSIDE)]),
    ("key_in_two_places", [], [at(30, **APP), at(0, **APP, **OUTSIDE)]),
    ("key_in_two_places", [], [at(0), at(25, **OUTSIDE), at(50)]),
    ("key_in_two_places", [], [at(0), at(1, **OUTSIDE), at(10)]),
    ("many_secrets", [], reads(10)),
    ("many_secrets", KNOWN, reads(5)),
    ("many_secrets", KNOWN, reads(5, userAgent=TERRAFORM)),
    ("slow_collection", KNOWN, [at(n * 24 * 60, secret=f"s{n}") for n in range(4)]),
    ("slow_collection", KNOWN, [at(n * 24 * 60, secret=f"{name}/db") for n, name in enumerate(SYSTEMS)]),
    ("elsewhere", [days(-2, **APP)], [at(0, **APP, sourceIPAddress="10.7.0.9")]),
    ("elsewhere", KNOWN, [at(0, sourceIPAddress="10.7.0.9")]),
    ("elsewhere", [days(n, **APP, sourceIPAddress=f"10.{n + 20}.0.9") for n in (-5, -3, -2)],
     [at(0, **APP, sourceIPAddress="10.7.0.9"), at(1, **APP, sourceIPAddress="10.7.0.9", secret="another")]),
    ("unexpected_reader", [], [at(0, secret="guarded/db")]),
    ("unexpected_reader", [days(-2)], [at(0, **APP, secret="guarded/db")]),
    ("unrelated_secret", [days(-2, **APP, secret="prod/orders/db")], [at(0, **APP, secret="prod/payments/db")]),
    ("unrelated_secret", [days(-2, **APP, secret="a"), days(-1, **APP, secret="payments/db")],
     [at(0, **APP, secret="payments/api")]),
    ("batch", KNOWN, [at(0, "BatchGetSecretValue")]),
    ("batch_catch_all", KNOWN, [at(0, "BatchGetSecretValue", requestParameters={"filters": []})]),
    ("batch_catch_all", KNOWN, [at(0, "BatchGetSecretValue", requestParameters={
        "filters": [{"key": "name", "values": ["!x"]}]})]),
    ("denied_burst", [], calls("GetSecretValue", 5, **DENIED)),
    ("denied_burst", [], [*calls("GetSecretValue", 8, **DENIED), at(60, secret="late", **DENIED)]),
    ("guessed_names", [], calls("GetSecretValue", 10, errorCode="ResourceNotFoundException")),
    ("enumerate_then_read", KNOWN, [at(0, "ListSecrets"), at(5, secret="other")]),
    ("many_described", KNOWN, calls("DescribeSecret", 20)),
    ("many_described", KNOWN, calls("GetResourcePolicy", 20, **DENIED)),
    ("many_regions", [], in_regions("ListSecrets", 4)),
    ("many_regions", [], in_regions("ListSecrets", 4, **DENIED)),
    ("many_regions", [], in_regions("GetSecretValue", 9)),
    ("first_writer", KNOWN, [at(0, "PutSecretValue")]),
    ("first_writer", KNOWN, [
        at(0, "UpdateSecret", requestParameters={"secretId": "prod/db", "clientRequestToken": "t"})]),
]  # fmt: skip

DOES_NOT: list[tuple[str, list[Record], list[Record]]] = [
    ("first_reader", KNOWN, [at(0)]),
    ("first_reader", [days(-20)], [at(0)]),
    ("first_reader", [], [at(0, **DENIED)]),
    ("first_reader", [], [at(0, "BatchGetSecretValue", requestParameters={"secretIdList": ["prod/db"]})]),
    ("first_network", [], [at(0)]),
    ("first_network", KNOWN, [at(0, sourceIPAddress="198.51.100.99")]),
    ("untrusted_network", [days(-2, **OUTSIDE)], [at(0, **OUTSIDE)]),
    ("untrusted_network", [days(-2, **OUTSIDE)], [at(0, sourceIPAddress="203.0.113.99")]),
    ("untrusted_network", [], [at(0, **OUTSIDE, **DENIED)]),
    ("unknown_network", [], [at(0)]),
    ("new_region", [], [at(0, awsRegion="eu-west-1")]),
    ("new_tool", KNOWN, [at(0, userAgent="aws-cli/2.99 another release")]),
    ("used_by_hand", [days(-2, **BY_HAND)], [at(0, **{**SERVICE, "userAgent": "curl/8.5"})]),
    ("used_by_hand", KNOWN, [at(0, userAgent="curl/8.5")]),
    ("used_by_hand", [], [at(0, **BY_HAND)]),
    ("cloudshell", [days(-2, userAgent="aws-cli/2.14 exec-env/CloudShell")],
     [at(0, userAgent="aws-cli/2.15 exec-env/CloudShell")]),
    ("console_read", [days(-2, sessionCredentialFromConsole="true")], [at(0, sessionCredentialFromConsole="true")]),
    ("read_through_service", KNOWN, [at(0)]),
    ("cross_account", [days(-2, **FOREIGN)], [at(0, **FOREIGN)]),
    ("cross_account", [], [at(0)]),
    ("key_in_two_places", [], [at(0, **APP), at(180, **APP, **OUTSIDE)]),
    ("key_in_two_places", [], [at(0), at(30, **OUTSIDE), at(40, **OUTSIDE)]),
    ("key_in_two_places", [], [at(0), at(1, **OUTSIDE), at(50, **OUTSIDE), at(52)]),
    ("key_in_two_places", [], [at(0, **OUTSIDE), at(1), at(50), at(55, **OUTSIDE)]),
    ("key_in_two_places", [], [at(0), at(30, sourceIPAddress="198.51.100.99")]),
    ("key_in_two_places", [days(-0.5, **OUTSIDE)], [at(0), at(1, **OUTSIDE)]),
    ("many_secrets", [], reads(9)),
    ("many_secrets", KNOWN, reads(4)),
    ("many_secrets", KNOWN, reads(10, step=3)),
    ("many_secrets", reads(30, since=-2000), reads(30)),
    ("many_secrets", KNOWN, [at(n * 0.01, requestParameters={"secretId": f"s{n}", "versionId": "v" * 36},
                                userAgent=TERRAFORM) for n in range(20)]),
    ("slow_collection", KNOWN, [at(n * 24 * 60, secret=f"s{n % 3}") for n in range(8)]),
    ("slow_collection", KNOWN, [at(n * 60, secret=f"s{n}") for n in range(8)]),
    ("slow_collection", [days(-2, secret="payments/a")],
     [at(n * 24 * 60, secret=f"payments/{n}") for n in range(6)]),
    ("slow_collection", [days(-2, secret=f"{name}/a") for name in [*SYSTEMS, *MORE_SYSTEMS]],
     [at(n * 24 * 60, secret=f"s{n}") for n in range(6)]),
    ("elsewhere", [days(-2, **APP)], [at(0, **APP)]),
    ("elsewhere", KNOWN, [at(0, sourceIPAddress="HIDDEN_DUE_TO_SECURITY_REASONS")]),
    ("elsewhere", [days(-2, **APP)], [at(0, **APP, vpcEndpointId="vpce-0123456789abcdef0")]),
    ("elsewhere", [], [at(0, **APP, sourceIPAddress="10.7.0.9")]),
    ("elsewhere", [days(-2, userIdentity=ANN)], [at(0, userIdentity=ANN, sourceIPAddress="10.7.0.9")]),
    ("elsewhere", [days(n, **APP, sourceIPAddress=f"10.{n + 20}.0.9") for n in (-5, -3, -2)],
     [at(0, **APP, sourceIPAddress="10.7.0.9")]),
    ("unexpected_reader", [], [at(0, userIdentity=role("guard"), secret="guarded/db")]),
    ("unexpected_reader", [], [at(0, secret="other/db")]),
    ("unexpected_reader", [days(-2, secret="guarded/db")], [at(0, secret="guarded/db")]),
    ("unrelated_secret", [], [at(0, **APP, secret="payments/db")]),
    ("unrelated_secret", [days(-2, **APP, secret="orders/db")], [at(0, **APP, secret="orders-v2/api")]),
    ("unrelated_secret", [days(-2, userIdentity=role("PaymentsTask"), secret="orders/db")],
     [at(0, userIdentity=role("PaymentsTask"), secret="payment/db")]),
    ("unrelated_secret", [days(-2, **APP, secret=f"{name}/a") for name in [*SYSTEMS, *MORE_SYSTEMS]],
     [at(0, **APP, secret="payments/db")]),
    ("unrelated_secret", [days(-2, secret="orders/db")], [at(0, secret="payments/db")]),
    ("unrelated_secret", [days(-2, **APP, secret="orders/db")], [at(0, **APP, secret="rds!cluster-1f2eabcd")]),
    ("slow_collection", [], [at(n * 24 * 60, secret=f"s{n}") for n in range(4)]),
    ("batch", [at(-3000, "BatchGetSecretValue")], [at(0, "BatchGetSecretValue")]),
    ("batch_catch_all", KNOWN, [at(0, "BatchGetSecretValue", requestParameters={"secretIdList": ["a"]})]),
    ("batch_catch_all", KNOWN, [at(0, "BatchGetSecretValue", requestParameters={
        "filters": [{"key": "name", "values": ["a"]}]})]),
    ("denied_burst", [], calls("GetSecretValue", 4, **DENIED)),
    ("denied_burst", [], calls("GetSecretValue", 9, step=3, **DENIED)),
    ("denied_burst", calls("GetSecretValue", 5, **DENIED), [at(2000 + n, secret=f"s{n}", **DENIED) for n in range(5)]),
    ("guessed_names", [], [at(n * 0.01, errorCode="ResourceNotFoundException") for n in range(50)]),
    ("enumerate_then_read", KNOWN, [at(0, "ListSecrets"), at(5)]),
    ("enumerate_then_read", KNOWN, [at(0, "ListSecrets", userAgent=BROWSER), at(5, secret="other", userAgent=BROWSER)]),
    ("enumerate_then_read", KNOWN, [at(0, "ListSecrets"), at(16, secret="other")]),
    ("enumerate_then_read", KNOWN, [at(5, "ListSecrets"), at(0, secret="other")]),
    ("enumerate_then_read", KNOWN, [at(0, "ListSecrets", userAgent=TERRAFORM), at(5, secret="other")]),
    ("many_described", calls("DescribeSecret", 30),
     [at(1500 + n * 0.01, "DescribeSecret", f"s{n}") for n in range(30)]),
    ("many_described", KNOWN, [at(n * 0.01, "DescribeSecret") for n in range(30)]),
    ("many_regions", in_regions("ListSecrets", 9),
     [at(600, "ListSecrets", awsRegion=f"xx-test-{n}") for n in range(9)]),
    ("first_writer", [days(-2, name="PutSecretValue")], [at(0, "PutSecretValue")]),
    ("first_writer", KNOWN, [at(0, "UpdateSecret", requestParameters={"secretId": "prod/db", "description": "x"})]),
    ("first_writer", KNOWN, [at(0, "PutSecretValue", **DENIED)]),
]  # fmt: skip


def named(cases: list[tuple[str, list[Record], list[Record]]]) -> list[Any]:
    return [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(cases)]


@pytest.mark.parametrize(("signal", "before", "records"), named(FIRES))
def test_it_fires(signal: str, before: list[Record], records: list[Record]) -> None:
    assert signal in found(*records, before=before, tuning=TUNING)


@pytest.mark.parametrize(("signal", "before", "records"), named(FIRES))
def test_it_fires_whatever_the_deliveries(signal: str, before: list[Record], records: list[Record]) -> None:
    """One by one, the last first, each twice: the same in the end."""
    course = Course(TUNING)
    for each in [*before, *reversed(records), *records]:
        course.deliver(each)
    remembered = {s for memory in course.memories.values() for story in memory.told for s in story.signals}
    assert signal in remembered


@pytest.mark.parametrize(("signal", "before", "records"), named(DOES_NOT))
def test_it_does_not_fire(signal: str, before: list[Record], records: list[Record]) -> None:
    assert signal not in found(*records, before=before, tuning=TUNING)


def test_every_signal_that_compares_is_tried_both_ways() -> None:
    assert {signal for signal, _, _ in FIRES} == {signal for signal, _, _ in DOES_NOT} == signals.names()


def test_a_signal_that_is_off_says_nothing_and_one_that_is_tuned_is_as_tuned() -> None:
    assert "first_reader" not in found(at(0), tuning=parse_rules('{"first_reader": {"enabled": false}}'))
    assert "many_secrets" in found(*reads(3), tuning=parse_rules('{"many_secrets": {"threshold": 3}}'))
    assert "many_secrets" not in found(
        *reads(10, step=1), tuning=parse_rules('{"many_secrets": {"window_minutes": 5}}')
    )


# --- while a deployment learns -----------------------------------------------------------------


def test_while_it_learns_what_is_new_alone_is_low_and_all_else_as_severe_as_ever() -> None:
    new = [at(0, **FOREIGN), at(0, awsRegion="eu-west-1"), at(1, userAgent="aws-cli/2.15 exec-env/CloudShell")]
    bad = [at(2, **OUTSIDE), *reads(10, since=3), *(at(5 + n, secret=f"d{n}", **DENIED) for n in range(5))]
    bad += [at(20, "DeleteSecret")]

    def worst(until: float) -> dict[str, str]:
        tuning = Tuning(learning_days=7).learning_since(int(START.timestamp() + until * 60) - 7 * 86_400)
        course = Course(tuning)
        course.deliver(*KNOWN)
        stories = [story for each in course.deliver(*new, *bad) for story in each.decision.stories]
        return {f.signal: str(f.severity) for story in stories for f in story.findings}

    learning, learnt = worst(until=60), worst(until=0)
    assert {name: (learning[name], learnt[name]) for name in learning if learning[name] != learnt[name]} == {
        "cross_account": ("low", "high"),
        "new_region": ("low", "medium"),
        "cloudshell": ("low", "medium"),
    }
    assert {"untrusted_network", "many_secrets", "denied_burst", "deletion"} <= set(learning)
