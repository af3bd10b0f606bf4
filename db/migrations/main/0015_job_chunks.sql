-- What a job made to be fetched, in sealed pieces bound to their place: one can be opened without the
-- others, so that a download of any size takes little memory.
CREATE TABLE job_chunk (
    job_id TEXT NOT NULL REFERENCES job (id),
    place %INT% NOT NULL,           -- 0, 1, 2 ...
    sealed %BLOB% NOT NULL,
    PRIMARY KEY (job_id, place)
) %STRICT%;
