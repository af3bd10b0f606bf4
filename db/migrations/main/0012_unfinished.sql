-- Forms that somebody began to fill and has not saved: what was typed, sealed under a key of its own,
-- which is erased when the form is saved, discarded or too old. Such a row then holds nothing, and
-- stays for a day so that a late request cannot bring it back.
CREATE TABLE unfinished (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    form TEXT NOT NULL,
    record_id TEXT,                 -- that is being changed; NULL: a new one
    key_id TEXT,                    -- NULL with sealed: saved or discarded
    sealed %BLOB%,
    saved_at %INT% NOT NULL,
    expires_at %INT% NOT NULL
) %STRICT%;
CREATE INDEX unfinished_user ON unfinished (user_id, expires_at);
CREATE INDEX unfinished_expiry ON unfinished (expires_at);
