"""What a call shows by itself, whoever makes it and however often: one small pure function for each signal.

A mark needs no habit and no window: a decoy is a decoy. ``signals.py`` has the signals that
compare. ``catalogue.json`` says the rest of both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from secretwatch.detect.catalogue import SIGNALS
from secretwatch.detect.tuning import Tuning
from secretwatch.record.access import Activity, Call, Outcome
from secretwatch.record.actor import Actor
from secretwatch.record.origin import Origin
from secretwatch.runtime.text import field, one_line

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_NAMES_SHOWN = 3
_ON_LAMBDA = "exec-env/AWS_Lambda"
GRANTS = frozenset({"secret_shared"})
"""Of these each grant is a thing of its own: that there was one to somebody says nothing about another's."""
_WRITES = frozenset({"PutSecretValue", "UpdateSecret"})


@dataclass(frozen=True, slots=True)
class Look:
    """What a mark's function looks at."""

    call: Call
    origin: Origin
    actor: Actor
    tuning: Tuning

    @property
    def name(self) -> str:
        """The secret, for people."""
        return one_line((self.call.secret_names or ("a secret",))[0], 80)

    @property
    def attempt(self) -> str:
        """What to add where the call was not allowed."""
        return {Outcome.ALLOWED: "", Outcome.DENIED: " (denied)", Outcome.FAILED: " (failed)"}[self.call.outcome]

    @property
    def owner(self) -> str:
        """The account that the secret belongs to, or ""."""
        secrets = self.call.secrets
        return (secrets[0].account if secrets else None) or self.call.account or ""


Sentence = str | None
"""Why a call is notable, or None."""
_FUNCTIONS: dict[str, Callable[[Look], Sentence]] = {}


def _mark(function: Callable[[Look], Sentence]) -> Callable[[Look], Sentence]:
    """Register the function of the signal that has its name in the catalogue."""
    _FUNCTIONS[function.__name__] = function
    return function


def names() -> frozenset[str]:
    """Return the signals that a call shows by itself."""
    return frozenset(_FUNCTIONS)


def of(call: Call, origin: Origin, actor: Actor, tuning: Tuning) -> Iterator[tuple[str, str]]:
    """Yield (signal, sentence) for what a call shows by itself."""
    look = Look(call, origin, actor, tuning)
    for name in _looking_at(call.activity):
        sentence = _FUNCTIONS[name](look) if tuning.signals[name].enabled else None
        if sentence is not None:
            yield name, sentence


@cache
def _looking_at(activity: Activity) -> tuple[str, ...]:
    """Return the marks that look at an activity, in the order of the catalogue."""
    return tuple(name for name, entry in SIGNALS.items() if name in _FUNCTIONS and activity in entry.activities)


def is_foreign(call: Call) -> bool:
    """Whether the principal belongs to another account than the secret."""
    theirs = call.principal.account
    secret = call.secrets[0].account if call.secrets else None
    ours = secret or call.account
    return bool(theirs and ours and theirs != ours)


def catches_all(call: Call) -> bool:
    """Whether a BatchGetSecretValue has no list and no filter, or filters whose every value only excludes ("!…")."""
    if call.event_name != "BatchGetSecretValue" or isinstance(call.parameters.get("secretIdList"), list):
        return False
    filters = call.parameters.get("filters")
    if not isinstance(filters, list):
        return True
    values = [v for f in filters if isinstance(f, Mapping) for v in _list(f.get("values"))]
    return all(isinstance(value, str) and value.startswith("!") for value in values)


def writes_value(call: Call) -> bool:
    """Whether a call puts a value into a secret; CloudTrail hides the value and keeps that there was one."""
    parameters = call.parameters
    return call.event_name in _WRITES and (
        call.event_name == "PutSecretValue"
        or any(parameters.get(name) is not None for name in ("secretString", "secretBinary", "clientRequestToken"))
    )


def listed(names: list[str]) -> str:
    """Return up to three names and how many more there are."""
    shown = ", ".join(one_line(name, 80) for name in names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown


# --- whoever does it -------------------------------------------------------------------


@_mark
def decoy_touched(look: Look) -> Sentence:
    """A decoy secret that nobody should ever touch."""
    call, tuning = look.call, look.tuning
    decoys = [tuning.decoy_of(s) or (s.name if tuning.is_canarys(call, s) else None) for s in call.secrets]
    named = [name for name in decoys if name is not None]
    return f"The decoy {listed(named)} was touched{look.attempt}." if named else None


@_mark
def root(look: Look) -> Sentence:
    """The account root user."""
    return f"The call was made by the account root user{look.attempt}." if look.actor.principal.type == "Root" else None


@_mark
def own_role_elsewhere(look: Look) -> Sentence:
    """A role of this system, used outside of its function."""
    if look.actor.principal.key not in look.tuning.own_principals or _ON_LAMBDA in (look.call.user_agent or ""):
        return None
    return f"A role of this system was used outside of its Lambda function{look.attempt}."


# --- tampering -------------------------------------------------------------------------


@_mark
def secret_shared(look: Look) -> Sentence:
    """A resource policy that lets everybody or another account in."""
    if look.call.event_name != "PutResourcePolicy":
        return None
    who = shared_with(look.call.parameters.get("resourcePolicy"), look.owner)
    return f"{look.name} was shared with {who}{look.attempt}." if who else None


def shared_with(policy: object, account: str) -> str | None:
    """Return whom a policy lets in besides its own account: "everybody", "account 1…"; None: nobody.

    A condition on the organization or on accounts narrows a grant to everybody; one on our
    own account makes it ours. AWS: "AWS global condition context keys" (IAM User Guide).
    """
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return "an unknown principal (its policy cannot be read)"
    if not isinstance(policy, Mapping):
        return None
    found: dict[str, None] = {}
    for statement in _list(policy.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            found |= dict.fromkeys(_grantees(statement, account))
    everybody = next((who for who in found if who.startswith("everybody")), None)
    return everybody or (listed(sorted(found)) if found else None)


def _grantees(statement: Mapping[str, object], account: str) -> Iterator[str]:
    narrowed = _narrowed(statement.get("Condition"))
    if "NotPrincipal" in statement:
        yield "everybody but some"
        return
    principal = statement.get("Principal")
    kinds = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for name in _list(kinds.get("AWS")):
        if name == "*":
            yield from ["everybody"] if narrowed is None else [who for who in narrowed if who != f"account {account}"]
        elif isinstance(name, str) and (match := _ACCOUNT.search(name)) and match[0] != account:
            yield f"account {match[0]}"
    for name in _list(kinds.get("Federated")):
        yield f"whoever {one_line(str(name), 80)} signs in"


def _narrowed(condition: object) -> list[str] | None:
    """Return whom the conditions of a statement leave in, or None where they leave everybody in."""
    if not isinstance(condition, Mapping):
        return None
    for operator, keys in condition.items():
        positive = isinstance(operator, str) and re.match(r"(ForAnyValue:)?(String|Arn)(Equals|Like)\w*$", operator)
        for key, values in keys.items() if positive and isinstance(keys, Mapping) else ():
            texts = [value for value in _list(values) if isinstance(value, str) and value.strip("*?")]
            if not texts or operator.endswith("IfExists"):
                continue
            name = str(key).lower()
            if name in ("aws:principalaccount", "aws:sourceaccount"):
                return [f"account {one_line(text, 20)}" for text in texts]
            if name in ("aws:principalarn", "aws:sourcearn"):
                return [f"account {match[0]}" for text in texts if (match := _ACCOUNT.search(text))] or None
            if name in ("aws:principalorgid", "aws:principalorgpaths"):
                return [f"organization {one_line(text, 40)}" for text in texts]
    return None


@_mark
def policy_removed(look: Look) -> Sentence:
    """A resource policy deleted."""
    return _did(look, "DeleteResourcePolicy", "The resource policy of {} was removed")


@_mark
def rotation_cancelled(look: Look) -> Sentence:
    """Rotation turned off."""
    return _did(look, "CancelRotateSecret", "The rotation of {} was turned off")


@_mark
def rotation_function_changed(look: Look) -> Sentence:
    """Another function is handed the values of a secret at each rotation."""
    function = field(look.call.parameters.get("rotationLambdaARN"))
    if look.call.event_name != "RotateSecret" or function is None or _account_of(function) not in ("", look.owner):
        return None
    return f"{look.name} is rotated by {one_line(function, 120)} from now on{look.attempt}."


@_mark
def rotation_function_foreign(look: Look) -> Sentence:
    """A function of another account is handed the values of a secret at each rotation."""
    function = field(look.call.parameters.get("rotationLambdaARN"))
    if look.call.event_name != "RotateSecret" or function is None or _account_of(function) in ("", look.owner):
        return None
    return f"{look.name} hands its values to {one_line(function, 120)}, of another account{look.attempt}."


@_mark
def restored(look: Look) -> Sentence:
    """A secret that was scheduled for deletion restored."""
    return _did(look, "RestoreSecret", "{} was restored from deletion")


@_mark
def version_stage_moved(look: Look) -> Sentence:
    """A version stage moved: what AWSCURRENT means may have changed."""
    return _did(look, "UpdateSecretVersionStage", "A version stage of {} was moved")


@_mark
def deletion(look: Look) -> Sentence:
    """A secret deleted, with a recovery window."""
    if look.call.parameters.get("forceDeleteWithoutRecovery") is True:
        return None
    return _did(look, "DeleteSecret", "{} was scheduled for deletion")


@_mark
def deletion_forced(look: Look) -> Sentence:
    """A secret deleted without a recovery window."""
    if look.call.parameters.get("forceDeleteWithoutRecovery") is not True:
        return None
    return _did(look, "DeleteSecret", "{} was deleted without recovery")


@_mark
def kms_key_changed(look: Look) -> Sentence:
    """A secret encrypted with another key."""
    key = field(look.call.parameters.get("kmsKeyId"))
    if look.call.event_name != "UpdateSecret" or key is None:
        return None
    return f"{look.name} was re-encrypted with the KMS key {one_line(key, 100)}{look.attempt}."


@_mark
def replica_created(look: Look) -> Sentence:
    """A secret replicated to other regions, when it is made or later."""
    replicas = _list(look.call.parameters.get("addReplicaRegions"))
    if look.call.event_name not in ("ReplicateSecretToRegions", "CreateSecret"):
        return None
    if not replicas and look.call.event_name == "CreateSecret":
        return None
    regions = [text for replica in replicas if isinstance(replica, Mapping) and (text := field(replica.get("region")))]
    return f"{look.name} was replicated to {listed(regions) or 'another region'}{look.attempt}."


@_mark
def replica_shared(look: Look) -> Sentence:
    """A secret's values go to a replica in another account, those of later rotations too."""
    replica = field(look.call.parameters.get("crossAccountReplicaARN"))
    if look.call.event_name != "AssociateCrossAccountReplica":
        return None
    return f"{look.name} is copied to {one_line(replica or 'another account', 120)} from now on{look.attempt}."


@_mark
def foreign_primary(look: Look) -> Sentence:
    """A secret made as the replica of another account's: its values come from there."""
    primary = field(look.call.parameters.get("crossAccountPrimaryARN"))
    if look.call.event_name != "CreateSecret" or primary is None:
        return None
    return f"{look.name} was made as a replica of {one_line(primary, 120)}{look.attempt}."


@_mark
def replica_promoted(look: Look) -> Sentence:
    """A replica made independent: rotations of its primary do not reach it any more."""
    if look.call.event_name == "RemoveRegionsFromReplication":
        return f"Replicas of {look.name} were removed{look.attempt}."
    return _did(look, "StopReplicationToReplica", "The replica {} was cut off from its primary")


@_mark
def rotation_failed(look: Look) -> Sentence:
    """A rotation that failed or was given up."""
    if look.call.event_name not in ("RotationFailed", "RotationAbandoned"):
        return None
    return f"The rotation of {look.name} did not succeed ({look.call.event_name})."


def _did(look: Look, event: str, sentence: str) -> Sentence:
    return f"{sentence.format(look.name)}{look.attempt}." if look.call.event_name == event else None


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else ""


def _list(value: object) -> list[object]:
    """IAM and the API write one or several: a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]
