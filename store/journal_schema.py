"""The journal's tables and its documented read views. Times are integer microseconds in tables, RFC 3339 in views."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from store import times
from store.statements import execute_all

MIGRATIONS = Migrations("journal")

TABLES = """
CREATE TABLE command (
    position INTEGER PRIMARY KEY, command_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, target_type TEXT NOT NULL,
    target_id TEXT NOT NULL, account_id TEXT NOT NULL, body BLOB NOT NULL, if_match INTEGER,
    not_after INTEGER NOT NULL, reason_code TEXT, note TEXT, created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, waits_for TEXT, settles_as TEXT, core_status TEXT,
    acked_at INTEGER, confirmed_at INTEGER, settled_at INTEGER, why TEXT, problem TEXT, effect TEXT,
    resulting_version INTEGER, effect_seq INTEGER
) STRICT;
CREATE INDEX command_by_account ON command (account_id);
CREATE INDEX command_unresolved ON command (position)
    WHERE state NOT IN ('CONFIRMED', 'REJECTED', 'EXPIRED', 'CANCELLED', 'REVIEW');

CREATE TABLE attempt (
    command_id TEXT NOT NULL, number INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, status INTEGER,
    outcome TEXT, PRIMARY KEY (command_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, event TEXT NOT NULL, payload TEXT NOT NULL,
    prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
"""

VIEWS = f"""
CREATE VIEW v_command AS SELECT
    command_id, type, target_id, state, attempts, {times.column("created_at")} AS created_at, created_by, reason_code,
    {times.column("not_after")} AS not_after, {times.column("confirmed_at")} AS confirmed_at, problem
FROM command;

CREATE VIEW v_audit AS SELECT seq, at, actor, event, payload, prev_hash, hash FROM audit;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="001_journal")
def _journal(database: Database) -> None:
    execute_all(database, TABLES + VIEWS)


MODELS = f"""
CREATE TABLE model (
    epoch TEXT NOT NULL, version TEXT NOT NULL, due_seq INTEGER NOT NULL, due_at INTEGER NOT NULL,
    reason TEXT NOT NULL, outcome TEXT NOT NULL, why TEXT NOT NULL, figures TEXT, fitted_at INTEGER NOT NULL,
    seconds REAL NOT NULL, settled_seq INTEGER, body BLOB, PRIMARY KEY (epoch, version)
) STRICT;

CREATE TABLE takeover (
    position INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER, at INTEGER, version TEXT NOT NULL,
    kind TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, decided_at INTEGER NOT NULL
) STRICT;

CREATE VIEW v_model AS SELECT
    m.version, m.epoch, m.outcome, m.why, m.reason, m.due_seq, {times.column("m.due_at")} AS due_at,
    t.seq AS takeover_seq, {times.column("t.at")} AS takeover_at, m.figures,
    {times.column("m.fitted_at")} AS fitted_at
FROM model m LEFT JOIN takeover t ON t.epoch = m.epoch AND t.version = m.version AND t.kind = 'promoted';
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="002_models")
def _models(database: Database) -> None:
    execute_all(database, MODELS)


LISTS = f"""
CREATE TABLE listing (
    number INTEGER PRIMARY KEY, list TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, level INTEGER NOT NULL,
    reason TEXT NOT NULL, expires_at INTEGER, created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
    epoch TEXT, from_seq INTEGER, until_seq INTEGER, removed_at INTEGER, removed_by TEXT, removed_for TEXT
) STRICT;
CREATE INDEX listing_in_force ON listing (list, kind, subject) WHERE removed_at IS NULL;

CREATE VIEW v_list AS SELECT
    number, list, kind, subject, level, reason, {times.column("expires_at")} AS expires_at,
    {times.column("created_at")} AS created_at, created_by, epoch, from_seq, until_seq,
    {times.column("removed_at")} AS removed_at, removed_by, removed_for
FROM listing;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="003_lists")
def _lists(database: Database) -> None:
    execute_all(database, LISTS)


BALLOTS = f"""
CREATE INDEX ballot_by_command ON command (target_id) WHERE target_type = 'command';

DROP VIEW v_command;
CREATE VIEW v_command AS SELECT
    command_id, type, target_id, state, attempts, {times.column("created_at")} AS created_at, created_by, reason_code,
    {times.column("not_after")} AS not_after, {times.column("confirmed_at")} AS confirmed_at, problem
FROM command WHERE target_type <> 'command';

CREATE VIEW v_ballot AS SELECT
    command_id AS ballot_id, target_id AS command_id, substr(type, 8) AS choice, account_id, state, attempts,
    {times.column("created_at")} AS created_at, created_by, note, {times.column("not_after")} AS not_after,
    {times.column("confirmed_at")} AS confirmed_at, why, problem
FROM command WHERE target_type = 'command';
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="005_ballots")
def _ballots(database: Database) -> None:
    execute_all(database, BALLOTS)


MEASURES = """
ALTER TABLE command ADD COLUMN seen TEXT;
ALTER TABLE command ADD COLUMN follows TEXT;
CREATE INDEX command_by_followed ON command (follows) WHERE follows IS NOT NULL;
"""


@MIGRATIONS(name="006_measures")
def _measures(database: Database) -> None:
    """What the operator saw when deciding, and which command a decision undoes or repeats."""
    execute_all(database, MEASURES)


PLANS = f"""
CREATE TABLE plan (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, params TEXT NOT NULL, reason_code TEXT, note TEXT,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, state TEXT NOT NULL, running_since INTEGER NOT NULL,
    why TEXT, waits_for TEXT, ended_at INTEGER
) STRICT;
CREATE INDEX plan_running ON plan (number) WHERE state = 'RUNNING';

CREATE TABLE plan_item (
    plan INTEGER NOT NULL, position INTEGER NOT NULL, account_id TEXT NOT NULL, version INTEGER,
    exposure_minor INTEGER, currency TEXT, params TEXT, command_id TEXT, skipped TEXT, skipped_at INTEGER,
    PRIMARY KEY (plan, position), UNIQUE (plan, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX command_by_age ON command (created_at);
CREATE INDEX plan_item_waiting ON plan_item (plan, position) WHERE command_id IS NULL AND skipped IS NULL;
CREATE UNIQUE INDEX plan_item_by_command ON plan_item (command_id) WHERE command_id IS NOT NULL;

CREATE VIEW v_plan_item AS SELECT
    i.plan, i.position, i.account_id, i.exposure_minor, i.currency, i.command_id,
    CASE WHEN i.skipped IS NOT NULL THEN 'SKIPPED' ELSE coalesce(c.state, 'WAITING') END AS result,
    coalesce(i.skipped, c.why) AS why,
    {times.column("coalesce(i.skipped_at, c.settled_at, c.acked_at)")} AS ended_at
FROM plan_item i LEFT JOIN command c ON c.command_id = i.command_id;

CREATE VIEW v_plan AS SELECT
    p.number AS plan, p.type, p.params, p.state, p.created_by, {times.column("p.created_at")} AS created_at,
    p.reason_code, p.note, count(*) AS accounts, sum(i.result = 'WAITING') AS waiting,
    sum(i.result IN ('QUEUED', 'SENDING', 'UNKNOWN', 'ACKED')) AS under_way, sum(i.result = 'CONFIRMED') AS confirmed,
    sum(i.result = 'AWAITING_APPROVAL') AS awaiting_approval,
    sum(i.result IN ('REJECTED', 'EXPIRED', 'CANCELLED')) AS without_effect, sum(i.result = 'REVIEW') AS review,
    sum(i.result = 'SKIPPED') AS skipped, {times.column("p.ended_at")} AS ended_at
FROM plan p JOIN v_plan_item i ON i.plan = p.number GROUP BY p.number;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="007_plans")
def _plans(database: Database) -> None:
    execute_all(database, PLANS)


POLICY = f"""
CREATE TABLE policy (
    version TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, kept_at INTEGER NOT NULL, kept_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_move (
    position INTEGER PRIMARY KEY, version TEXT NOT NULL, stance TEXT NOT NULL, kind TEXT NOT NULL,
    since INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, decided_at INTEGER NOT NULL,
    epoch TEXT, from_seq INTEGER
) STRICT;

CREATE TABLE policy_proposal (
    number INTEGER PRIMARY KEY, version TEXT NOT NULL, stance TEXT NOT NULL, since INTEGER NOT NULL,
    because TEXT NOT NULL, effect TEXT, made_at INTEGER NOT NULL, made_by TEXT NOT NULL, state TEXT NOT NULL,
    settled_at INTEGER, settled_by TEXT, settled_for TEXT
) STRICT;

CREATE VIEW v_policy AS SELECT
    m.position, m.version, p.name, m.stance, m.kind, {times.column("m.since")} AS since, m.actor, m.reason,
    {times.column("m.decided_at")} AS decided_at, m.epoch, m.from_seq, m.version || '/' || m.stance AS policy_version
FROM policy_move m JOIN policy p USING (version);

ALTER TABLE command ADD COLUMN policy_version TEXT;
DROP VIEW v_command;
CREATE VIEW v_command AS SELECT
    command_id, type, target_id, state, attempts, {times.column("created_at")} AS created_at, created_by, reason_code,
    {times.column("not_after")} AS not_after, {times.column("confirmed_at")} AS confirmed_at, problem, policy_version
FROM command WHERE target_type <> 'command';
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="008_policy")
def _policy(database: Database) -> None:
    """Policies with what was in force when, and under which one each command was decided."""
    execute_all(database, POLICY)


REVIEWS = f"""
CREATE TABLE review_source (digest TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE review (
    number INTEGER PRIMARY KEY, command_id TEXT UNIQUE, target_type TEXT NOT NULL, target_id TEXT NOT NULL,
    target_version INTEGER NOT NULL, account_id TEXT, choice TEXT NOT NULL, limit_minor INTEGER,
    currency TEXT NOT NULL, reason_code TEXT, note TEXT, recommended TEXT NOT NULL, offered_minor INTEGER,
    points INTEGER NOT NULL, pd REAL NOT NULL, reasons TEXT NOT NULL, policy_version TEXT NOT NULL,
    stance TEXT NOT NULL, policy TEXT NOT NULL, card TEXT NOT NULL, basis TEXT NOT NULL, decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX review_by_target ON review (target_type, target_id);

CREATE VIEW v_review AS SELECT
    r.number AS review, r.command_id, r.target_type, r.target_id, r.target_version, r.account_id, r.choice,
    r.limit_minor, r.currency, r.reason_code, r.note, r.recommended, r.offered_minor, r.points, r.pd, r.reasons,
    r.policy_version, r.card, r.basis, {times.column("r.decided_at")} AS decided_at, r.decided_by, c.state
FROM review r LEFT JOIN command c ON c.command_id = r.command_id;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="009_reviews")
def _reviews(database: Database) -> None:
    """What was decided about applications and limit requests, and on what."""
    execute_all(database, REVIEWS)


AUTOMATIC = f"""
CREATE TABLE automatic_act (
    number INTEGER PRIMARY KEY, cause TEXT NOT NULL, opening INTEGER NOT NULL, account_id TEXT NOT NULL,
    measure TEXT NOT NULL, score REAL NOT NULL, rules TEXT NOT NULL, currency TEXT, exposure_minor INTEGER,
    policy_version TEXT NOT NULL, wanted_at INTEGER NOT NULL, result TEXT NOT NULL, why TEXT, at INTEGER NOT NULL,
    claim_id TEXT, command_id TEXT, release_id TEXT, UNIQUE (cause, opening)
) STRICT;
CREATE INDEX automatic_act_by_time ON automatic_act (at);
CREATE INDEX automatic_act_by_want ON automatic_act (wanted_at);
CREATE INDEX automatic_act_claiming ON automatic_act (number) WHERE result = 'CLAIMED';
CREATE UNIQUE INDEX automatic_act_by_command ON automatic_act (command_id) WHERE command_id IS NOT NULL;

CREATE TABLE automatic_stop (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL, resumed_at INTEGER,
    resumed_by TEXT, reason TEXT
) STRICT;
CREATE UNIQUE INDEX automatic_stop_holds ON automatic_stop (1) WHERE resumed_at IS NULL;

CREATE TABLE automatic_service (subject TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIEW v_automatic AS SELECT
    a.number, a.cause, a.opening, a.account_id, a.measure, a.score, a.rules, a.currency, a.exposure_minor,
    a.policy_version, {times.column("a.wanted_at")} AS wanted_at, coalesce(c.state, a.result) AS result,
    coalesce(a.why, c.why) AS why, {times.column("coalesce(c.settled_at, a.at)")} AS at, a.claim_id, a.command_id
FROM automatic_act a LEFT JOIN command c ON c.command_id = a.command_id;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="010_automatic")
def _automatic(database: Database) -> None:
    """What the machine did by itself, would have done and left to a person, and when it was stopped."""
    execute_all(database, AUTOMATIC)


PORTFOLIO = f"""
CREATE TABLE portfolio_day (
    day INTEGER NOT NULL, currency TEXT NOT NULL, dimension TEXT NOT NULL, segment TEXT NOT NULL,
    accounts INTEGER NOT NULL, owed_minor INTEGER NOT NULL, limit_minor INTEGER NOT NULL, late INTEGER NOT NULL,
    late_owed_minor INTEGER NOT NULL, expected_minor REAL, expected_low_minor REAL, expected_high_minor REAL,
    avoided_minor INTEGER NOT NULL, default_rate REAL NOT NULL, PRIMARY KEY (day, currency, dimension, segment)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_portfolio AS SELECT
    substr({times.column("day")}, 1, 10) AS day, currency, dimension, segment, accounts, owed_minor, limit_minor, late,
    late_owed_minor, expected_minor, expected_low_minor, expected_high_minor, avoided_minor, default_rate
FROM portfolio_day;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="011_portfolio")
def _portfolio(database: Database) -> None:
    """What the portfolio was on each day of stream time, by segment."""
    execute_all(database, PORTFOLIO)


FIGURES = f"""
CREATE TABLE figure (
    id TEXT NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (id, at)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_figure AS SELECT id AS indicator_id, {times.column("at")} AS recorded_at, value, unit FROM figure;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="011_figures")
def _figures(database: Database) -> None:
    """The indicators that the desk makes itself, as they were when it looked: no rebuild of the mirror repeats them."""
    execute_all(database, FIGURES)


SCORECARDS = f"""
CREATE TABLE scorecard (
    number INTEGER PRIMARY KEY, digest TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
    applied_at INTEGER NOT NULL, withdrawn_at INTEGER, withdrawn_by TEXT, withdrawn_for TEXT
) STRICT;

CREATE VIEW v_scorecard AS SELECT
    number, digest AS card, actor, reason, {times.column("applied_at")} AS applied_at,
    {times.column("withdrawn_at")} AS withdrawn_at, withdrawn_by, withdrawn_for
FROM scorecard;
"""  # noqa: S608 - constants of this module only


@MIGRATIONS(name="012_scorecards")
def _scorecards(database: Database) -> None:
    """The scorecards of the house's own that were put in force and taken back; their texts are of `review_source`."""
    execute_all(database, SCORECARDS)
