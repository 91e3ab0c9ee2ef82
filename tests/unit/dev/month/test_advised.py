from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from dev.month.advised import Round, applied, rounds
from dev.month.run import Month, Run
from dev.month.score import Score
from secretwatch.detect.advice import Proposal
from tools.backtest.settings import BacktestSettings, add_options, settings_of

LOUD = [
    "--history-days", "1",
    "--signal-overrides", '{"first_reader": {"severity": "medium"}, "new_tool": {"severity": "medium"}}',
]  # fmt: skip


def loud() -> BacktestSettings:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return settings_of(parser.parse_args(LOUD))


@pytest.fixture(scope="module")
def followed() -> list[Round]:
    def run(taking: Run) -> Month:
        return taking.month("small", 1)

    return list(rounds(loud(), run))


def test_following_the_advice_comes_to_an_end(followed: list[Round]) -> None:
    proposed = [each.proposal for each in followed]
    assert len(proposed) >= 2
    assert proposed[-1] is None
    assert len(set(proposed)) == len(proposed), "nothing is proposed twice"


def test_it_gets_quieter_and_no_attack_is_lost(followed: list[Round]) -> None:
    figures = [Score(each.month).figures() for each in followed]
    loudness = [each.high_per_day + each.medium_per_day for each in figures]
    assert loudness == sorted(loudness, reverse=True)
    assert loudness[-1] < loudness[0]
    heard = [(each.attacks_told, each.attacks_high, each.attacks_standing_out) for each in figures]
    assert heard == [heard[0]] * len(heard)
    assert heard[0][0] >= 11


def test_what_is_proposed_is_added_to_what_is_set() -> None:
    settings = loud()
    settings = replace(settings, tuning=replace(settings.tuning, automation=("arn:*:role/a",)))
    assert applied(settings, Proposal("automation", ("arn:*:role/b",), "")).tuning.automation == (
        "arn:*:role/a",
        "arn:*:role/b",
    )
    trusting = applied(settings, Proposal("trusted_vpc_endpoint_ids", ("vpce-1",), ""))
    assert trusting.trust.vpc_endpoints == {"vpce-1"}
