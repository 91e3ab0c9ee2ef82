"""What any CloudTrail record says, of whatever service: who called what, on what, from where.

Total, as the parser of accesses is: what is missing from a record is missing here. AWS:
"CloudTrail record contents" (CloudTrail User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from secretwatch.record.access import SecretAccess, parse
from secretwatch.record.actor import Actor, People
from secretwatch.record.principal import Session, parse_principal, parse_session
from secretwatch.runtime.text import field

MOST_NAMES = 100
"""Most names taken from one record: DeleteAlarms takes as many."""
_NAMES = re.compile(r"(name|arn|url|rule|keyid|identifier)s?\Z", re.IGNORECASE)
"""Parameters by which calls name what they act on: bucketName, queueUrl, topicArn, rule, keyId, alarmNames, …"""


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded call; every text is the record's, and hostile."""

    id: str
    """Empty where the record has none."""
    time: str
    """UTC, such as 2026-01-31T12:00:00Z; empty where the record has none."""
    name: str
    """Such as PutBucketPolicy."""
    actor: Actor
    session: Session
    source_address: str | None
    error_code: str | None
    """None where the call succeeded."""
    region: str | None
    secrets: tuple[str, ...]
    """Names of the secrets; empty for a call to another service."""
    names: tuple[str, ...]
    """What else the call acted on, by name or ARN, in the order of the record."""

    @property
    def who(self) -> str:
        """How messages name the caller: a person where something vouches for the name, else a role and its session.

        Whoever assumes a role may call the session as it likes, "ceo@corp.example" too.
        """
        session, principal = self.session.name, self.actor.principal.label
        vouched = self.session.source_identity or self.session.on_behalf_of or self.actor.is_of_identity_center
        if vouched or not session:
            return self.actor.label
        return principal if principal.endswith(f" {session}") else f"{principal} (session {session})"


def parse_event(record: Mapping[str, object]) -> Event:
    """Return what a record says. Never raises."""
    identity, access = record.get("userIdentity"), parse(record)
    session = parse_session(identity)
    from_console = record.get("sessionCredentialFromConsole") in ("true", True)
    secrets = access.call.secret_names if isinstance(access, SecretAccess) else ()
    return Event(
        id=field(record.get("eventID")) or "",
        time=field(record.get("eventTime")) or "",
        name=field(record.get("eventName")) or "an unnamed call",
        actor=People().actor_of(parse_principal(identity), session, from_console),
        session=session,
        source_address=field(record.get("sourceIPAddress")),
        error_code=field(record.get("errorCode")),
        region=field(record.get("awsRegion")),
        secrets=secrets,
        names=() if isinstance(access, SecretAccess) else tuple(islice(_distinct(_named(record)), MOST_NAMES)),
    )


def _named(record: Mapping[str, object]) -> Iterator[str]:
    """Yield the names in a record: what was asked for, then what AWS wrote."""
    resources = record.get("resources")
    asked, answered = record.get("requestParameters"), record.get("responseElements")
    muted = asked.get("muteTargets") if isinstance(asked, Mapping) else None
    for holder in (asked, muted, *(resources if isinstance(resources, list) else ()), answered):
        for key, value in holder.items() if isinstance(holder, Mapping) else ():
            if isinstance(key, str) and _NAMES.search(key):
                yield from filter(None, map(field, value if isinstance(value, list) else [value]))


def _distinct(names: Iterator[str]) -> Iterator[str]:
    """Yield each name once: an ARN that ends in a name known already says nothing new."""
    known: list[str] = []
    for name in names:
        if not any(name == other or name.endswith((f":{other}", f"/{other}")) for other in known):
            known.append(name)
            yield name
