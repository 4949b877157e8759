"""The mirror's tables and its documented read views.

Layout: events are keyed by `seq`, so that writes append; each row holds its account's previous `seq`, so that an
account's history is a walk back along the chain and needs no index of its own. Accounts are dense integers in order of
first appearance; what changes with every event (`account_risk`) is kept apart from what changes rarely (`account`).
Times are integer microseconds in tables and RFC 3339 text in views.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from store.statements import execute_all

MIGRATIONS = Migrations("mirror")

LEVELS = ("none", "low", "medium", "high", "critical")
"""The words of `level` and `risk_level`: the tables hold the position."""

TABLES = """
CREATE TABLE feed (
    lane TEXT PRIMARY KEY, epoch TEXT NOT NULL, cursor TEXT NOT NULL, scanned_to_seq INTEGER NOT NULL,
    head_seq INTEGER NOT NULL, watermark INTEGER NOT NULL
) STRICT;

CREATE TABLE health (
    poller TEXT PRIMARY KEY, last_ok_at INTEGER, last_error TEXT, last_error_at INTEGER,
    gaps INTEGER NOT NULL DEFAULT 0, rate REAL NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE account (
    account INTEGER PRIMARY KEY, account_id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0, customer_id TEXT, status TEXT, currency TEXT, credit_limit_minor INTEGER,
    available_minor INTEGER, balance_minor INTEGER, opened_at INTEGER, doc TEXT
) STRICT;
CREATE INDEX account_by_customer ON account (customer_id);

CREATE TABLE account_risk (
    account INTEGER PRIMARY KEY, last_transaction INTEGER NOT NULL DEFAULT 0, last_login INTEGER NOT NULL DEFAULT 0,
    last_activity_at INTEGER, risk_score REAL NOT NULL DEFAULT 0, risk_level INTEGER NOT NULL DEFAULT 0,
    open_alerts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX account_by_risk ON account_risk (risk_score) WHERE risk_level > 0;

CREATE TABLE txn (
    seq INTEGER PRIMARY KEY, transaction_id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0, account INTEGER NOT NULL, previous INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL,
    merchant_id TEXT, kind TEXT NOT NULL, status TEXT NOT NULL, score REAL, level INTEGER NOT NULL,
    model_version TEXT, rule_ids TEXT, doc TEXT NOT NULL
) STRICT;

CREATE TABLE login (
    seq INTEGER PRIMARY KEY, login_id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0, account INTEGER NOT NULL, previous INTEGER NOT NULL, customer_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, outcome TEXT NOT NULL, device_id TEXT, ip TEXT,
    lat REAL, lon REAL, score REAL, level INTEGER NOT NULL, rule_ids TEXT, doc TEXT NOT NULL
) STRICT;

CREATE TABLE resource (
    type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
    account INTEGER NOT NULL DEFAULT -1, seq INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (type, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_by_account ON resource (account, type) WHERE account >= 0;

CREATE TABLE desk_case (
    account INTEGER PRIMARY KEY, case_id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, status TEXT NOT NULL,
    claimed_by TEXT, claim_expires_at INTEGER, verdict TEXT, note_count INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE alert (
    alert_id TEXT PRIMARY KEY, account INTEGER NOT NULL UNIQUE, opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    level INTEGER NOT NULL, score REAL NOT NULL, rule_ids TEXT NOT NULL, state TEXT NOT NULL, verdict TEXT,
    hits INTEGER NOT NULL, resurfaced INTEGER NOT NULL, rebuilt INTEGER NOT NULL, evidence TEXT NOT NULL
) STRICT;
CREATE INDEX alert_open ON alert (level, score) WHERE state = 'open';

CREATE TABLE entity (kind TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, number))
STRICT, WITHOUT ROWID;

CREATE TABLE engine_state (part TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE engine_page (to_seq INTEGER PRIMARY KEY, facts BLOB NOT NULL) STRICT;

CREATE TABLE quarantine (
    number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE staged (
    type TEXT NOT NULL, id TEXT NOT NULL, recorded_at INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (type, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE dropped (
    type TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL, sum TEXT NOT NULL, PRIMARY KEY (type, bucket)
) STRICT, WITHOUT ROWID;
"""


def _time(column: str) -> str:
    """SQL that writes microseconds as the contract's timestamp text, with exactly six fractional digits."""
    return (
        f"CASE WHEN {column} IS NULL THEN NULL ELSE strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
        f" || printf('.%06dZ', {column} % 1000000) END"
    )


def _level(column: str) -> str:
    """SQL that writes a level's position as its word."""
    cases = " ".join(f"WHEN {position} THEN '{word}'" for position, word in enumerate(LEVELS))
    return f"CASE {column} {cases} END"


NOW_S = "CAST(strftime('%s', 'now') AS INTEGER)"

LEARNING = """
DROP TABLE engine_page;
CREATE TABLE engine_page (to_seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, facts BLOB NOT NULL) STRICT;

CREATE TABLE training_layout (layout TEXT PRIMARY KEY, features TEXT NOT NULL, rules TEXT NOT NULL)
STRICT, WITHOUT ROWID;

CREATE TABLE training_page (
    to_seq INTEGER PRIMARY KEY, from_seq INTEGER NOT NULL, at INTEGER NOT NULL, layout TEXT NOT NULL,
    seqs BLOB NOT NULL, ats BLOB NOT NULL, fired BLOB NOT NULL, features BLOB NOT NULL
) STRICT;

CREATE TABLE judgement (seq INTEGER NOT NULL, target INTEGER NOT NULL, code INTEGER NOT NULL) STRICT;
"""


VIEWS = f"""
CREATE VIEW v_account AS SELECT
    a.account_id, a.customer_id, a.status, a.credit_limit_minor, a.available_minor, a.balance_minor, a.currency,
    coalesce(r.risk_score, 0.0) AS risk_score, {_level("coalesce(r.risk_level, 0)")} AS risk_level,
    coalesce(r.open_alerts, 0) AS open_alerts, {_time("r.last_activity_at")} AS last_activity_at, a.version
FROM account a LEFT JOIN account_risk r USING (account) WHERE a.deleted = 0;

CREATE VIEW v_transaction AS SELECT
    t.transaction_id, a.account_id, {_time("t.occurred_at")} AS occurred_at, {_time("t.recorded_at")} AS recorded_at,
    t.amount_minor, t.currency, t.merchant_id, t.kind, t.status, t.score, {_level("t.level")} AS level,
    t.model_version, coalesce(t.rule_ids, '[]') AS rule_ids
FROM txn t JOIN account a USING (account) WHERE t.deleted = 0;

CREATE VIEW v_login AS SELECT
    l.login_id, a.account_id, l.customer_id, {_time("l.occurred_at")} AS occurred_at, l.outcome, l.device_id, l.ip,
    l.lat, l.lon, l.score, {_level("l.level")} AS level, coalesce(l.rule_ids, '[]') AS rule_ids
FROM login l LEFT JOIN account a USING (account) WHERE l.deleted = 0;

CREATE VIEW v_alert AS SELECT
    t.alert_id, a.account_id, {_time("t.opened_at")} AS opened_at, {_level("t.level")} AS level, t.score, t.rule_ids,
    t.state,
    CASE WHEN c.status = 'claimed' AND c.claim_expires_at / 1000000 > {NOW_S} THEN c.claimed_by END AS claimed_by,
    t.verdict, t.evidence
FROM alert t JOIN account a USING (account) LEFT JOIN desk_case c USING (account);

CREATE VIEW v_feed AS SELECT
    f.lane, f.epoch, f.scanned_to_seq, f.head_seq, {_time("f.watermark")} AS watermark,
    {_time("h.last_ok_at")} AS last_ok_at, h.last_error, coalesce(h.gaps, 0) AS gaps
FROM feed f LEFT JOIN health h ON h.poller = f.lane;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="001_mirror")
def _mirror(database: Database) -> None:
    execute_all(database, TABLES + VIEWS)


CONTENT = (
    "feed", "account", "account_risk", "txn", "login", "resource", "desk_case", "alert", "entity",
    "engine_page", "training_layout", "training_page", "judgement", "quarantine", "dropped",
    "rule_page", "rule_set", "indicator", "known_id", "known_to",
)  # fmt: skip
"""The tables that hold what came from the core and what was made of it."""


@MIGRATIONS(name="002_learning")
def _learning(database: Database) -> None:
    """The engine remembers other things from here on: what was mirrored before it is mirrored anew."""
    execute_all(database, LEARNING)
    database.execute(
        "INSERT INTO note SELECT 'generation', '1' WHERE EXISTS (SELECT 1 FROM account)"
        " ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
    )
    database.execute("DELETE FROM note WHERE key = 'dropped_before'")
    for table in set(CONTENT) & set(database.table_names()):
        database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of this module only


ALERT_FACTORS = f"""
ALTER TABLE alert ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN last_hit_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN pace INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN recent_minor INTEGER NOT NULL DEFAULT 0;
DROP INDEX alert_open;
CREATE INDEX alert_queue ON alert (account, level, score, last_hit_at, pace, recent_minor, muted_until)
    WHERE state = 'open';
CREATE TABLE rule_set (number INTEGER PRIMARY KEY, ids TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE rule_page (
    to_seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, rules INTEGER NOT NULL, hits BLOB NOT NULL
) STRICT;
DROP VIEW v_alert;
CREATE VIEW v_alert AS SELECT
    t.alert_id, a.account_id, {_time("t.opened_at")} AS opened_at, {_level("t.level")} AS level, t.score, t.rule_ids,
    t.state,
    CASE WHEN c.status = 'claimed' AND c.claim_expires_at / 1000000 > {NOW_S} THEN c.claimed_by END AS claimed_by,
    t.verdict, t.evidence, {_time("t.updated_at")} AS updated_at, t.hits, t.muted, t.resurfaced,
    {_time("nullif(t.muted_until, 0)")} AS muted_until, {_time("nullif(t.last_hit_at, 0)")} AS last_hit_at, t.pace,
    t.recent_minor
FROM alert t JOIN account a USING (account) LEFT JOIN desk_case c USING (account);
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="003_alert_factors")
def _alert_factors(database: Database) -> None:
    execute_all(database, ALERT_FACTORS)


@MIGRATIONS(name="004_engine_state")
def _engine_state(database: Database) -> None:
    """The engine's state lies in a file of its own."""
    database.execute("DROP TABLE engine_state")


WAITING = """type = 'command' AND deleted = 0 AND instr(doc, '"pending_approval"') > 0"""
"""Selects the commands that may wait for a second person; no other text of a command's JSON holds that word quoted."""


@MIGRATIONS(name="005_waiting_commands")
def _waiting_commands(database: Database) -> None:
    """What waits for a second person is found among millions of resources without a walk."""
    database.execute(f"CREATE INDEX resource_waiting ON resource (id) WHERE {WAITING}")


@MIGRATIONS(name="006_alerts_by_opening")
def _alerts_by_opening(database: Database) -> None:
    """How many alerts came when, and what became of them, without reading their evidence."""
    database.execute("CREATE INDEX alert_by_opening ON alert (opened_at, level, verdict, account)")


@MIGRATIONS(name="007_verdicts_of_a_desk")
def _verdicts_of_a_desk(database: Database) -> None:
    """Which labels came of a desk's look at what scored high; those kept from before count as others."""
    database.execute("ALTER TABLE judgement ADD COLUMN desk INTEGER NOT NULL DEFAULT 0")


OPEN_PAPERS = """type IN ('application', 'limit_request') AND deleted = 0
    AND (instr(doc, '"submitted"') > 0 OR instr(doc, '"in_review"') > 0 OR instr(doc, '"pending"') > 0)"""
"""Selects what may wait for somebody's decision; their `status` says whether it does."""


def part(path: str) -> str:
    """SQL for one part of a resource's JSON; NULL where that is nested beyond what SQLite reads."""
    return f"CASE WHEN json_valid(doc) THEN doc ->> '{path}' END"


TIES = {
    "device": "$.device_id",
    "ip": "$.ip",
    "email": "$.tokens.email",
    "phone": "$.tokens.phone",
    "address": "$.tokens.address",
    "national_id": "$.tokens.national_id",
    "employer": "$.facts.employer",
}
"""What an application can share with others, and where it stands in one."""
ENDS = ("$.from.id", "$.to.id")
"""The two ends of a link."""

PAPERS = (
    f"CREATE INDEX resource_open_papers ON resource (type, id) WHERE {OPEN_PAPERS};\n"
    + "".join(
        f"CREATE INDEX application_by_{kind} ON resource ({part(path)}) WHERE type = 'application' AND deleted = 0;\n"
        for kind, path in TIES.items()
    )
    + "".join(
        f"CREATE INDEX link_by_end_{place} ON resource ({part(path)}) WHERE type = 'link' AND deleted = 0;\n"
        for place, path in enumerate(ENDS)
    )
    + f"""
CREATE VIEW v_application AS SELECT
    r.id AS application_id, {part("$.customer_id")} AS customer_id, {part("$.account_id")} AS account_id,
    {part("$.status")} AS status, {part("$.submitted_at")} AS submitted_at,
    {part("$.requested_limit_minor")} AS requested_limit_minor,
    {part("$.approved_limit_minor")} AS approved_limit_minor, {part("$.currency")} AS currency,
    {part("$.score")} AS score, {part("$.channel")} AS channel, {part("$.device_id")} AS device_id,
    {part("$.ip")} AS ip, {part("$.checks")} AS checks, {part("$.decided_at")} AS decided_at,
    {part("$.decision_reason")} AS decision_reason, r.version
FROM resource r WHERE r.type = 'application' AND r.deleted = 0;

CREATE VIEW v_limit_request AS SELECT
    r.id AS limit_request_id, {part("$.account_id")} AS account_id, {part("$.status")} AS status,
    {part("$.requested_by")} AS requested_by, {part("$.requested_at")} AS requested_at,
    {part("$.current_limit_minor")} AS current_limit_minor,
    {part("$.requested_limit_minor")} AS requested_limit_minor, {part("$.currency")} AS currency,
    {part("$.decided_at")} AS decided_at, {part("$.reason_code")} AS reason_code, r.version
FROM resource r WHERE r.type = 'limit_request' AND r.deleted = 0;
"""  # noqa: S608 - constants of this module only
)


@MIGRATIONS(name="008_papers")
def _papers(database: Database) -> None:
    """Applications and limit requests: which are open, and what they share with others."""
    execute_all(database, PAPERS)


POLICY = f"""
ALTER TABLE alert ADD COLUMN policy_version TEXT;
DROP VIEW v_alert;
CREATE VIEW v_alert AS SELECT
    t.alert_id, a.account_id, {_time("t.opened_at")} AS opened_at, {_level("t.level")} AS level, t.score, t.rule_ids,
    t.state,
    CASE WHEN c.status = 'claimed' AND c.claim_expires_at / 1000000 > {NOW_S} THEN c.claimed_by END AS claimed_by,
    t.verdict, t.evidence, {_time("t.updated_at")} AS updated_at, t.hits, t.muted, t.resurfaced,
    {_time("nullif(t.muted_until, 0)")} AS muted_until, {_time("nullif(t.last_hit_at, 0)")} AS last_hit_at, t.pace,
    t.recent_minor, t.policy_version
FROM alert t JOIN account a USING (account) LEFT JOIN desk_case c USING (account);

CREATE TABLE indicator (
    id TEXT NOT NULL, recorded_at INTEGER NOT NULL, seq INTEGER NOT NULL, as_of INTEGER NOT NULL, value REAL NOT NULL,
    unit TEXT NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (id, recorded_at, seq)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_indicator AS SELECT
    id AS indicator_id, {_time("recorded_at")} AS recorded_at, {_time("as_of")} AS as_of, value, unit, scope
FROM indicator;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="009_policy")
def _policy(database: Database) -> None:
    """Under which policy an alert opened, and every figure that an indicator ever had."""
    execute_all(database, POLICY)


TICKET = """type = 'command' AND deleted = 0 AND instr(doc, '"riskdesk automatic ') > 0"""
"""Selects the claims by which watchers reserve what they do by themselves: a text of theirs begins so."""


@MIGRATIONS(name="010_tickets")
def _tickets(database: Database) -> None:
    """The claims of an hour that reserved budget are found among millions of resources without a walk."""
    database.execute(f"CREATE INDEX resource_ticket ON resource ({part('$.created_at')}) WHERE {TICKET}")


COMMANDED = "type = 'command' AND deleted = 0"
"""Selects the commands, whoever sent them."""


@MIGRATIONS(name="011_commands_by_person")
def _commands_by_person(database: Database) -> None:
    """The commands that a person sent in a day are found without a walk through all."""
    by = ", ".join(part(path) for path in ("$.created_by", "$.created_at"))
    database.execute(f"CREATE INDEX resource_commanded ON resource ({by}) WHERE {COMMANDED}")


KNOWN = """
CREATE TABLE known_id (kind TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (kind, id))
STRICT, WITHOUT ROWID;
CREATE TABLE known_to (kind TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT;
"""


@MIGRATIONS(name="012_known_ids")
def _known_ids(database: Database) -> None:
    """Ids are found by their beginning: those of a kind below the number in `known_to`."""
    execute_all(database, KNOWN)


@MIGRATIONS(name="013_applications_by_customer")
def _applications_by_customer(database: Database) -> None:
    """What the customers whom the core links with somebody have applied for."""
    database.execute(
        f"CREATE INDEX application_by_customer ON resource ({part('$.customer_id')})"
        " WHERE type = 'application' AND deleted = 0"
    )
