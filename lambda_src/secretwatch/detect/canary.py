"""The canary: a function of ours that reads a secret of its own, so that every path has something to see.

What it does with that secret is recorded and is no story; what anybody else does with it is
an incident, since the secret protects nothing (``Tuning.canary_secret``).
"""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.record.access import Call
from secretwatch.record.secret_id import SecretId, is_this

READ = "GetSecretValue"
"""The call that the paths must bring."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Who the canary is, and which secret is its own."""

    principal: str
    """ARN of its role."""
    secret: SecretId
    """Its secret, by ARN: a name alone may be another account's or region's canary."""

    def made(self, call: Call) -> bool:
        """Whether a call is the canary's, on its own secret and on nothing else."""
        return (
            call.principal.key == self.principal
            and bool(call.secrets)
            and all(is_this(self.secret, asked, call.region, call.account) for asked in call.secrets)
        )
