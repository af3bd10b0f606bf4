-- The name that a worker gives to a kept filter is sealed: nothing keeps a person's name out of it.
-- token is a keyed hash of it, so that a name is there once. A row without sealed is from before, its
-- token still the name as it was typed: the next start moves it (src/records/saved_filter.c).
ALTER TABLE saved_filter RENAME COLUMN name TO token;
ALTER TABLE saved_filter ADD COLUMN sealed %BLOB%;
