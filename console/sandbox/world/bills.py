"""Statements and repayments: most people pay by standing order, some early, some in part, some late, a few never."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from console.core.instants import DAY, EPOCH, HOUR, MICROSECOND, Instant
from console.core.messages import Label, Ref
from console.sandbox.world.clock import LOCAL, Life, midnight
from console.sandbox.world.need import patience
from console.sandbox.world.people import Person
from console.sandbox.world.town import Town

TERM_DAYS = 9
"""From statement to due date."""
LATE_FEE = 0.01
DEFAULT_AFTER_DAYS = 30
PATIENCE_DAYS = (1, 5, 10, 20, DEFAULT_AFTER_DAYS)
"""On which days of delay the core writes the delay into the account."""


def bills(town: Town, person: Person) -> Life:
    """A statement each month and what the person does about it, beginning with the one that is open now."""
    statement = statement_before(town.clock.now, person.statement_day)
    if town.clock.now - statement < TERM_DAYS * DAY and person.opened_at < statement:
        yield from _answer(town, person, statement + TERM_DAYS * DAY)
    while not person.gone:
        statement = statement_after(town.clock.now, person.statement_day)
        yield statement + 3 * HOUR
        yield from _answer(town, person, statement + TERM_DAYS * DAY)


def repay(town: Town, person: Person, amount: int) -> None:
    """Pay from the person's own wallet."""
    town.transfer(person, -amount, wallet(person), None, person.rng, kind="payment")


def wallet(person: Person) -> Ref:
    """The wallet a person pays from; outside the core."""
    return Ref(type="wallet", id=person.customer_id.replace("cus", "wal"))


def owed(town: Town, person: Person) -> int:
    """What the person owes, posted (fen)."""
    return town.bank.account(person.account_id).limits.balance_minor


def statement_before(instant: int, day: int) -> int:
    """The last statement: local midnight of that day of the month."""
    today = EPOCH + (midnight(instant) + LOCAL) * MICROSECOND
    month = today if today.day >= day else today.replace(day=1) - timedelta(days=1)
    return (month.replace(day=day) - EPOCH) // MICROSECOND - LOCAL


def statement_after(instant: int, day: int) -> int:
    """The next statement, strictly later."""
    return statement_before(statement_before(instant, day) + 32 * DAY, day)


def mark(town: Town, person: Person, days: int) -> None:
    """Write the delay of a repayment (days, 0: none) into the account."""
    account = town.bank.account(person.account_id)
    town.publish(
        "account",
        replace(
            account,
            credit_state="past_due" if days else "current",
            days_past_due=days,
            updated_at=Instant(town.clock.now),
        ),
    )


def _answer(town: Town, person: Person, due: int) -> Life:
    rng, thrift = person.rng, person.thrift
    bill = owed(town, person)
    if bill <= 0:
        return
    if 0.70 <= thrift < 0.88:
        yield max(town.clock.now, due - int(rng.uniform(1, TERM_DAYS - 1) * DAY))
    else:
        yield due + int(rng.uniform(5, 11) * HOUR)
    if town.times.luck(person).out(town.clock.now) and not person.gone:
        yield from _delay(town, person, due, patience(town, person, bill, due))
    elif person.gone or thrift >= 0.95:
        never = person.gone or thrift >= 0.994
        yield from _delay(town, person, due, None if never else rng.choice((1, 2, 3, 5, 8, 12, 18)))
    elif thrift >= 0.88:
        repay(town, person, max(1, round(bill * rng.uniform(0.3, 0.7))))
    elif owed(town, person) > 0:
        repay(town, person, min(bill, owed(town, person)))


def _delay(town: Town, person: Person, due: int, paid_after: int | None) -> Life:
    """What happens after a due date that passes: the bill is paid so many days later, or never."""
    town.overdue += 1
    for days in PATIENCE_DAYS:
        if paid_after is not None and days > paid_after:
            break
        yield due + days * DAY + int(person.rng.uniform(1, 3) * HOUR)
        if owed(town, person) > 0:
            mark(town, person, days)
            if days == PATIENCE_DAYS[0]:
                _charge_fee(town, person)
    if paid_after is None:
        _give_up(town, person)
        if town.settings.credit:
            yield due + round(town.settings.credit.charge_off_days * DAY)
            _charge_off(town, person)
        return
    yield due + paid_after * DAY + int(person.rng.uniform(8, 20) * HOUR)
    if owed(town, person) > 0:
        repay(town, person, owed(town, person))
    mark(town, person, 0)
    town.overdue -= 1


def _charge_fee(town: Town, person: Person) -> None:
    fee = max(100, round(owed(town, person) * LATE_FEE))
    town.transfer(person, fee, Ref(type="customer", id=person.customer_id), None, person.rng, kind="fee")


def _charge_off(town: Town, person: Person) -> None:
    """The institution takes the debt as lost and closes the account."""
    now, account = Instant(town.clock.now), town.bank.account(person.account_id)
    person.gone = True
    town.overdue -= 1
    closed = replace(
        account,
        status="closed",
        status_reason="charged_off",
        credit_state="charged_off",
        status_changed_at=now,
        updated_at=now,
    )
    town.publish("account", closed)


def _give_up(town: Town, person: Person) -> None:
    now = Instant(town.clock.now)
    target = Ref(type="account", id=person.account_id)
    town.publish(
        "label",
        Label(
            id=town.new_id("lab", 6),
            version=1,
            target=target,
            account_id=person.account_id,
            verdict="default",
            kind="repayment",
            occurred_at=now,
            recorded_at=now,
        ),
    )
