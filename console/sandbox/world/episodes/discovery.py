"""How truth comes out: days later, not always, and never before somebody could know."""

from __future__ import annotations

from console.core.instants import DAY, MINUTE, Instant
from console.core.messages import Label, Ref, Transaction
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode


def customers_notice(episode: Episode) -> Life:
    """Victims report what is not theirs and get a new password; else single purchases come back as chargebacks."""
    rng, rules = episode.rng, episode.town.settings.labels
    if not episode.taken:
        return
    if rng.random() < rules.report_share:
        yield episode.soon(*rules.report_days, DAY)
        yield from _label_all(episode, "fraud", "customer_report")
        for person in episode.people:
            episode.town.sign_in(person, "password_reset", person.means(rng), rng, "otp")
        return
    for transaction in list(episode.taken):
        if rng.random() < rules.chargeback_share:
            episode.town.clock.begin(_charge_back(episode, transaction))


def the_desk_investigates(episode: Episode) -> Life:
    """Nobody complains of what owners do themselves; investigators find some of it."""
    rng, rules = episode.rng, episode.town.settings.labels
    if episode.taken and rng.random() < rules.investigation_share:
        yield episode.soon(*rules.investigation_days, DAY)
        yield from _label_all(episode, "fraud", "investigation")


def somebody_clears(episode: Episode) -> Life:
    """A few look-alikes are questioned and found legitimate."""
    rng, rules = episode.rng, episode.town.settings.labels
    if episode.taken and rng.random() < rules.cleared_share:
        yield episode.soon(*rules.investigation_days, DAY)
        yield from _label_all(episode, "legit", "investigation")


def _label_all(episode: Episode, verdict: str, kind: str) -> Life:
    for transaction in episode.taken:
        _label(episode, transaction, verdict, kind)
        yield episode.soon(0.1, 2, MINUTE)


def _charge_back(episode: Episode, transaction: Transaction) -> Life:
    yield episode.soon(*episode.town.settings.labels.chargeback_days, DAY)
    _label(episode, transaction, "fraud", "chargeback")


def _label(episode: Episode, transaction: Transaction, verdict: str, kind: str) -> None:
    town = episode.town
    label = Label(
        id=town.new_id("lab", 6),
        version=1,
        target=Ref(type="transaction", id=transaction.id),
        account_id=transaction.account_id,
        verdict=verdict,
        kind=kind,
        occurred_at=transaction.occurred_at,
        recorded_at=Instant(town.clock.now),
    )
    town.publish("label", label)
