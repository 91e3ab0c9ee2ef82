"""What a caller typed to name a secret, and whether two such names mean the same secret.

``secretId`` is a name, a full ARN (ending in a hyphen and six random characters) or a
partial ARN without them. AWS: "What's in a Secrets Manager secret?" (Secrets Manager
User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

_ARN = re.compile(r"arn:[^:]*:secretsmanager:(?P<region>[^:]*):(?P<account>[^:]*):secret:(?P<tail>.+)", re.DOTALL)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")
_RANDOM = re.compile(r"[A-Z0-9]")
_LIKE_A_WORD = re.compile(r"-[a-z]{6}\Z")


@dataclass(frozen=True, slots=True)
class SecretId:
    """A secret as named in a record or in a setting."""

    requested: str
    name: str
    """The name without region, account and (where it looks random) the six-character suffix."""
    tail: str
    """The name as typed, suffix included."""
    region: str | None
    account: str | None
    is_arn: bool
    names: tuple[str, ...]
    """Every name that it can mean, ``name`` first: of a typed ARN with and without what may be its suffix."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether only AWS can say if the name ends in a word of six letters or before a suffix."""
        return self.is_arn and len(self.names) > 1 and _LIKE_A_WORD.search(self.tail) is not None

    def matches(self, patterns: Iterable[str]) -> bool:
        """Return whether a name that it can mean matches one of the patterns (``*``, ``?``)."""
        return any(fnmatchcase(name, pattern) for pattern in patterns for name in self.names)


def parse_secret_id(requested: str, *, full: bool = False) -> SecretId:
    """Return the parts of a name, a full or a partial ARN. Never raises.

    ``full``: AWS wrote the ARN, so that its suffix is one. In what a caller typed, six
    lower-case letters after a hyphen are shown as a word of the name: of real suffixes one in
    180 looks like that, of names that people give (``app-config``, ``db-secret``) many do, and
    a name without its last word is another secret's. ``names`` has both.
    """
    arn = _ARN.match(requested)
    if arn is None:
        return SecretId(requested, requested, requested, None, None, is_arn=False, names=(requested,))
    tail, region, account = arn["tail"], arn["region"] or None, arn["account"] or None
    suffix = _SUFFIX.search(tail)
    short = tail[: suffix.start()] if suffix is not None else ""
    names: tuple[str, ...]
    if not short:
        names = (tail,)
    elif full:
        names = (short,)
    else:
        names = (short, tail) if _RANDOM.search(tail[len(short) :]) else (tail, short)
    return SecretId(requested, names[0], tail, region, account, is_arn=True, names=names)


def settled(asked: SecretId, written: Iterable[SecretId]) -> SecretId:
    """Return an ARN as typed, with the name that AWS's own whole ARN of the same secret gives it, if one does."""
    for arn in written:
        is_same = arn.tail == asked.tail or _is_suffixed(arn, asked.tail)
        if is_same and (arn.region, arn.account) == (asked.region, asked.account):
            return replace(asked, name=arn.name, names=arn.names)
    return asked


def ends_like_an_arn(name: str) -> bool:
    """Whether a name ends in a hyphen and six characters that look random: of an ARN, or against AWS's advice.

    AWS: "CreateSecret" (Secrets Manager API Reference), on names that end so.
    """
    suffix = _SUFFIX.search(name)
    return suffix is not None and _RANDOM.search(suffix[0]) is not None


def may_be_same(a: SecretId, b: SecretId) -> bool:
    """Whether two names can mean the same secret.

    True errs on the side of a match: a partial ARN of ``db-secret`` could be the full ARN
    of ``db``. Whoever acts on a match asks Secrets Manager for the ARN first.
    """
    if a.is_arn and b.is_arn and (a.region, a.account) != (b.region, b.account):
        return False
    return a.tail == b.tail or _is_suffixed(a, b.tail) or _is_suffixed(b, a.tail)


def may_be_copy(a: SecretId, b: SecretId) -> bool:
    """Whether two names can mean the same secret, or one of them a replica of the other in another region."""
    if a.is_arn and b.is_arn and a.account == b.account:
        return may_be_same(a, replace(b, region=a.region))
    return may_be_same(a, b)


def is_this(secret: SecretId, asked: SecretId, region: str | None, account: str | None) -> bool:
    """Whether a name or an ARN, as asked for in a region and an account, can mean the secret of an ARN.

    A region or account that the record does not say may be any: it errs on the side of a
    match, as ``may_be_same`` does.
    """
    is_here = region in (None, secret.region) and account in (None, secret.account)
    return may_be_same(secret, asked) and (asked.is_arn or is_here)


def _is_suffixed(full: SecretId, name: str) -> bool:
    return full.is_arn and len(full.tail) == len(name) + 7 and full.tail.startswith(name + "-")
