from __future__ import annotations

from argparse import ArgumentParser

import pytest

from dev.month.left_out import STEPS, without
from tools.backtest.settings import add_options, settings_of


@pytest.mark.parametrize("step", sorted(STEPS))
def test_each_step_can_be_left_out(step: str) -> None:
    parser = ArgumentParser()
    add_options(parser)
    settings = settings_of(parser.parse_args([]))
    changed = without(settings, step)
    assert changed != settings
    assert without(changed, step) == changed
