-- What records of every kind have besides their answers: events, comments, saved filters, changes of
-- status that wait for a second person.

ALTER TABLE record_history ADD COLUMN parent_id TEXT;

-- What the history of a record tells besides its versions: the reason of a version (version is set), a
-- child that came or went (other_form, other_id), a comment, a change that was asked for or refused.
CREATE TABLE record_event (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    form TEXT NOT NULL,
    record_id TEXT NOT NULL,
    version %INT%,
    action TEXT NOT NULL,           -- reason, child_in, child_out, comment, comment_gone, asked, refused
    other_form TEXT,
    other_id TEXT,
    key_id TEXT,
    sealed %BLOB%,                  -- words, under the record's key
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL
) %STRICT%;
CREATE INDEX record_event_record ON record_event (record_id, made_at);

CREATE TABLE record_comment (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    form TEXT NOT NULL,
    record_id TEXT NOT NULL,
    key_id TEXT,                    -- of the record when it was written
    sealed %BLOB% NOT NULL,
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL,
    gone_at %INT%                   -- taken back
) %STRICT%;
CREATE INDEX record_comment_record ON record_comment (record_id, made_at);

-- Choices of a list that somebody keeps. query holds codes, dates and numbers of open columns, as the
-- address of the list does.
CREATE TABLE saved_filter (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    form TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    made_at %INT% NOT NULL
) %STRICT%;
CREATE UNIQUE INDEX saved_filter_name ON saved_filter (staff_id, form, name);

-- A change of status that another person must confirm. Gone once it is confirmed or refused.
CREATE TABLE status_request (
    record_id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,
    form TEXT NOT NULL,
    version %INT% NOT NULL,         -- of the record; a later one makes the request void
    status TEXT NOT NULL,
    sealed %BLOB%,                  -- the reason, under the key of the audit
    asked_at %INT% NOT NULL,
    asked_by TEXT NOT NULL
) %STRICT%;
CREATE INDEX status_request_office ON status_request (office_id);
