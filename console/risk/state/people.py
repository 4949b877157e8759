"""What one customer is like: home, income, what bureau and social network say, by which tokens they are known."""

from __future__ import annotations

import numpy as np

from console.risk.columns import NO_DELINQUENCIES, TOKEN_KINDS, Array, Fact, of_kind
from console.risk.state.groups import Groups
from console.risk.state.records import Records

HELD = TOKEN_KINDS.index("fingerprint")
"""How many kinds of token a customer holds: all before the fingerprint, which is a device's."""

IS_CONTACT = np.array([kind in ("phone", "email", "address") for kind in TOKEN_KINDS])
"""By kind of token whether somebody is reached by it; another one is then a change of contact."""

PERSON = np.dtype(
    [
        ("registered_at", "i8"),
        ("contact_at", "i8"),  # when a contact token last became another one
        ("income", "f8"),  # minor units a month, 0 unknown
        ("token", "i4", HELD),  # the latest of each kind, index + 1, 0 unknown
        ("home_lat", "f4"),
        ("home_lon", "f4"),
        ("bureau", "i2"),  # these four + 1, 0 unknown
        ("trust", "i2"),
        ("tenure", "i2"),
        ("country", "i2"),
        ("delinquencies", "u1"),
        ("housed", "?"),  # home is known
    ],
    align=True,
)


class People:
    """The records of all customers."""

    def __init__(self) -> None:
        self._records = Records(PERSON)

    def through(self, groups: Groups, facts: Array, reads: Array) -> Array:
        """Apply a page; return the PERSON that the rows `reads` saw."""
        token = facts["code"]
        part = of_kind(facts, Fact.CUSTOMER).astype(np.uint8)
        held = of_kind(facts, Fact.TOKEN) & (token > 0) & (token <= HELD) & (facts["token"] >= 0)
        part += held * (token + np.uint8(1))  # each kind of token is a part of its own

        def apply(table: Array, who: Array, rows: Array) -> None:
            for told, update in ((part[rows] == 1, _told), (part[rows] > 1, _known_by)):
                if told.any():
                    update(table, who[told], facts.take(rows[told]))

        return self._records.through(groups, part, reads, apply)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` customers."""
        return self._records.freeze(rows)

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._records.thaw(state)


def _told(table: Array, who: Array, facts: Array) -> None:
    """Take what a CUSTOMER fact says; what it leaves out stays as it was."""
    housed = ~(np.isnan(facts["lat"]) | np.isnan(facts["lon"]))
    table["home_lat"][who[housed]] = facts["lat"][housed]
    table["home_lon"][who[housed]] = facts["lon"][housed]
    table["housed"][who[housed]] = True
    for field, source in (("registered_at", "opened_at"), ("income", "income")):
        known = facts[source] > 0
        table[field][who[known]] = facts[source][known]
    for field in ("bureau", "trust", "tenure", "country"):
        known = facts[field] >= 0
        table[field][who[known]] = np.minimum(facts[field][known], 32_766) + 1
    known = facts["delinquencies"] != NO_DELINQUENCIES
    table["delinquencies"][who[known]] = facts["delinquencies"][known] + 1


def _known_by(table: Array, who: Array, facts: Array) -> None:
    kind, token = facts["code"] - 1, facts["token"] + 1
    held = table["token"][who, kind]
    moved = (held > 0) & (held != token) & IS_CONTACT[kind]
    table["contact_at"][who[moved]] = facts["occurred_at"][moved]
    table["token"][who, kind] = token
