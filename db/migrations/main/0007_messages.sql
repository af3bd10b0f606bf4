-- Messages to people and staff, notifications within the program, and webhooks. What a message says
-- and where it goes is sealed under the key of whom it is about; what lies open names nobody.

CREATE TABLE message (
    id TEXT NOT NULL PRIMARY KEY,
    office_id TEXT NOT NULL REFERENCES office (id),
    channel TEXT NOT NULL,          -- sms, email
    state TEXT NOT NULL,            -- waiting, sending, sent, delivered, failed, bounced, blocked, unknown, cancelled
    reason TEXT NOT NULL,           -- why it waits or was not sent; '' = none
    template TEXT NOT NULL,         -- content/messages/templates.csv
    lang TEXT NOT NULL,
    person_id TEXT,                 -- to a contact of this person, or
    contact_id TEXT,
    staff_id TEXT,                  -- to a member of staff, or neither: a test
    key_id TEXT NOT NULL,
    sealed %BLOB% NOT NULL,         -- JSON {"to":..., "args":[...]}
    attempts %INT% NOT NULL,
    not_before %INT% NOT NULL,
    not_after %INT% NOT NULL,
    next_at %INT% NOT NULL,         -- next look at it while it waits
    taken_at %INT%,                 -- since when it is being sent
    gateway_token %BLOB%,           -- keyed hash of the gateway's id, for its reports
    created_at %INT% NOT NULL,
    created_by TEXT
) %STRICT%;
CREATE INDEX message_next ON message (state, next_at);
CREATE INDEX message_office ON message (office_id, id);
CREATE INDEX message_person ON message (person_id, id);
CREATE INDEX message_gateway ON message (gateway_token);

-- Every change of a message's state.
CREATE TABLE message_event (
    id TEXT NOT NULL PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES message (id),
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_at %INT% NOT NULL,
    made_by TEXT                    -- NULL = the program
) %STRICT%;
CREATE INDEX message_event_message ON message_event (message_id, id);

-- Numbers and addresses that want no messages, by keyed hash of channel and address.
CREATE TABLE message_opt_out (
    token %BLOB% NOT NULL PRIMARY KEY,
    how TEXT NOT NULL,              -- reply, staff
    made_at %INT% NOT NULL,
    made_by TEXT
) %STRICT%;

-- Where staff get their mail, sealed under the staff key; digest: 1 = a daily mail that counts
-- unread notifications.
CREATE TABLE staff_mail (
    staff_id TEXT NOT NULL PRIMARY KEY REFERENCES staff (id),
    sealed %BLOB% NOT NULL,
    digest %INT% NOT NULL,
    digest_at %INT% NOT NULL        -- last one
) %STRICT%;

-- Within the program: sealed under the staff key, JSON {"text":..., "args":[...], "link":...}.
CREATE TABLE notification (
    id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    sealed %BLOB% NOT NULL,
    made_at %INT% NOT NULL,
    read_at %INT%
) %STRICT%;
CREATE INDEX notification_staff ON notification (staff_id, read_at, id);

-- Programs that are told of changes: ids and codes only. It sees what its staff member may see.
CREATE TABLE webhook (
    id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    kinds TEXT NOT NULL,            -- kinds of record, separated by spaces
    sealed %BLOB% NOT NULL,         -- JSON {"url":..., "secret":...} under the system key
    state TEXT NOT NULL,            -- active, paused, disabled
    fails %INT% NOT NULL,           -- deliveries that failed since the last that worked
    seq %INT% NOT NULL,             -- record_history is told up to here
    created_at %INT% NOT NULL,
    created_by TEXT NOT NULL
) %STRICT%;

CREATE TABLE webhook_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhook (id),
    event TEXT NOT NULL,            -- person.created, person.updated, person.status, test
    form TEXT NOT NULL,
    record_id TEXT NOT NULL,
    version %INT% NOT NULL,
    status TEXT NOT NULL,           -- of the record
    changed_at %INT% NOT NULL,
    state TEXT NOT NULL,            -- waiting, done, failed
    attempts %INT% NOT NULL,
    next_at %INT% NOT NULL,
    answer %INT% NOT NULL,          -- HTTP status of the last attempt; 0 = none
    fault TEXT NOT NULL             -- '' or why there was none
) %STRICT%;
CREATE INDEX webhook_delivery_next ON webhook_delivery (webhook_id, state, next_at);
