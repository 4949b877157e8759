"""What an application or a limit request is judged on: plain values as they were when somebody looked.

A case is stored with the decision that was made on it, so that the recommendation can be worked out again from nothing
else. Money is in minor units of `currency`.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from console.risk.credit.limits import Ability, Willingness
from console.risk.credit.scorecard import Value

Type = Literal["application", "limit_request"]
MOST_BYTES = 4_000_000


class UnreadableCase(ValueError):
    """A stored case that can't be read; the message says why."""


class Check(Struct, frozen=True):
    """A verification of the core's own. Any outcome but `pass` and `fail` means that nothing was verified."""

    name: str
    outcome: str
    detail: str | None = None


class Tie(Struct, frozen=True):
    """How many other applicants within the window share a thing of some kind: both named it, or the core links them."""

    kind: str
    others: int


class Peer(Struct, frozen=True):
    """An account of somebody whom the core links with this person: 0 none .. 4 critical, and whether it was fraud."""

    account_id: str
    link: str
    level: int
    fraud: bool


class Case(Struct, frozen=True):
    """One application or limit request.

    `age` is how long ago it was submitted (µs of stream time). `present_minor`, `status` and `days_late` are of the
    account, None for an applicant. `stated_minor` is the income that the applicant claims. `blocked`: the core does not
    trust the device. `alert` is the level of the account's open alert, 0 without one. `asked` counts limit requests of
    the last 30 days, this one among them. `owed_minor` is what is owed and pending on the account. `values` are what
    the scorecard asks for.
    """

    type: Type
    currency: str
    requested_minor: int | None
    age: int
    ability: Ability
    willingness: Willingness
    values: dict[str, Value]
    present_minor: int | None = None
    status: str | None = None
    days_late: int | None = None
    stated_minor: int | None = None
    checks: list[Check] = []
    ties: list[Tie] = []
    peers: list[Peer] = []
    blocked: bool = False
    alert: int = 0
    asked: int = 0
    owed_minor: int = 0

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, body: bytes) -> Case:
        """Raises UnreadableCase."""
        if len(body) > MOST_BYTES:
            raise UnreadableCase(f"a case of more than {MOST_BYTES} bytes")
        try:
            return msgspec.json.decode(body, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableCase(str(error)) from error
