/* Adding messages, opening them, and what a person decides about them. */
#include "messages/messages.h"

#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "records/records.h"

/* --- to whom --- */

/* The whole record, whatever the acting user's clearance: what it hides decides too. */
static enum err load_whole(struct ctx *ctx, struct record **out, const char *person_id)
{
    struct ctx whole = *ctx;
    enum err rc;

    whole.user = &message_system_user;
    whole.user_id = NULL; /* nobody looks at it: no row in the access log */
    rc = record_load(&whole, out, FORM_PERSON, person_id);
    ctx->problems = whole.problems;
    ctx->problems_last = whole.problems_last;
    return rc;
}

/* The language marked as preferred, else the office's. */
static enum err person_lang(struct ctx *ctx, const char **out, const struct record *person)
{
    const struct field *f = field_find(person->form, FIELD_PERSON_LANGUAGES);
    struct office office = { 0 };
    const struct answers *t = person->answers;
    enum err rc = office_load(ctx, &office, person->office_id);

    if (rc)
        return rc;
    *out = template_lang(office.language);
    for (size_t i = 0; f != NULL && i < t->rows_len[f->place]; i++) {
        const struct answers *row = t->rows[f->place][i];
        const char *code = answers_value(row, FIELD_PERSON_LANGUAGE_CODE);

        if (text_equal(answers_value(row, FIELD_PERSON_LANGUAGE_PREFERRED), "yes") &&
            text_equal(template_lang(code), code))
            *out = template_lang(code);
    }
    return OK;
}

static enum err to_person(struct ctx *ctx, struct message_row *row, const struct message *m)
{
    struct record *seen = NULL;
    struct record *person = NULL;
    struct decision d = { 0 };
    int64_t at = m->not_before > ctx->now_ms ? m->not_before : ctx->now_ms;
    enum err rc = record_load(ctx, &seen, FORM_PERSON, m->person_id);

    if (!rc)
        rc = load_whole(ctx, &person, m->person_id);
    if (!rc)
        rc = gate_decide(ctx, &d, person, m->contact_id, at);
    if (!rc && m->lang == NULL)
        rc = person_lang(ctx, &row->lang, person);
    if (rc)
        return rc;
    row->office_id = person->office_id;
    row->person_id = person->id;
    row->contact_id = d.contact_id;
    row->key_id = person->key_id;
    row->channel = d.channel;
    row->to = d.to;
    row->state = d.verdict == VERDICT_BLOCK ? "blocked" : "waiting";
    row->reason = d.reason;
    row->next_at = d.verdict == VERDICT_LATER ? d.at : at;
    return OK;
}

static enum err to_staff(struct ctx *ctx, struct message_row *row, const struct message *m)
{
    struct staff_mail mail = { 0 };
    enum err rc = staff_mail_load(ctx, &mail, m->staff_id);

    if (rc)
        return rc;
    row->office_id = mail.office_id;
    row->lang = template_lang(m->lang != NULL ? m->lang : mail.lang);
    row->staff_id = m->staff_id;
    row->key_id = VAULT_KEY_STAFF;
    row->channel = CHANNEL_EMAIL;
    row->to = mail.address;
    row->state = *mail.address == '\0' ? "blocked" : "waiting";
    row->reason = *mail.address == '\0' ? "no_contact" : "";
    return OK;
}

static enum err to_test(struct ctx *ctx, struct message_row *row, const struct message *m)
{
    row->office_id = ctx->office_id;
    row->key_id = VAULT_KEY_SYSTEM;
    row->channel = m->channel;
    row->to = m->channel == CHANNEL_SMS ? phone_normal(ctx->arena, m->test_to)
                                        : email_normal(ctx->arena, m->test_to);
    row->state = "waiting";
    row->reason = "";
    if (row->to == NULL)
        return ctx_fail_field(ctx, "to",
                              m->channel == CHANNEL_SMS
                                  ? tr(ctx, "Write a telephone number with its country code, such "
                                            "as +221 33 800 00 00.")
                                  : tr(ctx, "This is not an address of e-mail."));
    return OK;
}

static enum err write_message(struct ctx *ctx, const struct message_row *row)
{
    struct sealed sealed = { 0 };
    enum err rc = message_store_seal(ctx, &sealed, row);

    if (rc)
        return rc;
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = message_store_add(ctx, row, &sealed);
    if (!rc)
        rc = audit_add(ctx, "message.add", row->id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err message_add(struct ctx *ctx, const char **id_out, const struct message *m)
{
    static const char *const none[] = { NULL };
    const struct message_template *t = template_find(m->template_name);
    struct message_row row = { .template_name = m->template_name, .lang = m->lang };
    enum audience audience = m->person_id != NULL  ? FOR_PERSON
                             : m->staff_id != NULL ? FOR_STAFF
                                                   : FOR_TEST;
    enum err rc;

    if (t == NULL || t->audience != audience)
        return ctx_fail_field(ctx, "template", tr(ctx, "There is no such text."));
    rc = template_check_args(ctx, t, m->args);
    if (rc)
        return rc;
    row.id = id_new(ctx->arena, ctx->now_ms);
    row.args = m->args == NULL ? none : m->args;
    row.not_before = m->not_before > ctx->now_ms ? m->not_before : ctx->now_ms;
    row.not_after = m->not_after > 0 ? m->not_after : row.not_before + MESSAGE_LASTS_MS;
    row.next_at = row.not_before;
    if (m->lang == NULL)
        row.lang = template_lang(ctx->lang);
    rc = audience == FOR_PERSON  ? to_person(ctx, &row, m)
         : audience == FOR_STAFF ? to_staff(ctx, &row, m)
                                 : to_test(ctx, &row, m);
    if (!rc)
        rc = write_message(ctx, &row);
    if (!rc)
        *id_out = row.id;
    return rc;
}

/* --- reading one --- */

enum err message_open(struct ctx *ctx, struct message_row *m, const char **text_out,
                      struct record **person_out)
{
    const struct message_template *t = template_find(m->template_name);
    struct record *person = NULL;
    enum err rc = OK;

    if (m->person_id != NULL)
        rc = record_load_allowed(ctx, &person, FORM_PERSON, m->person_id);
    else if (m->staff_id != NULL && !text_equal(m->staff_id, ctx->user_id) &&
             !user_may(ctx->user, "settings.manage"))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such message."));
    if (!rc)
        rc = message_store_open(ctx, m);
    if (rc)
        return rc;
    *text_out = t == NULL ? "" : template_text(ctx, t, m->lang, m->args);
    if (person_out != NULL)
        *person_out = person;
    return OK;
}

/* --- what a person decides --- */

static enum err change_by_hand(struct ctx *ctx, const char *id, const char *from,
                               const struct change *c)
{
    struct message_row m = { 0 };
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = message_load(ctx, &m, id);
    if (!rc && !text_equal(m.state, from))
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "The message is in another state meanwhile."));
    if (!rc)
        rc = message_store_change(ctx, &m, c);
    if (!rc)
        rc = audit_add(ctx, arena_printf(ctx->arena, "message.%s", c->state), id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err message_cancel(struct ctx *ctx, const char *id)
{
    const struct change c = { .state = "cancelled", .reason = "by_staff" };

    return change_by_hand(ctx, id, "waiting", &c);
}

enum err message_decide(struct ctx *ctx, const char *id, bool again)
{
    const struct change c = { .state = again ? "waiting" : "sent",
                              .reason = "by_staff",
                              .next_at = ctx->now_ms };

    return change_by_hand(ctx, id, "unknown", &c);
}

/* --- words --- */

struct words {
    const char *code;
    const char *text;
};

static const struct words states[] = {
    { "waiting", N_("Waiting") },     { "sending", N_("Being sent") },
    { "sent", N_("Sent") },           { "delivered", N_("Delivered") },
    { "failed", N_("Not sent") },     { "bounced", N_("Came back") },
    { "blocked", N_("Blocked") },     { "unknown", N_("Outcome unknown") },
    { "cancelled", N_("Cancelled") },
};

static const struct words reasons[] = {
    { "do_not_use", N_("This contact must not be used.") },
    { "no_consent", N_("The owner of the contact has not agreed to be contacted.") },
    { "not_to_learn", N_("The owner is among those who must not learn of the return.") },
    { "owner_unaware", N_("It is not known that the owner knows of the return.") },
    { "opted_out", N_("The owner wants no messages on this contact.") },
    { "no_channel", N_("Messages go to telephones and e-mail only.") },
    { "bad_address", N_("The number lacks its country code, or the address is not complete.") },
    { "no_contact", N_("There is no contact that a message could go to.") },
    { "changed", N_("The contact was changed or removed after the message was written.") },
    { "closed", N_("The person's record is not active any more.") },
    { "no_safe_time", N_("There is no safe hour within the next week.") },
    { "quiet_hours", N_("Quiet hours: it goes out in the morning.") },
    { "safe_hours", N_("It waits for a safe day and hour of this contact.") },
    { "no_settings", N_("This way of sending is not set up.") },
    { "settings", N_("The settings of this way of sending do not fit.") },
    { "address", N_("The address in the settings may not be used.") },
    { "no_connection", N_("No connection to the server.") },
    { "time", N_("The server took too long.") },
    { "broken", N_("The connection broke, or the server failed.") },
    { "encryption", N_("The server does not encrypt as it must.") },
    { "certificate", N_("The server's certificate is not valid.") },
    { "login", N_("The server refuses the name and password of the settings.") },
    { "busy", N_("The server is busy.") },
    { "redirect", N_("The server points elsewhere; that is not followed.") },
    { "refused", N_("The server refuses this message or its recipient.") },
    { "interrupted", N_("The program ended while it was being sent.") },
    { "gave_up", N_("It was tried {0} times.") },
    { "expired", N_("Its time was over before it could be sent.") },
    { "reported", N_("Reported by the gateway.") },
    { "by_staff", N_("Decided by a member of staff.") },
};

const char *message_state_text(struct ctx *ctx, const char *state)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (text_equal(states[i].code, state))
            return tr_args(ctx, states[i].text, NULL);
    return state;
}

const char *message_reason_text(struct ctx *ctx, const char *reason)
{
    const struct tr_arg tries[] = { TR_INT(MESSAGE_TRIES), { 0 } };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (text_equal(reasons[i].code, reason))
            return tr_args(ctx, reasons[i].text, tries);
    return reason == NULL ? "" : reason;
}

const char *message_channel_text(struct ctx *ctx, enum channel channel)
{
    return channel == CHANNEL_SMS ? tr(ctx, "SMS") : tr(ctx, "E-mail");
}
