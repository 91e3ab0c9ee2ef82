from __future__ import annotations

import pytest

from secretwatch.runtime.masking import masked

PATH = "/services/T0SYNTHETIC/B0SYNTHETIC"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"POST {PATH} is unknown", "POST *** is unknown"),
        (f"POST {PATH.lower()} is unknown", "POST *** is unknown"),
        ("no team T0SYNTHETIC here", "no team *** here"),
        ("POST %2Fservices%2FT0SYNTHETIC%2FB0SYNTHETIC", "POST ***"),
        ("invalid_payload", "invalid_payload"),
        ("", ""),
    ],
)
def test_a_text_is_shown_without_the_secrets(said: str, shown: str) -> None:
    assert masked(said, [PATH, ""]) == shown


def test_where_nothing_is_secret_all_is_shown() -> None:
    assert masked("any text", ["", "/", "a"]) == "any text"


def test_a_value_that_cannot_be_written_in_a_url_hides_the_others_all_the_same() -> None:
    assert masked("key-0-synthetic", ["\ud800 lone", "key-0-synthetic"]) == "***"
