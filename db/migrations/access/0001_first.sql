-- Who opened which personal record, when. One hash chain per process.

CREATE TABLE access (
    chain TEXT NOT NULL,
    place %INT% NOT NULL,
    made_at %INT% NOT NULL,
    staff_id TEXT NOT NULL,
    office_id TEXT,
    action TEXT NOT NULL,           -- view, list, search, export, print, history
    form TEXT NOT NULL,
    records TEXT NOT NULL,          -- record ids, separated by spaces
    key_id TEXT,
    detail %BLOB%,                  -- sealed: search words
    hash %BLOB% NOT NULL,
    PRIMARY KEY (chain, place)
) %STRICT%;
CREATE INDEX access_time ON access (made_at);
