-- Files that belong to records. What they are called and hold is sealed under the key of the record, in
-- chunks bound to their place, so that no plain byte lies in the database or beside it.

CREATE TABLE attachment (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    form TEXT NOT NULL,
    record_id TEXT,                 -- NULL: sent with a form that is not saved yet
    field TEXT,                     -- the question that it answers; NULL = it stands with the record
    key_id TEXT NOT NULL,
    sealed %BLOB% NOT NULL,         -- type and name
    bytes %INT% NOT NULL,
    chunks %INT% NOT NULL,
    sealing %INT% NOT NULL,         -- which sealing of the chunks this is; grows when it moves
    version %INT% NOT NULL,
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL,
    gone_at %INT%,
    gone_by TEXT
) %STRICT%;
CREATE INDEX attachment_record ON attachment (record_id, made_at);
CREATE INDEX attachment_key ON attachment (key_id);

CREATE TABLE attachment_chunk (
    attachment_id TEXT NOT NULL REFERENCES attachment (id),
    place %INT% NOT NULL,           -- 0, 1, 2 ...
    sealed %BLOB% NOT NULL,
    PRIMARY KEY (attachment_id, place)
) %STRICT%;
