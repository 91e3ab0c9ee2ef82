"""From an event to its accesses, and from what failed to what Lambda is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secretwatch.record.envelopes import RecordPath
from secretwatch.record.intake import Intake, IntakeError, Problem, read, respond
from tests.records import ACCOUNT, Record, awslogs, eventbridge, record, role, secret_arn, sqs

GOOD = [eventbridge(record(eventID=f"e{n}")) for n in range(4)]
BAD_TIME = eventbridge(record(eventID="bad", eventTime="never"))
OTHER = eventbridge(record(eventSource="s3.amazonaws.com"))


def failed(*messages: str) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": [{"itemIdentifier": message} for message in messages]}


def answer(event: Record, *more: Problem) -> dict[str, list[dict[str, str]]] | None:
    return respond(event, [*read(event).problems, *more])


def ids(intake: Intake) -> list[str]:
    return [access.event_id for access in intake.accesses]


def test_an_event_is_its_accesses() -> None:
    intake = read(sqs(*GOOD, OTHER, BAD_TIME))
    assert ids(intake) == ["e0", "e1", "e2", "e3"]
    assert intake.ignored == 1
    assert intake.messages == {f"e{n}": {f"m{n}"} for n in range(4)}
    (problem,) = intake.problems
    assert problem == Problem("record bad: eventTime is not a time like 2026-01-31T12:00:00Z", frozenset({"m5"}))


@pytest.mark.parametrize(
    "made",
    [
        record(eventID="e"),
        record(eventID="e", name="PutResourcePolicy", requestParameters={"secretId": "x", "resourcePolicy": "{}"}),
        record(eventID="e", userIdentity=role(), sharedEventID="shared"),
    ],
    ids=["plain", "with parameters", "shared"],
)
def test_a_copy_counts_once_whatever_way_it_came(made: Record) -> None:
    again = {name: dict(reversed(part.items())) if isinstance(part, dict) else part for name, part in made.items()}
    intake = read(sqs(eventbridge(made), awslogs(again, made)))
    assert ids(intake) == ["e"]
    assert intake.paths == {"e": {RecordPath.EVENTS, RecordPath.LOGS}}
    assert intake.messages == {"e": {"m0", "m1"}}


@pytest.mark.parametrize(
    "changes",
    [
        {"userAgent": "another"},
        {"requestParameters": {"secretId": "another"}},
        {"eventTime": "2026-01-31T13:00:00Z"},
        {"userIdentity": role(session="another")},
        {"errorCode": "AccessDenied"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_content_under_the_same_id_is_an_access_of_its_own(changes: Record) -> None:
    one = record(eventID="e", userIdentity=role())
    other = {**one, **changes}
    assert [access.call.user_agent for access in read(awslogs(one, other, one, other)).accesses] == [
        one["userAgent"],
        other["userAgent"],
    ]


def of_both_accounts(name: str = "e") -> tuple[Record, Record]:
    """The records of a read across accounts: the caller's account's and the account's that has the secret."""
    call: Record = {"sharedEventID": f"shared-{name}", "requestParameters": {"secretId": secret_arn("prod/db")}}
    stranger = {**role(), "accountId": "999999999999"}
    caller = record(eventID=f"{name}-caller", userIdentity=stranger, recipientAccountId="999999999999", **call)
    unnamed = {"type": "AWSAccount", "accountId": "999999999999", "principalId": "AROAX:s"}
    return caller, record(eventID=f"{name}-owner", userIdentity=unnamed, **call)


@pytest.mark.parametrize("order", [1, -1], ids=["the caller's first", "the owner's first"])
def test_a_call_that_two_accounts_record_is_one_access_which_names_the_caller(order: int) -> None:
    intake = read(sqs(*map(eventbridge, of_both_accounts()[::order])))
    (access,) = intake.accesses
    assert (access.id, access.event_id) == ("shared-e", "e-caller")
    assert access.call.principal.name == "deploy"
    assert access.call.account == ACCOUNT
    assert intake.problem("e-caller", "failed").messages == {"m0", "m1"}


def test_calls_across_accounts_are_told_apart() -> None:
    both = [entry for name in ("one", "two", "three") for entry in of_both_accounts(name)]
    assert ids(read(awslogs(*both))) == ["one-caller", "two-caller", "three-caller"]


def test_a_record_that_came_in_two_messages_belongs_to_both() -> None:
    intake = read(sqs(GOOD[0], GOOD[1], GOOD[0]))
    assert ids(intake) == ["e0", "e1"]
    assert intake.problem("e0", "is held") == Problem("record e0: is held", frozenset({"m0", "m2"}))


def test_without_a_queue_a_problem_belongs_to_no_message() -> None:
    intake = read(awslogs(record(eventID="e0")))
    assert intake.messages == {}
    assert intake.problem("e0", "failed") == Problem("record e0: failed", frozenset())


@pytest.mark.parametrize("name", [None, 5, ""])
def test_a_record_without_an_id_is_called_so(name: object) -> None:
    (problem,) = read(awslogs(record(eventID=name))).problems
    assert problem.text == "record without eventID: eventID is missing"


def test_what_is_not_understood_is_logged_with_its_id(caplog: pytest.LogCaptureFixture) -> None:
    read(awslogs("not json", record(eventID="e9", eventTime=None)))
    assert [entry.getMessage() for entry in caplog.records] == ["unreadable", "malformed record"]
    assert vars(caplog.records[0])["reason"] == "log event 0 is not JSON"
    assert vars(caplog.records[1])["event_id"] == "e9"


@pytest.mark.parametrize("bad", ["not json", {"eventName": "x"}, [1]], ids=["text", "no source", "list"])
def test_very_many_bad_records_are_counted_and_the_first_named(bad: Any, caplog: pytest.LogCaptureFixture) -> None:
    good = record(eventID="good")
    intake = read(sqs(awslogs(*[bad if isinstance(bad, str) else json.dumps(bad)] * 3_000), awslogs(good, "broken")))
    assert ids(intake) == ["good"]
    assert sum(problem.count for problem in intake.problems) == 3_001
    assert len(intake.problems) < 200
    assert len(caplog.records) < 200
    assert respond(sqs(GOOD[0]), intake.problems) == failed("m0", "m1")


def test_an_error_counts_what_is_not_named() -> None:
    with pytest.raises(IntakeError, match=r"^3000 not handled: .* … and 2995 more$"):
        answer(awslogs(*["not json"] * 3_000))


# --- the answer -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bodies", "handed_back"),
    [
        (GOOD, ()),
        ([OTHER], ()),
        ([BAD_TIME], ("m0",)),
        ([GOOD[0], BAD_TIME, GOOD[1]], ("m1",)),
        (["not json", GOOD[0], BAD_TIME, OTHER, "{}"], ("m0", "m2", "m4")),
        ([awslogs(record(), record(eventTime="never")), GOOD[0]], ("m0",)),
        ([awslogs("broken", "broken too"), GOOD[0]], ("m0",)),
    ],
    ids=["all handled", "ignored", "one bad", "one bad among good", "several", "half of a message", "twice in one"],
)
def test_a_queue_gets_back_the_messages_that_hold_what_failed(bodies: list[Any], handed_back: tuple[str, ...]) -> None:
    assert answer(sqs(*bodies)) == failed(*handed_back)


def test_a_queue_gets_back_what_failed_later_too() -> None:
    event = sqs(*GOOD, BAD_TIME)
    assert answer(event, read(event).problem("e2", "the topic is down")) == failed("m2", "m4")


def test_a_record_in_two_messages_hands_both_back() -> None:
    event = sqs(GOOD[0], GOOD[1], GOOD[0])
    assert answer(event, read(event).problem("e0", "the topic is down")) == failed("m0", "m2")


def test_what_belongs_to_no_message_fails_the_whole_batch() -> None:
    """An empty answer would delete messages of which nobody knows whether they were handled."""
    event = sqs(GOOD[0], BAD_TIME)
    with pytest.raises(IntakeError, match=r"2 not handled: record bad: .*; record strange: lost"):
        answer(event, read(event).problem("strange", "lost"))


def test_an_sqs_message_without_an_id_fails_the_whole_batch() -> None:
    event = sqs("not json", GOOD[0])
    del event["Records"][0]["messageId"]
    with pytest.raises(IntakeError, match="1 not handled: the message body is not JSON"):
        answer(event)


@pytest.mark.parametrize("event", [awslogs(record()), eventbridge(record()), {"Records": [record()]}])
def test_what_came_from_no_queue_and_was_handled_has_no_answer(event: Record) -> None:
    assert answer(event) is None


@pytest.mark.parametrize(
    "event",
    [
        awslogs(record(), record(eventID="bad", eventTime="never")),
        BAD_TIME,
        {"Records": [record(), record(eventID="bad", eventTime="never")]},
    ],
    ids=["awslogs", "eventbridge", "log file"],
)
def test_what_came_from_no_queue_and_failed_is_raised(event: Record) -> None:
    with pytest.raises(IntakeError, match="1 not handled: record bad: eventTime"):
        answer(event)


@pytest.mark.parametrize("event", [None, 5, [], {}, {"Records": []}, {"Records": "x"}, {"Records": [None]}])
def test_what_is_no_event_is_raised(event: Any) -> None:
    with pytest.raises(IntakeError):
        respond(event, read(event).problems or [Problem("nothing", frozenset())])


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (5, "5 not handled: p0; p1; p2; p3; p4"),
        (6, "6 not handled: p0; p1; p2; p3; p4 … and 1 more"),
        (5_000, "5000 not handled: p0; p1; p2; p3; p4 … and 4995 more"),
    ],
)
def test_an_error_shows_the_first_and_counts_the_others(number: int, shown: str) -> None:
    with pytest.raises(IntakeError) as caught:
        respond(None, (Problem(f"p{n}", frozenset({"m"})) for n in range(number)))
    assert str(caught.value) == shown
