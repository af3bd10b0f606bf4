-- The blind index: keyed hashes of tokens. Made again by "homeward index rebuild"; in no backup.

CREATE TABLE token (
    hash %BLOB% NOT NULL,           -- VAULT_TOKEN_BYTES
    root_id TEXT NOT NULL,          -- record that it leads to
    kind %INT% NOT NULL,            -- enum fold_kind, or INDEX_PHONE, INDEX_EXACT
    line %INT% NOT NULL,            -- which name line of the record
    word %INT% NOT NULL,
    PRIMARY KEY (hash, root_id, kind, line, word)
) %CLUSTERED%;
CREATE INDEX token_root ON token (root_id);

CREATE TABLE applied (
    id TEXT NOT NULL PRIMARY KEY,   -- always 'index'
    seq %INT% NOT NULL              -- record_history up to here is in
) %STRICT%;
INSERT INTO applied (id, seq) VALUES ('index', 0);
