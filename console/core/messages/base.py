"""What every message is made of: bounded numbers, texts, times, and their JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from console.core import instants
from console.core.instants import Instant

MAX_INTEGER = 2**53 - 1

Id = Annotated[str, Meta(min_length=1, max_length=72)]
Version = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Seq = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
ChangeSeq = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Money = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Word = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(max_length=128)]
Note = Annotated[str, Meta(max_length=2000)]
Currency = Annotated[str, Meta(min_length=3, max_length=3)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]

UNREADABLE = (ValueError, RecursionError)
"""What decoding raises on anything that is no such message: msgspec's errors, no UTF-8, nesting without end."""

NOTHING = Raw()
"""An absent resource: undecoded JSON of no length. A null one reads `null`; `present` tells either from a real one."""


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of everything that travels. Immutable; defaults (absent fields) are left out on the wire."""


class Ref(Message, frozen=True):
    type: Word
    id: Id


@lru_cache(maxsize=8192)
def _read_instant(_kind: type, value: Any) -> Instant:  # noqa: ANN401 - msgspec's hook signature
    """An instant's text, read. The latest are remembered: one instant stands in several fields of a change."""
    if type(value) is not str:
        raise ValueError(f"expected a timestamp, got {type(value).__name__}")
    return instants.parse(value)


def _write_instant(value: Any) -> str:  # noqa: ANN401 - msgspec's hook signature
    if isinstance(value, Instant):
        return instants.wire(value)
    raise TypeError(f"{type(value).__name__} does not travel")


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - a type or an alias like list[Change]
    """A reusable JSON decoder of a message type. Its `decode` raises one of UNREADABLE on anything else."""
    return msgspec.json.Decoder(kind, dec_hook=_read_instant)


ENCODER = msgspec.json.Encoder(enc_hook=_write_instant)


def present(raw: Raw) -> bool:
    """Whether an undecoded resource is there, neither absent nor null."""
    return len(memoryview(raw)) > 0 and bytes(raw) != b"null"


def encode(message: Message) -> bytes:
    """The message as UTF-8 JSON, in the contract's forms."""
    return ENCODER.encode(message)
