"""A function's settings as typed values, and one clear error where one is wrong.

What is around a function (names and ARNs of table, topic, bucket) comes by environment
variable; what the user set comes by ``settings.json``, which is packaged beside the code,
because Lambda's environment holds 4 KB in all (AWS: "Lambda quotas").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

FILE = "settings.json"
_ROOT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and says what to write."""


class Environment:
    """A function's environment variables; every error names the variable."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """Return a required, non-empty value."""
        value = self.optional(name)
        if value is None:
            raise SettingsError(f"environment variable {name} is missing or empty")
        return value

    def optional(self, name: str) -> str | None:
        """Return a value, or None where it is missing or empty."""
        return self._variables.get(name, "").strip() or None


class Document:
    """A JSON object of settings; every error names the setting. ``where`` says what it is part of."""

    def __init__(self, values: object, where: str = FILE) -> None:
        if not isinstance(values, Mapping):
            raise SettingsError(f"{where}: must be a JSON object, not {_shown(values)}")
        self._values = dict(values)
        self._where = where
        self._known: set[str] = set()

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(name, f"must be a whole number from {low} to {high}, not {_shown(value)}")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self.error(name, f"must be true or false, not {_shown(value)}")
        return value

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        value = self._get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, f"must be a text, not {_shown(value)}")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None where it is missing, null or empty."""
        return self.text(name) if self._get(name) not in (None, "") else None

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of some texts."""
        value = self._get(name)
        if not isinstance(value, str) or value not in choices:
            raise self.error(name, f"must be one of {', '.join(choices)}, not {_shown(value)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            raise self.error(name, f"must be a list of texts, not {_shown(value)}")
        return tuple(value)

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return an object of lists of texts; it may be empty."""
        value = self._get(name)
        if not isinstance(value, Mapping):
            raise self.error(name, f"must be an object of lists of texts, not {_shown(value)}")
        part = Document(value, f"{self._where}: {name}")
        return {key: part.texts(key) for key in value}

    def part(self, name: str) -> Document:
        """Return an object within the document; it may be empty."""
        return Document(self._get(name), f"{self._where}: {name}")

    def __iter__(self) -> Iterator[str]:
        """Yield the names that the document has."""
        return iter(self._values)

    def named_texts(self, name: str) -> dict[str, str]:
        """Return an object of texts, empty where it is missing or null."""
        if self._get(name) is None:
            return {}
        part = self.part(name)
        return {key: part.text(key) for key in part}

    def value(self, name: str) -> object:
        """Return whatever stands there; None where it is missing."""
        return self._get(name)

    def parts(self, name: str, most: int) -> dict[str, Document]:
        """Return an object of objects, with one to ``most`` entries."""
        value = self._get(name)
        if not isinstance(value, Mapping) or not value:
            raise self.error(name, f"must be an object with at least one entry, not {_shown(value)}")
        if len(value) > most:
            raise self.error(name, f"has {len(value)} entries, {most} at most")
        if not all(key.strip() for key in value):
            raise self.error(name, "has an entry without a name")
        return {key: Document(part, f"{self._where}: {name}[{key!r}]") for key, part in value.items()}

    def error(self, name: str, what: str) -> SettingsError:
        """Return the error about a setting."""
        return SettingsError(f"{self._where}: {name} {what}")

    def finish(self) -> None:
        """Raise SettingsError if something stands in the document that nobody asked for."""
        unknown = sorted(set(self._values) - self._known)
        if unknown:
            raise SettingsError(
                f"{self._where}: there is no setting {unknown[0]!r}; known are {', '.join(sorted(self._known))}"
            )

    def _get(self, name: str) -> object:
        self._known.add(name)
        return self._values.get(name)


def packaged_settings(root: Path | None = None) -> Document:
    """Return the settings that are packaged beside the code; raises SettingsError."""
    try:
        text = ((root or _ROOT) / FILE).read_text(encoding="utf-8")
        return Document(json.loads(text, object_pairs_hook=_once))
    except FileNotFoundError:
        raise SettingsError(f"{FILE} is missing from the function's package") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{FILE} is not JSON: {error}") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object, in which no name stands twice: of two values one would be dropped without a word."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise SettingsError(f"{FILE}: {next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return values


def _shown(value: object) -> str:
    text = "missing" if value is None else json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:79] + "…"
