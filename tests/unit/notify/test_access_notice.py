from __future__ import annotations

from typing import Any

import pytest

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.notify.access_notice import facts
from secretwatch.notify.notice import Notice
from tests.judging import Decided
from tests.records import ACCOUNT, Record, record, role, user
from tests.unit.detect.course import DENIED, OUTSIDE, Course, at

SSO = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"
ANN: Record = {
    **role("AWSReservedSSO_Dev_0123456789abcdef", "ann@corp.example"),
    "sessionContext": {"sessionIssuer": {"arn": SSO}},
}


def made(*records: Record) -> Notice:
    """Return the one notice of records that arrive together."""
    (found,) = Course().deliver(*records)
    (notice,) = found.notices("eu-west-1")
    return notice


def shown(notice: Notice) -> dict[str, str]:
    return {fact.label: fact.value for fact in notice.facts}


def found_facts(found: Decided) -> dict[str, str]:
    (news,) = found.decision.news
    return {fact.label: fact.value for fact in facts(news, found.evidence(news))}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([at(0)], "user alice read prod/db"),
        ([at(0, userIdentity=role())], "role deploy (session release-42) read prod/db"),
        ([at(0, userIdentity=ANN)], "ann@corp.example (role AWSReservedSSO_Dev) read prod/db"),
        ([at(n * 0.01, secret=f"s{n}", **DENIED) for n in range(5)], "user alice tried to read 5 secrets"),
        ([at(n, secret=f"s{n}") for n in range(3)], "user alice read 3 secrets"),
        ([at(0, "BatchGetSecretValue", requestParameters=None)], "user alice read secrets in a batch"),
        ([at(n * 0.01, "ListSecrets", awsRegion=f"xx-test-{n}") for n in range(4)], "user alice listed secrets"),
        ([at(n * 0.01, "DescribeSecret", f"s{n}") for n in range(20)], "user alice looked at 20 secrets"),
        ([at(0, "DeleteSecret")], "user alice called DeleteSecret on prod/db"),
        ([at(0, "DeleteSecret", **DENIED)], "user alice tried DeleteSecret on prod/db"),
        ([at(0, "DeleteSecret"), at(1, "RestoreSecret")],
         "user alice called DeleteSecret and RestoreSecret on prod/db"),
    ],
)  # fmt: skip
def test_a_title_says_who_did_what_to_which(records: list[Record], said: str) -> None:
    assert made(*records).title == said


def test_an_endless_title_is_cut() -> None:
    assert len(made(at(0, secret="x" * 900, userIdentity=role("r" * 400))).title) == 140


def test_the_facts_are_what_the_records_say() -> None:
    first, second = at(0), at(0.15, secret="other", sourceIPAddress="198.51.100.9")
    (found,) = Course().deliver(first, second, at(0.1))
    told = found_facts(found)
    assert len(told.pop("Story")) == 12
    assert told == {
        "Who": "user alice",
        "Identity": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "Credentials": "access key AKIASYNTHETIC0000000",
        "What": "prod/db ×2, other (3 GetSecretValue)",
        "Outcome": "allowed",
        "From": "198.51.100.7 (trusted: inside a trusted network); also 198.51.100.9",
        "When": "2026-01-31T12:00:00Z to 2026-01-31T12:00:09Z",
        "Where": f"us-east-1, account {ACCOUNT}",
        "User agent": "aws-cli/2.0 (synthetic)",
    }


def test_what_was_denied_among_what_was_returned_is_counted() -> None:
    told = shown(made(at(0), at(1, secret="a", **DENIED), at(2, secret="b", **DENIED), at(3, secret="c")))
    assert told["Outcome"] == "2 allowed, 2 denied (2 values returned)"
    assert told["What"] == "prod/db, c (2 GetSecretValue, 2 GetSecretValue (denied))"


def test_credentials_that_say_more_of_the_person_are_shown() -> None:
    behind = {**role("app"), "sessionContext": {**role("app")["sessionContext"], "sourceIdentity": "dan"}}
    told = shown(made(at(0, userIdentity=behind)))
    assert told["Who"] == "dan (role app)"
    assert told["Credentials"] == "access key ASIASYNTHETIC0000000, source identity dan"


def test_what_a_record_does_not_say_is_said_to_be_unknown() -> None:
    bare = {"sourceIPAddress": None, "userAgent": None, "awsRegion": None, "recipientAccountId": None}
    identity = {"type": "IAMUser", "userName": "alice"}
    told = shown(made(record("BatchGetSecretValue", requestParameters=None, userIdentity=identity, **bare)))
    assert told["From"] == "unknown (unknown: the record has no source address)"
    assert told["User agent"] == "no user agent recorded"
    assert told["Where"] == "unknown region, account unknown"
    assert told["What"] == "no secret named (BatchGetSecretValue)"
    assert "Credentials" not in told


def test_a_notice_names_reasons_advice_links_and_the_access_that_is_why() -> None:
    identity = "5e0c4f0e-6a0b-4f5e-9d0c-000000000001"
    notice = made(at(-1, eventID="before"), at(0, eventID=identity, **OUTSIDE))
    assert notice.severity is Severity.HIGH
    assert notice.signals[0] in ("key_in_two_places", "untrusted_network")
    assert any("The read came from 203.0.113.66, outside every trusted network; before: 198.51.0.0/16. (high," in reason
               for reason in notice.reasons)  # fmt: skip
    assert shown(notice)["Recommended action"] == SIGNALS["untrusted_network"].advice
    assert [link.label for link in notice.links] == ["Event in CloudTrail", "Ask Athena who else (who_read)"]
    assert identity in notice.links[0].url
    assert notice.event_ids[0] == identity


def test_there_is_advice_only_if_something_has_to_be_done() -> None:
    assert "Recommended action" not in shown(made(at(0)))


def test_the_second_message_of_a_story_says_only_what_is_new_in_it() -> None:
    course = Course()
    (opened,) = course.deliver(at(0))[0].notices()
    (worse,) = course.deliver(at(5, **OUTSIDE))[0].notices()
    assert shown(opened)["Story"] == shown(worse)["Story"]
    assert "first_reader" not in worse.signals
    assert worse.reasons[-1] == "This story was notified before; only what is new in it stands here."


def test_a_signal_that_counts_is_said_once_with_its_last_number_and_others_are_counted() -> None:
    notice = made(*(at(n * 0.01, secret=f"s{n}") for n in range(12)))
    many, first = notice.reasons
    assert many.startswith("12 secrets that are new to this principal were read within 10 minutes.")
    assert first.startswith("First read of s0 by this principal in 30 days. … and 11 more like this.")


def test_many_secrets_and_events_are_cut_and_counted() -> None:
    notice = made(*(at(n * 0.01, eventID=f"e{n:02}", secret=f"s{n:02}") for n in range(60)))
    assert (len(notice.secrets), notice.more_secrets) == (50, 10)
    assert notice.event_ids == ("e09", "e00"), "the accesses that are why: the tenth new one, and the first"
    assert shown(notice)["What"].endswith("s09 … and 50 more, all in the audit table (60 GetSecretValue)")


@pytest.mark.parametrize("identity", [user("bob"), role("app"), ANN])
def test_it_names_one_actor(identity: dict[str, Any]) -> None:
    found = Course().deliver(at(0), at(1, userIdentity=identity))
    assert len(found) == 2
    assert all("alice" not in str(each.notices()) for each in found if "alice" not in each.actor.key)
