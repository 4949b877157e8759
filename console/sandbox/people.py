"""Who may do what: bearer tokens to subjects and their roles (contract, section 7.5)."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "operator", "supervisor")
SCOPES = {
    "viewer": ("core:read",),
    "operator": ("core:read", "core:command"),
    "supervisor": ("core:read", "core:command", "core:approve"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A caller of the core. `role` is the highest one held."""

    subject: str
    role: str

    @property
    def roles(self) -> list[str]:
        return ["operator", "supervisor"] if self.role == "supervisor" else [self.role]

    @property
    def scopes(self) -> list[str]:
        return list(SCOPES[self.role])

    def may(self, role: str) -> bool:
        """Whether this person holds the role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


TOKENS = {
    "sandbox-viewer": Person("vera.v", "viewer"),
    "sandbox-operator": Person("maria.k", "operator"),
    "sandbox-supervisor": Person("jonas.p", "supervisor"),
    "sandbox-operator-2": Person("li.na", "operator"),
    "sandbox-service": Person("desk.bot", "operator"),
}
WITHOUT_TOKEN = TOKENS["sandbox-operator"]
"""Who a caller on loopback is when there is no Authorization header at all."""

SUBJECTS = {person.subject: person for person in TOKENS.values()}


def identify(authorization: str | None) -> Person | None:
    """The person behind an Authorization header, or None when it proves nobody."""
    if authorization is None:
        return WITHOUT_TOKEN
    scheme, _, token = authorization.partition(" ")
    return TOKENS.get(token.strip()) if scheme.lower() == "bearer" else None
