-- Letters: templates that an organisation publishes over those of the program, letterheads, and which
-- letter was made for whom. No person stands in a template; what was made is sealed.

CREATE TABLE letter_version (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,             -- as content/letters/NAME.md
    programme_id TEXT NOT NULL,     -- '' = all programmes
    version %INT% NOT NULL,         -- of this name and programme; the greatest is in force
    origin TEXT NOT NULL,           -- shipped: the program's own; own; withdrawn: what is below holds
    hash TEXT NOT NULL,             -- BLAKE2b of source
    source TEXT NOT NULL,
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL
) %STRICT%;
CREATE UNIQUE INDEX letter_version_now ON letter_version (name, programme_id, version);

CREATE TABLE letterhead (
    programme_id TEXT NOT NULL PRIMARY KEY, -- '' = all that have none of their own
    languages TEXT NOT NULL,        -- codes with spaces between them; '' = all
    logo %BLOB%,                    -- PNG, made anew
    version %INT% NOT NULL,
    changed_at %INT% NOT NULL,
    changed_by TEXT NOT NULL
) %STRICT%;

CREATE TABLE letterhead_text (
    programme_id TEXT NOT NULL REFERENCES letterhead (programme_id),
    lang TEXT NOT NULL,
    name TEXT NOT NULL,
    contact TEXT NOT NULL,
    footer TEXT NOT NULL,
    PRIMARY KEY (programme_id, lang)
) %STRICT%;

CREATE TABLE letter_made (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    form TEXT NOT NULL,
    record_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed %BLOB% NOT NULL,         -- JSON: version (id), number, name, title, lang, file
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL
) %STRICT%;
CREATE INDEX letter_made_record ON letter_made (record_id, id);
