"""Evaluates CloudWatch Logs filter patterns: what MiniStack stores and never counts.

Understood: the empty pattern, terms (all of, ``?`` any of, ``-`` none of, "phrases",
%regex%) and JSON patterns. Space-delimited patterns ([a, b]) are refused: nothing here
uses them. AWS: "Filter pattern syntax for metric filters, subscription filters, filter
log events, and Live Tail".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LIMIT = 1024
REGEX_LIMIT = 2
WILDCARD_SELECTOR_LIMIT = 3

Matcher = Callable[[str], bool]
Predicate = Callable[[Any], bool]


class PatternError(ValueError):
    """A pattern that CloudWatch Logs would refuse; the message says where and why."""


def compile_pattern(pattern: str) -> Matcher:
    """Return a function that says whether a log event's message matches; raises PatternError."""
    if len(pattern) > LIMIT:
        raise PatternError(f"a pattern has at most {LIMIT} characters, not {len(pattern)}")
    text = pattern.strip()
    if text.startswith("["):
        raise PatternError("space-delimited patterns are not understood here")
    if text.startswith("{"):
        predicate = _Parser(text).parse()
        return lambda message: _matches_json(predicate, message)
    return _terms(text)


def _matches_json(predicate: Predicate, message: str) -> bool:
    try:
        document = json.loads(message)
    except ValueError:
        return False
    return isinstance(document, (dict, list)) and predicate(document)


# --- terms -----------------------------------------------------------------------------

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))')


def _terms(text: str) -> Matcher:
    required: list[Matcher] = []
    optional: list[Matcher] = []
    for sign, quoted, regex, word in _TERM.findall(text):
        term = regex or quoted or word
        found: Matcher = _searches(regex) if regex else _contains(term)
        if sign == "?":
            optional.append(found)
        elif sign == "-":
            required.append(_lacks(found))
        else:
            required.append(found)
    # AWS: with other terms beside them, ? terms are optional and decide nothing.
    if required or not optional:
        return lambda message: all(found(message) for found in required)
    return lambda message: any(found(message) for found in optional)


def _contains(term: str) -> Matcher:
    return lambda message: term in message


def _lacks(found: Matcher) -> Matcher:
    return lambda message: not found(message)


def _searches(expression: str) -> Matcher:
    search = re.compile(expression).search
    return lambda message: search(message) is not None


# --- JSON ------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<mark>\(|\)|&&|\|\||\{|\})
    | (?P<selector>\$(?:\.\[?['"][^'"]*['"]\]?|\.[^\s=!<>()&|\[\]{}.]+|\.?\[(?:\d+|\*)\])*)
    | (?P<word>IS\s+NULL|IS\s+TRUE|IS\s+FALSE|NOT\s+EXISTS)(?![^\s)&|}])
    | (?P<operator>!=|<=|>=|=|<|>)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | %(?P<regex>[^%]+)%
    | (?P<plain>[^\s()&|{}"]+)
    )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\Z")
_STEP = re.compile(r"""\.\[?['"](?P<name>[^'"]*)['"]\]?|\.(?P<plain>[^.\[]+)|\.?\[(?P<index>\d+|\*)\]""")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent over ``{ a && (b || c) }``; && binds tighter than ||."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._regexes = 0
        self._wildcards = 0

    def parse(self) -> Predicate:
        self._expect("{")
        predicate = self._either()
        self._expect("}")
        if self._next < len(self._tokens):
            raise PatternError(f"nothing may follow the closing brace (at {self._tokens[self._next].position})")
        return predicate

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda document: any(part(document) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._single()]
        while self._take("&&"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else lambda document: all(part(document) for part in parts)

    def _single(self) -> Predicate:
        if self._take("("):
            predicate = self._either()
            self._expect(")")
            return predicate
        return self._comparison()

    def _comparison(self) -> Predicate:
        selector = self._pop("a selector that starts with $.", "selector")
        select = _selector(selector.text)
        if "*" in selector.text:
            self._wildcards += 1
            if self._wildcards > WILDCARD_SELECTOR_LIMIT:
                raise PatternError(f"a pattern has at most {WILDCARD_SELECTOR_LIMIT} wildcard selectors")
        token = self._pop("an operator, IS … or NOT EXISTS", "operator", "word")
        if token.kind == "word":
            return _WORDS[" ".join(token.text.split())](select)
        value = self._pop("a value", "quoted", "regex", "plain")
        if value.kind == "regex":
            self._regexes += 1
            if self._regexes > REGEX_LIMIT:
                raise PatternError(f"a pattern has at most {REGEX_LIMIT} regular expressions")
        return _compare(select, token.text, value)

    def _take(self, mark: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next].text == mark:
            self._next += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise PatternError(f"expected {mark}{self._where()}")

    def _pop(self, what: str, *kinds: str) -> _Token:
        if self._next >= len(self._tokens) or self._tokens[self._next].kind not in kinds:
            raise PatternError(f"expected {what}{self._where()}")
        self._next += 1
        return self._tokens[self._next - 1]

    def _where(self) -> str:
        if self._next >= len(self._tokens):
            return " at the end"
        token = self._tokens[self._next]
        return f" at {token.position}, not {token.text!r}"


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise PatternError(f"cannot read the pattern at {position}: {text[position : position + 20]!r}")
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], position)
        position = match.end()


def _selector(text: str) -> Callable[[Any], list[Any]]:
    """From a document to the values selected: one or none, several with a wildcard."""
    steps = [m["index"] if m["index"] is not None else m["name"] or m["plain"] for m in _STEP.finditer(text, 1)]
    indexed = [m["index"] is not None for m in _STEP.finditer(text, 1)]
    if not steps:
        raise PatternError(f"a selector names a property: $.name, not {text!r}")

    def select(document: Any) -> list[Any]:
        values = [document]
        for step, is_index in zip(steps, indexed, strict=True):
            values = [found for value in values for found in _step(value, step, is_index)]
        return values

    return select


def _step(value: Any, step: str, is_index: bool) -> list[Any]:
    if step == "*":
        if isinstance(value, list) and is_index:
            return value
        return list(value.values()) if isinstance(value, dict) and not is_index else []
    if is_index:
        return value[int(step) : int(step) + 1] if isinstance(value, list) else []
    return [value[step]] if isinstance(value, dict) and step in value else []


def _leaves(select: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """AWS: a selector that ends at an array or object never matches."""
    return lambda document: [value for value in select(document) if not isinstance(value, (dict, list))]


_WORDS: dict[str, Callable[[Callable[[Any], list[Any]]], Predicate]] = {
    "IS NULL": lambda select: lambda document: any(value is None for value in select(document)),
    "IS TRUE": lambda select: lambda document: any(value is True for value in select(document)),
    "IS FALSE": lambda select: lambda document: any(value is False for value in select(document)),
    "NOT EXISTS": lambda select: lambda document: not select(document),
}


def _compare(select: Callable[[Any], list[Any]], operator: str, value: _Token) -> Predicate:
    leaves = _leaves(select)
    if operator in ("<", "<=", ">", ">="):
        if value.kind != "plain" or not _NUMBER.match(value.text):
            raise PatternError(f"{operator} compares with a number, not {value.text!r}")
        return _ordered(leaves, operator, float(value.text))
    equal = _equal(value)
    if operator == "=":
        return lambda document: any(equal(found) for found in leaves(document))
    # != on a missing field does not match.
    return lambda document: any(not equal(found) for found in leaves(document))


def _ordered(leaves: Callable[[Any], list[Any]], operator: str, number: float) -> Predicate:
    tests: dict[str, Callable[[float], bool]] = {
        "<": lambda x: x < number,
        "<=": lambda x: x <= number,
        ">": lambda x: x > number,
        ">=": lambda x: x >= number,
    }
    test = tests[operator]
    return lambda document: any(_is_number(found) and test(found) for found in leaves(document))


def _equal(value: _Token) -> Predicate:
    if value.kind == "regex":
        search = re.compile(value.text).search
        return lambda found: isinstance(found, str) and search(found) is not None
    if value.kind == "plain" and _NUMBER.match(value.text):
        number = float(value.text)
        return lambda found: (_is_number(found) and found == number) or found == value.text
    text = re.sub(r"\\(.)", r"\1", value.text) if value.kind == "quoted" else value.text
    if "*" in text[1:-1]:
        raise PatternError(f"{text}: an asterisk within a term stands for itself; write it at the beginning or the end")
    expression = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
    return lambda found: found is not None and expression.fullmatch(_text(found)) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
