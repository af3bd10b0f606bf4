-- Records get a short number in the index, and tokens half the length: a row of 14 bytes instead of
-- two of 60. What was there is made again from record_history by the job role.
DROP TABLE token;

CREATE TABLE entry (
    no %INT% NOT NULL PRIMARY KEY,  -- 1, 2, 3 ... in the order in which records came
    root_id TEXT NOT NULL UNIQUE,   -- the record that it leads to
    tokens %BLOB% NOT NULL          -- its hashes, one after the other
) %STRICT%;

CREATE TABLE token (
    hash %BLOB% NOT NULL,           -- INDEX_HASH_BYTES of the keyed hash
    no %INT% NOT NULL,              -- entry
    PRIMARY KEY (hash, no)
) %CLUSTERED%;

ALTER TABLE applied ADD COLUMN last_no %INT% NOT NULL DEFAULT 0;
UPDATE applied SET seq = 0 WHERE id = 'index';
