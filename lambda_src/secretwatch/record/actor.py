from __future__ import annotations
import re
from collections.abc import Iterable
from dataclasses import dataclass
from secretwatch.record.access import SecretAccess
from secretwatch.record.principal import Principal

@dataclass(frozen=True, slots=True)
class Actor:
    key: str
    principal: Principal
    person: str | None
    @property
    def label(self) -> str:
        return f"{self.person} ({self.principal.label})" if self.person else self.principal.label
    @property
    def is_person(self) -> bool:
        return self.person is not None or self.principal.type in ("IAMUser", "Root")

@dataclass(frozen=True, slots=True)
class People:
    people_roles: tuple[str, ...] = ()
    automation: tuple[str, ...] = ()
    def actor(self, access: SecretAccess) -> Actor:
        p = access.call.principal
        person = None
        if p.type == "AssumedRole" and ("AWSReservedSSO_" in p.key or (access.session.name and "@" in access.session.name)):
            person = access.session.name
        return Actor(f"{p.key}/{person}" if person else p.key, p, person)
    def actors(self, accesses: Iterable[SecretAccess]) -> list[Actor]:
        return [self.actor(a) for a in accesses]
