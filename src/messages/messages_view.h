#ifndef MESSAGES_MESSAGES_VIEW_H
#define MESSAGES_MESSAGES_VIEW_H

/* What the templates of this room receive. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/web.h"

struct option_view {
    const char *code;
    const char *label;
    struct url link;
    bool current;
};

struct message_line_view {
    struct url link;
    const char *title;
    const char *channel;
    const char *state;
    const char *state_code;
    const char *reason;
    int64_t created_at;
    int64_t next_at; /* 0 = it does not wait */
};

struct messages_view {
    const struct option_view *filters;
    size_t filters_len;
    const struct message_line_view *lines;
    size_t lines_len;
    struct url next;
    bool has_next;
    bool may_set;
};

struct message_event_view {
    const char *state;
    const char *reason;
    const char *who;
    int64_t made_at;
};

struct message_view {
    struct message_line_view line;
    bool open; /* the acting user may read address and text */
    const char *to;
    const char *text;
    const char *lang;
    const char *dir;
    const char *person; /* NULL if none */
    struct url person_link;
    const struct message_event_view *events;
    size_t events_len;
    struct url cancel;
    struct url decide;
    bool may_cancel;
    bool may_decide;
};

struct message_field_view {
    const char *value;
    const char *problem;
};

struct message_settings_view {
    struct message_field_view mail_url;
    struct message_field_view mail_user;
    struct message_field_view mail_from;
    struct message_field_view mail_from_name;
    bool mail_password; /* one is stored */
    struct message_field_view sms_url;
    struct message_field_view sms_method;
    struct message_field_view sms_headers;
    struct message_field_view sms_body;
    struct message_field_view sms_ok_codes;
    struct message_field_view sms_id_pointer;
    struct message_field_view sms_sender;
    bool sms_dedup;
    bool sms_stored; /* headers are stored */
    struct message_field_view quiet_from;
    struct message_field_view quiet_to;
    bool private_too;
    struct message_field_view test_to;
    const char *secret; /* NULL, or the new one */
};

struct message_new_view {
    const char *person;
    struct url person_link;
    struct url action;
    const struct option_view *contacts;
    size_t contacts_len;
    const struct option_view *templates;
    size_t templates_len;
    struct message_field_view date;
    struct message_field_view time;
    struct message_field_view phone;
    const char *problem;
};

struct message_contact_view {
    const char *label;
    const char *to;
    const char *code;
    struct url action;
    bool out;
};

struct message_part_view {
    struct url add;
    const struct message_contact_view *contacts;
    size_t contacts_len;
    const struct message_line_view *lines;
    size_t lines_len;
    bool may_send;
};

struct note_view {
    const char *text;
    struct url open;
    int64_t made_at;
    bool has_link;
    bool unread;
};

struct notifications_view {
    const struct note_view *notes;
    size_t notes_len;
    struct url next;
    bool has_next;
    bool any_unread;
    struct message_field_view address;
    bool digest;
};

struct webhook_line_view {
    struct url link;
    const char *address;
    const char *staff;
    const char *kinds;
    const char *state;
    const char *state_code;
};

struct webhooks_view {
    const struct webhook_line_view *lines;
    size_t lines_len;
    struct message_field_view address;
    struct message_field_view login;
    struct message_field_view kinds;
    const struct option_view *kinds_all;
    size_t kinds_all_len;
};

struct delivery_view {
    const char *event;
    const char *record_id;
    const char *state;
    const char *answer;
    int64_t changed_at;
    int64_t attempts;
};

struct webhook_view {
    struct webhook_line_view line;
    const char *secret; /* NULL, or shown once */
    struct url set;
    struct url try_it;
    bool active;
    const struct delivery_view *deliveries;
    size_t deliveries_len;
};

#endif
