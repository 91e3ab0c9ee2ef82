from __future__ import annotations

from dataclasses import replace

from secretwatch.detect.evidence import Recorded, gather
from secretwatch.detect.memory import Kind
from tests.unit.detect.course import DENIED, Course, at


def course() -> tuple[Recorded, ...]:
    found = Course().deliver(
        at(0, eventID="e0", secret="a", sourceIPAddress="198.51.100.8"),
        at(1, eventID="e1", secret="b"),
        at(2, eventID="e2", secret="b"),
        at(3, eventID="e3", secret="c", **DENIED),
    )
    return tuple(map(Recorded.of, found[0].accesses))


def test_copies_count_once_and_the_order_is_that_of_time() -> None:
    (found,) = Course().deliver(at(1, eventID="e1", secret="b"))
    (news,) = found.decision.news
    evidence = gather(news.story.lead, (*reversed(course()), *course()))
    assert [each.event_id for each in evidence.accesses] == ["e0", "e1", "e2", "e3"]
    assert evidence.lead.event_id == "e1"
    assert evidence.secrets == {"a": 1, "b": 2}, "those of the lead's kind"
    assert evidence.calls == {"GetSecretValue": 3, "GetSecretValue (denied)": 1}
    assert evidence.distinct("source_address") == ("198.51.100.7", "198.51.100.8"), "the lead's first"


def test_without_its_item_the_lead_is_said_as_it_is_remembered() -> None:
    (found,) = Course().deliver(at(0, eventID="gone"))
    (news,) = found.decision.news
    evidence = gather(news.story.lead, ())
    assert (evidence.lead.event_id, evidence.lead.kind, evidence.lead.secrets) == ("gone", Kind.READ, ("prod/db",))
    assert evidence.accesses == (evidence.lead,)
    assert replace(evidence.lead, event_id="x") != evidence.lead
