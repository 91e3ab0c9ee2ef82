"""The accesses behind a story, as the audit table keeps them: what a message says of them is read off here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from secretwatch.detect.memory import EVENT_ID_KEPT, Kind, Moment
from secretwatch.detect.observe import kind_of
from secretwatch.record.origin import Judged
from secretwatch.runtime.text import timestamp

_SECRETS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Recorded:
    """One access as it is kept; texts are the record's, and hostile."""

    event_id: str
    time: str
    """UTC, such as 2026-01-31T12:00:00Z."""
    event_name: str
    kind: Kind
    error_code: str | None
    secrets: tuple[str, ...]
    account: str | None
    region: str | None
    source_address: str | None
    network: str
    trust: str
    trust_reason: str
    user_agent: str | None
    session: str | None
    access_key_id: str | None
    source_identity: str | None

    @classmethod
    def of(cls, judged: Judged) -> Recorded:
        """Return what is kept of an access."""
        access, origin = judged
        call, session = access.call, access.session
        return cls(
            event_id=access.event_id,
            time=timestamp(access.time),
            event_name=call.event_name,
            kind=kind_of(call),
            error_code=call.error_code,
            secrets=call.secret_names[:_SECRETS_KEPT],
            account=call.account,
            region=call.region,
            source_address=call.source_address,
            network=origin.network,
            trust=origin.trust,
            trust_reason=origin.reason,
            user_agent=call.user_agent,
            session=session.name,
            access_key_id=session.access_key_id,
            source_identity=session.source_identity,
        )


@dataclass(frozen=True)
class Evidence:
    """The accesses of a story, oldest first; at least the one that it is about."""

    lead: Recorded
    """The access that the story is about."""
    accesses: tuple[Recorded, ...]
    complete: bool = True
    """Whether these are all: of a very long story only the first are looked at."""

    @cached_property
    def alike(self) -> tuple[Recorded, ...]:
        """The accesses of the lead's kind, credentials and agent: what the title counts, and accuses."""
        return tuple(access for access in self.accesses if _likeness(access) == _likeness(self.lead)) or (self.lead,)

    @property
    def besides(self) -> int:
        """How many reads the actor made in the time of the story by other credentials or another agent."""
        return sum(access.kind is self.lead.kind for access in self.accesses) - len(self.alike)

    @cached_property
    def secrets(self) -> Counter[str]:
        """Name → how many accesses of the lead's kind, in the order of time."""
        return Counter(name for access in self.alike for name in access.secrets)

    @cached_property
    def calls(self) -> Counter[str]:
        """Event name, with its outcome where it was not allowed → how many."""
        return Counter(access.event_name + _OUTCOMES.get(access.kind, "") for access in self.accesses)

    def distinct(self, field: str) -> tuple[str, ...]:
        """Return the distinct values of a field, the lead's first, then the most frequent."""
        values = Counter(value for access in self.accesses if (value := getattr(access, field)))
        first = getattr(self.lead, field)
        return tuple(dict.fromkeys(([first] if first else []) + [value for value, _ in values.most_common()]))


_OUTCOMES = {Kind.DENIED: " (denied)", Kind.MISSING: " (no such secret)", Kind.OTHER: " (failed)"}


def _likeness(access: Recorded) -> tuple[str | None, ...]:
    credentials = access.access_key_id or access.session
    return access.kind, credentials, access.user_agent


def gather(lead: Moment, accesses: Iterable[Recorded], complete: bool = True) -> Evidence:
    """Return the evidence about a notable access: of accesses that are the same, one."""
    ordered = tuple(sorted(dict.fromkeys(accesses), key=lambda access: (access.time, access.event_id)))
    found = next((access for access in ordered if is_of(access.event_id, lead)), None)
    recorded = found or _recorded_of(lead)
    return Evidence(recorded, ordered or (recorded,), complete)


def is_of(event_id: str, moment: Moment) -> bool:
    """Whether a moment is of the access of an event id."""
    return event_id[:EVENT_ID_KEPT] == moment.event_id


def _recorded_of(moment: Moment) -> Recorded:
    """Return what is remembered of an access whose own item is gone."""
    return Recorded(
        event_id=moment.event_id,
        time=timestamp(datetime.fromtimestamp(moment.time, UTC)),
        event_name="",
        kind=moment.kind,
        error_code=None,
        secrets=(moment.name,) if moment.name else (),
        account=None,
        region=moment.region or None,
        source_address=moment.network,
        network=moment.network,
        trust=moment.trust,
        trust_reason="as it is remembered",
        user_agent=moment.tool,
        session=None,
        access_key_id=moment.key or None,
        source_identity=None,
    )
