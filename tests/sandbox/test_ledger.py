"""The bank's money: authorisation, posting, reversal, limits, and what an intervention saves."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from console.core.instants import DAY, HOUR, Instant, parse
from console.core.messages import Account, Customer, Hold, Limits, Login, Transaction
from console.sandbox.bank import Bank

NOW = parse("2026-11-20T21:14:09.220511Z")


def open_bank(**limits) -> Bank:
    """A bank with one active account `acc`, credit limit 1,000.00 CNY, at a stream time that stands still."""
    bank = Bank.open()
    bank.log.stream = lambda: 0
    bank.put("customer", Customer(id="cus", version=1, registered_at=NOW, updated_at=NOW), NOW)
    amounts = {"credit_limit_minor": 100_000, "available_minor": 100_000, "balance_minor": 0, "pending_minor": 0}
    account = Account(
        id="acc",
        version=1,
        customer_id="cus",
        status="active",
        credit_state="current",
        limits=Limits(currency="CNY", **amounts | limits),
        holds=[],
        opened_at=NOW,
        updated_at=NOW,
    )
    bank.put("account", account, NOW)
    return bank


def draft(id_: str, amount: int, kind: str = "purchase", at: int = NOW, currency: str = "CNY") -> Transaction:
    return Transaction(
        id=id_,
        version=1,
        account_id="acc",
        kind=kind,
        status="pending",
        amount_minor=amount,
        currency=currency,
        occurred_at=Instant(at),
        recorded_at=Instant(at),
    )


def put_hold(bank: Bank, scope: str) -> None:
    account = bank.account("acc")
    hold = Hold(
        hold_id=f"h_{scope}",
        scope=scope,
        reason_code="x",
        source="system",
        placed_at=NOW,
        placed_by="core",
        releasable_by="operator",
    )
    fields = {name: getattr(account, name) for name in account.__struct_fields__}
    bank.put("account", Account(**fields | {"holds": [*account.holds, hold]}), NOW)


def money(bank: Bank) -> tuple[int, int, int]:
    limits = bank.account("acc").limits
    return limits.available_minor, limits.pending_minor, limits.balance_minor


def test_a_purchase_is_pending_then_posted_then_gone():
    bank = open_bank()
    assert bank.authorise(draft("t", 3_000)).status == "pending"
    assert money(bank) == (97_000, 3_000, 0)
    bank.post("t", NOW + HOUR)
    assert money(bank) == (97_000, 0, 3_000)
    bank.post("t", NOW + HOUR)
    assert money(bank) == (97_000, 0, 3_000)
    bank.reverse("t", NOW + HOUR)
    bank.reverse("t", NOW + HOUR)
    assert money(bank) == (100_000, 0, 0)
    with pytest.raises(LookupError):
        bank.post("no_such", NOW)


@pytest.mark.parametrize("kind", ["payment", "refund", "fee", "interest", "transfer"])
def test_other_movements_post_at_once(kind):
    bank = open_bank()
    sign = -1 if kind in ("payment", "refund") else 1
    taken = bank.authorise(draft("t", sign * 2_000, kind))
    assert (taken.status, taken.posted_at) == ("posted", NOW)
    assert money(bank) == (100_000 - sign * 2_000, 0, sign * 2_000)


@pytest.mark.parametrize(
    ("scope", "kind", "amount", "code"),
    [
        ("full", "purchase", 100, "account_frozen"),
        ("full", "cash_advance", 100, "account_frozen"),
        ("full", "transfer", 100, "account_frozen"),
        ("full", "payment", -100, None),
        ("full", "refund", -100, None),
        ("debit_only", "purchase", 100, "account_frozen"),
        ("cash_advance", "cash_advance", 100, "cash_blocked"),
        ("cash_advance", "purchase", 100, None),
        ("credit_only", "refund", -100, "credit_blocked"),
        ("credit_only", "payment", -100, None),
        ("login", "purchase", 100, None),
    ],
)
def test_a_hold_stops_what_its_scope_says(scope, kind, amount, code):
    bank = open_bank()
    put_hold(bank, scope)
    before = bank.account("acc")
    taken = bank.authorise(draft("t", amount, kind))
    assert taken.decline_code == code
    assert (taken.status == "declined") == (code is not None)
    assert (bank.account("acc") == before) == (code is not None)


def test_limits_are_kept():
    bank = open_bank(cash_limit_minor=1_000, daily_limit_minor=5_000)
    assert bank.authorise(draft("a", 100_001)).decline_code == "over_limit"
    assert bank.authorise(draft("b", 1_001, "cash_advance")).decline_code == "cash_limit"
    assert bank.authorise(draft("c", 4_000)).status == "pending"
    assert bank.authorise(draft("d", 1_001)).decline_code == "daily_limit"
    assert bank.authorise(draft("e", 1_001, at=NOW + DAY)).status == "pending"
    assert bank.authorise(draft("f", 100, currency="EUR")).decline_code == "currency"


def test_the_daily_limit_survives_a_restart(tmp_path):
    bank = open_bank(daily_limit_minor=5_000)
    bank.authorise(draft("a", 4_000))
    bank.ledger._spent.clear()
    assert bank.authorise(draft("b", 1_001)).decline_code == "daily_limit"


def test_the_network_declines_without_touching_the_account():
    bank = open_bank()
    before = bank.account("acc")
    taken = bank.decline(draft("t", 100), "bad_cvv")
    assert (taken.status, taken.decline_code, bank.account("acc")) == ("declined", "bad_cvv", before)


def test_an_unknown_account_is_no_business():
    bank = Bank.open()
    with pytest.raises(LookupError):
        bank.authorise(draft("t", 1))


@pytest.mark.parametrize(("scope", "outcome"), [("full", "blocked"), ("login", "blocked"), ("debit_only", "success")])
def test_a_hold_may_close_the_door(scope, outcome):
    bank = open_bank()
    put_hold(bank, scope)
    login = Login(
        id="l", version=1, customer_id="cus", account_id="acc", outcome="success", occurred_at=NOW, recorded_at=NOW
    )
    assert bank.sign_in(login).outcome == outcome


def test_the_truth_tells_what_an_intervention_saved():
    bank = open_bank()

    def steal(id_, amount):
        taken = bank.authorise(draft(id_, amount))
        bank.remember_truth("ep1", "ato", "acc", NOW, taken.id, amount, benign=False)

    steal("a", 1_000)
    steal("b", 2_000_000)
    put_hold(bank, "full")
    steal("c", 5_000)
    bank.remember_truth("ep2", "traveller", "acc", NOW + 1, None, 0, benign=True)
    fraud, benign = bank.truth()
    assert (fraud.loss_minor, fraud.saved_minor, fraud.acts, fraud.accounts) == (1_000, 5_000, 3, ["acc"])
    assert (benign.benign, benign.loss_minor) == (True, 0)


class AccountMachine(RuleBasedStateMachine):
    """Whatever happens to an account: money adds up, frozen follows from holds, the log stays dense and ordered."""

    @initialize()
    def begin(self) -> None:
        self.bank = open_bank()
        self.at = int(NOW)
        self.made: list[str] = []

    def new(self, amount: int, kind: str) -> None:
        self.at += HOUR
        self.made.append(f"t{len(self.made)}")
        self.bank.authorise(draft(self.made[-1], amount, kind, self.at))

    @rule(amount=st.integers(1, 60_000), kind=st.sampled_from(["purchase", "cash_advance", "transfer", "fee"]))
    def spend(self, amount: int, kind: str) -> None:
        self.new(amount, kind)

    @rule(amount=st.integers(1, 60_000), kind=st.sampled_from(["payment", "refund"]))
    def repay(self, amount: int, kind: str) -> None:
        self.new(-amount, kind)

    @rule(which=st.integers(0, 30), reverse=st.booleans())
    def settle(self, which: int, reverse: bool) -> None:
        if which < len(self.made):
            (self.bank.reverse if reverse else self.bank.post)(self.made[which], self.at)

    @rule(scope=st.sampled_from(["full", "debit_only", "credit_only", "login"]))
    def hold(self, scope: str) -> None:
        if self.bank.account("acc").status != "closed":
            put_hold(self.bank, scope)

    @rule()
    def release(self) -> None:
        account = self.bank.account("acc")
        fields = {name: getattr(account, name) for name in account.__struct_fields__}
        self.bank.put("account", Account(**fields | {"holds": []}), self.at)

    @invariant()
    def money_adds_up(self) -> None:
        if not hasattr(self, "bank"):
            return
        limits = self.bank.account("acc").limits
        assert limits.available_minor == limits.credit_limit_minor - limits.balance_minor - limits.pending_minor
        found = [self.bank.register.find("transaction", id_) for id_ in self.made]
        assert limits.pending_minor == sum(t.amount_minor for t in found if t.status == "pending")
        assert limits.balance_minor == sum(t.amount_minor for t in found if t.status == "posted")

    @invariant()
    def frozen_follows_from_holds(self) -> None:
        if not hasattr(self, "bank"):
            return
        account = self.bank.account("acc")
        freezing = any(hold.scope in ("full", "debit_only") for hold in account.holds)
        assert account.status == ("frozen" if freezing else "active")

    @invariant()
    def the_log_is_dense_and_in_order(self) -> None:
        if not hasattr(self, "bank"):
            return
        rows = self.bank.database.connection.execute("SELECT seq, recorded_at FROM log ORDER BY seq").fetchall()
        assert [seq for seq, _ in rows] == list(range(1, self.bank.log.head + 1))
        assert [at for _, at in rows] == sorted(at for _, at in rows)


TestAccountMachine = AccountMachine.TestCase
TestAccountMachine.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
