"""The nested parts of resources, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from console.core.messages import Ref
from console.watch.facts import all_none


def part(wholes: Sequence[Any], name: str) -> list[Any]:
    """One attribute of nested parts, None where there is no part."""
    return [getattr(whole, name) if whole is not None else None for whole in wholes]


def parts(wholes: Sequence[Any], *names: str) -> list[Sequence[Any]]:
    """Two attributes of nested parts or more, a column each; None where there is no part."""
    if all_none(wholes):
        return [[None] * len(wholes)] * len(names)
    of, nothing = attrgetter(*names), (None,) * len(names)
    return list(zip(*[nothing if whole is None else of(whole) for whole in wholes], strict=True))


class References:
    """A column of references to resources."""

    def __init__(self, refs: Sequence[Ref | None]) -> None:
        self._types, self._ids = parts(refs, "type", "id")

    def to(self, type_: str) -> list[str | None]:
        """The ids of the resources of a type, None for others."""
        if type_ not in self._types:
            return [None] * len(self._ids)
        return [id_ if of == type_ else None for of, id_ in zip(self._types, self._ids, strict=True)]

    def but_to(self, type_: str) -> list[str | None]:
        """The ids of the resources of all other types, None for those of this type."""
        if all_none(self._ids):
            return [None] * len(self._ids)
        return [None if of == type_ else id_ for of, id_ in zip(self._types, self._ids, strict=True)]
