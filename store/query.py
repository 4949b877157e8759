"""Filters as SQL: what each field of a list stands for in the mirror, and conditions compiled with bound parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.fields import Checked, Condition, Field, Fields, check, fields
from store.grammar import parse
from store.mirror_schema import LEVELS

Parameter = str | int | float
Built = tuple[str, tuple[Parameter, ...]]

MATCHES = "matches"
"""The SQL function of a regular expression and a text, which whoever filters by one must define on the connection."""

NOW = "(SELECT max(watermark) FROM feed)"
"""The stream's time: ages are told in it."""

STATUSES = ("pending", "active", "frozen", "closing", "closed")
TRANSACTION_STATUSES = ("pending", "posted", "declined", "reversed", "expired")
TRANSACTION_KINDS = (
    "purchase", "cash_advance", "payment", "refund", "fee", "interest", "chargeback", "adjustment", "transfer",
)  # fmt: skip
LOGIN_OUTCOMES = (
    "success", "bad_password", "bad_mfa", "locked", "blocked", "password_reset", "mfa_enrolled", "mfa_removed",
)  # fmt: skip
"""The words of the contract's version 1."""


@dataclass(frozen=True)
class Selection:
    """A condition in SQL; `inverse` keeps what it does not select."""

    sql: str
    parameters: tuple[Parameter, ...]
    inverse: bool = False


@dataclass(frozen=True)
class Place:
    """Where a value stands: an expression, the SQL around a condition on it, and an amount's currency."""

    expression: str
    around: str = "{}"
    currency: str = "currency"


@dataclass(frozen=True)
class Listing:
    """A list that can be filtered: its fields, where each stands, and the texts that a bare word is looked for in.

    `either` joins the conditions of which one must hold, in a list whose conditions are whole statements.
    """

    fields: Fields
    places: Mapping[str, Place]
    texts: Sequence[Place]
    either: str = " OR "


def select(text: str, listing: Listing, exponents: Mapping[str, int], regex: Checked) -> tuple[Selection, ...]:
    """What a filter selects. `exponents` holds the decimal places of each currency.

    Raises QueryError, which points at the first thing that is wrong.
    """
    conditions = check(parse(text), listing.fields, regex)
    return tuple(_selection(condition, listing, exponents) for condition in conditions)


def together(selections: Sequence[Selection], row: str = "1") -> Built:
    """One condition that holds where all selections do; `row` is one that must hold besides."""
    parts = [row]
    for one in selections:
        parts.append(f"{'NOT ' if one.inverse else ''}coalesce(({one.sql}), 0)")
    return " AND ".join(parts), tuple(value for one in selections for value in one.parameters)


def _selection(condition: Condition, listing: Listing, exponents: Mapping[str, int]) -> Selection:
    field = condition.field
    places = listing.texts if field is None else (listing.places[field.name],)
    built = [
        (place, *(_text(condition, place) if field is None else _of_field(field, condition, place, exponents)))
        for place in places
    ]
    sql = listing.either.join(place.around.format(part) for place, part, _ in built)
    return Selection(sql, tuple(value for _, _, values in built for value in values), condition.inverse)


def _text(condition: Condition, place: Place) -> Built:
    word = str(condition.operands[0])
    if condition.term.shape == "regex":
        return f"{MATCHES}(?, {place.expression})", (word,)
    return _like(place), (subsequence(word) if condition.term.shape == "fuzzy" else containing(word),)


def _of_field(field: Field, condition: Condition, place: Place, exponents: Mapping[str, int]) -> Built:
    expression, operands = place.expression, condition.operands
    match field.kind:
        case "id":
            clause = f"({expression} >= ? AND {expression} < ?)"
            return _any(clause, operands), tuple(
                bound for value in operands for bound in (str(value), f"{value}\U0010ffff")
            )
        case "part":
            return _any(_like(place), operands), tuple(containing(str(value)) for value in operands)
        case "word":
            return f"{expression} COLLATE NOCASE IN ({', '.join('?' * len(operands))})", operands
        case "amount":
            cases = " ".join("WHEN ? THEN ?" for _ in exponents)
            wanted = f"CASE {place.currency} {cases} ELSE ? END" if exponents else "?"
            number = float(operands[0])
            scaled = tuple(part for code, places in exponents.items() for part in (code, number * 10**places))
            return f"{expression} {condition.operator} {wanted}", (*scaled, number)
        case "age":
            return f"{NOW} - {expression} {condition.operator} ?", operands
        case _:
            return _any(f"{expression} {condition.operator} ?", operands), operands


def _any(clause: str, operands: Sequence[object]) -> str:
    return f"({' OR '.join([clause] * len(operands))})"


def _like(place: Place) -> str:
    return f"{place.expression} LIKE ? ESCAPE '\\'"


def containing(word: str) -> str:
    """The LIKE pattern of texts that have the word in them."""
    return f"%{''.join(map(_literal, word))}%"


def subsequence(word: str) -> str:
    """The LIKE pattern of texts that have the word's letters in this order."""
    return f"%{'%'.join(map(_literal, word))}%"


def _literal(character: str) -> str:
    return f"\\{character}" if character in "%_\\" else character


# ------------------------------------------------------------ the lists of the mirror


def _of(table: str) -> str:
    return f"SELECT a.account FROM {table} WHERE {{}}"  # noqa: S608 - tables of this module


OWNED = "account a JOIN resource c ON c.type = 'customer' AND c.id = a.customer_id AND c.deleted = 0"
USED = "100.0 * (credit_limit_minor - available_minor) / nullif(credit_limit_minor, 0)"

ACCOUNTS = Listing(
    fields(
        Field("risk", "score"), Field("level", "rank", LEVELS), Field("status", "word", STATUSES),
        Field("id", "id"), Field("customer", "id"), Field("name", "part"), Field("rule", "word"),
        Field("used", "percent"), Field("limit", "amount"), Field("balance", "amount"), Field("available", "amount"),
        Field("currency", "word"), Field("alerts", "count"), Field("opened", "age"), Field("active", "age"),
        Field("alerted", "age"), Field("claimed", "word"), Field("score", "score"), Field("account", "id"),
    ),
    {
        "risk": Place("risk_score", _of("account_risk a")),
        "score": Place("risk_score", _of("account_risk a")),
        "level": Place("risk_level", _of("account_risk a")),
        "alerts": Place("open_alerts", _of("account_risk a")),
        "active": Place("last_activity_at", _of("account_risk a")),
        "status": Place("status", _of("account a")),
        "currency": Place("currency", _of("account a")),
        "balance": Place("balance_minor", _of("account a")),
        "limit": Place("credit_limit_minor", _of("account a")),
        "available": Place("available_minor", _of("account a")),
        "used": Place(USED, _of("account a")),
        "opened": Place("opened_at", _of("account a")),
        "id": Place("account_id", _of("account a")),
        "account": Place("account_id", _of("account a")),
        "customer": Place("customer_id", _of("account a")),
        "name": Place("c.doc ->> '$.name_masked'", _of(OWNED)),
        "rule": Place("value", _of("alert a, json_each(a.rule_ids)")),
        "alerted": Place("opened_at", _of("alert a") + " AND state = 'open'"),
        "claimed": Place("claimed_by", _of("desk_case a") + " AND status = 'claimed'"),
    },
    (Place("account_id", _of("account a")), Place("customer_id", _of("account a"))),
    " UNION ",
)  # fmt: skip
"""Every account, by number."""

RULE = Place("value", "EXISTS (SELECT 1 FROM json_each(e.rule_ids) WHERE {})")

TRANSACTIONS = Listing(
    fields(
        Field("amount", "amount"), Field("kind", "word", TRANSACTION_KINDS),
        Field("status", "word", TRANSACTION_STATUSES), Field("risk", "score"),
        Field("level", "rank", LEVELS), Field("rule", "word"), Field("merchant", "part"), Field("device", "id"),
        Field("ip", "id"), Field("account", "id"), Field("currency", "word"), Field("age", "age"), Field("id", "id"),
    ),
    {
        "amount": Place("e.amount_minor", currency="e.currency"),
        "kind": Place("e.kind"),
        "status": Place("e.status"),
        "risk": Place("e.score"),
        "level": Place("e.level"),
        "rule": RULE,
        "merchant": Place("coalesce(e.merchant_id, '') || ' ' || coalesce(e.doc ->> '$.merchant.name', '')"),
        "device": Place("e.doc ->> '$.device_id'"),
        "ip": Place("e.doc ->> '$.ip'"),
        "account": Place("a.account_id"),
        "currency": Place("e.currency"),
        "age": Place("e.occurred_at"),
        "id": Place("e.transaction_id"),
    },
    tuple(
        Place(expression)
        for expression in (
            "e.transaction_id", "a.account_id", "e.merchant_id", "e.doc ->> '$.merchant.name'", "e.rule_ids",
            "e.doc ->> '$.device_id'", "e.doc ->> '$.ip'",
        )
    ),
)  # fmt: skip
"""Transactions `e` with their accounts `a`."""

LOGINS = Listing(
    fields(
        Field("outcome", "word", LOGIN_OUTCOMES), Field("risk", "score"), Field("level", "rank", LEVELS),
        Field("rule", "word"), Field("device", "id"), Field("ip", "id"), Field("city", "part"), Field("account", "id"),
        Field("customer", "id"), Field("age", "age"), Field("id", "id"),
    ),
    {
        "outcome": Place("e.outcome"),
        "risk": Place("e.score"),
        "level": Place("e.level"),
        "rule": RULE,
        "device": Place("e.device_id"),
        "ip": Place("e.ip"),
        "city": Place("e.doc ->> '$.location.city'"),
        "account": Place("a.account_id"),
        "customer": Place("e.customer_id"),
        "age": Place("e.occurred_at"),
        "id": Place("e.login_id"),
    },
    tuple(
        Place(expression)
        for expression in (
            "e.login_id", "a.account_id", "e.customer_id", "e.device_id", "e.ip", "e.rule_ids",
            "e.doc ->> '$.location.city'",
        )
    ),
)  # fmt: skip
"""Logins `e` with their accounts `a`."""
