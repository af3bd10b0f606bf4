-- The key store. It holds no word about anybody: ids and wrapped keys.

CREATE TABLE store (
    id TEXT NOT NULL PRIMARY KEY,   -- always 'store'
    kind TEXT NOT NULL,             -- passphrase, keyfile
    params TEXT NOT NULL,           -- Argon2id limits, or ''
    salt %BLOB% NOT NULL,
    master %BLOB% NOT NULL,         -- master key, wrapped by what the passphrase or file gives
    version %INT% NOT NULL,
    created_at %INT% NOT NULL
) %STRICT%;

CREATE TABLE system_key (
    name TEXT NOT NULL PRIMARY KEY,
    wrapped %BLOB% NOT NULL,
    created_at %INT% NOT NULL
) %STRICT%;

-- A key that was erased keeps its row without the key, so that everybody knows why.
CREATE TABLE data_key (
    id TEXT NOT NULL PRIMARY KEY,
    wrapped %BLOB%,
    created_at %INT% NOT NULL,
    erased_at %INT%
) %STRICT%;
