"""What people are notified of, in no channel's words: the ``Notice``.

A notice travels as JSON over the alerts topic. Its facts come from records, by code; the
prose is a model's addition and may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from secretwatch.detect.catalogue import Severity
from secretwatch.runtime.text import one_line

VERSION = 1
SECRETS_KEPT = 50
SECRET_LIMIT = 200
"""Longest name of a secret in a notice, in characters."""


class Kind(StrEnum):
    """What a notice is about."""

    ACCESS = "access"
    ROTATION = "rotation"
    ALARM = "alarm"
    MESSAGE = "message"
    DIGEST = "digest"
    """What a day was like; of severity info, so that it wakes nobody."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled fact: "Who": "user alice"."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where to look further: a label and an https:// URL made by our own code."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A model's sentence about the facts, and what it took."""

    text: str
    model: str
    prompt_version: str
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification."""

    id: str
    """The same for every copy of the same notice: channels claim it."""
    kind: Kind
    severity: Severity
    title: str
    facts: tuple[Fact, ...]
    time: str
    """When it happened (not when it was notified): ISO 8601, UTC."""
    reasons: tuple[str, ...] = ()
    """Why it is notable, one sentence each."""
    signals: tuple[str, ...] = ()
    """Ids of the signals behind the reasons."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets it is about, SECRETS_KEPT at most: channels are chosen by them."""
    more_secrets: int = 0
    """How many secrets are not in ``secrets``."""
    prose: Prose | None = None
    no_prose: str | None = None
    """Why there is no prose although there is a model."""
    links: tuple[Link, ...] = ()
    event_ids: tuple[str, ...] = ()
    """CloudTrail records behind it, the first few."""
    story: str | None = None
    """The same for all notices about the same thing: a story, an alarm, a rotation. None: it is one by itself."""
    is_over: bool = False
    """Whether it says that what ``story`` is about has ended."""

    @property
    def thread(self) -> str:
        """What the notice belongs to: its story, or itself."""
        return self.story or self.id

    def to_json(self) -> str:
        """Return the notice as the alerts topic carries it."""
        return json.dumps({"version": VERSION, **asdict(self)}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Notice | None:
        """Return the notice in ``text``, or None if ``text`` holds something else."""
        try:
            data = json.loads(text)
            if not isinstance(data, Mapping) or data.get("version") != VERSION:
                return None
            return cls(
                id=str(data["id"]),
                kind=Kind(data["kind"]),
                severity=Severity(data["severity"]),
                title=str(data["title"]),
                facts=tuple(Fact(str(fact["label"]), str(fact["value"])) for fact in data["facts"]),
                time=str(data["time"]),
                reasons=tuple(map(str, data["reasons"])),
                signals=tuple(map(str, data["signals"])),
                secrets=tuple(map(str, data["secrets"])),
                more_secrets=int(data["more_secrets"]),
                prose=None if data["prose"] is None else Prose(**data["prose"]),
                no_prose=None if data["no_prose"] is None else str(data["no_prose"]),
                links=tuple(Link(str(link["label"]), _https(str(link["url"]))) for link in data["links"]),
                event_ids=tuple(map(str, data["event_ids"])),
                # A notice that was kept before these were known has neither.
                story=None if data.get("story") is None else str(data["story"]),
                is_over=bool(data.get("is_over")),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def to_text(self) -> str:
        """Return the notice as plain text, for email and for whoever cannot show more."""
        lines = [f"[{self.severity.upper()}] {self.title}", ""]
        facts = [f"{fact.label}: {fact.value}" for fact in self.facts]
        reasons = [f"{self.heading}:", *(f"- {reason}" for reason in self.reasons)] if self.reasons else []
        parts = filter(None, (reasons, facts) if self.reasons_first else (facts, reasons))
        for number, part in enumerate(parts):
            lines += [""] * bool(number) + part
        if self.prose:
            lines += ["", f"{self.prose.text} (written by {self.prose.model})"]
        if self.links:
            lines += ["", *(f"{link.label}: {link.url}" for link in self.links)]
        return "\n".join(lines)

    @property
    def heading(self) -> str:
        """What stands over the reasons."""
        return "Stories of the day" if self.kind is Kind.DIGEST else "Why this is notable"

    @property
    def reasons_first(self) -> bool:
        """Whether the reasons stand before the facts: of a day, its stories are what people look for."""
        return self.kind is Kind.DIGEST

    def fact(self, label: str) -> str | None:
        """Return the value of the first fact of a label, or None."""
        return next((fact.value for fact in self.facts if fact.label == label), None)

    @property
    def footer(self) -> str:
        """Severity, time, who wrote the prose, and the id to look the notice up by."""
        written = f" · sentence written by {self.prose.model}" if self.prose else ""
        return one_line(f"{self.severity} · {self.time}{written} · notice {self.id[:12]}", 300)

    @property
    def subject(self) -> str:
        """An SNS subject: printable ASCII, at most 100 characters, no line break."""
        ascii_title = self.title.encode("ascii", "replace").decode()
        return one_line(f"[{self.severity}] {ascii_title}", 100).replace("…", ".")


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("a link must be https://")
    return url
