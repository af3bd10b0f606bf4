/* The job role's part: what is due is looked at once more, marked, flushed, sent, and noted. */
#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/date.h"
#include "core/log.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "records/records.h"

#define MINUTE_MS       ((int64_t)60 * 1000)
#define ROUND_US        ((int64_t)5 * 1000 * 1000) /* the index and imports wait meanwhile */
#define ROUND_MESSAGES  200
#define PAUSE_MS        (2 * MINUTE_MS)
#define NO_SETTINGS_MS  (15 * MINUTE_MS)
#define DIGEST_EVERY_MS (10 * MINUTE_MS)

/* How a channel is set up, read once a round. */
struct channels {
    struct sms_settings sms;
    struct mail_settings mail;
    bool there[CHANNELS];
};

static const int64_t waits[MESSAGE_TRIES] = { MINUTE_MS,      5 * MINUTE_MS,   15 * MINUTE_MS,
                                              60 * MINUTE_MS, 240 * MINUTE_MS, 480 * MINUTE_MS };

static enum err commit_change(struct ctx *ctx, const struct message_row *m, const struct change *c)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = message_store_change(ctx, m, c);
    if (!rc && !text_equal(m->state, c->state))
        rc = audit_add(ctx, arena_printf(ctx->arena, "message.%s", c->state), m->id, NULL, NULL);
    return db_end(ctx, rc);
}

/* --- whether it may go now --- */

/* The person as of now; a key or record that is gone blocks for good. */
static enum err look_again(struct ctx *ctx, struct change *c, const struct message_row *m)
{
    struct record *person = NULL;
    struct decision d = { 0 };
    enum err rc = record_load(ctx, &person, FORM_PERSON, m->person_id);

    if (rc == ERR_NOT_FOUND) {
        ctx_clear_problems(ctx);
        *c = (struct change){ .state = "cancelled", .reason = "closed" };
        return OK;
    }
    if (!rc)
        rc = gate_decide(ctx, &d, person, m->contact_id, ctx->now_ms);
    if (rc)
        return rc;
    if (d.verdict == VERDICT_SEND && (d.channel != m->channel || !text_equal(d.to, m->to)))
        *c = (struct change){ .state = "blocked", .reason = "changed" };
    else if (d.verdict == VERDICT_BLOCK)
        *c = (struct change){ .state = "blocked", .reason = d.reason };
    else if (d.verdict == VERDICT_LATER)
        *c = (struct change){ .state = "waiting", .reason = d.reason, .next_at = d.at };
    return OK;
}

/* c->state stays NULL when it may be sent. */
static enum err examine(struct ctx *ctx, struct change *c, struct message_row *m,
                        const struct channels *set)
{
    enum err rc;

    if (ctx->now_ms > m->not_after) {
        *c = (struct change){ .state = "failed", .reason = "expired" };
        return OK;
    }
    if (m->attempts >= MESSAGE_TRIES) {
        *c = (struct change){ .state = "failed", .reason = "gave_up" };
        return OK;
    }
    rc = message_store_open(ctx, m);
    if (rc == ERR_NOT_FOUND) {
        ctx_clear_problems(ctx);
        *c = (struct change){ .state = "cancelled", .reason = "closed" };
        return OK;
    }
    if (!rc && m->person_id != NULL)
        rc = look_again(ctx, c, m);
    if (!rc && c->state == NULL && !set->there[m->channel])
        *c = (struct change){ .state = "waiting",
                              .reason = "no_settings",
                              .next_at = ctx->now_ms + NO_SETTINGS_MS };
    return rc;
}

/* --- sending --- */

static enum err post(struct ctx *ctx, struct sent *out, const struct message_row *m,
                     const struct channels *set)
{
    const struct message_template *t = template_find(m->template_name);
    struct parcel p = { .id = m->id, .to = m->to, .lang = m->lang };

    if (t == NULL) { /* the content was changed meanwhile */
        *out = (struct sent){ .state = "failed", .reason = "settings" };
        return OK;
    }
    p.subject = template_subject(t, m->lang);
    p.text = template_text(ctx, t, m->lang, m->args);
    return m->channel == CHANNEL_SMS ? send_sms(ctx, out, &set->sms, &p)
                                     : send_mail(ctx, out, &set->mail, &p);
}

/*
 * First "sending" is on the disk, then the other side is spoken to: whatever happens between, it is
 * not sent a second time unseen.
 */
static enum err mark_and_send(struct ctx *ctx, struct outbox *o, struct message_row *m,
                              const struct channels *set)
{
    const struct change mark = { .state = "sending", .reason = "", .tried = true };
    struct sent sent = { 0 };
    struct change c = { 0 };
    enum err rc = commit_change(ctx, m, &mark);

    if (!rc)
        rc = db_flush(ctx, ctx->db);
    if (rc)
        return rc;
    m->state = "sending";
    m->attempts++;
    rc = post(ctx, &sent, m, set);
    if (rc) /* nothing was sent: libcurl itself failed */
        sent = (struct sent){ .state = "waiting", .reason = "broken", .stop = true };
    c = (struct change){ .state = sent.state,
                         .reason = sent.reason,
                         .gateway_id = sent.gateway_id };
    if (text_equal(sent.state, "waiting")) {
        c.next_at = ctx->now_ms + waits[m->attempts > 0 ? (m->attempts - 1) % MESSAGE_TRIES : 0];
        if (m->attempts >= MESSAGE_TRIES)
            c.state = "failed";
    }
    if (sent.stop) {
        o->pause_until[m->channel] = ctx->now_ms + PAUSE_MS;
        log_warn("%s: %s", m->channel == CHANNEL_SMS ? "SMS gateway" : "mail server", sent.reason);
    }
    rc = commit_change(ctx, m, &c);
    return rc ? rc : db_flush(ctx, ctx->db);
}

static enum err work_on(struct ctx *ctx, struct outbox *o, const char *id,
                        const struct channels *set)
{
    struct message_row m = { 0 };
    struct change c = { 0 };
    enum err rc = message_store_load(ctx, &m, id);

    if (!rc)
        rc = examine(ctx, &c, &m, set);
    if (rc)
        return rc;
    return c.state != NULL ? commit_change(ctx, &m, &c) : mark_and_send(ctx, o, &m, set);
}

static enum err work_off(struct ctx *ctx, struct outbox *o, enum channel channel,
                         const struct channels *set)
{
    int64_t end = clock_monotonic_us() + ROUND_US;
    const char *id = NULL;
    enum err rc = OK;

    for (int i = 0; !rc && i < ROUND_MESSAGES; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);

        if (ctx->now_ms < o->pause_until[channel] || clock_monotonic_us() > end)
            break;
        rc = message_store_due(ctx, &id, channel);
        if (rc || id == NULL)
            break;
        rc = work_on(ctx, o, id, set);
        if (rc == ERR_CONFLICT) { /* somebody cancelled it this moment */
            ctx_clear_problems(ctx);
            rc = OK;
        }
        if (!rc)
            arena_rewind(ctx->arena, mark);
    }
    return rc;
}

/* A pause that lies further ahead than it can: the clock was set back. */
static void mend_pauses(struct ctx *ctx, struct outbox *o)
{
    for (int i = 0; i < CHANNELS; i++)
        if (o->pause_until[i] > ctx->now_ms + PAUSE_MS)
            o->pause_until[i] = 0;
    if (o->digest_at > ctx->now_ms)
        o->digest_at = 0;
}

static enum err send_round(struct ctx *ctx, struct outbox *o)
{
    /* On SQLite there is one job process, so what was being sent when it began was interrupted. */
    bool alone = !db_is_postgres(ctx->db) && !o->begun;
    struct channels set = { 0 };
    const char *sms = NULL;
    const char *mail = NULL;
    enum err rc = message_store_due(ctx, &sms, CHANNEL_SMS);

    if (!rc)
        rc = message_store_due(ctx, &mail, CHANNEL_EMAIL);
    if (!rc && sms == NULL && mail == NULL && o->begun)
        return OK;
    if (!rc)
        rc = sms_settings_load(ctx, &set.sms, &set.there[CHANNEL_SMS]);
    if (!rc)
        rc = mail_settings_load(ctx, &set.mail, &set.there[CHANNEL_EMAIL]);
    if (!rc)
        rc = message_store_recover(ctx, alone ? INT64_MAX : ctx->now_ms - MESSAGE_SENDING_MS,
                                   set.there[CHANNEL_SMS] && set.sms.dedup);
    o->begun = o->begun || rc == OK;
    if (!rc)
        rc = work_off(ctx, o, CHANNEL_SMS, &set);
    if (!rc)
        rc = work_off(ctx, o, CHANNEL_EMAIL, &set);
    return rc;
}

enum err outbox_round(struct ctx *ctx, struct outbox *o)
{
    struct ctx sys = *ctx; /* acts as the program: no user, everything is read */
    enum err rc = OK;

    sys.user = &message_system_user;
    sys.user_id = NULL;
    mend_pauses(&sys, o);
    if (sys.now_ms - o->digest_at >= DIGEST_EVERY_MS) {
        rc = digest_round(&sys);
        o->digest_at = sys.now_ms;
    }
    if (!rc)
        rc = send_round(&sys, o);
    ctx->problems = sys.problems;
    ctx->problems_last = sys.problems_last;
    return rc;
}
