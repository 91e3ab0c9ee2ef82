"""The commands that end an actor's credentials, from the facts of a record. They are shown, and never run here.

AWS: "Revoke IAM role temporary security credentials", "Disabling permissions for temporary
security credentials", "Update access keys" (IAM User Guide).
"""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime

from secretwatch.record.access import SecretAccess
from secretwatch.runtime.text import timestamp

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
"""What IAM takes for the name of a user, a role or a session. AWS: "IAM and AWS STS quotas"."""
_LASTING_KEY = re.compile(r"AKIA[A-Z0-9]{8,124}")
_SESSION_ID = re.compile(r"AROA[A-Z0-9]{8,124}:[A-Za-z0-9_+=,.@-]{2,64}")
_LIVE = re.compile(r"@|(?<=www)\.", re.IGNORECASE)
"""What messages break with an invisible character, so that no client makes a link or a mention of it."""
_PERMISSION_SET = re.compile(r"arn:[^:]*:iam::[0-9]*:role/(.*/)?AWSReservedSSO_")


def commands(access: SecretAccess, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return label and command (or what to do where there is none) for the actor of an access, narrowest first.

    What a caller chose stands in a command only if it is such a name as IAM takes, and quoted.
    """
    principal, session = access.call.principal, access.session
    name = principal.key.rpartition("/")[2]
    if principal.type == "Root":
        return (("Revoke root", "sign in as root: change the password, delete the access keys, check the MFA devices"),)
    if principal.type not in ("IAMUser", "AssumedRole") or not _NAME.fullmatch(name):
        return (("Revoke", "this record names no user or role that a command could be about: look it up in IAM"),)
    if _PERMISSION_SET.match(principal.key):
        return (
            ("Revoke the person", "IAM Identity Center: disable the user, then delete its active sessions"),
            ("Revoke open sessions", _deny_older("permission set", name, now)),
        )
    if principal.type == "IAMUser":
        return (("Revoke the key" if _is_lasting(session.access_key_id) else "Revoke sessions", _of_user(access, now)),)
    whole_role = ("Revoke the role's sessions", _deny_older("role", name, now))
    if not _SESSION_ID.fullmatch(session.principal_id or ""):
        return (whole_role,)
    only = {"StringEquals": {"aws:userid": session.principal_id}}
    return (("Revoke this session", _deny("role", name, "secretwatch-revoked-session", only)), whole_role)


def _of_user(access: SecretAccess, now: datetime) -> str:
    name, key = access.call.principal.key.rpartition("/")[2], access.session.access_key_id
    if key is None or not _is_lasting(key):
        return _deny_older("user", name, now)
    return f"aws iam update-access-key --user-name={_word(name)} --access-key-id={_word(key)} --status Inactive"


def _word(text: str) -> str:
    """Return a text as one word of a shell command, as it stays where a message makes links and mentions inert."""
    if _LIVE.search(text) is None:
        return shlex.quote(text)
    return "$'" + _LIVE.sub(lambda mark: f"\\x{ord(mark[0]):02x}", text) + "'"


def _is_lasting(key: str | None) -> bool:
    return key is not None and _LASTING_KEY.fullmatch(key) is not None


def _deny_older(kind: str, name: str, now: datetime) -> str:
    if kind == "permission set":
        return (
            "a policy cannot be put on this role itself: give its permission set, as inline policy, a Deny of * with "
            f"DateLessThan aws:TokenIssueTime {timestamp(now)}"
        )
    older = {"DateLessThan": {"aws:TokenIssueTime": timestamp(now)}}
    return _deny(kind, name, "secretwatch-revoked-older-sessions", older)


def _deny(kind: str, name: str, policy_name: str, condition: object) -> str:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    policy = _LIVE.sub(lambda mark: f"\\u{ord(mark[0]):04x}", policy)
    return (
        f"aws iam put-{kind}-policy --{kind}-name={_word(name)} --policy-name {policy_name} "
        f"--policy-document {shlex.quote(policy)}"
    )
