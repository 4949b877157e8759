"""How truth comes out: days later, not always, and never before somebody could know."""

from __future__ import annotations

from console.core.instants import DAY, MINUTE, Instant
from console.core.messages import Label, Ref, Transaction
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.people import Person


def customers_notice(episode: Episode) -> Life:
    """Victims report what is not theirs, get it back and a new password; else single purchases are charged back."""
    rng, rules = episode.rng, episode.town.settings.labels
    if not episode.taken:
        return
    if rng.random() < rules.report_share:
        yield episode.soon(*rules.report_days, DAY)
        yield from _label_all(episode, "fraud", "customer_report", give_back=True)
        _distrust(episode)
        for person in episode.people:
            episode.town.sign_in(person, "password_reset", person.means(rng), rng, "otp")
        return
    for person, transaction in episode.taken:
        if rng.random() < rules.chargeback_share:
            episode.town.clock.begin(_charge_back(episode, person, transaction))


def the_desk_investigates(episode: Episode) -> Life:
    """Nobody complains of what owners do themselves; investigators find some of it."""
    rng, rules = episode.rng, episode.town.settings.labels
    if episode.taken and rng.random() < rules.investigation_share:
        yield episode.soon(*rules.investigation_days, DAY)
        yield from _label_all(episode, "fraud", "investigation")
        _distrust(episode)


def somebody_clears(episode: Episode) -> Life:
    """A few look-alikes are questioned and found legitimate."""
    rng, rules = episode.rng, episode.town.settings.labels
    if episode.taken and rng.random() < rules.cleared_share:
        yield episode.soon(*rules.investigation_days, DAY)
        yield from _label_all(episode, "legit", "investigation")


def _distrust(episode: Episode) -> None:
    """The core blocks the machines that it found at work."""
    for device_id in sorted(episode.tools):
        episode.town.block(device_id)


def _label_all(episode: Episode, verdict: str, kind: str, give_back: bool = False) -> Life:
    for person, transaction in episode.taken:
        _label(episode, transaction, verdict, kind)
        if give_back:
            _give_back(episode, person, transaction)
        yield episode.soon(0.1, 2, MINUTE)


def _charge_back(episode: Episode, person: Person, transaction: Transaction) -> Life:
    yield episode.soon(*episode.town.settings.labels.chargeback_days, DAY)
    _label(episode, transaction, "fraud", "chargeback")
    _give_back(episode, person, transaction)


def _give_back(episode: Episode, person: Person, transaction: Transaction) -> None:
    """The victim owes it no longer; the core has lost it all the same."""
    episode.town.refund(person, transaction, 1.0, episode.rng, kind="chargeback")


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
