"""What the core said, from the JSON that mirror and journal keep: None where there is none or it can't be read."""

from __future__ import annotations

from typing import Any

from msgspec.json import Decoder

from console.core.messages import UNREADABLE, Account, CoreMeta, Customer, decoder

_ACCOUNT, _CUSTOMER, _META = decoder(Account), decoder(Customer), decoder(CoreMeta)


def read(kind: Decoder[Any], text: str | None) -> Any:  # noqa: ANN401 - the decoder's own type
    """What a decoder reads out of a text."""
    if text is None:
        return None
    try:
        return kind.decode(text)
    except UNREADABLE:
        return None


def account(text: str | None) -> Account | None:
    found: Account | None = read(_ACCOUNT, text)
    return found


def customer(text: str | None) -> Customer | None:
    found: Customer | None = read(_CUSTOMER, text)
    return found


def meta(text: str | None) -> CoreMeta | None:
    found: CoreMeta | None = read(_META, text)
    return found
