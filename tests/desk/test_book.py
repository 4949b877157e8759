"""`riskdesk scorecard data`: the book as a table that `scorecard fit` can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from console.cli import main
from console.core.instants import DAY, Instant
from console.core.messages import Account, Employment, decoder
from console.desk import tables
from console.desk.book import outcome
from console.paths import fixtures
from console.risk.credit.table import Numbers, Words
from tests.applicants import customer, furnish, put
from tests.ui.mirror_builder import NOW, build

ACCOUNT: Account = decoder(Account).decode((fixtures() / "contract" / "examples" / "account.json").read_bytes())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    build(tmp_path / "mirror.db", 40)
    furnish(tmp_path / "mirror.db", NOW, 40, "acc_000030")
    return tmp_path


def test_a_row_an_account_with_what_is_on_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "book.csv"
    assert main(["scorecard", "data", "--home", str(home), "--to", str(file)]) == 0
    assert str(file) in capsys.readouterr().out
    sheet = tables.read(file)
    assert sheet.rows >= 40
    accounts = sheet.columns["account_id"]
    assert isinstance(accounts, Words)
    assert len(accounts.words) == sheet.rows
    assert isinstance(sheet.columns["bureau_score"], Numbers)
    assert {"income_minor", "income_proof", "trust_score", "outcome"} <= set(sheet.columns)
    assert not {"days_past_due", "utilisation"} & set(sheet.columns)


def test_the_table_is_for_its_owner_and_no_cell_is_a_formula(home: Path) -> None:
    job = Employment(status="=HYPERLINK(1)", months=1)
    put(home / "mirror.db", ("customer", replace(customer(1, NOW), employment=job)))
    file = home / "book.csv"
    assert main(["scorecard", "data", "--home", str(home), "--to", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ",'=HYPERLINK(1)," in file.read_text()


@pytest.mark.parametrize(
    ("changes", "age_days", "ended"),
    [
        ({"days_past_due": 0, "credit_state": "current"}, 200, "good"),
        ({"days_past_due": 29, "credit_state": "past_due"}, 200, "good"),
        ({"days_past_due": 30, "credit_state": "past_due"}, 200, "bad"),
        ({"days_past_due": None, "credit_state": "charged_off"}, 200, "bad"),
        ({"days_past_due": 45, "credit_state": "past_due"}, 10, "bad"),
        ({"days_past_due": 0, "credit_state": "current"}, 10, ""),
        ({"days_past_due": 0, "credit_state": "current", "status": "pending"}, 200, ""),
    ],
)
def test_how_an_account_ended(changes: dict[str, object], age_days: int, ended: str) -> None:
    account = replace(ACCOUNT, **{"status": "active", "opened_at": Instant(NOW - age_days * DAY), **changes})
    assert outcome(account, NOW - 90 * DAY) == ended
