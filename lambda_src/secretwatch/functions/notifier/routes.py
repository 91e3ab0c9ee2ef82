"""Which channel gets which notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.channels.webhook import Channel
from secretwatch.notify.notice import Kind, Notice


@dataclass(frozen=True, slots=True)
class Route:
    """One configured channel, and what goes there."""

    name: str
    """The name that the user gave it; claims and logs use it."""
    channel: Channel
    parameter: str
    """SSM parameter with the webhook's URL, or with the key or token of a type that has one."""
    minimum: Severity
    secrets: tuple[str, ...]
    """Patterns of secret names; empty: every notice."""
    signing_key_parameter: str | None
    digest: bool = True
    """Whether the digest goes here; never where only some secrets do, since it is about all."""
    slack_channel: str | None = None
    """Id of the Slack channel that a bot posts to."""
    mention: str | None = None
    """Who is called in a message: "@here", "@channel", or the id of a user group."""
    mention_severity: Severity = Severity.CRITICAL
    """From which severity on they are called."""
    header_parameters: Mapping[str, str] = field(default_factory=dict)
    """Header of every request → SSM parameter with its value."""

    @property
    def action(self) -> str:
        """What a delivery to this channel is claimed as."""
        return f"CHANNEL#{self.name}"

    def hears(self, notice: Notice) -> bool:
        """Return whether a notice is severe enough for this channel, or closes what may be open there."""
        if notice.is_over and self.channel.resolve is not None:
            return True
        return notice.severity.rank >= self.minimum.rank

    def takes(self, notice: Notice) -> bool:
        """Return whether a notice goes here: severe enough, and about one of the secrets if some are named.

        A notice that names only the first of many secrets goes to all: none may miss it.
        """
        if notice.kind is Kind.DIGEST:
            return self.digest and not self.secrets
        if notice.is_over and self.channel.resolve is not None:
            return True  # it names no secret; of an alert that was not opened the receiver takes no notice
        if not self.hears(notice):
            return False
        if not self.secrets or notice.more_secrets:
            return True
        return any(fnmatchcase(name, pattern) for name in notice.secrets for pattern in self.secrets)
