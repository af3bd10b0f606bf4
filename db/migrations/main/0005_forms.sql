-- Forms that are published at run time, and overlays on those that come with the program.

ALTER TABLE form_version ADD COLUMN origin TEXT; -- shipped (also NULL), overlay, whole
ALTER TABLE form_version ADD COLUMN given TEXT;  -- the overlay as it was given; source is what came out
ALTER TABLE form_version ADD COLUMN notes TEXT;  -- what an upgrade of the program left out, a line each

-- Files that were uploaded and not published yet: sealed under the system key, for somebody may have
-- taken the wrong file. Forgotten after a week.
CREATE TABLE form_draft (
    id TEXT NOT NULL PRIMARY KEY,
    sealed %BLOB% NOT NULL,
    made_at %INT% NOT NULL,
    made_by TEXT
) %STRICT%;
CREATE INDEX form_draft_time ON form_draft (made_at);

-- What a role may do with the records of a published kind.
CREATE TABLE form_grant (
    form TEXT NOT NULL,
    role TEXT NOT NULL,
    level TEXT NOT NULL,            -- see, work, all
    PRIMARY KEY (form, role)
) %STRICT%;

-- Every field that records of a form may hold by now, so that none is ever retyped in place.
CREATE TABLE form_shape (
    form TEXT NOT NULL PRIMARY KEY,
    fields TEXT NOT NULL            -- "name type repeat store class" lines
) %STRICT%;
