"""Random passwords that can stand in a URL, a .pgpass file, an ODBC connection string and a .env file as they are."""

from __future__ import annotations

import secrets
import string

from secretwatch.functions.rotator.policy import Generation

_CLASSES = {
    "lowercase": string.ascii_lowercase,
    "uppercase": string.ascii_uppercase,
    "digits": string.digits,
    # What URLs leave as it is (RFC 3986, "Unreserved Characters"), without the tilde, which a shell expands.
    "symbols": "-_.",
}

LEAST_BITS = 40
"""What a password has to have at least: its length times the binary logarithm of the number of characters."""


def alphabets(generation: Generation) -> list[str]:
    """Return the characters of each class that are not excluded."""
    return [
        "".join(c for c in _CLASSES[name] if c not in generation.exclude_characters)
        for name in generation.character_classes
    ]


def is_guessable(generation: Generation) -> bool:
    """Return whether a password has less than LEAST_BITS bits, so that a new one may be the old one."""
    characters = len(set("".join(alphabets(generation))))
    return bool(characters**generation.password_length < 2**LEAST_BITS)


def new_password(generation: Generation) -> str:
    """Return a random password with at least one character of each class; raises ValueError if none is left.

    It begins with a letter or a digit where there is one: a hyphen would make an option of it.
    """
    classes = alphabets(generation)
    if not all(classes) or generation.password_length < len(classes):
        raise ValueError("exclude_characters leaves nothing of a character class: correct this target")
    chosen = [secrets.choice(characters) for characters in classes]
    chosen += [secrets.choice("".join(classes)) for _ in range(generation.password_length - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    first = next((place for place, character in enumerate(chosen) if character.isalnum()), 0)
    chosen[0], chosen[first] = chosen[first], chosen[0]
    return "".join(chosen)
