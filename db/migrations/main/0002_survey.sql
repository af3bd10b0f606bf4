-- Results of survey interviews. A result never changes: a correction of the interview, or another
-- profile, adds one; in_force marks the one that counts of each interview and profile.

CREATE TABLE survey_result (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    person_id TEXT NOT NULL,
    rss_id TEXT NOT NULL,
    rss_version %INT% NOT NULL,
    profile TEXT NOT NULL,
    profile_version TEXT NOT NULL,
    key_id TEXT NOT NULL,           -- the person's
    sealed %BLOB% NOT NULL,         -- scores, round, date and mode of the interview
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL,
    in_force %INT% NOT NULL         -- 1: the newest of its interview and profile
) %STRICT%;
CREATE INDEX survey_result_person ON survey_result (person_id, in_force);
CREATE UNIQUE INDEX survey_result_rss ON survey_result (rss_id, rss_version, profile);
