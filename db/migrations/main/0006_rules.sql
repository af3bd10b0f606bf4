-- What rules found in cases, who dealt with it, and when to look again. Texts that people wrote are
-- sealed under the person's key.

CREATE TABLE rule_result (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    case_id TEXT NOT NULL,
    rule TEXT NOT NULL,             -- id in content/rules
    does TEXT NOT NULL,             -- alert, task, due, suggestion
    privacy %INT% NOT NULL,         -- highest class of what the rule read
    severity %INT% NOT NULL,        -- 0 low, 1 medium, 2 high
    state TEXT NOT NULL,            -- open, done, overridden
    holds %INT% NOT NULL,           -- 1: the condition is still true
    due_on TEXT NOT NULL,           -- 9999-12-31 = no date
    snoozed_until TEXT NOT NULL,    -- shown again from this day on; '' = not put off
    role TEXT NOT NULL,             -- whose task it is; '' = the assignee's
    assignee TEXT NOT NULL,         -- staff id, or ''
    since_at %INT% NOT NULL,
    key_id TEXT NOT NULL,
    note %BLOB%,                    -- sealed: why it is done, put off or overridden
    changed_at %INT% NOT NULL,
    changed_by TEXT,                -- NULL: the rule itself
    version %INT% NOT NULL
) %STRICT%;
CREATE UNIQUE INDEX rule_result_holds ON rule_result (case_id, rule) WHERE holds = 1;
CREATE INDEX rule_result_case ON rule_result (case_id, since_at);
CREATE INDEX rule_result_tasks ON rule_result (office_id, state, due_on, id);
CREATE INDEX rule_result_rule ON rule_result (rule, office_id, state);

-- Leave to pass a gate once, against a rule.
CREATE TABLE rule_override (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    case_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    second %INT% NOT NULL,          -- 1: needs a second person
    asked_by TEXT NOT NULL,
    asked_at %INT% NOT NULL,
    key_id TEXT NOT NULL,
    reason %BLOB% NOT NULL,         -- sealed
    agreed_by TEXT,                 -- never who asked
    agreed_at %INT%,
    agreed_reason %BLOB%,           -- sealed
    used_at %INT%                   -- passed; the next time needs a new one
) %STRICT%;
CREATE UNIQUE INDEX rule_override_open ON rule_override (case_id, rule) WHERE used_at IS NULL;

-- The first day on which some rule may say something else about a case though nothing is written.
CREATE TABLE rule_next (
    case_id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    next_on TEXT NOT NULL
) %STRICT%;
CREATE INDEX rule_next_day ON rule_next (office_id, next_on);
