"""Hostile text on every screen: what reaches the terminal are characters that print, and the console goes on."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from pathlib import Path

import pytest
from textual.screen import ModalScreen

from console import children
from console.bench.terminal import Terminal
from console.core import feed
from console.desk.pack_files import pack_texts
from console.paths import Home, fixtures
from console.risk.packs import load_packs
from console.ui.app import RiskDesk
from console.ui.screens import BY_NAME
from console.watch.health import Health
from console.watch.ingest import Ingest
from store.journal import Intent, Journal, Move
from store.life import State
from tests import hostile
from tests.hostile import TEXTS, VALUES
from tests.ui.conftest import Desk
from tests.ui.screens import frame, until

NUMBERS = range(0, len(VALUES), 4)
"""Each account is full of the values from its number's on."""
IDS = ("\x1b]0;owned\x07\x1b[2J", "[/b][@click=app.quit]x", "\u202eevil", "../meta?x#y", "a b\nc", "Z" + "\u0301" * 60)
AT = hostile.NOON
STARTS_S, WAIT_S = 20, 0.3
"""How long the console may be silent before its first frame, and after a key."""
META = json.loads((fixtures() / "contract/examples/meta.json").read_text())


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror as the watcher makes it from a core that puts hostile values wherever one fits."""
    path = tmp_path_factory.mktemp("hostile") / "mirror.db"
    told = [change for number in NUMBERS for change in hostile.full_of(VALUES, number, number)]
    for id_ in IDS:
        for type_ in ("customer", "account", "transaction", "login"):
            doc = hostile.whole(type_) | {"id": id_}
            doc |= {"customer_id": id_} if type_ == "account" else {}
            doc |= {"account_id": id_} if type_ in ("transaction", "login") else {}
            told.append(hostile.change(type_, doc))
    told += [hostile.change("account", hostile.put(hostile.whole("account"), ("status",), text)) for text in TEXTS]
    told += [hostile.change(text[:60], hostile.whole("account"), id=text[:70]) for text in TEXTS]
    ingest = Ingest(path, load_packs(pack_texts(None)))
    page = feed.read(hostile.page(told), None)
    assert page.spoiled
    ingest.page(page)
    hold = hostile.ESCAPES + hostile.BIDI
    reasons = [reason | {"title": hostile.MARKUP} for reason in META["reason_codes"]]
    told_of = {"institution": hold, "reason_codes": reasons, "currencies": [{"code": "\x1b[2", "exponent": 4}]}
    ingest.know(json.dumps(META | told_of | {"you": META["you"] | {"subject": hostile.MARKUP}}), Health("changes"))
    with ingest.mirror.transaction():
        ingest.mirror.health("changes", AT, hold + hostile.MARKUP, AT, 3, 1e308, hostile.MARKUP)
    ingest.close()
    return path


def journal(path: Path) -> None:
    """Commands whose every text is hostile."""
    kept = Journal(path)
    for number, text in enumerate(TEXTS):
        id_ = f"{number}{text}"[:70]
        account = IDS[number % len(IDS)]
        intent = Intent(
            command_id=id_, type="account.freeze", target_type="account", target_id=account, account_id=account,
            body=b"{}", if_match=None, not_after=AT, created_by=text, reason_code=text[:64], note=text,
        )  # fmt: skip
        kept.intend(intent, AT)
        kept.begin_attempt(id_, AT)
        problem = json.dumps({"code": text, "detail": text, "title": text, "status": 409})
        kept.settle(id_, Move(to=State.UNKNOWN, why=text[:64], problem=problem, core_status=text[:64]), AT)
    kept.close()


@pytest.fixture
def home(tmp_path: Path, spoiled: Path) -> Home:
    place = Home(tmp_path / "home")
    place.make()
    place.mirror.write_bytes(spoiled.read_bytes())
    place.mirror.chmod(0o600)
    journal(place.journal)
    return place


def harmful(text: str) -> list[str]:
    """The characters of a frame that could steer a terminal, hide, reorder or climb over what stands beside them."""
    found, marks = [], 0
    for character in text.replace("\n", ""):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or marks > 2:
            found.append(character)
    return found


async def looked_at(app: RiskDesk, name: str) -> str:
    await until(lambda: getattr(app.screen, "NAME", "") == name and app.screen.stands, f"the screen {name}")
    app.screen.looked(True, True)
    shown = frame(app)
    assert harmful(shown) == [], shown
    assert "owned" not in app.title
    return shown


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_every_screen_shows_hostile_text_harmlessly(home: Home, desk: Desk, size: tuple[int, int]) -> None:
    app = desk(clock=lambda: AT)
    async with app.run_test(size=size):
        await until(lambda: getattr(app.screen, "stands", False), "the watch screen")
        await until(lambda: app.screen.table.total() >= len(NUMBERS) + len(IDS), "the order of all accounts")
        await looked_at(app, "watch")
        for name in BY_NAME:
            app.perform(name)
            shown = await looked_at(app, name)
            if name == "feeds":
                await until(lambda: "owned" in frame(app), "the changes that were set aside")
                shown = frame(app)
                assert "Changes that could not be understood" in shown
                assert "unknown resource type" in shown
        for account_id in [*IDS, *(f"account.{number}" for number in NUMBERS)][:: 1 if size[0] > 80 else 3]:
            app.do_watch("")
            app.open_account(account_id)
            await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, account_id)
            await looked_at(app, "account")
        assert app.is_running


@pytest.mark.parametrize("name", ["freeze", "unfreeze", "limit", "close", "claim", "verdict", "note"])
async def test_every_dialog_shows_hostile_text_harmlessly(home: Home, desk: Desk, name: str) -> None:
    app = desk(clock=lambda: AT)
    async with app.run_test(size=(80, 24)):
        await until(lambda: getattr(app.screen, "stands", False), "the watch screen")
        app.perform("write", "10")
        opened = 0
        for account_id in IDS[:3]:
            app.do_watch("")
            app.open_account(account_id)
            await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, account_id)
            app.perform(name)
            await until(lambda: app.screen.is_mounted, "the dialog or a message")
            shown = frame(app)
            assert harmful(shown) == [], shown
            if isinstance(app.screen, ModalScreen):
                opened += 1
                app.screen.dismiss(None)
            await until(lambda: app.screen.NAME == "account", "the dialog to go")
        assert opened or name == "unfreeze"


ALLOWED = re.compile(rb"\x1b\[[0-9;:?<>=]*\$?[a-zA-Z]|\x1b\]22;default\x07")
"""What Textual itself sends: control sequences of this form, the pointer's shape, and nothing else."""


def test_no_control_of_the_cores_reaches_a_real_terminal(home: Home) -> None:
    command = children.command("--home", str(home.folder), "--core", "http://127.0.0.1:9", "--no-watcher")
    written = b""
    with Terminal(command, 120, 40) as terminal:
        for key in (b"", b"j", b"\r", b"o", b"\x1b", b"2", b"3", b"4", b"5", b"6", b"?", b"\x1b", b"1", b"/owned\r"):
            terminal.type(key)
            while part := terminal.read(WAIT_S if b"\x1b[?1049h" in written else STARTS_S):
                written += part
        assert os.waitpid(terminal.pid, os.WNOHANG) == (0, 0)
    assert b"owned" in written
    said = ALLOWED.sub(b"", written).decode()
    assert [character for character in said if character not in "\r\n" and harmful(character)] == []
    assert b"\x1b[2J" not in written
