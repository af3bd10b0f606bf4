-- What every programme stands on, whether or not a form of it is used yet.
-- Records themselves (rec_<form>) are made from forms, not here. Times are milliseconds since 1970,
-- UTC; dates are text YYYY-MM-DD; booleans are 0 or 1; ids are UUID text.

CREATE TABLE organisation (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at %INT% NOT NULL
) %STRICT%;

CREATE TABLE office (
    id TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    parent_id TEXT REFERENCES office (id),
    code TEXT NOT NULL UNIQUE,      -- begins the numbers that people see: SN
    name TEXT NOT NULL,
    country TEXT NOT NULL,          -- ISO 3166-1 alpha-2
    time_zone TEXT NOT NULL,        -- IANA name
    currency TEXT NOT NULL,         -- ISO 4217
    language TEXT NOT NULL,
    created_at %INT% NOT NULL
) %STRICT%;

CREATE TABLE team (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    name TEXT NOT NULL
) %STRICT%;
CREATE INDEX team_office ON team (office_id);

-- A staff member who signs in. The sign-in name is found by its keyed hash; name and sign-in name are
-- sealed under the staff key.
CREATE TABLE staff (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    login_token %BLOB% NOT NULL UNIQUE,
    sealed %BLOB% NOT NULL,         -- JSON {"login":..., "name":...}
    password TEXT,                  -- Argon2id; NULL = cannot sign in
    lang TEXT NOT NULL,
    demo %INT% NOT NULL,            -- 1: may sign in from loopback only
    state TEXT NOT NULL,            -- active, locked, left
    version %INT% NOT NULL,
    created_at %INT% NOT NULL
) %STRICT%;
CREATE INDEX staff_office ON staff (office_id);

CREATE TABLE staff_role (
    staff_id TEXT NOT NULL REFERENCES staff (id),
    role TEXT NOT NULL,             -- content/roles/roles.csv
    PRIMARY KEY (staff_id, role)
) %STRICT%;

CREATE TABLE staff_team (
    staff_id TEXT NOT NULL REFERENCES staff (id),
    team_id TEXT NOT NULL REFERENCES team (id),
    PRIMARY KEY (staff_id, team_id)
) %STRICT%;

-- Sessions of the browser and tokens of the API: only the keyed hash of the secret is kept.
CREATE TABLE session (
    token %BLOB% NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL,             -- browser, api
    created_at %INT% NOT NULL,
    seen_at %INT% NOT NULL,         -- brought up to date every few minutes
    ends_at %INT% NOT NULL
) %STRICT%;
CREATE INDEX session_staff ON session (staff_id);
CREATE INDEX session_end ON session (ends_at);

-- Attempts to sign in since the last right one, by keyed hash of the name that was typed. Names that
-- nobody has are counted too, so that both look the same. Forgotten after a day.
CREATE TABLE sign_in_failure (
    token %BLOB% NOT NULL PRIMARY KEY,
    failed %INT% NOT NULL,
    failed_at %INT% NOT NULL
) %STRICT%;
CREATE INDEX sign_in_failure_time ON sign_in_failure (failed_at);

CREATE TABLE programme (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    starts_on TEXT,
    ends_on TEXT
) %STRICT%;
CREATE INDEX programme_office ON programme (office_id);

CREATE TABLE fund (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    programme_id TEXT REFERENCES programme (id),
    code TEXT NOT NULL UNIQUE,
    donor TEXT NOT NULL,
    currency TEXT NOT NULL,
    rules TEXT                      -- what the donor allows, in words
) %STRICT%;
CREATE INDEX fund_office ON fund (office_id);

CREATE TABLE area (
    id TEXT NOT NULL PRIMARY KEY,
    parent_id TEXT REFERENCES area (id),
    pcode TEXT NOT NULL UNIQUE,
    country TEXT NOT NULL,
    level %INT% NOT NULL,           -- 0 country, 1 first administrative level ...
    name TEXT NOT NULL
) %STRICT%;
CREATE INDEX area_parent ON area (parent_id);

-- Who, besides the owning office, may see a case. Handover, referral, panel, delegation and
-- break-the-glass each insert a row; nothing is copied.
CREATE TABLE case_access (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    case_id TEXT NOT NULL,
    grantee_kind TEXT NOT NULL,     -- staff, team, office, organisation
    grantee_id TEXT NOT NULL,
    parts TEXT NOT NULL,            -- kinds of record, separated by spaces
    consent_id TEXT,
    from_at %INT% NOT NULL,
    to_at %INT%,
    reason %BLOB%,                  -- sealed
    created_at %INT% NOT NULL,
    created_by TEXT NOT NULL
) %STRICT%;
CREATE INDEX case_access_grantee ON case_access (grantee_id, case_id);
CREATE INDEX case_access_case ON case_access (case_id);

-- Long work. input and result are sealed under the system key.
CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,            -- waiting, running, done, failed, cancelled
    input %BLOB%,
    result %BLOB%,
    done %INT% NOT NULL,            -- progress: done of total
    total %INT% NOT NULL,
    attempts %INT% NOT NULL,
    run_at %INT% NOT NULL,          -- not before
    taken_at %INT%,
    created_at %INT% NOT NULL,
    created_by TEXT
) %STRICT%;
CREATE INDEX job_next ON job (state, run_at);

CREATE TABLE setting (
    office_id TEXT NOT NULL,        -- '' = all offices
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    version %INT% NOT NULL,
    PRIMARY KEY (office_id, name)
) %STRICT%;

-- Every form as it was published; epoch grows with each publication.
CREATE TABLE form_version (
    form TEXT NOT NULL,
    version TEXT NOT NULL,
    epoch %INT% NOT NULL,
    hash TEXT NOT NULL,             -- BLAKE2b of source
    source TEXT NOT NULL,           -- the CSV
    published_at %INT% NOT NULL,
    published_by TEXT,
    PRIMARY KEY (form, epoch)
) %STRICT%;

-- Numbers that people see; gaps are normal.
CREATE TABLE number_series (
    office_id TEXT NOT NULL,
    form TEXT NOT NULL,
    year %INT% NOT NULL,
    last %INT% NOT NULL,
    PRIMARY KEY (office_id, form, year)
) %STRICT%;

-- Every version of every record. seq is what the blind index follows.
CREATE TABLE record_history (
    id TEXT NOT NULL PRIMARY KEY,
    seq %INT% NOT NULL UNIQUE,
    form TEXT NOT NULL,
    record_id TEXT NOT NULL,
    root_id TEXT NOT NULL,          -- the record whose page shows it; = record_id for a root
    root_version %INT% NOT NULL,
    action TEXT NOT NULL,           -- insert, update, delete
    office_id TEXT,
    status TEXT,
    key_id TEXT,
    open %BLOB%,
    sealed %BLOB%,
    made_at %INT% NOT NULL,
    made_by TEXT
) %STRICT%;
CREATE INDEX record_history_root ON record_history (root_id, root_version);

-- What was done, by whom: one hash chain per writing process.
CREATE TABLE audit (
    chain TEXT NOT NULL,            -- id of the writing process
    place %INT% NOT NULL,           -- 1, 2, 3 ... within the chain
    made_at %INT% NOT NULL,
    staff_id TEXT,
    office_id TEXT,
    action TEXT NOT NULL,           -- case.close
    subject_id TEXT,                -- record, staff or other id
    key_id TEXT,                    -- key under which detail is sealed
    detail %BLOB%,
    hash %BLOB% NOT NULL,           -- keyed BLAKE2b of the row and the hash before
    PRIMARY KEY (chain, place)
) %STRICT%;
CREATE INDEX audit_subject ON audit (subject_id, made_at);
CREATE INDEX audit_time ON audit (made_at);

-- The heads of all chains, chained: exported and verified elsewhere.
CREATE TABLE audit_checkpoint (
    place %INT% NOT NULL PRIMARY KEY,
    made_at %INT% NOT NULL,
    heads TEXT NOT NULL,            -- "audit CHAIN PLACE HASH" and "access CHAIN PLACE HASH" lines
    hash %BLOB% NOT NULL
) %STRICT%;

-- A single counter: history takes its seq from it inside the writing transaction.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value %INT% NOT NULL
) %STRICT%;
INSERT INTO counter (name, value) VALUES ('history', 0);
INSERT INTO counter (name, value) VALUES ('checkpoint', 0);
INSERT INTO counter (name, value) VALUES ('form_epoch', 0);

-- Words that were typed to find people: sealed, gone after a day. Their result page is /search/{id}.
CREATE TABLE search (
    id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    form TEXT NOT NULL,
    words %BLOB% NOT NULL,
    made_at %INT% NOT NULL
) %STRICT%;
CREATE INDEX search_time ON search (made_at);
