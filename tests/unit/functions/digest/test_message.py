from __future__ import annotations

from dataclasses import replace

from secretwatch.detect.catalogue import Severity
from secretwatch.functions.digest.fold import TOP, Newcomer, Notified
from secretwatch.functions.digest.message import FACT_LIMIT, digest_notice
from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.notice import Kind, Notice
from tests.days import day_of
from tests.gallery import GALLERY, HOSTILE
from tests.harness.reading import read
from tests.records import record, user

QUIET, BAD, EMPTY = (GALLERY[f"digest_of_{kind}_day"] for kind in ("a_quiet", "a_bad", "an_empty"))


def facts(notice: Notice) -> dict[str, str]:
    return {fact.label: fact.value for fact in notice.facts}


def test_a_quiet_day_says_that_it_was_one() -> None:
    assert QUIET.title == "Digest of 2026-01-31: nothing notable; 288 reads by 7 readers"
    said = facts(QUIET)
    assert said["Notified"] == "nothing notable"
    assert said["Denied reads"] == said["New readers"] == "none"
    assert "24 accesses by this system's own roles" in said["Not notified"]
    assert "Not counted" not in said
    assert "To be quieter" not in said
    assert QUIET.reasons == ()


def test_nobody_and_nothing_is_said_in_words() -> None:
    assert EMPTY.title == "Digest of 2026-01-31: nothing notable; no secret was read"
    assert facts(EMPTY)["Readers"] == "nobody"


def test_a_bad_day_begins_with_the_worst() -> None:
    assert BAD.title.startswith("Digest of 2026-01-31: 1 critical, 9 high, 1 low; ")
    severities = [reason.partition(":")[0] for reason in BAD.reasons]
    assert severities == sorted(severities, key=lambda name: -Severity(name).rank)
    assert BAD.reasons[0] == "critical: user alice called PutResourcePolicy on prod/db"
    said = facts(BAD)
    assert said["New secrets of known readers"] == "role svc-0 (svc-1/db)"
    assert "none came by the fast path" in said["The canary's reads"]
    assert said["Changes to secrets"] == "1: PutResourcePolicy by user alice"


def test_it_wakes_nobody() -> None:
    assert {(notice.kind, notice.severity) for notice in (QUIET, BAD, EMPTY)} == {(Kind.DIGEST, Severity.INFO)}


def test_every_channel_and_an_inbox_shows_the_stories_under_their_own_heading() -> None:
    texts = [read(name, dict(CHANNELS[name].render(BAD))) for name in ("slack", "teams")]
    for text in (*texts, BAD.to_text()):
        assert text.index("Stories of the day") < text.index("Readers: "), "what a day's reader looks for first"
        assert "Why this is notable" not in text
        assert "user alice called PutResourcePolicy on prod/db" in text


def test_what_callers_wrote_is_cut_and_one_line() -> None:
    names = [record(userIdentity=user(f"{HOSTILE}{n}" * 20), requestParameters={"secretId": f"{HOSTILE}{n}\n" * 50})
             for n in range(30)]  # fmt: skip
    notice = digest_notice(day_of(*names), "d" * 32)
    for fact in notice.facts:
        assert len(fact.value) <= FACT_LIMIT
        assert fact.value.isprintable()
    assert all(len(reason) <= 250 for reason in notice.reasons)


def test_of_many_newcomers_the_first_are_named() -> None:
    many = tuple(Newcomer(f"user u{n}", ("a", "b"), 9 - n) for n in range(8))
    text = facts(digest_notice(replace(day_of(record()), new_readers=many), "d" * 32))["New readers"]
    assert text.startswith("user u0 (9: a, b …), user u1 (8: a, b …)")
    assert text.endswith(f" and {8 - TOP} more")


def test_several_messages_of_a_story_are_said() -> None:
    told = (Notified(Severity.HIGH, "user a read x", 3),)
    assert digest_notice(replace(day_of(), stories=told), "d" * 32).reasons == ("high: user a read x (3 messages)",)
