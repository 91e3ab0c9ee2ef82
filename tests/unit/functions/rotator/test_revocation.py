"""The commands that end an actor's credentials: right for each kind of actor, and safe to paste."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from secretwatch.functions.rotator.revocation import commands
from secretwatch.record.access import SecretAccess, parse
from secretwatch.runtime.text import inert
from tests.records import record, role, user

NOW = datetime(2026, 1, 31, 12, 5, tzinfo=UTC)


def prepared(identity: Any) -> dict[str, str]:
    read = parse(record(userIdentity=identity))
    assert isinstance(read, SecretAccess)
    return dict(commands(read, NOW))


def as_the_shell_sees(command: str) -> list[str]:
    """What bash hands to the command, after the text went through a message."""
    bash = shutil.which("bash")
    assert bash is not None
    script = f"aws() {{ printf '%s\\0' \"$@\"; }}\n{inert(command)}"
    return subprocess.run([bash, "-c", script], check=True, capture_output=True, text=True).stdout.split("\0")[:-1]


def policy_in(command: str) -> Any:
    words = as_the_shell_sees(command)
    (statement,) = json.loads(words[words.index("--policy-document") + 1])["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    return statement["Condition"]


def test_a_users_lasting_key_is_deactivated() -> None:
    (command,) = prepared(user("bob@corp.example")).values()
    assert as_the_shell_sees(command) == [
        "iam", "update-access-key", "--user-name=bob@corp.example", "--access-key-id=AKIASYNTHETIC0000000",
        "--status", "Inactive",
    ]  # fmt: skip


def test_a_users_session_is_denied_by_its_age() -> None:
    found = prepared({**user(), "accessKeyId": "ASIASYNTHETIC0000000"})
    assert policy_in(found["Revoke sessions"]) == {"DateLessThan": {"aws:TokenIssueTime": "2026-01-31T12:05:00Z"}}


@pytest.mark.parametrize("session", ["release-42", "ann@corp.example", "www.corp.example"])
def test_of_a_role_one_session_or_all_that_are_older(session: str) -> None:
    found = prepared({**role("deploy", session), "principalId": f"AROASYNTHETIC0000000:{session}"})
    assert list(found) == ["Revoke this session", "Revoke the role's sessions"]
    assert policy_in(found["Revoke this session"]) == {
        "StringEquals": {"aws:userid": f"AROASYNTHETIC0000000:{session}"}
    }
    older = policy_in(found["Revoke the role's sessions"])
    assert older == {"DateLessThan": {"aws:TokenIssueTime": "2026-01-31T12:05:00Z"}}
    names = {words[words.index("--policy-name") + 1] for words in map(as_the_shell_sees, found.values())}
    assert len(names) == 2, "one does not overwrite the other"


def test_of_identity_center_the_person_is_disabled_and_no_role_of_aws_is_changed() -> None:
    found = prepared(role("AWSReservedSSO_Developers_0123456789abcdef", "ann@corp.example"))
    assert "disable the user" in found["Revoke the person"]
    assert not any("put-role-policy" in text for text in found.values())


def test_of_root_no_command_helps() -> None:
    found = prepared({"type": "Root", "arn": "arn:aws:iam::123456789012:root", "accountId": "123456789012"})
    assert "sign in as root" in found["Revoke root"]


HOSTILE = ("x; rm -rf ~", "$(id)", "`id`", "a\nb", "'\"", "\u202egnp", "--profile", "x" * 5000, "")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_caller_chose_cannot_get_out_of_its_word(text: str) -> None:
    identities = [
        {**user(text or "x"), "accessKeyId": text},
        {**user(), "accessKeyId": f"AKIA{text}"},
        {**role("deploy", text), "principalId": f"AROASYNTHETIC0000000:{text}"},
        {**role(text), "principalId": text},
        {"type": "WebIdentityUser", "userName": text, "arn": text},
    ]
    for identity in identities:
        for command in prepared(identity).values():
            if not command.startswith("aws "):
                assert not text or text not in command
                continue
            words = as_the_shell_sees(command)
            assert words[0] == "iam"
            assert len(command) < 600, "a fact is cut there"
            allowed = {"update-access-key", "put-role-policy", "put-user-policy"}
            assert words[1] in allowed
            assert words[2].startswith(("--user-name=", "--role-name=")), "a name is no option"
