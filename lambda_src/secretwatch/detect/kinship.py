"""What the name of a secret says about whom it belongs to: ``prod/payments/db`` and the role ``payments-task``.

A name is a hint, no proof. It tells an actor's next secret of the same system from one of
somebody else's, where nobody has declared who reads what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from secretwatch.runtime.data import read_data

_WORDS_KEPT = 2
_WORD_LIMIT = 16
_LIKE = 4
"""Letters that two words have to begin with to be alike: ``payment`` and ``payments``."""
_PART = re.compile(r"[^\W_]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SAYS_NOTHING = frozenset(read_data("detect/common_words.json"))
"""Words that are in the names of secrets and roles everywhere."""


@lru_cache(maxsize=16_384)
def words_of(name: str) -> tuple[str, ...]:
    """Return the first words of a name that say something, in lower case: of a path rather its folders' than its last.

    >>> words_of("prod/payments/db-password"), words_of("PaymentsTaskRole"), words_of("rds!cluster-1f2e")
    (('payments',), ('payments',), ())
    """
    folders, _, last = name.rpartition("/")
    return (_telling(folders) or _telling(last))[:_WORDS_KEPT]


def _telling(text: str) -> tuple[str, ...]:
    # A part with digits inside is an identifier's: "1f2eabcd", not "payments2".
    parts = (part.rstrip("0123456789") for part in _PART.findall(text))
    words = (
        word.lower()[:_WORD_LIMIT]
        for part in parts
        if part.isascii() and part.isalpha()
        for word in _WORD.findall(part)
    )
    return tuple(dict.fromkeys(word for word in words if word not in _SAYS_NOTHING and len(word) > 2))


def is_akin(words: Iterable[str], others: Iterable[str]) -> bool:
    """Whether one of some words is like one of others."""
    others = tuple(others)
    return any(_are_alike(word, other) for word in words for other in others)


def _are_alike(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return short == long or (len(short) >= _LIKE and long.startswith(short))
