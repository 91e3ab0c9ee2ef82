from __future__ import annotations

import pytest

from secretwatch.functions.ranges.settings import RangesSettings
from secretwatch.runtime.settings import Document, Environment, SettingsError


def test_the_bucket_is_read() -> None:
    assert RangesSettings.read(Environment({"SUMMARIES_BUCKET": "summaries"}), Document({})).bucket == "summaries"


def test_without_a_bucket_or_with_a_setting_that_nobody_knows_it_does_not_start() -> None:
    with pytest.raises(SettingsError, match="SUMMARIES_BUCKET is missing"):
        RangesSettings.read(Environment({}), Document({}))
    with pytest.raises(SettingsError, match="there is no setting 'urls'"):
        RangesSettings.read(Environment({"SUMMARIES_BUCKET": "summaries"}), Document({"urls": []}))
