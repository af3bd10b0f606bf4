-- How far interviews that were there before a scoring profile have been scored with it. A profile is
-- known by its name and its version: another version adds results too.

CREATE TABLE survey_profile (
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    after_token TEXT,        -- the interviews up to here are done
    done_at %INT%,           -- NULL = not all of them yet
    PRIMARY KEY (name, version)
) %STRICT%;

DROP INDEX survey_result_rss;
CREATE UNIQUE INDEX survey_result_rss ON survey_result (rss_id, rss_version, profile, profile_version);
