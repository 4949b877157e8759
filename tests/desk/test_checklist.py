"""The checks before a release: which are asked, what answers them, and that the answers are in the audit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import language
from console.core import commands, instants
from console.core.messages import Account, CoreMeta, decoder
from console.desk import checklist, deciding
from console.paths import fixtures
from console.risk.packs import Pack, PackError, load_packs
from store.journal import Journal

EXAMPLES = Path(__file__).parents[2] / "fixtures" / "contract" / "examples"
META: CoreMeta = decoder(CoreMeta).decode((EXAMPLES / "meta.json").read_bytes())
ACCOUNT: Account = decoder(Account).decode((EXAMPLES / "account.json").read_bytes())
LEVELS = '[levels]\nlow = 0.2\nmedium = 0.5\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n'


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return load_packs((path.name, path.read_text("utf-8")) for path in sorted((fixtures() / "packs").glob("*.toml")))


def test_the_shipped_packs_ask_by_typology_and_survive_the_mirrors_note(shipped: Pack) -> None:
    known = checklist.read(checklist.told(shipped))
    assert known == checklist.of(shipped)

    def asked(*rules: str) -> list[str]:
        return sorted(check.id for check in known.after(rules))

    assert asked() == ["identity", "reached"]
    assert asked("ATO-1") == ["credentials", "device", "identity", "reached"]
    assert asked("ATO-1", "BO-1") == ["credentials", "device", "identity", "reached", "repaid"]
    assert asked("NO-SUCH") == ["identity", "reached"]
    language.use("zh")
    assert checklist.words(known.checks[0]) == known.checks[0].text["zh"]
    language.use("en")


@given(st.text(max_size=60))
def test_a_note_that_is_none_is_not_read(text: str) -> None:
    assert checklist.read(text) is None or text.strip() == "{}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[checklist.Bad]\nen = "a"\nzh = "b"', "lower-case"),
        ('[checklist.a]\nen = "a"', "zh"),
        ('[checklist.a]\nen = "a"\nzh = "b"\nde = "c"', "unknown key"),
        ('[checklist.a]\ntypologies = ["nonsense"]\nen = "a"\nzh = "b"', "none of"),
        ("checklist = 7", "must be a dict"),
    ],
)
def test_a_checklist_with_a_mistake_is_refused_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(PackError, match=fault):
        load_packs([("policy.toml", LEVELS), ("draft.toml", text)])


def test_an_id_stands_once_over_all_files() -> None:
    check = '[checklist.a]\nen = "a"\nzh = "b"\n'
    with pytest.raises(PackError, match=r"checklist\.a: the id is taken"):
        load_packs([("one.toml", LEVELS + check), ("two.toml", check)])


def test_answers_of_a_command_line(shipped: Pack) -> None:
    checks = checklist.of(shipped).after(["ATO-1"])[:3]
    first, second, third = (check.id for check in checks)
    told = checklist.answers(checks, [f"{first}=yes", f"{second}=n/a: no number on file"])
    assert [(one["answer"], one.get("note")) for one in told] == [
        ("yes", None),
        ("not_applicable", "no number on file"),
        ("not_asked", None),
    ]
    for wrong in (f"{third}=no", f"{third}=n/a:", "nobody=yes", third):
        with pytest.raises(ValueError, match=r"\w"):
            checklist.answers(checks, [wrong])


def test_the_answers_are_in_the_audit_with_the_decision(tmp_path, shipped: Pack) -> None:
    journal = Journal(tmp_path / "journal.db")
    told = checklist.answers(checklist.of(shipped).after([]), ["identity=yes"])
    wish = commands.unfreeze(ACCOUNT.id, ["h1"], "other", "called")
    deciding.decide(journal, META, wish, core_now=instants.now(), account=ACCOUNT, checklist=told)
    (payload,) = (json.loads(row[0]) for row in journal.rows("SELECT payload FROM audit"))
    assert payload["checklist"] == told
    assert journal.verify_audit() is None
    journal.close()
