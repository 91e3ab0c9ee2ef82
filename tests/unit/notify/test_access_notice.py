from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.decide import decide
from secretwatch.detect.memory import Memory
from secretwatch.detect.signals import Signal
from secretwatch.detect.tuning import parse_rules
from secretwatch.notify.access_notice import access_notice, advice, facts, title
from secretwatch.notify.notice import Notice
from tests.records import ACCOUNT, Record, record, role
from tests.unit.detect.situations import KNOWN, TUNING, story

OUTSIDE = {"sourceIPAddress": "203.0.113.66"}
LOW, HIGH = (Signal(name, SIGNALS[name].severity, SIGNALS[name].technique, "It is so.") for name in ("batch", "root"))


def made(*records: Record, memory: Memory = KNOWN, **changes: Any) -> Notice:
    found = story(*records)
    return access_notice(found, replace(decide(found, memory, TUNING), **changes), "n1", "eu-west-1")


def shown(notice: Notice) -> dict[str, str]:
    return {fact.label: fact.value for fact in notice.facts}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([record()], "user alice read prod/db"),
        ([record(userIdentity=role())], "role deploy (session release-42) read prod/db"),
        ([record(errorCode="AccessDenied")], "user alice tried to read prod/db"),
        ([record(requestParameters={"secretId": f"s{n}"}) for n in range(3)], "user alice read 3 secrets"),
        ([record("BatchGetSecretValue", requestParameters=None)], "user alice read secrets in a batch"),
        ([record(requestParameters=None)], "user alice read a secret"),
        ([record("DeleteSecret")], "user alice called DeleteSecret on prod/db"),
        ([record("DeleteSecret", errorCode="AccessDenied")], "user alice tried DeleteSecret on prod/db"),
        (
            [record("DeleteSecret"), record("RestoreSecret")],
            "user alice called DeleteSecret and RestoreSecret on prod/db",
        ),
    ],
)
def test_a_title_says_who_did_what_to_which(records: list[Record], said: str) -> None:
    assert title(story(*records)) == said


def test_an_endless_title_is_cut() -> None:
    endless = story(record(requestParameters={"secretId": "x" * 900}, userIdentity=role("r" * 400)))
    assert len(title(endless)) == 140


def test_the_facts_are_what_the_records_say() -> None:
    found = {f.label: f.value for f in facts(story(record(), record(eventTime="2026-01-31T12:00:09Z")))}
    assert found == {
        "Who": "user alice",
        "Identity": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "What": "prod/db (2 GetSecretValue)",
        "Outcome": "allowed",
        "From": "198.51.100.7 (trusted: inside a trusted network)",
        "When": "2026-01-31T12:00:00Z to 2026-01-31T12:00:09Z",
        "Where": f"us-east-1, account {ACCOUNT}",
        "User agent": "aws-cli/2.0 (synthetic)",
    }


def test_what_a_record_does_not_say_is_said_to_be_unknown() -> None:
    bare = story(record(sourceIPAddress=None, userAgent=None, awsRegion=None, recipientAccountId=None,
                        requestParameters=None))  # fmt: skip
    found = {f.label: f.value for f in facts(bare)}
    assert found["From"] == "unknown (unknown: the record has no source address)"
    assert found["User agent"] == "no user agent recorded"
    assert found["Where"] == "unknown region, account unknown"
    assert found["What"] == "no secret named (GetSecretValue)"


def test_a_notice_names_reasons_advice_and_links() -> None:
    notice = made(record(eventID="5e0c4f0e-6a0b-4f5e-9d0c-000000000001", **OUTSIDE))
    assert notice.severity is Severity.HIGH
    assert notice.signals == ("untrusted_network", "first_network")
    assert notice.reasons[0] == "The read came from 203.0.113.66, outside every trusted network. (high, T1078.004)"
    assert shown(notice)["Recommended action"] == SIGNALS["untrusted_network"].advice
    assert [link.label for link in notice.links] == ["Event in CloudTrail", "Ask Athena who else (who_read)"]


def test_advice_is_about_the_worst_and_only_if_something_has_to_be_done() -> None:
    assert advice((LOW, HIGH)) == SIGNALS["root"].advice
    assert advice((LOW,)) is advice(()) is None
    assert "Recommended action" not in shown(made(record()))


def test_automation_that_is_lowered_is_said_to_be_and_is_not_advised_about() -> None:
    tuning = parse_rules('{"automation": ["*user/alice"]}')
    found = story(record(**OUTSIDE))
    notice = access_notice(found, decide(found, KNOWN, tuning), "n1")
    assert notice.reasons[-1] == "Lowered to info: known automation (*user/alice)."
    assert "Recommended action" not in shown(notice)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1 similar access suppressed since the last alert."),
        (15, "15 similar accesses suppressed since the last alert."),
    ],
)
def test_what_was_suppressed_is_counted(number: int, said: str) -> None:
    assert made(record(), suppressed=number).reasons == (said,)
    assert made(record(), suppressed=0).reasons == ()


def test_many_secrets_and_events_are_cut_and_counted() -> None:
    notice = made(*(record(eventID=f"e{n:02}", requestParameters={"secretId": f"s{n:02}"}) for n in range(60)))
    assert (len(notice.secrets), notice.more_secrets) == (50, 10)
    assert len(notice.event_ids) == 20
    assert shown(notice)["What"].endswith("s09 … and 50 more, all in the audit table (60 GetSecretValue)")
