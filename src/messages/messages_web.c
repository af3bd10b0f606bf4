#include "messages/messages_web.h"

#include <string.h>

#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "messages_templates.h"

#define SEND_PERMISSION "message.send"
#define CONTACTS_MAX    50

struct message_field_view message_field_of(struct ctx *ctx, const char *field, const char *value)
{
    return (struct message_field_view){ .value = value, .problem = ctx_problem(ctx, field) };
}

/* --- list --- */

static void fill_line(struct ctx *ctx, struct message_line_view *v, const struct message_row *m)
{
    *v = (struct message_line_view){ .link = url_build(ctx, "/messages/{}", m->id),
                                     .title = message_template_title(ctx, m->template_name),
                                     .channel = message_channel_text(ctx, m->channel),
                                     .state = message_state_text(ctx, m->state),
                                     .state_code = m->state,
                                     .reason = message_reason_text(ctx, m->reason),
                                     .created_at = m->created_at };
    if (text_equal(m->state, "waiting"))
        v->next_at = m->next_at;
}

static struct message_line_view *lines_of(struct ctx *ctx, const struct message_row *items,
                                          size_t len)
{
    struct message_line_view *lines = ARENA_ARRAY(ctx->arena, len + 1, struct message_line_view);

    for (size_t i = 0; i < len; i++)
        fill_line(ctx, &lines[i], &items[i]);
    return lines;
}

static void fill_filters(struct ctx *ctx, struct messages_view *v, const char *state)
{
    static const char *const codes[] = { "",        "waiting", "sent",    "delivered", "failed",
                                         "bounced", "blocked", "unknown", "cancelled" };
    size_t len = sizeof codes / sizeof codes[0];
    struct option_view *items = ARENA_ARRAY(ctx->arena, len, struct option_view);

    for (size_t i = 0; i < len; i++) {
        items[i].label = *codes[i] == '\0' ? tr(ctx, "All") : message_state_text(ctx, codes[i]);
        items[i].link = *codes[i] == '\0' ? url_build(ctx, "/messages")
                                          : url_build(ctx, "/messages?state={}", codes[i]);
        items[i].current = strcmp(codes[i], state) == 0;
    }
    v->filters = items;
    v->filters_len = len;
}

static enum err get_messages(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *state = req_text(req, "state");
    struct messages_view v = { .may_set = user_may(ctx->user, "settings.manage") };
    struct message_row *items = NULL;
    size_t len = 0;
    enum err rc = message_list(ctx, &items, &len, state, req_text(req, "after"));

    if (rc)
        return rc;
    fill_filters(ctx, &v, state);
    v.lines = lines_of(ctx, items, len);
    v.lines_len = len;
    v.has_next = len == MESSAGE_LIST_MAX;
    if (v.has_next)
        v.next = url_build(ctx, "/messages?state={}&after={}", state, items[len - 1].id);
    messages_reply(res, 200, &v);
    return OK;
}

/* --- one --- */

static enum err fill_open(struct ctx *ctx, struct message_view *v, struct message_row *m)
{
    struct record *person = NULL;
    enum err rc = message_open(ctx, m, &v->text, &person);

    if (rc == ERR_NOT_FOUND || rc == ERR_FORBIDDEN) {
        ctx_clear_problems(ctx); /* the states may be seen without it */
        return OK;
    }
    if (rc)
        return rc;
    v->open = true;
    v->to = m->to;
    if (person != NULL) {
        v->person = person->title;
        v->person_link = url_build(ctx, "/records/person/{}", person->id);
    }
    return OK;
}

static enum err fill_events(struct ctx *ctx, struct message_view *v, const char *id)
{
    struct message_event *events = NULL;
    struct message_event_view *items;
    size_t len = 0;
    enum err rc = message_events(ctx, &events, &len, id);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct message_event_view);
    for (size_t i = 0; i < len; i++)
        items[i] =
            (struct message_event_view){ .state = message_state_text(ctx, events[i].state),
                                         .reason = message_reason_text(ctx, events[i].reason),
                                         .who = *events[i].made_by_name != '\0'
                                                    ? events[i].made_by_name
                                                    : tr(ctx, "the program"),
                                         .made_at = events[i].made_at };
    v->events = items;
    v->events_len = len;
    return OK;
}

static enum err get_message(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct message_view v = { 0 };
    struct message_row m = { 0 };
    bool may = user_may(ctx->user, "message.manage");
    enum err rc = message_load(ctx, &m, req_path(req, "id"));

    if (!rc)
        rc = fill_open(ctx, &v, &m);
    if (!rc)
        rc = fill_events(ctx, &v, m.id);
    if (rc)
        return rc;
    fill_line(ctx, &v.line, &m);
    v.lang = m.lang;
    v.dir = tr_direction(m.lang);
    v.cancel = url_build(ctx, "/messages/{}/cancel", m.id);
    v.decide = url_build(ctx, "/messages/{}/decide", m.id);
    v.may_cancel = may && text_equal(m.state, "waiting");
    v.may_decide = may && text_equal(m.state, "unknown");
    message_reply(res, 200, &v);
    return OK;
}

static enum err post_cancel(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = message_cancel(ctx, id);

    return rc ? rc : res_see_other(res, url_build(ctx, "/messages/{}", id));
}

static enum err post_decide(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *id = req_path(req, "id");
    enum err rc = message_decide(ctx, id, req_bool(req, "again"));

    return rc ? rc : res_see_other(res, url_build(ctx, "/messages/{}", id));
}

/* --- a new one to a person --- */

/* "Telephone, a relative" */
static const char *contact_label(struct ctx *ctx, const struct answers *row)
{
    const struct field *kind = field_find(row->form, FIELD_PERSON_CONTACT_KIND);
    const struct field *owner = field_find(row->form, FIELD_PERSON_CONTACT_OWNER);

    return tr(ctx, "{0}, {1}:", TR_TEXT(answers_shown(ctx, kind, answers_get(row, kind))),
              TR_TEXT(answers_shown(ctx, owner, answers_get(row, owner))));
}

static void fill_contacts(struct ctx *ctx, struct message_new_view *v, const struct record *person,
                          const char *chosen)
{
    const struct field *f = field_find(person->form, FIELD_PERSON_CONTACTS);
    size_t len = person->answers->rows_len[f->place];
    struct option_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct option_view);

    for (size_t i = 0; i < len; i++) {
        const struct answers *row = person->answers->rows[f->place][i];
        const char *value = answers_value(row, FIELD_PERSON_CONTACT_VALUE);

        items[i].code = row->id;
        items[i].current = text_equal(row->id, chosen);
        items[i].label =
            arena_printf(ctx->arena, "%s %s", contact_label(ctx, row), value == NULL ? "" : value);
    }
    v->contacts = items;
    v->contacts_len = len;
}

static void fill_templates(struct ctx *ctx, struct message_new_view *v, const char *chosen)
{
    size_t all = 0;
    const struct message_template *t = template_list(&all);
    struct option_view *items = ARENA_ARRAY(ctx->arena, all + 1, struct option_view);
    size_t len = 0;

    for (size_t i = 0; i < all; i++) {
        if (t[i].audience != FOR_PERSON)
            continue;
        items[len].code = t[i].name;
        items[len].label = message_template_title(ctx, t[i].name);
        items[len].current = text_equal(t[i].name, chosen);
        len++;
    }
    v->templates = items;
    v->templates_len = len;
}

static enum err show_new(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct message_new_view v = { 0 };
    struct record *person = NULL;
    enum err rc = record_load(ctx, &person, FORM_PERSON, req_path(req, "id"));

    if (rc)
        return rc;
    v.person = person->title;
    v.person_link = url_build(ctx, "/records/person/{}", person->id);
    v.action = url_build(ctx, "/messages/to/{}", person->id);
    v.problem =
        ctx_problem(ctx, NULL) != NULL ? ctx_problem(ctx, NULL) : ctx_problem(ctx, "template");
    v.date = message_field_of(ctx, "date", req_text(req, "date"));
    v.time = message_field_of(ctx, "time", req_text(req, "time"));
    v.phone = message_field_of(ctx, "phone", req_text(req, "phone"));
    fill_contacts(ctx, &v, person, req_text(req, "contact"));
    fill_templates(ctx, &v, req_text(req, "template"));
    message_new_reply(res, status, &v);
    return OK;
}

static enum err get_new(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_new(ctx, req, res, 200);
}

/* The arguments that the template takes, from the fields of those names; its problems go there. */
static enum err take_args(struct ctx *ctx, const struct req *req, const char **args,
                          const struct message_template *t)
{
    static const char *const names[] = { "phone", "date", "time", "number" };
    enum err rc;

    for (size_t i = 0; i < t->args_len; i++)
        args[i] = req_text(req, names[t->args[i]]);
    rc = template_check_args(ctx, t, args);
    for (size_t i = 0; rc && i < t->args_len; i++) {
        const char *why = ctx_problem(ctx, arena_printf(ctx->arena, "arg.%zu", i + 1));

        if (why != NULL)
            (void)ctx_fail_field(ctx, names[t->args[i]], why);
    }
    return rc;
}

static enum err post_new(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct message_template *t = template_find(req_text(req, "template"));
    const char *args[MESSAGE_ARGS_MAX + 1] = { NULL };
    const char *contact = req_text(req, "contact");
    struct message m = { .template_name = req_text(req, "template"),
                         .args = args,
                         .person_id = req_path(req, "id"),
                         .contact_id = *contact == '\0' ? NULL : contact };
    const char *id = NULL;
    enum err rc = OK;

    if (t == NULL || t->audience != FOR_PERSON)
        rc = ctx_fail_field(ctx, "template", tr(ctx, "There is no such text."));
    if (!rc)
        rc = take_args(ctx, req, args, t);
    if (!rc)
        rc = message_add(ctx, &id, &m);
    if (rc == ERR_INVALID)
        return show_new(ctx, req, res, 422);
    if (rc)
        return rc;
    if (user_may(ctx->user, "message.view"))
        return res_see_other(res, url_build(ctx, "/messages/{}", id));
    return res_see_other(res, url_build(ctx, "/records/person/{}", m.person_id));
}

/* --- opt-out, and the part of a person's page --- */

static bool address_of(struct ctx *ctx, const struct answers *row, enum channel *channel_out,
                       const char **to_out)
{
    const char *kind = answers_value(row, FIELD_PERSON_CONTACT_KIND);
    const char *value = answers_value(row, FIELD_PERSON_CONTACT_VALUE);

    if (value == NULL)
        return false;
    *channel_out = text_equal(kind, CODE_PERSON_CONTACT_KIND_PHONE) ? CHANNEL_SMS : CHANNEL_EMAIL;
    if (*channel_out == CHANNEL_EMAIL && !text_equal(kind, CODE_PERSON_CONTACT_KIND_EMAIL))
        return false;
    *to_out = *channel_out == CHANNEL_SMS ? phone_normal(ctx->arena, value)
                                          : email_normal(ctx->arena, value);
    return *to_out != NULL;
}

static enum err post_opt_out(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *person = NULL;
    const struct field *f;
    enum err rc = record_load(ctx, &person, FORM_PERSON, req_path(req, "id"));

    if (rc)
        return rc;
    f = field_find(person->form, FIELD_PERSON_CONTACTS);
    for (size_t i = 0; !rc && i < person->answers->rows_len[f->place]; i++) {
        const struct answers *row = person->answers->rows[f->place][i];
        enum channel channel = CHANNEL_SMS;
        const char *to = NULL;

        if (text_equal(row->id, req_text(req, "contact")) && address_of(ctx, row, &channel, &to))
            rc = opt_out_set(ctx, channel, to, req_bool(req, "out"));
    }
    return rc ? rc : res_see_other(res, url_build(ctx, "/records/person/{}", person->id));
}

static void draw_part(struct html *h, const void *view)
{
    message_part_render(h, view);
}

static enum err part_contacts(struct ctx *ctx, struct message_part_view *v,
                              const struct record *person)
{
    const struct field *f = field_find(person->form, FIELD_PERSON_CONTACTS);
    struct message_contact_view *items =
        ARENA_ARRAY(ctx->arena, CONTACTS_MAX, struct message_contact_view);
    size_t len = 0;
    enum err rc = OK;

    for (size_t i = 0; !rc && i < person->answers->rows_len[f->place] && len < CONTACTS_MAX; i++) {
        const struct answers *row = person->answers->rows[f->place][i];
        enum channel channel = CHANNEL_SMS;
        const char *to = NULL;

        if (!address_of(ctx, row, &channel, &to))
            continue;
        items[len].label = contact_label(ctx, row);
        items[len].to = to;
        items[len].code = row->id;
        items[len].action = url_build(ctx, "/messages/to/{}/opt-out", person->id);
        rc = opt_out_get(ctx, &items[len].out, NULL, channel, to);
        len++;
    }
    v->contacts = items;
    v->contacts_len = len;
    return rc;
}

enum err messages_person_detail(struct ctx *ctx, const struct record *person,
                                struct record_extra *out)
{
    struct message_part_view *v = ARENA_NEW(ctx->arena, struct message_part_view);
    struct message_row *items = NULL;
    size_t len = 0;
    enum err rc;

    v->may_send = user_may(ctx->user, SEND_PERMISSION);
    if (!v->may_send && !user_may(ctx->user, "message.view"))
        return OK;
    rc = part_contacts(ctx, v, person);
    if (!rc && user_may(ctx->user, "message.view"))
        rc = message_of_person(ctx, &items, &len, person);
    if (rc)
        return rc;
    v->add = url_build(ctx, "/messages/to/{}", person->id);
    v->lines = lines_of(ctx, items, len);
    v->lines_len = len;
    out->draw = draw_part;
    out->view = v;
    return OK;
}

/* --- reports of the gateway --- */

static enum err post_gateway(struct ctx *ctx, const struct req *req, struct res *res)
{
    size_t len = 0;
    const char *bytes = req_json(req, &len);
    enum err rc;

    if (bytes == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Send a form or application/json, not this content type."));
    ctx->user = NULL; /* whoever is signed in beside: the gateway speaks */
    ctx->user_id = NULL;
    rc = gateway_report_take(ctx, req_header(req, "homeward-signature"), bytes, len);
    if (rc)
        return rc;
    res_json(res, 200, "{}", 2);
    return OK;
}

static const struct field_spec list_fields[] = {
    { "state", INPUT_TEXT, .max = 20 },
    { "after", INPUT_TEXT, .max = 36 },
    { 0 },
};

static const struct field_spec new_fields[] = {
    { "contact", INPUT_TEXT, .max = 36 }, { "template", INPUT_CODE },
    { "date", INPUT_TEXT, .max = 20 },    { "time", INPUT_TEXT, .max = 20 },
    { "phone", INPUT_TEXT, .max = 60 },   { 0 },
};

static const struct field_spec decide_fields[] = {
    { "again", INPUT_BOOL },
    { 0 },
};

static const struct field_spec opt_out_fields[] = {
    { "contact", INPUT_TEXT, .max = 36 },
    { "to", INPUT_TEXT, .max = 300 },
    { "out", INPUT_BOOL },
    { 0 },
};

const struct route messages_routes[] = {
    { GET, "/messages", PERM_MESSAGE_VIEW, get_messages, FIELDS(list_fields) },
    { GET, "/messages/{id}", PERM_MESSAGE_VIEW, get_message, NO_FIELDS },
    { POST, "/messages/{id}/cancel", PERM_MESSAGE_MANAGE, post_cancel, NO_FIELDS },
    { POST, "/messages/{id}/decide", PERM_MESSAGE_MANAGE, post_decide, FIELDS(decide_fields) },
    { GET, "/messages/to/{id}", PERM_MESSAGE_SEND, get_new, NO_FIELDS },
    { POST, "/messages/to/{id}", PERM_MESSAGE_SEND, post_new, FIELDS(new_fields) },
    { POST, "/messages/to/{id}/opt-out", PERM_MESSAGE_SEND, post_opt_out, FIELDS(opt_out_fields) },
    { POST, "/messages/gateway", PERM_PUBLIC, post_gateway, NO_FIELDS,
      .body_max = GATEWAY_REPORT_MAX, .json = true, .machine = true, .reply = "nothing" },
    { 0 },
};
