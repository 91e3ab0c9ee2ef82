"""What names say about whom a secret belongs to."""

from __future__ import annotations

import pytest

from secretwatch.detect.kinship import is_akin, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prod/payments/db-password", ("payments",)),
        ("payments/prod/db", ("payments",)),
        ("payments-db-password", ("payments",)),
        ("PaymentsTaskRole", ("payments",)),
        ("payments_api_key2", ("payments",)),
        ("acme/orders/stripe/key", ("acme", "orders")),
        ("prod/db", ()),
        ("rds!cluster-1f2eabcd-0c1d-4e5f", ()),
        ("", ()),
        ("/", ()),
        ("ÜBER/geheim", ("geheim",)),
    ],
)
def test_words_that_say_something(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_a_hostile_name_has_few_short_words() -> None:
    words = words_of("x" * 5_000 + "/" + "-".join(f"word{n}a" for n in range(5_000)) + "/db")
    assert len(words) <= 2
    assert all(len(word) <= 16 for word in words)


@pytest.mark.parametrize(
    ("one", "other", "akin"),
    [("payments", "payments", True), ("payment", "payments", True), ("pay", "payments", False),
     ("orders", "payments", False), ("crm", "crm", True)],
)  # fmt: skip
def test_alike(one: str, other: str, akin: bool) -> None:
    assert is_akin([one], ["other", other]) is akin
    assert is_akin([other], [one]) is akin


def test_no_words_are_akin_to_nothing() -> None:
    assert not is_akin([], ["payments"])
    assert not is_akin(["payments"], [])
