"""What is notable about a story: one small pure function for each signal of the catalogue.

It looks at a story and at what is remembered of its principal and says in a sentence why
the story is notable, or nothing. ``catalogue.json`` says the rest; ``tuning.py`` tunes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from secretwatch.detect.catalogue import SIGNALS, Severity
from secretwatch.detect.memory import EVENT_ID_KEPT, Memory
from secretwatch.detect.story import Story, secret_key
from secretwatch.detect.tuning import SignalTuning, Tuning
from secretwatch.record.access import Outcome
from secretwatch.record.origin import Trust
from secretwatch.runtime.text import count, field, one_line

_ACCOUNT = re.compile(r"[0-9]{12}")
_NAMES_SHOWN = 3
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason why a story is notable."""

    id: str
    severity: Severity
    technique: str
    sentence: str


@dataclass(frozen=True, slots=True)
class View:
    """What a signal's function looks at."""

    story: Story
    memory: Memory
    """Before the story."""
    tuning: Tuning
    tuned: SignalTuning
    """Of the signal that looks."""

    @property
    def time(self) -> int:
        """Time of the story's last access, epoch seconds."""
        return int(self.story.span[1].timestamp())

    def is_new(self, known: Mapping[str, int], name: str) -> bool:
        """Whether something was not seen within the history before the story."""
        return self.time - known.get(name, 0) > self.tuning.history_days * _DAY

    @property
    def principal_is_known(self) -> bool:
        """Whether this principal has read anything before: else everything about it is new, said once."""
        return any(not self.is_new(self.memory.secrets, name) for name in self.memory.secrets)


Sentence = str | None
"""Why a story is notable, or None."""
_FUNCTIONS: dict[str, Callable[[View], Sentence]] = {}


def _signal(function: Callable[[View], Sentence]) -> Callable[[View], Sentence]:
    """Register the function of the signal that has its name in the catalogue."""
    _FUNCTIONS[function.__name__] = function
    return function


def find(story: Story, memory: Memory, tuning: Tuning) -> tuple[Signal, ...]:
    """Return the signals of a story, the most severe first."""
    activity = story.first.activity
    found = []
    for name, tuned in tuning.signals.items():
        if tuned.enabled and activity in SIGNALS[name].activities:
            sentence = _FUNCTIONS[name](View(story, memory, tuning, tuned))
            if sentence is not None:
                found.append(Signal(name, tuned.severity, tuned.technique, sentence))
    return tuple(sorted(found, key=lambda signal: -signal.severity.rank))


def _returned(view: View) -> bool:
    return view.story.first.outcome is Outcome.ALLOWED


def _attempt(view: View) -> str:
    return "" if _returned(view) else " (denied)"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, 80) for name in names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown


# --- reads -----------------------------------------------------------------------------


@_signal
def decoy_touched(view: View) -> Sentence:
    """A decoy secret that nobody should ever touch."""
    tuning, named = view.tuning, ((call, secret) for call in view.story.calls for secret in call.secrets)
    decoys = {s.name: None for call, s in named if tuning.is_decoy(s.name) or tuning.is_canarys(call, s)}
    return f"The decoy {_names(list(decoys))} was touched{_attempt(view)}." if decoys else None


@_signal
def root(view: View) -> Sentence:
    """The account root user."""
    return (
        f"The call was made by the account root user{_attempt(view)}." if view.story.principal.type == "Root" else None
    )


@_signal
def cross_account(view: View) -> Sentence:
    """A principal of another account."""
    theirs, ours = view.story.principal.account, view.story.first.account
    if not _returned(view) or not theirs or not ours or theirs == ours:
        return None
    return f"The principal belongs to account {one_line(theirs, 20)}, the secret to {one_line(ours, 20)}."


@_signal
def untrusted_network(view: View) -> Sentence:
    """A value returned to a network outside every trusted one."""
    origin = view.story.origin
    if not _returned(view) or origin.trust is not Trust.UNTRUSTED:
        return None
    return f"The read came from {one_line(origin.network, 60)}, {origin.reason}."


@_signal
def unknown_network(view: View) -> Sentence:
    """A value returned to an address that cannot be judged."""
    origin = view.story.origin
    if not _returned(view) or origin.trust is not Trust.UNKNOWN or not origin.configured:
        return None
    return f"The source {one_line(origin.network, 60)} cannot be judged: {origin.reason}."


@_signal
def many_secrets(view: View) -> Sentence:
    """Many distinct secrets within minutes."""
    if not _returned(view):
        return None
    seconds = view.tuned.window_minutes * 60
    near = {name for name, seen in view.memory.secrets.items() if abs(view.time - seen) <= seconds}
    if view.time - view.story.span[0].timestamp() <= seconds:
        near.update(view.story.secret_keys)
    else:
        recent = {access.call for access in view.story.entries_since(view.time - seconds)}
        near.update(secret_key(call, secret) for call in recent for secret in call.secrets)
    if len(near) < view.tuned.threshold:
        return None
    return f"{len(near)} different secrets were read within {count(view.tuned.window_minutes, 'minute')}."


@_signal
def first_reader(view: View) -> Sentence:
    """A principal reads a secret for the first time within the history."""
    if not _returned(view):
        return None
    calls = view.story.calls
    new = {s.name: None for c in calls for s in c.secrets if view.is_new(view.memory.secrets, secret_key(c, s))}
    if not new:
        return None
    return f"First read of {_names(list(new))} by this principal in {count(view.tuning.history_days, 'day')}."


@_signal
def first_network(view: View) -> Sentence:
    """A known principal reads from a network that it did not use within the history."""
    origin = view.story.origin
    if not _returned(view) or origin.trust is Trust.AWS_SERVICE or not view.principal_is_known:
        return None
    if not view.is_new(view.memory.networks, origin.network):
        return None
    return f"This principal has not read from {one_line(origin.network, 60)} before."


@_signal
def new_region(view: View) -> Sentence:
    """A known principal reads in a region where it did not read within the history."""
    if not _returned(view) or not view.principal_is_known:
        return None
    new = [region for region in view.story.regions if view.is_new(view.memory.regions, region)]
    return f"This principal has not read in {_names(new)} before." if new else None


@_signal
def console_read(view: View) -> Sentence:
    """A person viewed a value in the console."""
    if not _returned(view) or not any(call.from_console for call in view.story.calls):
        return None
    return "A person viewed the value in the AWS console."


@_signal
def cloudshell(view: View) -> Sentence:
    """Read from AWS CloudShell."""
    agents = (call.user_agent or "" for call in view.story.calls)
    return "It was read from AWS CloudShell." if any("exec-env/CloudShell" in agent for agent in agents) else None


@_signal
def batch(view: View) -> Sentence:
    """A BatchGetSecretValue call."""
    calls = view.story.event_names.get("BatchGetSecretValue", 0)
    return f"{count(calls, 'BatchGetSecretValue call')}{_attempt(view)}." if calls else None


@_signal
def batch_catch_all(view: View) -> Sentence:
    """A BatchGetSecretValue call whose filters leave nothing out."""
    for call in view.story.calls:
        if call.event_name == "BatchGetSecretValue" and _catches_all(call.parameters):
            return f"The filters of the BatchGetSecretValue call match every secret{_attempt(view)}."
    return None


def _catches_all(parameters: Mapping[str, object]) -> bool:
    """No list and no filter, or filters whose every value only excludes ("!…")."""
    if isinstance(parameters.get("secretIdList"), list):
        return False
    filters = parameters.get("filters")
    if not isinstance(filters, list):
        return True
    values = [v for f in filters if isinstance(f, Mapping) for v in _list(f.get("values"))]
    return all(isinstance(value, str) and value.startswith("!") for value in values)


@_signal
def denied_burst(view: View) -> Sentence:
    """Several denied reads within minutes."""
    if _returned(view):
        return None
    seconds = view.tuned.window_minutes * 60
    recent = view.story.entries_since(view.time - seconds)
    denied = {access.event_id[:EVENT_ID_KEPT] for access in recent if access.call.outcome is Outcome.DENIED}
    denied |= {event for event, seen in view.memory.denials.items() if abs(view.time - seen) <= seconds}
    if len(denied) < view.tuned.threshold:
        return None
    return f"{len(denied)} reads were denied within {count(view.tuned.window_minutes, 'minute')}."


@_signal
def enumerate_then_read(view: View) -> Sentence:
    """Secrets listed, then read, within minutes."""
    since = view.story.span[0].timestamp() - view.memory.listed
    if not _returned(view) or not -60 <= since <= view.tuned.window_minutes * 60:
        return None
    return "The same principal had listed the secrets just before."


# --- tampering -------------------------------------------------------------------------


def _calls(view: View, name: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield (secret, parameters) of the story's calls of one name."""
    for call in view.story.calls:
        if call.event_name == name:
            yield (call.secret_names or ("a secret",))[0], call.parameters


@_signal
def secret_shared(view: View) -> Sentence:
    """A resource policy that lets everybody or another account in."""
    for secret, parameters in _calls(view, "PutResourcePolicy"):
        who = _shared_with(parameters.get("resourcePolicy"), view.story.first.account)
        if who:
            return f"{one_line(secret, 80)} was shared with {who}{_attempt(view)}."
    return None


def _shared_with(policy: object, account: str | None) -> str | None:
    """Whom a policy lets in besides its own account: "everybody", "account 1…", or nobody (None)."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return "an unknown principal (its policy cannot be read)"
    if not isinstance(policy, Mapping):
        return None
    accounts: set[str] = set()
    for statement in _list(policy.get("Statement")):
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        if "NotPrincipal" in statement:
            return "everybody but some"
        principal = statement.get("Principal")
        named = _list(principal.get("AWS")) if isinstance(principal, Mapping) else _list(principal)
        if "*" in named:
            return "everybody"
        accounts |= {match[0] for name in named if isinstance(name, str) and (match := _ACCOUNT.search(name))}
    others = sorted(accounts - {account})
    return f"account {', '.join(others[:_NAMES_SHOWN])}" if others else None


@_signal
def policy_removed(view: View) -> Sentence:
    """A resource policy deleted."""
    return _first(view, "DeleteResourcePolicy", "The resource policy of {} was removed")


@_signal
def rotation_cancelled(view: View) -> Sentence:
    """Rotation turned off."""
    return _first(view, "CancelRotateSecret", "The rotation of {} was turned off")


@_signal
def restored(view: View) -> Sentence:
    """A secret that was scheduled for deletion restored."""
    return _first(view, "RestoreSecret", "{} was restored from deletion")


@_signal
def version_stage_moved(view: View) -> Sentence:
    """A version stage moved: what AWSCURRENT means may have changed."""
    return _first(view, "UpdateSecretVersionStage", "A version stage of {} was moved")


@_signal
def deletion(view: View) -> Sentence:
    """A secret deleted, with a recovery window."""
    secrets = [s for s, p in _calls(view, "DeleteSecret") if p.get("forceDeleteWithoutRecovery") is not True]
    return f"{_names(secrets)} was scheduled for deletion{_attempt(view)}." if secrets else None


@_signal
def deletion_forced(view: View) -> Sentence:
    """A secret deleted without a recovery window."""
    secrets = [s for s, p in _calls(view, "DeleteSecret") if p.get("forceDeleteWithoutRecovery") is True]
    return f"{_names(secrets)} was deleted without recovery{_attempt(view)}." if secrets else None


@_signal
def kms_key_changed(view: View) -> Sentence:
    """A secret encrypted with another key."""
    for secret, parameters in _calls(view, "UpdateSecret"):
        key = field(parameters.get("kmsKeyId"))
        if key is not None:
            return f"{one_line(secret, 80)} was re-encrypted with the KMS key {one_line(key, 100)}{_attempt(view)}."
    return None


@_signal
def replica_created(view: View) -> Sentence:
    """A secret replicated to other regions."""
    for secret, parameters in _calls(view, "ReplicateSecretToRegions"):
        regions = [text for replica in _list(parameters.get("addReplicaRegions"))
                   if isinstance(replica, Mapping) and (text := field(replica.get("region")))]  # fmt: skip
        return f"{one_line(secret, 80)} was replicated to {_names(regions) or 'another region'}{_attempt(view)}."
    return None


@_signal
def first_writer(view: View) -> Sentence:
    """A principal puts a value into a secret for the first time within the history."""
    if not _returned(view):
        return None
    for call in view.story.calls:
        for secret in call.secrets if call.event_name == "PutSecretValue" else ():
            if view.is_new(view.memory.written, secret_key(call, secret)):
                return f"First value put into {one_line(secret.name, 80)} by this principal."
    return None


@_signal
def rotation_failed(view: View) -> Sentence:
    """A rotation that failed or was given up."""
    for name in ("RotationFailed", "RotationAbandoned"):
        if name in view.story.event_names:
            return f"The rotation of {_names(view.story.secrets) or 'a secret'} did not succeed ({name})."
    return None


def _first(view: View, event: str, sentence: str) -> Sentence:
    for secret, _ in _calls(view, event):
        return sentence.format(one_line(secret, 80)) + _attempt(view) + "."
    return None


def _list(value: object) -> list[object]:
    """IAM and the API write one or several: a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]
