"""Marked accounts. They are known by id, whatever happens to the order; their numbers serve to draw them."""

from __future__ import annotations

from collections.abc import Mapping

from store.reader import Reader

MOST = 5_000
"""Accounts that can be marked at the same time."""


class Marks:
    """The marks of one list, in the order they were set."""

    def __init__(self) -> None:
        self._ids: dict[str, int | None] = {}
        self.numbers: set[int] = set()
        self.last: str | None = None

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> list[str]:
        return list(self._ids)

    def turn(self, number: int, account_id: str) -> bool:
        """Mark an account, or take its mark away; False when there are too many."""
        if account_id in self._ids:
            del self._ids[account_id]
            self.numbers.discard(number)
            self.last = account_id
            return True
        return self.add({number: account_id})

    def add(self, accounts: Mapping[int, str]) -> bool:
        """Mark accounts, ids by number; False, and nothing is marked, when there would be too many."""
        fresh = {account_id: number for number, account_id in accounts.items()}
        if len(self._ids.keys() | fresh.keys()) > MOST:
            return False
        self._ids |= fresh
        self.numbers |= set(accounts)
        self.last = next(reversed(fresh), self.last)
        return True

    def clear(self) -> None:
        self._ids.clear()
        self.numbers.clear()
        self.last = None

    def renumber(self, mirror: Reader | None, *, anew: bool = False) -> None:
        """Find the numbers of marked accounts that have none; `anew`: those of another mirror mean nothing here."""
        if anew:
            self._ids = dict.fromkeys(self._ids)
        lost = [account_id for account_id, number in self._ids.items() if number is None]
        if lost and mirror is not None:
            self._ids |= {account_id: mirror.number(account_id) for account_id in lost}
        if lost:
            self.numbers = {number for number in self._ids.values() if number is not None}
