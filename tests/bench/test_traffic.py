"""The benchmark's traffic: valid changes, the same for a seed, and an attack the shipped rules alert on."""

from __future__ import annotations

import json

from console.bench.catching_up import catch_up
from console.bench.traffic import Town
from console.core import instants
from console.core.messages import RESOURCES, decoder
from console.paths import Home
from console.sandbox.run import Sandbox
from store.reader import Reader

AT = 1_760_000_000_000_000


def everything(seed: int) -> list:
    town = Town(20, seed)
    changes = [*town.opened(AT), *(town.bought(turn, AT + turn) for turn in range(40))]
    return [*changes, *town.taken_over(town.quiet[1], AT + 50), town.cleared(town.quiet[1], AT + 60)]


def test_every_change_is_what_the_contract_says_and_a_seed_gives_the_same():
    for entry in everything(1):
        change = json.loads(f'{{"seq":1,{entry.text}')
        resource = decoder(RESOURCES[change["type"]]).decode(entry.text.encode()[entry.start : -1])
        assert (resource.id, resource.version) == (change["id"], 1)
    assert everything(1) == everything(1)
    assert everything(1) != everything(2)


def test_only_who_is_taken_over_is_alerted_on_and_another_desk_clears_it(tmp_path):
    town, home = Town(60), Home(tmp_path / "home")
    victims = town.quiet[2:5]
    with Sandbox() as core:
        now = instants.now()
        with core.bank.batch():
            core.bank.log.extend([*town.opened(now), *(town.bought(turn, now) for turn in range(60))])
            for one in victims:
                core.bank.log.extend(town.taken_over(one, instants.now()))
            core.bank.log.extend([town.cleared(victims[0], instants.now())])
        catch_up(home, core.origin)
    mirror = Reader(home.mirror)
    alerted = {row.account_id for row in mirror.page(range(60)).values() if row.open_alerts}
    mirror.close()
    assert alerted == {one.account for one in victims[1:]}
