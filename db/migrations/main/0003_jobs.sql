-- Work that comes again and again: when it was last begun, whichever host did it.
CREATE TABLE job_period (
    name TEXT NOT NULL PRIMARY KEY,
    last_at %INT% NOT NULL
) %STRICT%;

-- One import that stores: how far it is, and for 30 days what it made, so that it can be undone.
CREATE TABLE import_run (
    id TEXT NOT NULL PRIMARY KEY,   -- the job's id, where there is one
    office_id TEXT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,            -- storing, stored, undone
    place %INT% NOT NULL,           -- rows of the file that are done with
    stored %INT% NOT NULL,          -- records made and changed
    bad %INT% NOT NULL,             -- rows passed over
    undone %INT% NOT NULL,
    created_at %INT% NOT NULL,
    created_by TEXT
) %STRICT%;
CREATE INDEX import_run_user ON import_run (created_by, created_at);

CREATE TABLE import_made (
    run_id TEXT NOT NULL,
    seq %INT% NOT NULL,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    version %INT% NOT NULL,         -- as the import left it; made by it where this is 1
    PRIMARY KEY (run_id, seq)
) %CLUSTERED%;

-- Which column of a file goes where; sealed under the system key.
CREATE TABLE import_mapping (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    mapping %BLOB% NOT NULL,
    updated_at %INT% NOT NULL,
    updated_by TEXT,
    UNIQUE (office_id, kind, name)
) %STRICT%;
