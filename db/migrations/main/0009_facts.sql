-- Facts lie in tables made from the forms (fact_<kind>); here is how far they have come, and what was
-- given out of them.

INSERT INTO counter (name, value) VALUES ('facts', 0);

-- Figures that were given out: the question, and every cell with the decision to show it. The same
-- question gets the same answer, and a new one is compared with those before it.
CREATE TABLE fact_release (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT,                 -- of whom it may be read; NULL = of all offices
    form TEXT NOT NULL,
    as_at %INT% NOT NULL,           -- quarter: year * 4 + 0 to 3
    question TEXT NOT NULL,         -- JSON of codes
    threshold %INT% NOT NULL,
    followed %INT% NOT NULL,        -- place in the history that the facts had come to
    cells TEXT NOT NULL,            -- JSON: numbers, and whether each is shown
    made_at %INT% NOT NULL,
    made_by TEXT NOT NULL
) %STRICT%;
CREATE INDEX fact_release_question ON fact_release (form, as_at, made_at);
CREATE INDEX fact_release_time ON fact_release (made_at);
