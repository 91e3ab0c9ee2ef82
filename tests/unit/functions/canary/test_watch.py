from __future__ import annotations

import pytest

from secretwatch.functions.canary.watch import REPEAT, Watch

HOUR = 3600
T = 1_800_000_000


def after(*runs: int | None, seen_at: int | None = None, start: Watch | None = None) -> Watch:
    """Return the watch as the run after these hourly ones finds it; None is a run whose read failed."""
    watch = start or Watch()
    for number, read in enumerate(runs):
        watch = watch.begin(T + number * HOUR, HOUR, seen_at).end(read)
    return watch.begin(T + len(runs) * HOUR, HOUR, seen_at)


def test_three_reads_in_a_row_that_nobody_saw_are_a_silence() -> None:
    reads = [T, T + HOUR, T + 2 * HOUR]
    assert not after(*reads[:2]).is_silent(HOUR)
    assert after(*reads).is_silent(HOUR)
    assert after(*reads).missed[0] == T


def test_runs_by_hand_within_minutes_make_no_silence() -> None:
    watch = Watch(ran_at=T)
    for minute in range(10):
        watch = watch.begin(T + 60 * minute, HOUR, None).end(T + 60 * minute)
        assert not watch.is_silent(HOUR)
    assert watch.begin(T + 3 * HOUR, HOUR, None).is_silent(HOUR)


def test_a_schedule_that_is_a_minute_early_makes_one() -> None:
    watch = Watch(missed=(T, T + HOUR, T + 2 * HOUR), ran_at=T + 2 * HOUR)
    assert watch.begin(T + 3 * HOUR - 60, HOUR, None).is_silent(HOUR)


def test_a_silence_says_its_first_read_however_long_it_lasts() -> None:
    assert after(*[T + n * HOUR for n in range(30)]).missed[0] == T


def test_a_read_that_was_seen_ends_what_came_before_it_and_no_more() -> None:
    watch = after(T, T + HOUR, T + 2 * HOUR, seen_at=T + HOUR)
    assert watch.missed == (T + 2 * HOUR,)


@pytest.mark.parametrize(("difference", "is_seen"), [(-9, True), (0, True), (9, True), (-60, False)])
def test_cloudtrails_whole_seconds_and_other_clock_do_not_matter(difference: int, is_seen: bool) -> None:
    assert (after(T, seen_at=T + difference).missed == ()) is is_seen


def test_a_read_that_failed_was_not_missed() -> None:
    assert not after(T, None, None, None, None).is_silent(HOUR)


def test_a_canary_that_did_not_run_accuses_no_path() -> None:
    found = Watch(missed=(T, T + HOUR), ran_at=T + HOUR).begin(T + 30 * HOUR, HOUR, None)
    assert found.missed == ()


def test_a_pause_does_not_end_a_reported_silence_nor_repeat_it_at_once() -> None:
    silent = Watch(missed=(T, T + HOUR, T + 2 * HOUR), ran_at=T + 3 * HOUR, reported="rule", reported_at=T)
    now = T + 3 * REPEAT
    found = silent.begin(now, HOUR, T - HOUR)
    assert found.is_silent(HOUR)
    assert not found.is_back
    assert not found.is_due("rule", now)


def test_a_silence_is_due_when_it_is_new_another_one_or_a_day_old() -> None:
    silent = Watch(missed=(T, T, T))
    assert silent.is_due("rule", T)
    reported = silent.report("rule", T)
    assert not reported.is_due("rule", T + REPEAT - 1)
    assert reported.is_due("rule", T + REPEAT)
    assert reported.is_due("queue", T + 1)
    assert not reported.is_due("", T + 1)
    assert not silent.report("", T).is_due("", T + 1)
    assert silent.report("", T).is_due("rule", T + 1)


def test_it_is_back_once_a_read_came_and_only_if_it_was_reported() -> None:
    silent = Watch(missed=(T,) * 3, ran_at=T)
    assert not silent.begin(T + HOUR, HOUR, T).is_back
    back = silent.report("rule", T).begin(T + HOUR, HOUR, T)
    assert back.is_back
    assert not back.recovered().is_back
    assert back.recovered().is_due("rule", T)


@pytest.mark.parametrize("watch", [Watch(), Watch((T, T + 1), T, "queue", T), Watch((), T)])
def test_a_note_gives_the_watch_back(watch: Watch) -> None:
    assert Watch.from_note(watch.to_note()) == watch


def test_no_note_is_a_new_watch() -> None:
    assert Watch.from_note(None) == Watch()


def test_a_sighting_that_lies_in_the_future_is_none() -> None:
    reads = [T, T + HOUR, T + 2 * HOUR]
    assert after(*reads, seen_at=T + 10**9).is_silent(HOUR)
