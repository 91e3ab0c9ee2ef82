from __future__ import annotations

from secretwatch.functions.canary.hops import Diagnosis, Hop, HopState
from secretwatch.functions.canary.messages import Silence, back, silent
from secretwatch.record.envelopes import RecordPath

T = 1_800_000_000
STOPPED = Diagnosis(
    (
        Hop("trail watch", HopState.ALIVE, "is logging"),
        Hop("EventBridge rule watch-summarizer", HopState.STOPPED, "is disabled"),
        Hop("queue watch-accesses", HopState.UNKNOWN, "could not be looked at (AccessDenied)"),
    )
)
EVENTS = Silence(RecordPath.EVENTS, T - 10_800, T - 7_200, STOPPED)
LOGS = Silence(RecordPath.LOGS, None, T - 7_200, Diagnosis((Hop("trail watch", HopState.ALIVE, "is logging"),)))


def test_a_silent_path_is_named_with_since_when_and_where() -> None:
    message = silent("watch", [EVENTS], [RecordPath.LOGS])
    assert message.subject == "watch: the fast path (EventBridge) is silent"
    assert message.text.splitlines() == [
        "The fast path (EventBridge) of watch does not bring the canary's reads: reads of secrets may go unnoticed.",
        "",
        (
            "The fast path (EventBridge) last brought the read of 2027-01-15T05:00:00Z;"
            " it missed those from 2027-01-15T06:00:00Z on."
        ),
        "Last seen alive: trail watch (is logging).",
        "Stopped at: EventBridge rule watch-summarizer is disabled.",
        "  ok: trail watch is logging",
        "  STOPPED: EventBridge rule watch-summarizer is disabled",
        "  unknown: queue watch-accesses could not be looked at (AccessDenied)",
        "",
        "The complete path works: nothing is lost, but it takes minutes, not seconds.",
        "The next message comes when this changes, or in a day.",
    ]


def test_both_paths_are_one_message_and_nothing_is_said_to_work() -> None:
    message = silent("watch", [LOGS, EVENTS], [])
    assert message.subject == "watch: the complete path (CloudWatch Logs) and the fast path (EventBridge) are silent"
    assert "has never brought a read; the first one that it missed was made at 2027-01-15T06:00:00Z" in message.text
    assert "What cannot be seen from here" in message.text
    assert "No other path is known to work" in message.text


def test_without_the_complete_path_other_regions_are_said_to_go_unnoticed() -> None:
    assert "reads in other regions go unnoticed" in silent("watch", [LOGS], [RecordPath.EVENTS]).text


def test_nothing_alive_but_the_canary_is_said() -> None:
    diagnosis = Diagnosis((Hop("trail watch", HopState.STOPPED, "logging is stopped"),))
    assert (
        "Last seen alive: the canary itself." in silent("watch", [Silence(RecordPath.LOGS, T, T, diagnosis)], []).text
    )


def test_back_says_which_read_came() -> None:
    message = back("watch", [RecordPath.EVENTS], T)
    assert message.subject == "watch: the fast path (EventBridge) is back"
    assert message.text.endswith("brings the canary's reads again, the latest one made at 2027-01-15T08:00:00Z.")


def test_a_subject_is_what_sns_takes() -> None:
    subject = silent("w" * 90, [EVENTS], []).subject
    assert len(subject) <= 100
    assert subject.isascii()
