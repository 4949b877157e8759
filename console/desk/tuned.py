"""The policy that is tuned, and the draft that a point of the front becomes."""

from __future__ import annotations

from pathlib import Path

from console.desk.pack_files import pack_texts
from console.desk.written import write
from console.language import tr
from console.paths import Home, fixtures
from console.risk.packs import load_packs
from console.risk.policy import Policy
from console.risk.policy_draft import drafted
from console.risk.policy_text import read_policy
from console.risk.tuning import Setting
from store.journal import Journal
from store.policies import in_force

SHIPPED = "standard.toml"
DRAFT = "tuned-policy.toml"


def standing(home: Home, stance: str | None) -> tuple[Policy, str]:
    """The policy and its stance that are tuned: those in force, or the shipped policy's own before the first.

    Raises ValueError for a stance that the policy has not.
    """
    now = None
    if home.journal.exists():
        journal = Journal(home.journal)
        try:
            now = in_force(journal)
        finally:
            journal.close()
    shipped = fixtures() / "policies" / SHIPPED
    policy = read_policy(now.name, now.text) if now else read_policy(SHIPPED, shipped.read_text(encoding="utf-8"))
    chosen = stance or (now.stance if now else policy.drive.stance)
    if chosen not in policy.stances:
        raise ValueError(tr("tuning.no_stance", stance=chosen, stances=", ".join(policy.stances)))
    return policy, chosen


def write_draft(home: Home, packs: Path | None, stance: str, setting: Setting, to: Path) -> None:
    """Write the policy with those thresholds in a stance into a new file.

    Raises PolicyError where it can't be, FileExistsError, OSError.
    """
    write(to, _draft(home, packs, stance, setting), overwrite=False)


def keep_draft(home: Home, packs: Path | None, stance: str, setting: Setting) -> Path:
    """The same under the first free name in the home: `tuned-policy.toml`, `tuned-policy-2.toml` and so on."""
    text = _draft(home, packs, stance, setting)
    number, to = 1, home.folder / DRAFT
    while True:
        try:
            write(to, text, overwrite=False)
        except FileExistsError:
            number += 1
            to = home.folder / f"{Path(DRAFT).stem}-{number}.toml"
        else:
            return to


def _draft(home: Home, packs: Path | None, stance: str, setting: Setting) -> str:
    policy, _ = standing(home, stance)
    return drafted(policy, stance, setting, load_packs(pack_texts(packs)))
