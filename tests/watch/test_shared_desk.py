"""Cases through the core: who works on what is known to every desk, and handed over in order."""

from __future__ import annotations

import json
from typing import Any

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import Wish
from console.core.instants import MINUTE, Instant
from console.core.messages import encode
from console.desk import deciding
from console.ui import claims
from store.journal import Entry
from store.life import State
from tests.watch.two_people import House, commands_id


async def decided(house: House, who: CoreClient, wish: Wish) -> Entry:
    return deciding.decide(house.journal, await who.meta(), wish, core_now=instants.now())


async def resources(house: House, type_: str, account_id: str) -> list[dict[str, Any]]:
    """The core's resources of a type that concern an account, as everybody reads them."""
    page = json.loads((await house.operator.read(f"/snapshot/{type_}", {"limit": 1000})).body)
    return [one for one in page["items"] if account_id in json.dumps(one)]


async def case(house: House, account_id: str) -> dict[str, Any]:
    (found,) = await resources(house, "case", account_id)
    return found


async def claimed_by_supervisor(house: House) -> str:
    """An account whose case the supervisor has claimed at the core."""
    account = house.open_account()
    request = commands.request(commands.claim(account.id, 30), Instant(instants.now() + MINUTE))
    await commands.submit(house.supervisor, commands_id(), encode(request), None)
    return account.id


async def test_what_another_works_on_is_refused_with_who_and_until_when(house: House) -> None:
    account_id = await claimed_by_supervisor(house)
    for wish in (commands.claim(account_id, 60), commands.verdict(account_id, "legit")):
        entry = await house.settled(await decided(house, house.operator, wish), house.operator)
        assert (entry.state, entry.why) == (State.REJECTED, "already_claimed")
        assert "jonas.p works on it until" in claims.told_by(entry.problem, instants.now())
    assert (await case(house, account_id))["claimed_by"] == "jonas.p"


async def test_a_case_is_handed_over_with_its_note_first(house: House) -> None:
    account_id = await claimed_by_supervisor(house)
    note = await decided(house, house.supervisor, commands.note(account_id, "Called her; waits for the bank."))
    release = await decided(house, house.supervisor, commands.release(account_id))
    release = await house.settled(release)
    note = await house.settled(note)
    assert (note.state, release.state) == (State.CONFIRMED, State.CONFIRMED)
    events = house.journal.rows("SELECT json_extract(payload, '$.command_id') FROM audit WHERE event LIKE '%.attempt'")
    assert events == [(note.command_id,), (release.command_id,)]
    after = await case(house, account_id)
    assert (after["status"], after["note_count"], after.get("claimed_by")) == ("open", 1, None)
    told = [one for one in await resources(house, "command", account_id) if one["type"] == "case.note"]
    assert [one["params"]["text"] for one in told] == ["Called her; waits for the bank."]


async def test_a_verdict_on_a_free_case_is_one_step(house: House) -> None:
    account = house.open_account()
    entry = await house.settled(
        await decided(house, house.operator, commands.verdict(account.id, "fraud")), house.operator
    )
    assert (entry.state, (await case(house, account.id))["verdict"]) == (State.CONFIRMED, "fraud")
