-- Costs of plans for finance, cut loose from the person as the facts are: who and fact are the same
-- hashes. Line 0 is the plan with its ceiling, the others are its costs. Amounts are minor units.

CREATE TABLE cost_fact (
    who TEXT NOT NULL,
    fact TEXT NOT NULL,
    line %INT% NOT NULL,
    office_id TEXT NOT NULL,
    programme TEXT,                 -- codes of the lists of programmes and funds, or nothing
    fund TEXT,
    currency TEXT NOT NULL,
    component TEXT,                 -- codes of the form
    assistance TEXT,
    quarter %INT% NOT NULL,         -- of the plan's date: year * 4 + 0 to 3
    planned %INT%,
    committed %INT%,
    spent %INT%,
    ceiling %INT%,
    capped %INT%,                   -- what a plan with a ceiling plans or has committed
    PRIMARY KEY (who, fact, line)
) %CLUSTERED%;

UPDATE counter SET value = 0 WHERE name = 'facts';
