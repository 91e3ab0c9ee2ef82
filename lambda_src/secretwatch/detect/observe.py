"""What one access means to its actor: what it was, what may be new about it, and what it shows by itself."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.detect import marks
from secretwatch.detect.kinship import words_of
from secretwatch.detect.memory import EVENT_ID_KEPT, KEY_SEPARATOR, PERSONS_USE, USE, Kind, Moment, Way
from secretwatch.detect.tuning import Tuning
from secretwatch.record.access import Activity, Call, Outcome, SecretAccess
from secretwatch.record.actor import Actor
from secretwatch.record.agent import tool_of
from secretwatch.record.origin import Origin, Trust
from secretwatch.record.secret_id import SecretId
from secretwatch.runtime.text import one_line, short_hash

_KEY_DIGITS = 16
_NAME_LIMIT = 100
UNCONFIGURED = "unconfigured"
"""Instead of a trust, where no place is trusted at all: an unknown one says nothing then."""
_SECRETS_LOOKED_AT = 20
_MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call means, whoever's credentials made it, and when."""

    ways: tuple[Way, ...]
    """What the actor had to do with."""
    template: Moment
    """The moment of such an access, without what differs from one to the next."""
    is_trusted: bool
    """Whether it came from a trusted place, or was an AWS service's."""

    use_seconds: int
    """Seconds in which the uses of its actor's credentials at a place are one."""

    def use_of(self, access: SecretAccess, time: int) -> Way | None:
        """Return what stands for the use of a read's credentials at that time from its place; None for other calls."""
        if self.template.kind is not Kind.READ:
            return None
        key = _key_of(access)
        return (
            Way("key", KEY_SEPARATOR.join((key, str(time // self.use_seconds), self.template.place))) if key else None
        )

    def moment(self, access: SecretAccess, time: int) -> Moment:
        """Return the moment of one access; ``time`` is its own, in epoch seconds."""
        use = None if self.is_trusted else self.use_of(access, time)
        return self.template._replace(
            time=time,
            event_id=access.event_id[:EVENT_ID_KEPT],
            key=_key_of(access),
            ways=self.ways if use is None else (*self.ways, use),
        )


def observe(call: Call, origin: Origin, actor: Actor, tuning: Tuning) -> Observation:
    """Return what a call means to its actor."""
    kind, place = kind_of(call), place_of(origin)
    found = tuple(marks.of(call, origin, actor, tuning))
    keys = [secret_key(call, secret) for secret in call.secrets[:_SECRETS_LOOKED_AT]]
    expected = tuning.expects(actor.principal.key, call.secrets[0]) if kind is Kind.READ and call.secrets else None
    ways = tuple(_ways(call, kind, origin, place, keys))
    if expected is False:
        ways = (*ways, Way("unexpected", keys[0]))
    if kind is Kind.CHANGED:
        ways = (*ways, *(way_of_mark(signal, sentence) for signal, sentence in found))
    template = Moment(
        time=0,
        event_id="",
        kind=kind,
        secret=keys[0] if keys else "",
        name=one_line(call.secrets[0].name, _NAME_LIMIT) if call.secrets else "",
        place=place,
        network=one_line(origin.network, 60),
        trust=origin.trust if origin.configured else UNCONFIGURED,
        region=one_line(call.region or "", 30),
        tool=tool_of(call.user_agent),
        key="",
        ways=ways,
        marks=found,
        version=call.version_id is not None,
        expected=expected is True,
    )
    return Observation(ways, template, origin.trust in (Trust.TRUSTED, Trust.AWS_SERVICE), use_seconds(actor))


def use_seconds(actor: Actor) -> int:
    """Return how long (seconds) the uses of an actor's credentials at a place are one."""
    return PERSONS_USE if actor.is_person else USE


def way_of_mark(signal: str, sentence: str) -> Way:
    """Return the habit that a change is a part of: its kind of change; each grant is one of its own."""
    return Way("tampering", f"{signal} {short_hash(sentence)[:_KEY_DIGITS]}" if signal in marks.GRANTS else signal)


def place_of(origin: Origin) -> str:
    """Return what stands for a place in an actor's habits: beside a trusted network in its prefix is another."""
    place = one_line(origin.place, 80)
    return f"{place} (untrusted)" if origin.trust is Trust.UNTRUSTED else place


def _key_of(access: SecretAccess) -> str:
    return one_line(access.session.access_key_id or access.session.name or "", 80)


def kind_of(call: Call) -> Kind:
    """Return what a call counts as."""
    if call.activity is Activity.READ:
        if call.outcome is Outcome.DENIED:
            return Kind.DENIED
        if call.outcome is Outcome.FAILED:
            return Kind.MISSING if call.error_code == _MISSING else Kind.OTHER
        return Kind.READ if call.is_read else Kind.BATCH
    if call.activity is Activity.ENUMERATION:
        return Kind.LISTED if call.event_name == "ListSecrets" else Kind.DESCRIBED
    if call.activity is Activity.ROTATION:
        return Kind.ROTATION
    return Kind.CHANGED if call.outcome is Outcome.ALLOWED else Kind.OTHER


def secret_key(call: Call, secret: SecretId) -> str:
    """Return what stands for a secret in an actor's habits."""
    return secret_key_of(secret.region or call.region, secret.account or call.account, secret.name)


def secret_key_of(region: str | None, account: str | None, name: str) -> str:
    """Return what stands for a secret in habits: its account, region and name in 16 digits, and its name's words."""
    return " ".join((short_hash(region or "", account or "", name)[:_KEY_DIGITS], *words_of(name)))


def _ways(call: Call, kind: Kind, origin: Origin, place: str, keys: list[str]) -> list[Way]:
    region = one_line(call.region or "", 30)
    if kind is Kind.READ:
        return _ways_of_read(call, origin, place, keys)
    if kind is Kind.BATCH:
        return [Way("batch", "everything" if marks.catches_all(call) else "some")]
    if kind in (Kind.DENIED, Kind.MISSING):
        return [Way("denied", key) for key in keys or [f"{call.event_name} in {region}"]]
    if kind is Kind.LISTED:
        return [Way("looked", region)]
    if kind is Kind.DESCRIBED:
        return [*(Way("described", key) for key in keys), Way("looked", region)]
    if kind is Kind.CHANGED and marks.writes_value(call):
        return [Way("written", key) for key in keys]
    return []


def _ways_of_read(call: Call, origin: Origin, place: str, keys: list[str]) -> list[Way]:
    ways = [Way("secret", key) for key in keys]
    ways += [Way("region", one_line(call.region or "", 30)), Way("tool", tool_of(call.user_agent))]
    if origin.trust is not Trust.AWS_SERVICE:
        ways.append(Way("place", place))
    if call.from_console:
        ways += [Way("console", key) for key in keys]
    if marks.is_foreign(call):
        ways += [Way("foreign", key) for key in keys]
    if call.invoked_by:
        ways.append(Way("service", one_line(call.invoked_by, 80)))
    return ways
