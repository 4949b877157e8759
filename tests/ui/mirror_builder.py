"""A deterministic mirror for the console's tests: a few accounts with histories, alerts, hostile and CJK text."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from console.core.instants import DAY, HOUR, MINUTE, SECOND, parse, wire
from console.risk.records import hit_type
from store import files
from store.journal import Intent, Journal, Move
from store.life import State
from store.mirror_schema import MIGRATIONS
from store.models import Models, Refitted
from store.plans import Order, Plans, Target

NOW = parse("2026-11-20T21:14:10.000000Z")
EPOCH = "2026-01-a"

HOSTILE = "A [/b] Ltd\x1b]0;owned\x07\u202e[@click=app.quit]x[/]\u200b\nnext"
NAMES = ("陈**", "M*** S******", "欧阳**", "J** O'N****", "王*", "Ä** Ö******", HOSTILE, "李**明")
STATUSES = ("active", "active", "active", "frozen", "active", "closing", "pending")
MERCHANTS = ("GADGET OUTLET LTD", "盒马鲜生 中关村店", HOSTILE, "Café Zoë", "手机大卖场")
RULES = (
    ("ATO-1", {"failed_logins_15m": 7.0, "is_new_device": 1.0}, {"failures": 4.0, "fresh": 3600.0}),
    ("CO-1", {"respent_share_1h": 0.93, "repaid_sum_24h": 1234500.0}, {"again": 0.3, "repaid": 100000.0}),
    ("CNP-6", {"decline_count_15m": 4.0, "device_age": "no_history"}, {"tries": 3.0, "fresh": 3600.0}),
    ("GEO-1", {"distance_last_km": 8120.0, "speed_kmh": 4210.0}, {"far": 300.0, "fast": 900.0}),
)
NORMAL = {"spend_count_24h": 3.0, "spend_sum_24h": 45600.0, "amount_z": 8.25, "amount_to_mean_30d": "too_few"}
COMMANDS = (
    (State.QUEUED, "account.freeze"),
    (State.UNKNOWN, "account.freeze"),
    (State.REJECTED, "account.set_limit"),
    (State.CONFIRMED, "account.unfreeze"),
    (State.AWAITING_APPROVAL, "account.close"),
)
META = json.loads((Path(__file__).parents[2] / "fixtures/contract/examples/meta.json").read_text())


def build(path: Path, accounts: int = 200, seed: int = 7, lag: int = 0) -> None:
    """Write a mirror of so many accounts; the first third is suspicious, falling in score."""
    mirror = files.writer(path, MIGRATIONS, "NORMAL")
    chance = random.Random(seed)
    with mirror.conn as connection:
        for number in range(accounts):
            _account(connection, number, accounts, chance)
        _rule_hits(connection, chance)
        head = 9_810_232
        connection.execute(
            "INSERT INTO feed VALUES ('changes', ?, 'c', ?, ?, ?)", (EPOCH, head - lag, head, NOW - SECOND)
        )
        connection.execute("INSERT INTO health VALUES ('changes', ?, NULL, NULL, 0, 312.0, 'live')", (NOW - SECOND,))
        connection.execute("INSERT INTO health VALUES ('meta', ?, NULL, NULL, 0, 0.0, '')", (NOW - 4 * SECOND,))
        told = {"pid": 4242, "version": "0.1.0", "core": "http://127.0.0.1:8900", "state": "live", "started_at": NOW}
        meta = META | {"currencies": [{"code": "CNY", "exponent": 2}, {"code": "JPY", "exponent": 0}]}
        connection.execute("INSERT INTO note VALUES ('watcher', ?)", (json.dumps(told),))
        connection.execute("INSERT INTO note VALUES ('meta', ?)", (json.dumps(meta),))
        learning = {
            "epoch": EPOCH, "in_force": "rules", "frauds": 7, "needed": 50, "ripe_at": NOW + DAY,
            "next_due_at": NOW + 6 * DAY, "shifts": {"probability": 0.031, "spend_count_24h": 0.4},
        }  # fmt: skip
        connection.execute("INSERT INTO note VALUES ('model', ?)", (json.dumps(learning),))
    mirror.close()


def build_travel(path: Path, number: int = 4) -> None:
    """Give the logins of an account places: at home, at home, in Paris ten hours later, and one in a hostile city."""
    cities = (("杭州", 30.27, 120.15), ("杭州", 30.25, 120.17), ("Paris", 48.86, 2.35), (HOSTILE, -33.87, 151.21))
    with closing(sqlite3.connect(path)) as connection, connection:
        for step, (city, lat, lon) in zip((0, 3, 6, 9), cities, strict=True):
            doc = {"method": "password", "ip": "203.0.113.17", "location": {"lat": lat, "lon": lon, "city": city}}
            connection.execute(
                "UPDATE login SET lat = ?, lon = ?, rule_ids = ?, doc = ? WHERE login_id = ?",
                (lat, lon, '["GEO-1"]' if step == 9 else None, json.dumps(doc), f"lgn_{number}_{step}"),
            )


def build_log(path: Path) -> None:
    """A watcher's log with every level, a traceback, and text that would steer a terminal."""
    lines = [
        "2026-11-20 21:10:00,120 INFO riskdesk.watch changes: live",
        "2026-11-20 21:11:00,004 WARNING riskdesk.watch meta: " + HOSTILE.replace("\n", " "),
        "2026-11-20 21:12:30,981 ERROR riskdesk.watch commands",
        "Traceback (most recent call last):",
        "ConnectionError: 核心无法连接",
        "2026-11-20 21:12:31,000 INFO riskdesk.watch commands: live",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)


def build_journal(path: Path) -> None:
    """Write a journal with a command in each of several states."""
    journal = Journal(path)
    for place, (state, type_) in enumerate(COMMANDS):
        at = NOW - (len(COMMANDS) - place) * MINUTE
        intent = Intent(
            command_id=f"command-{place}", type=type_, target_type="account", target_id=f"acc_{place:06d}",
            account_id=f"acc_{place:06d}", body=b"{}", if_match=None, not_after=NOW + HOUR, created_by="maria.k",
            reason_code="account_takeover", note=HOSTILE if place == 2 else None,
        )  # fmt: skip
        journal.intend(intent, at)
        if state is State.QUEUED:
            continue
        journal.begin_attempt(intent.command_id, at)
        problem = json.dumps({"code": "illegal_transition", "detail": HOSTILE}) if state is State.REJECTED else None
        journal.settle(intent.command_id, Move(to=state, problem=problem), at + SECOND)
    journal.close()


def account_doc(number: int, status: str, currency: str, limit: int, available: int) -> dict:
    """The account's resource as the core would send it."""
    hold = {
        "hold_id": f"hold_{number}", "scope": "full", "reason_code": "account_takeover", "source": "operator",
        "placed_at": wire(NOW - HOUR), "placed_by": "maria.k", "releasable_by": "operator",
    }  # fmt: skip
    return {
        "id": f"acc_{number:06d}", "version": 3 + number, "customer_id": f"cus_{number // 2}", "status": status,
        "credit_state": "current", "product": "bnpl_flex", "holds": [hold] if status == "frozen" else [],
        "limits": {
            "currency": currency, "credit_limit_minor": limit, "available_minor": available,
            "balance_minor": limit - available, "pending_minor": 12_300, "cash_limit_minor": 30_000,
        },
        "opened_at": wire(NOW - 400 * DAY), "updated_at": wire(NOW - HOUR),
    }  # fmt: skip


def _account(connection, number: int, accounts: int, chance: random.Random) -> None:
    status = STATUSES[number % len(STATUSES)]
    currency = "JPY" if number % 11 == 5 else "CNY"
    limit = chance.randrange(5, 60) * 100_000
    available = int(limit * chance.random())
    doc = account_doc(number, status, currency, limit, available)
    connection.execute(
        "INSERT INTO account VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, doc["id"], doc["version"], doc["customer_id"], status, currency, limit, available,
         limit - available, NOW - 400 * DAY, json.dumps(doc)),
    )  # fmt: skip
    customer = {
        "id": doc["customer_id"], "version": 1, "registered_at": wire(NOW - 400 * DAY), "updated_at": wire(NOW - DAY),
        "name_masked": NAMES[(number // 2) % len(NAMES)], "home": {"city": "杭州", "country": "CN"},
        "income": {"monthly_minor": 1_268_000, "currency": "CNY", "as_of": wire(NOW - DAY)},
        "social": {"trust_score": 655},
    }  # fmt: skip
    connection.execute(
        "INSERT OR IGNORE INTO resource VALUES ('customer', ?, 1, 0, -1, 1, ?)",
        (doc["customer_id"], json.dumps(customer)),
    )
    suspicious = number < accounts // 3
    score = round(0.99 - number * 2.0 / accounts, 4) if suspicious else 0.0
    level = (4 if score > 0.9 else 3 if score > 0.75 else 2 if score > 0.5 else 1) if suspicious else 0
    transaction, login = _history(connection, number, score, level, currency)
    connection.execute(
        "INSERT INTO account_risk VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, transaction, login, NOW - (number + 2) * 7 * SECOND, score, level, int(suspicious)),
    )
    if suspicious:
        _alert(connection, number, score, level)
    if number % 9 == 2:
        connection.execute(
            "INSERT INTO desk_case VALUES (?, ?, 1, 'claimed', 'maria.k', ?, NULL, 1, ?)",
            (number, f"case_{number}", NOW + 20 * MINUTE, NOW),
        )


def _history(connection, number: int, score: float, level: int, currency: str) -> tuple[int, int]:
    """Twelve transactions and four logins, chained; returns the newest seq of each."""
    base, transaction, login = number * 100 + 1, 0, 0
    for step in range(12):
        seq = base + step * 2
        at = NOW - (12 - step) ** 3 * 4 * MINUTE - number * SECOND
        merchant = MERCHANTS[(number + step) % len(MERCHANTS)]
        doc = {
            "merchant": {"id": f"mer_{step}", "name": merchant, "city": "上海"}, "device_id": f"dev_{number % 5}",
            "ip": "203.0.113.17",
        }  # fmt: skip
        last = step == 11
        connection.execute(
            "INSERT INTO txn VALUES (?, ?, 1, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'm1', ?, ?)",
            (seq, f"txn_{number}_{step}", number, transaction, at, at, 1650 * (step + 1) ** 2, currency, f"mer_{step}",
             "payment" if step == 8 else "purchase", "declined" if step in (5, 6) else "posted",
             score if last else step / 100, level if last else 0, '["ATO-1"]' if last else None, json.dumps(doc)),
        )  # fmt: skip
        transaction = seq
        if step % 3 == 0:
            at -= MINUTE
            connection.execute(
                "INSERT INTO login VALUES (?, ?, 1, 0, ?, ?, ?, ?, ?, ?, ?, '::1', NULL, NULL, 0.1, 0, NULL, ?)",
                (seq + 1, f"lgn_{number}_{step}", number, login, f"cus_{number // 2}", at, at,
                 "bad_password" if step == 6 else "success", "dev_1", json.dumps({"ip": "203.0.113.17"})),
            )  # fmt: skip
            login = seq + 1
    return transaction, login


def _alert(connection, number: int, score: float, level: int) -> None:
    chosen = [RULES[(number + step) % len(RULES)] for step in range(1 + number % 3)]
    hit = {
        "seq": number * 100 + 23, "at": NOW - MINUTE, "score": score, "normal": NORMAL,
        "reasons": {name: readings for name, readings, _ in chosen},
        "params": {name: params for name, _, params in chosen},
    }  # fmt: skip
    if number % 2:
        causes = [("since_new_device", 300.0, 1.2), ("is_night", 1.0, 0.4), ("amount_to_usual_30d", None, -0.3)]
        hit |= {
            "model": "m-005",
            "causes": [{"feature": name, "value": value, "log_odds": odds} for name, value, odds in causes],
        }
    connection.execute(
        "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, 'open', NULL, ?, 0, 0, ?, 0, 0, ?, 1, 45600, NULL)",
        (f"alr_{number}", number, NOW - HOUR, NOW - MINUTE, level, score, json.dumps([name for name, _, _ in chosen]),
         1 + number % 4, json.dumps([hit]), NOW - MINUTE),
    )  # fmt: skip


WAITING = (
    ("account.close", {}, "maria.k", "customer_request", HOSTILE, 12 * MINUTE, "close"),
    ("account.set_limit", {"limit": "credit", "value_minor": 9_000_000, "currency": "CNY"}, "li.na",
     "customer_request", "工资证明已核", 95 * MINUTE, "limit_increase"),
    ("account.unfreeze", {"hold_ids": ["hold_3"]}, "maria.k", "identity_verified", None, 70 * MINUTE, HOSTILE),
    ("account.freeze", {"scope": "full"}, "jonas.p", "account_takeover", None, 5 * MINUTE, "bulk"),
    ("savings.move", {"to": HOSTILE}, HOSTILE, HOSTILE, None, 119 * MINUTE, None),
)  # fmt: skip


def command_id(place: int) -> str:
    return f"01a218be-0000-7000-8000-{place:012d}"


def build_waiting(
    path: Path, subject: str = "jonas.p", scopes: tuple[str, ...] = ("core:command", "core:approve")
) -> None:
    """Write commands that wait for a second person into a mirror, and who the core says this person is."""
    with closing(sqlite3.connect(path)) as connection, connection:
        meta = json.loads(connection.execute("SELECT value FROM note WHERE key = 'meta'").fetchone()[0])
        meta["you"] = {"subject": subject, "roles": ["supervisor"], "scopes": ["core:read", *scopes]}
        connection.execute("UPDATE note SET value = ? WHERE key = 'meta'", (json.dumps(meta),))
        for place, (type_, params, who, reason, note, left, policy) in enumerate(WAITING):
            doc = {
                "id": command_id(place), "version": 1, "type": type_,
                "target": {"type": "account", "id": f"acc_{place:06d}"}, "params": params,
                "status": "pending_approval", "created_at": wire(NOW - 3 * MINUTE),
                "created_by": who, "not_after": wire(NOW + left), "reason_code": reason, "note": note,
                "if_match": place + 2 + place % 2, "approval": {"required": True, "policy": policy},
                "decided_on": {"score": 0.91, "rule_ids": ["ATO-1", HOSTILE[:8]]} if place % 2 else "unheard of",
            }  # fmt: skip
            connection.execute(
                "INSERT OR REPLACE INTO resource VALUES ('command', ?, 1, 0, ?, 1, ?)",
                (doc["id"], place, json.dumps(doc, separators=(",", ":"))),
            )


def decide_waiting(
    path: Path, place: int, status: str, decision: str | None, who: str | None, note: str | None = None
) -> None:
    """Let somebody have decided one of them."""
    with closing(sqlite3.connect(path)) as connection, connection:
        text = connection.execute("SELECT doc FROM resource WHERE id = ?", (command_id(place),)).fetchone()[0]
        doc = json.loads(text)
        doc["status"] = status
        doc["approval"] |= {"decision": decision, "decided_by": who, "note": note}
        connection.execute(
            "UPDATE resource SET doc = ?, version = 2 WHERE type = 'command' AND id = ?",
            (json.dumps(doc, separators=(",", ":")), command_id(place)),
        )


def _rule_hits(connection, chance: random.Random) -> None:
    """A week of hits of a few rules, one of them in shadow, some judged by labels."""
    named = [("ATO-1", "live"), ("CNP-6", "live"), ("GEO-1", "live"), ("UN-2", "shadow")]
    hits = np.zeros(120, hit_type(len(named)))
    for place in range(len(hits)):
        fired = [chance.random() < share for share in (0.5, 0.3, 0.3, 0.4)]
        hits[place] = (place * 100 + 23, NOW - (10 + place) * HOUR, place % 40, 0.8, np.packbits(fired))
    connection.execute("INSERT INTO rule_set VALUES (1, ?)", (json.dumps(named),))
    connection.execute("INSERT INTO rule_page VALUES (1, ?, 1, ?)", (NOW - 10 * HOUR, hits.tobytes()))
    for number in range(0, 60, 3):
        verdict = "fraud" if number % 2 else "legit"
        doc = {"verdict": verdict, "target": {"type": "transaction", "id": f"txn_{number}_11"}}
        connection.execute(
            "INSERT INTO resource VALUES ('label', ?, 1, 0, ?, 1, ?)", (f"lab_{number}", number, json.dumps(doc))
        )


def build_plans(path: Path) -> None:
    """Write a plan that is done and one that runs: an item confirmed, one that waits for approval, one skipped."""
    journal = Journal(path)
    plans = Plans(journal)
    targets = [Target(f"acc_{number:06d}", 3 + number, 900_000 - number * 70_000, "CNY") for number in range(6)]
    plans.make(Order("account.close", {}, "mule"), targets[:1], NOW - HOUR, "jonas.p")
    plans.skip(plans.waiting(1, 1)[0], "closed", NOW - HOUR + SECOND)
    plans.finish(1, NOW - HOUR + 2 * SECOND)
    plans.make(
        Order("account.freeze", {"scope": "full"}, "account_takeover", HOSTILE), targets, NOW - MINUTE, "maria.k"
    )
    for place, state in enumerate((State.CONFIRMED, State.AWAITING_APPROVAL)):
        item = plans.waiting(2, 1)[0]
        intent = Intent(
            command_id=f"planned-{place}", type="account.freeze", target_type="account",
            target_id=item.target.account_id, account_id=item.target.account_id, body=b"{}", if_match=1,
            not_after=NOW + HOUR, created_by="maria.k",
        )  # fmt: skip
        plans.decide(item, intent, NOW - MINUTE)
        journal.begin_attempt(intent.command_id, NOW - MINUTE)
        journal.settle(intent.command_id, Move(to=state), NOW - (40 - place * 5) * SECOND)
    plans.skip(plans.waiting(2, 1)[0], "already", NOW - 20 * SECOND)
    journal.close()


def build_models(path: Path) -> None:
    """Write five refits into a journal: four that took over, one refused between them, one more on its way."""
    journal = Journal(path)
    models = Models(journal)
    for week, ap in enumerate((0.61, 0.7, 0.66, 0.74, 0.76)):
        promoted = week != 2
        figures = {
            "rows": 180_000 + week * 20_000, "frauds": 900 + 120 * week, "held_rows": 40_000, "held_frauds": 210,
            "compared_rows": 38_000, "compared_frauds": 190, "ap_challenger": ap,
            "ap_champion": ap - 0.02 if week else None, "calibration_error": 0.004,
        }  # fmt: skip
        at = NOW - (5 - week) * 7 * DAY
        models.add(
            Refitted(
                epoch=EPOCH, version=f"m-{week + 1:03d}", due_seq=1_000 * (week + 1), due_at=at, reason="weekly",
                outcome="promoted" if promoted else "refused", why="" if promoted else "worse_than_champion",
                figures=json.dumps(figures), fitted_at=at, seconds=21.4, body=b"model" if promoted else None,
            )
        )  # fmt: skip
        if promoted:
            models.settle(EPOCH, 1_000 * (week + 1) + 50, at + HOUR, f"m-{week + 1:03d}", at)
    journal.close()


def begin_anew(path: Path, kept: Callable[[int], bool] = lambda number: True) -> None:
    """The mirror built anew in its file, as for a new epoch: the accounts kept have other numbers."""
    with closing(sqlite3.connect(path)) as connection, connection:
        last = int(connection.execute("SELECT max(account) FROM account").fetchone()[0])
        for table in ("account", "account_risk", "alert", "desk_case"):
            for number in range(last + 1):
                if not kept(number):
                    connection.execute(f"DELETE FROM {table} WHERE account = ?", (number,))
            connection.execute(f"UPDATE {table} SET account = -1 - account")
            connection.execute(f"UPDATE {table} SET account = ? + account", (last + 1,))
        connection.execute(
            "INSERT INTO note VALUES ('generation', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1"
        )


def build_ring(path: Path) -> None:
    """Tie accounts: 30 and 31 share a device, 31 and 33 (known fraud) a phone; 34 only comes from 30's address."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, device, ip in ((30, "dev_" + HOSTILE, "10.0.0.1"), (31, "dev_" + HOSTILE, "10.0.0.2"),
                                   (33, "dev_33", "10.0.0.3"), (34, "dev_34", "10.0.0.1")):  # fmt: skip
            doc = {"device_id": device, "ip": ip, "merchant": {"id": "mer_0", "name": "手机大卖场"}}
            connection.execute("UPDATE txn SET doc = ? WHERE account = ?", (json.dumps(doc), number))
            connection.execute("UPDATE login SET device_id = ?, ip = ? WHERE account = ?", (device, ip, number))
        for number in (31, 33):
            (text,) = connection.execute(
                "SELECT doc FROM resource WHERE type = 'customer' AND id = ?", (f"cus_{number // 2}",)
            ).fetchone()
            doc = json.loads(text) | {"tokens": {"phone": "h1:5deb65a7b870"}}
            connection.execute(
                "INSERT OR REPLACE INTO resource VALUES ('customer', ?, 1, 0, -1, 1, ?)",
                (f"cus_{number}", json.dumps(doc | {"id": f"cus_{number}"})),
            )
            connection.execute("UPDATE account SET customer_id = ? WHERE account = ?", (f"cus_{number}", number))


def build_verdicts(path: Path) -> None:
    """Decide the alerts of accounts 40 to 57: two in three fraud, 5 to 90 minutes after they were opened."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(40, 58):
            verdict = "legit" if number % 3 == 0 else "fraud"
            opened = NOW - HOUR * (number - 30)
            decided = {
                "id": f"case_{number}",
                "verdict": verdict,
                "verdict_at": wire(opened + (number - 39) * 5 * MINUTE),
            }
            connection.execute(
                "UPDATE alert SET verdict = ?, opened_at = ? WHERE account = ?", (verdict, opened, number)
            )
            connection.execute(
                "INSERT OR REPLACE INTO desk_case VALUES (?, ?, 1, 'closed', NULL, NULL, ?, 0, ?)",
                (number, f"case_{number}", verdict, NOW),
            )
            connection.execute(
                "INSERT INTO resource VALUES ('case', ?, 1, 0, ?, 1, ?)",
                (f"case_{number}", number, json.dumps(decided)),
            )
