"""What is notable about a story: small pure rules, each with a severity, a technique and a sentence.

A rule looks at a story and at what is remembered of its principal and says why the story
is notable, or nothing. docs/detections.md lists them; ``rules.py`` tunes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from secretwatch.access import Activity, Outcome
from secretwatch.notice import Severity
from secretwatch.rules import DAY, Rule, Rules
from secretwatch.state import EVENT_ID_KEPT, PrincipalState
from secretwatch.story import Story, secret_key
from secretwatch.text import count, field, one_line
from secretwatch.trust import Verdict

_ACCOUNT = re.compile(r"[0-9]{12}")
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason why a story is notable."""

    id: str
    severity: Severity
    technique: str
    sentence: str


@dataclass(frozen=True, slots=True)
class View:
    """What a rule looks at."""

    story: Story
    state: PrincipalState
    """Before the story."""
    rules: Rules
    rule: Rule
    """The tuning of the rule that looks."""

    @property
    def time(self) -> int:
        """Time of the story's last access, epoch seconds."""
        return int(self.story.span[1].timestamp())

    def is_new(self, known: Mapping[str, int], name: str) -> bool:
        """Whether something was not seen within the history before the story."""
        return self.time - known.get(name, 0) > self.rules.history_days * DAY

    @property
    def principal_is_known(self) -> bool:
        """Whether this principal has read anything before: else everything about it is new, said once."""
        return any(not self.is_new(self.state.secrets, name) for name in self.state.secrets)


Finding = str | None
_RULES: dict[str, Callable[[View], Finding]] = {}
_ACTIVITIES: dict[str, frozenset[Activity]] = {}


def _rule(*activities: Activity) -> Callable[[Callable[[View], Finding]], Callable[[View], Finding]]:
    """Register a rule under its name, for stories of some activities."""

    def register(function: Callable[[View], Finding]) -> Callable[[View], Finding]:
        name = function.__name__
        _RULES[name], _ACTIVITIES[name] = function, frozenset(activities)
        return function

    return register


def find(story: Story, state: PrincipalState, rules: Rules) -> tuple[Signal, ...]:
    """Return the signals of a story, the most severe first."""
    activity = story.first.activity
    found = []
    for name, rule in rules.signals.items():
        if rule.enabled and activity in _ACTIVITIES[name]:
            sentence = _RULES[name](View(story, state, rules, rule))
            if sentence is not None:
                found.append(Signal(name, rule.severity, rule.technique, sentence))
    return tuple(sorted(found, key=lambda signal: -signal.severity.rank))


def _handed_out(view: View) -> bool:
    return view.story.first.outcome is Outcome.ALLOWED


def _attempt(view: View) -> str:
    return "" if _handed_out(view) else " (refused)"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, 80) for name in names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown


# --- reads -----------------------------------------------------------------------------


@_rule(Activity.READ, Activity.TAMPERING)
def decoy_touched(view: View) -> Finding:
    """A decoy secret that nobody should ever touch."""
    decoys = [name for name in view.story.secrets if view.rules.is_decoy(name)]
    return f"The decoy {_names(decoys)} was touched{_attempt(view)}." if decoys else None


@_rule(Activity.READ, Activity.TAMPERING)
def root(view: View) -> Finding:
    """The account's root user."""
    return f"The account's root user did it{_attempt(view)}." if view.story.principal.type == "Root" else None


@_rule(Activity.READ, Activity.TAMPERING)
def cross_account(view: View) -> Finding:
    """A principal of another account."""
    theirs, ours = view.story.principal.account, view.story.first.account
    if not _handed_out(view) or not theirs or not ours or theirs == ours:
        return None
    return f"The principal belongs to account {one_line(theirs, 20)}, the secret to {one_line(ours, 20)}."


@_rule(Activity.READ)
def untrusted_network(view: View) -> Finding:
    """A value handed out to a network outside every trusted one."""
    origin = view.story.origin
    if not _handed_out(view) or origin.verdict is not Verdict.UNTRUSTED:
        return None
    return f"The read came from {one_line(origin.network, 60)}, {origin.reason}."


@_rule(Activity.READ)
def unknown_network(view: View) -> Finding:
    """A value handed out to an address that cannot be judged."""
    origin = view.story.origin
    if not _handed_out(view) or origin.verdict is not Verdict.UNKNOWN or not origin.configured:
        return None
    return f"Nothing can be said of the address {one_line(origin.network, 60)}: {origin.reason}."


@_rule(Activity.READ)
def many_secrets(view: View) -> Finding:
    """Many distinct secrets within minutes."""
    if not _handed_out(view):
        return None
    seconds = view.rule.window_minutes * 60
    near = {name for name, seen in view.state.secrets.items() if abs(view.time - seen) <= seconds}
    if view.time - view.story.span[0].timestamp() <= seconds:
        near.update(view.story.secret_keys)
    else:
        recent = {access.call for access in view.story.entries_since(view.time - seconds)}
        near.update(secret_key(call, secret) for call in recent for secret in call.secrets)
    if len(near) < view.rule.threshold:
        return None
    return f"{len(near)} different secrets were read within {count(view.rule.window_minutes, 'minute')}."


@_rule(Activity.READ)
def first_reader(view: View) -> Finding:
    """A principal reads a secret for the first time within the history."""
    if not _handed_out(view):
        return None
    calls = view.story.calls
    new = {s.name: None for c in calls for s in c.secrets if view.is_new(view.state.secrets, secret_key(c, s))}
    if not new:
        return None
    return f"First read of {_names(list(new))} by this principal in {count(view.rules.history_days, 'day')}."


@_rule(Activity.READ)
def first_network(view: View) -> Finding:
    """A known principal reads from a network that it did not use within the history."""
    origin = view.story.origin
    if not _handed_out(view) or origin.verdict is Verdict.AWS_SERVICE or not view.principal_is_known:
        return None
    if not view.is_new(view.state.networks, origin.network):
        return None
    return f"This principal has not read from {one_line(origin.network, 60)} before."


@_rule(Activity.READ)
def new_region(view: View) -> Finding:
    """A known principal reads in a region where it did not read within the history."""
    if not _handed_out(view) or not view.principal_is_known:
        return None
    new = [region for region in view.story.regions if view.is_new(view.state.regions, region)]
    return f"This principal has not read in {_names(new)} before." if new else None


@_rule(Activity.READ)
def console_read(view: View) -> Finding:
    """A person looked at a value in the console."""
    if not _handed_out(view) or not any(call.from_console for call in view.story.calls):
        return None
    return "A person looked at it in the AWS console."


@_rule(Activity.READ)
def cloudshell(view: View) -> Finding:
    """Read from AWS CloudShell."""
    agents = (call.user_agent or "" for call in view.story.calls)
    return "It was read from AWS CloudShell." if any("exec-env/CloudShell" in agent for agent in agents) else None


@_rule(Activity.READ)
def batch(view: View) -> Finding:
    """A Batch call."""
    calls = view.story.event_names.get("BatchGetSecretValue", 0)
    return f"{count(calls, 'BatchGetSecretValue call')}{_attempt(view)}." if calls else None


@_rule(Activity.READ)
def batch_catch_all(view: View) -> Finding:
    """A Batch call whose filters leave nothing out."""
    for call in view.story.calls:
        if call.event_name == "BatchGetSecretValue" and _catches_all(call.parameters):
            return f"The filters of the Batch call match every secret{_attempt(view)}."
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


@_rule(Activity.READ)
def denied_burst(view: View) -> Finding:
    """Several refused reads within minutes."""
    if _handed_out(view):
        return None
    seconds = view.rule.window_minutes * 60
    recent = view.story.entries_since(view.time - seconds)
    refused = {access.event_id[:EVENT_ID_KEPT] for access in recent if access.call.outcome is Outcome.DENIED}
    refused |= {event for event, seen in view.state.denials.items() if abs(view.time - seen) <= seconds}
    if len(refused) < view.rule.threshold:
        return None
    return f"{len(refused)} reads were refused within {count(view.rule.window_minutes, 'minute')}."


@_rule(Activity.READ)
def enumerate_then_read(view: View) -> Finding:
    """Secrets listed, then read, within minutes."""
    since = view.story.span[0].timestamp() - view.state.listed
    if not _handed_out(view) or not -60 <= since <= view.rule.window_minutes * 60:
        return None
    return "The same principal had listed the secrets just before."


# --- tampering -------------------------------------------------------------------------


def _calls(view: View, name: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield (secret, parameters) of the story's calls of one name."""
    for call in view.story.calls:
        if call.event_name == name:
            yield (call.secret_names or ("a secret",))[0], call.parameters


@_rule(Activity.TAMPERING)
def secret_shared(view: View) -> Finding:
    """A resource policy that lets everybody or another account in."""
    for secret, parameters in _calls(view, "PutResourcePolicy"):
        who = _shared_with(parameters.get("resourcePolicy"), view.story.first.account)
        if who:
            return f"{one_line(secret, 80)} was opened to {who}{_attempt(view)}."
    return None


def _shared_with(policy: object, account: str | None) -> str | None:
    """Whom a policy lets in besides its own account: "everybody", "account 1…", or nobody (None)."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return "somebody (its policy cannot be read)"
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


@_rule(Activity.TAMPERING)
def policy_removed(view: View) -> Finding:
    """A resource policy deleted."""
    return _first(view, "DeleteResourcePolicy", "The resource policy of {} was removed")


@_rule(Activity.TAMPERING)
def rotation_cancelled(view: View) -> Finding:
    """Rotation switched off."""
    return _first(view, "CancelRotateSecret", "The rotation of {} was switched off")


@_rule(Activity.TAMPERING)
def restored(view: View) -> Finding:
    """A secret that was to be deleted brought back."""
    return _first(view, "RestoreSecret", "{} was brought back from deletion")


@_rule(Activity.TAMPERING)
def version_stage_moved(view: View) -> Finding:
    """A version stage moved: what AWSCURRENT means may have changed."""
    return _first(view, "UpdateSecretVersionStage", "A version stage of {} was moved")


@_rule(Activity.TAMPERING)
def deletion(view: View) -> Finding:
    """A secret deleted, with a recovery window."""
    secrets = [s for s, p in _calls(view, "DeleteSecret") if p.get("forceDeleteWithoutRecovery") is not True]
    return f"{_names(secrets)} was scheduled for deletion{_attempt(view)}." if secrets else None


@_rule(Activity.TAMPERING)
def deletion_forced(view: View) -> Finding:
    """A secret deleted without a recovery window."""
    secrets = [s for s, p in _calls(view, "DeleteSecret") if p.get("forceDeleteWithoutRecovery") is True]
    return f"{_names(secrets)} was deleted without recovery{_attempt(view)}." if secrets else None


@_rule(Activity.TAMPERING)
def kms_key_changed(view: View) -> Finding:
    """A secret encrypted with another key."""
    for secret, parameters in _calls(view, "UpdateSecret"):
        key = field(parameters.get("kmsKeyId"))
        if key is not None:
            return f"{one_line(secret, 80)} was put under the KMS key {one_line(key, 100)}{_attempt(view)}."
    return None


@_rule(Activity.TAMPERING)
def replica_created(view: View) -> Finding:
    """A secret replicated to other regions."""
    for secret, parameters in _calls(view, "ReplicateSecretToRegions"):
        regions = [text for replica in _list(parameters.get("addReplicaRegions"))
                   if isinstance(replica, Mapping) and (text := field(replica.get("region")))]  # fmt: skip
        return f"{one_line(secret, 80)} was replicated to {_names(regions) or 'another region'}{_attempt(view)}."
    return None


@_rule(Activity.TAMPERING)
def first_writer(view: View) -> Finding:
    """A principal puts a value into a secret for the first time within the history."""
    if not _handed_out(view):
        return None
    for call in view.story.calls:
        for secret in call.secrets if call.event_name == "PutSecretValue" else ():
            if view.is_new(view.state.written, secret_key(call, secret)):
                return f"First value put into {one_line(secret.name, 80)} by this principal."
    return None


@_rule(Activity.ROTATION)
def rotation_failed(view: View) -> Finding:
    """A rotation that failed or was given up."""
    for name in ("RotationFailed", "RotationAbandoned"):
        if name in view.story.event_names:
            return f"The rotation of {_names(view.story.secrets) or 'a secret'} did not succeed ({name})."
    return None


def _first(view: View, event: str, sentence: str) -> Finding:
    for secret, _ in _calls(view, event):
        return sentence.format(one_line(secret, 80)) + _attempt(view) + "."
    return None


def _list(value: object) -> list[object]:
    """IAM and the API write one or several: a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]
