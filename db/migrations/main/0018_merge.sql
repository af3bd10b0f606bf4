-- Two records of one person become one: who asked, what became of it, who are not the same, and
-- what the identity officer looks at.

-- A record that was merged away, and the one that stands for it. While parted_at is NULL it holds.
CREATE TABLE record_join (
    id TEXT NOT NULL PRIMARY KEY,
    form TEXT NOT NULL,
    gone_id TEXT NOT NULL,
    kept_id TEXT NOT NULL,
    gone_key_id TEXT NOT NULL,      -- what hangs on the kept one under this key came with it
    kept_before %INT% NOT NULL,     -- version of the kept one without it
    kept_after %INT% NOT NULL,      -- and with it
    asked_by TEXT NOT NULL,
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL,
    parted_at %INT%,
    parted_by TEXT
) %STRICT%;
CREATE UNIQUE INDEX record_join_gone ON record_join (gone_id) WHERE parted_at IS NULL;
CREATE INDEX record_join_kept ON record_join (kept_id);

-- A merge that waits for a second person. Void once either record has another version.
CREATE TABLE merge_ask (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    low_id TEXT NOT NULL,           -- the pair, in the order of their ids
    high_id TEXT NOT NULL,
    kept_id TEXT NOT NULL,
    kept_version %INT% NOT NULL,
    gone_version %INT% NOT NULL,
    sealed %BLOB% NOT NULL,         -- under the key of the audit: the reason, a line; then the choices
    asked_at %INT% NOT NULL,
    asked_by TEXT NOT NULL,
    UNIQUE (low_id, high_id)
) %STRICT%;
CREATE INDEX merge_ask_high ON merge_ask (high_id);

-- Two that look alike and are not the same person.
CREATE TABLE not_same (
    low_id TEXT NOT NULL,
    high_id TEXT NOT NULL,
    sealed %BLOB% NOT NULL,         -- why; under the key of the audit
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (low_id, high_id)
) %STRICT%;
CREATE INDEX not_same_high ON not_same (high_id);

-- People whose names, dates or numbers are new: the job role looks for their like in other offices.
CREATE TABLE identity_look (
    person_id TEXT NOT NULL PRIMARY KEY,
    made_at %INT% NOT NULL
) %STRICT%;

-- What it found: two offices' records of one person, perhaps. For the identity officer alone.
CREATE TABLE identity_match (
    id TEXT NOT NULL PRIMARY KEY,
    low_id TEXT NOT NULL,
    high_id TEXT NOT NULL,
    score %INT% NOT NULL,           -- percent
    made_at %INT% NOT NULL,
    told_at %INT%,                  -- the offices were asked to get in touch
    told_by TEXT,
    closed_at %INT%,
    closed_by TEXT,
    UNIQUE (low_id, high_id)
) %STRICT%;
CREATE INDEX identity_match_open ON identity_match (closed_at, made_at);
CREATE INDEX identity_match_high ON identity_match (high_id);
