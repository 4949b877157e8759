"""The world as a whole: deterministic, ordered, money kept, every story told, frozen accounts safe."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict

import msgspec
import pytest

from console import paths
from console.core import messages
from console.core.instants import DAY, HOUR, Instant, parse
from console.core.messages import RESOURCES, Account, Change, Hold, Message, Transaction
from console.sandbox.bank import Bank
from console.sandbox.world import World, names, settings
from console.sandbox.world.director import direct
from console.sandbox.world.episodes import FRAUDS, LOOKALIKES
from console.sandbox.world.town import Town

START = parse("2026-10-01T04:30:00Z")
POPULATION = 200
CHANGE = messages.decoder(Change)
DECODERS = {kind: messages.decoder(type_) for kind, type_ in RESOURCES.items()}


def feed_of(bank: Bank) -> list[bytes]:
    return bank.log.page(0, 10_000_000).bodies


def read(bodies: list[bytes]) -> list[tuple[Change, Message]]:
    changes = [CHANGE.decode(body) for body in bodies]
    return [(change, DECODERS[change.type].decode(change.data)) for change in changes]


def run_world(name: str, population: int, until: int, seed: int = 5, budget: int = 5000) -> Bank:
    bank = Bank.open()
    world = World(bank, name, seed, START, population)
    while world.advance(START + until, budget) < START + until:
        pass
    return bank


@pytest.fixture(scope="module")
def demo_bank() -> Bank:
    return run_world("demo", POPULATION, 30 * DAY + 9 * HOUR)


@pytest.fixture(scope="module")
def demo(demo_bank: Bank) -> list[tuple[Change, Message]]:
    return read(feed_of(demo_bank))


def test_same_seed_same_feed_however_it_is_cut() -> None:
    whole = feed_of(run_world("demo", 40, 6 * DAY, budget=10**9))
    assert len(whole) > 1000
    assert whole == feed_of(run_world("demo", 40, 6 * DAY, budget=17))


def test_another_seed_is_another_world() -> None:
    assert feed_of(run_world("calm", 20, DAY, seed=1)) != feed_of(run_world("calm", 20, DAY, seed=2))


def test_budget_bounds_a_call_and_the_instant_reached_is_a_watermark() -> None:
    bank, reached, seen = Bank.open(), START, 0
    bank.log.stream = lambda: reached
    world = World(bank, "demo", 5, START, 60)
    while reached < START + DAY:
        before, reached = reached, world.advance(START + DAY, 200)
        fresh = read(feed_of(bank)[seen:])
        seen += len(fresh)
        assert len(fresh) <= 200 + 40
        assert all(before <= parse(change.recorded_at) <= reached for change, _ in fresh)
    assert reached == START + DAY


def test_feed_is_in_time_order_and_nothing_is_known_before_it_happens(demo: list[tuple[Change, Message]]) -> None:
    recorded = [change.recorded_at for change, _ in demo]
    assert recorded == sorted(recorded)
    assert all(change.occurred_at <= change.recorded_at for change, _ in demo)


def test_ids_are_of_one_width_and_in_order_of_recording(demo: list[tuple[Change, Message]]) -> None:
    for kind in ("transaction", "login", "label", "application"):
        ids = [resource.id for change, resource in demo if change.type == kind and change.version == 1]
        assert len(ids) > 5
        assert ids == sorted(ids)
        assert len({len(id_) for id_ in ids}) == 1


def test_references_point_to_what_was_published_before(demo: list[tuple[Change, Message]]) -> None:
    known: set[str] = set()
    for change, resource in demo:
        for field in ("account_id", "customer_id", "device_id", "parent_id"):
            named = getattr(resource, field, None)
            assert named is None or named in known or change.type == "application", (change.type, field, named)
        known.add(resource.id)


def test_money_is_conserved_in_every_account(demo: list[tuple[Change, Message]]) -> None:
    opening: dict[str, int] = {}
    accounts: dict[str, Account] = {}
    transactions: dict[str, Transaction] = {}
    for _, resource in demo:
        if isinstance(resource, Account):
            opening.setdefault(resource.id, resource.limits.balance_minor)
            accounts[resource.id] = resource
        elif isinstance(resource, Transaction):
            transactions[resource.id] = resource
    owed, pending = defaultdict(int), defaultdict(int)
    for transaction in transactions.values():
        by_status = {"posted": owed, "pending": pending}.get(transaction.status)
        if by_status is not None:
            by_status[transaction.account_id] += transaction.amount_minor
    for account in accounts.values():
        limits = account.limits
        assert limits.balance_minor == opening[account.id] + owed[account.id]
        assert limits.pending_minor == pending[account.id]
        assert limits.available_minor == limits.credit_limit_minor - limits.balance_minor - limits.pending_minor
    between = [t for t in transactions.values() if t.counterparty and t.counterparty.type == "account"]
    assert len(between) > 20
    assert sum(t.amount_minor for t in between if t.status == "posted") == 0


def test_nobody_spends_beyond_the_limit(demo: list[tuple[Change, Message]]) -> None:
    taken = [
        (change.seq, resource)
        for change, resource in demo
        if isinstance(resource, Transaction) and change.version == 1 and resource.status == "pending"
    ]
    after = {change.seq: resource for change, resource in demo if isinstance(resource, Account)}
    assert len(taken) > 1000
    assert all(after[seq + 1].limits.available_minor >= 0 for seq, _ in taken)


def test_every_fraud_and_every_look_alike_happens(demo_bank: Bank) -> None:
    told = Counter(episode.typology for episode in demo_bank.truth())
    assert set(told) == {*settings.load("demo").frauds, *LOOKALIKES}
    assert {name for world in names() for name in settings.load(world).frauds} == set(FRAUDS)


def test_only_frauds_lose_and_every_typology_does(demo_bank: Bank) -> None:
    lost: Counter[str] = Counter()
    for episode in demo_bank.truth():
        assert episode.benign == (episode.typology in LOOKALIKES)
        assert not episode.benign or episode.loss_minor == 0
        lost[episode.typology] += episode.loss_minor
    assert all(lost[name] > 100_000 for name in settings.load("demo").frauds), lost


def test_a_typology_that_begins_later_is_unknown_before() -> None:
    start = settings.load("drift").begin_on_day["night_drip"]
    bank = run_world("drift", 120, int((start + 12) * DAY))
    told = [episode.at for episode in bank.truth() if episode.typology == "night_drip"]
    assert told
    assert min(told) >= START + start * DAY


def test_all_kinds_of_resources_and_money_live(demo: list[tuple[Change, Message]]) -> None:
    assert {change.type for change, _ in demo} == set(RESOURCES) - {"case", "command"}
    kinds = Counter(resource.kind for _, resource in demo if isinstance(resource, Transaction))
    assert set(kinds) == {"purchase", "cash_advance", "payment", "refund", "chargeback", "fee", "transfer"}


def test_the_show_opens_in_minutes_and_goes_on(demo_bank: Bank) -> None:
    show = settings.load("demo").show
    assert show is not None
    opening = START + 30 * DAY
    beginnings = sorted(e.at - opening for e in demo_bank.truth() if not e.benign and e.at > opening)
    assert beginnings[0] <= 600_000_000
    assert len([at for at in beginnings if at < 6 * HOUR]) >= 9


def test_labels_come_late_and_not_for_all(demo: list[tuple[Change, Message]], demo_bank: Bank) -> None:
    first: dict[str, int] = {}
    labels = 0
    for change, resource in demo:
        if isinstance(resource, Transaction):
            first.setdefault(resource.id, parse(change.recorded_at))
        elif isinstance(resource, messages.Label) and resource.target.type == "transaction":
            labels += 1
            assert resource.recorded_at - first[resource.target.id] > HOUR
            assert resource.verdict in ("fraud", "legit")
    frauds = sum(episode.acts for episode in demo_bank.truth() if not episode.benign)
    assert 0.05 * frauds < labels < frauds


def freeze(bank: Bank, account_id: str, at: int) -> None:
    account = bank.account(account_id)
    hold = Hold(
        hold_id="h1", scope="full", reason_code="suspected_ato", source="operator", placed_at=Instant(at),
        placed_by="maria.k", releasable_by="operator",
    )  # fmt: skip
    bank.put("account", msgspec.structs.replace(account, holds=[hold]), at)


def test_a_frozen_account_stops_losing() -> None:
    def lost(frozen: bool) -> tuple[int, int]:
        bank = Bank.open()
        world = World(bank, "demo", 11, START, 30)
        world.advance(world.history_ends, 10**9)
        until = world.history_ends
        while not (hits := [e for e in bank.truth() if e.at > world.history_ends and e.loss_minor > 0]):
            until = world.advance(until + 60_000_000, 10**9)
        episode = hits[0]
        at_stake = episode.loss_minor
        if frozen:
            freeze(bank, episode.accounts[0], until)
        world.advance(until + 4 * HOUR, 10**9)
        (after,) = [e for e in bank.truth() if e.episode == episode.episode]
        assert (after.saved_minor > 0) == frozen
        if frozen:
            refused = [
                r for _, r in read(feed_of(bank)) if isinstance(r, Transaction) and r.decline_code == "account_frozen"
            ]
            assert 0 < len(refused) <= 6
        return at_stake, after.loss_minor

    assert lost(frozen=True)[0] == lost(frozen=True)[1]
    assert lost(frozen=False)[1] > 2 * lost(frozen=False)[0]


@pytest.mark.parametrize("name", names())
def test_every_world_that_ships_lives_a_day(name: str) -> None:
    assert len(feed_of(run_world(name, 30, DAY))) > 100


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="no world 'atlantis'"):
        World(Bank.open(), "atlantis", 1, START)
    strange = msgspec.structs.replace(settings.load("calm"), population=5, frauds={"pyramid": 1.0})
    with pytest.raises(ValueError, match="no such episode: pyramid"):
        direct(Town(Bank.open(), strange, 1, START), START)


def test_a_setting_that_no_world_has_is_refused() -> None:
    text = (paths.fixtures() / "worlds" / "calm.toml").read_text(encoding="utf-8") + "\n[weather]\nrain = 1\n"
    with pytest.raises(msgspec.ValidationError, match="weather"):
        msgspec.convert(tomllib.loads(text), settings.Settings)
