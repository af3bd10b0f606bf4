/* Whether a contact of a person may be used, and when. */
#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "messages/messages_inner.h"
#include "records/records.h"

#define STEP_MS     ((int64_t)15 * 60 * 1000)
#define STEPS       (8 * 24 * 4) /* a week and a day ahead */
#define DAY_MINUTES 1440
#define ADDRESS_MAX 254

const struct user message_system_user = { .clearance = PRIVACY_SENSITIVE, .scope = SCOPE_ALL };

/* When a contact is safe, as the person said; from = to: at any hour. */
struct hours {
    int from;
    int to;
    const char *days; /* codes of weekdays; "" = any */
};

/* --- addresses --- */

/* Western and Arabic-Indic digits; -1 for anything else. */
static int digit_of(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    if (c >= 0x660 && c <= 0x669)
        return (int)(c - 0x660);
    return c >= 0x6f0 && c <= 0x6f9 ? (int)(c - 0x6f0) : -1;
}

const char *phone_normal(struct arena *a, const char *text)
{
    const char *p = text;
    struct buf b;
    size_t digits = 0;
    bool plus = false;

    buf_init(&b, a, 24);
    for (uint32_t c = text_next(&p); c != 0; c = text_next(&p)) {
        int d = digit_of(c);

        if (d >= 0) {
            buf_add_char(&b, (char)('0' + d));
            digits++;
        } else if (c == '+' && digits == 0 && !plus) {
            plus = true;
        } else if (c > 127 ? c != 0xa0 && (c < 0x200b || c > 0x200f) && c != 0x202a && c != 0x202c
                           : strchr(" -().", (int)c) == NULL) {
            return NULL; /* white space and marks of direction are passed by */
        }
    }
    if (!buf_ok(&b))
        return NULL;
    text = buf_text(&b);
    if (!plus && text_starts(text, "00")) {
        text += 2;
        digits -= 2;
        plus = true;
    }
    if (!plus || digits < 8 || digits > 15 || text[0] == '0')
        return NULL;
    return arena_printf(a, "+%s", text);
}

const char *email_normal(struct arena *a, const char *text)
{
    char *s = text_trim(a, text == NULL ? "" : text);
    size_t ats = 0;
    const char *at;

    for (char *c = s; *c != '\0'; c++) {
        if (!ascii_is_alpha(*c) && !ascii_is_digit(*c) && strchr("@.+-_'=&~", *c) == NULL)
            return NULL; /* so no line can be ended and no second address begun */
        ats += *c == '@';
        *c = ascii_lower(*c);
    }
    at = strchr(s, '@');
    if (ats != 1 || at == s || strlen(s) > ADDRESS_MAX || strchr(at, '.') == NULL ||
        strstr(s, "..") != NULL || at[1] == '.' || at[1] == '-' || text_ends(s, "."))
        return NULL;
    return s;
}

/* --- hours --- */

int minutes_of(const char *time)
{
    int64_t h = 0;
    int64_t m = 0;
    char hour[3] = { 0 };
    char minute[3] = { 0 };

    if (time == NULL || strlen(time) < 5 || time[2] != ':')
        return -1;
    memcpy(hour, time, 2);
    memcpy(minute, time + 3, 2);
    if (!parse_int(hour, 0, 23, &h) || !parse_int(minute, 0, 59, &m))
        return -1;
    return (int)(h * 60 + m);
}

static bool within(int minute, int from, int to)
{
    if (from == to)
        return true;
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

static bool has_code(const char *codes, const char *code)
{
    size_t len = strlen(code);

    for (const char *at = strstr(codes, code); at != NULL; at = strstr(at + 1, code))
        if ((at == codes || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
    return false;
}

/* Safe at that moment; a window over midnight belongs to the day on which it began. */
static bool is_safe(const struct hours *h, int64_t local_ms)
{
    static const char *const names[] = { "thu", "fri", "sat", "sun", "mon", "tue", "wed" };
    int64_t minutes = local_ms / 60000;
    int minute = (int)(minutes % DAY_MINUTES);
    int64_t day = minutes / DAY_MINUTES; /* 1970-01-01 was a Thursday */

    if (!within(minute, h->from, h->to))
        return false;
    if (h->from > h->to && minute < h->to)
        day--;
    return *h->days == '\0' || has_code(h->days, names[day % 7]);
}

/*
 * The first moment from at on when the contact is safe; -1 if there is none. What the person said
 * comes before the office's quiet hours: for some the evening is the only safe time.
 */
static int64_t safe_moment(const struct hours *h, const char *zone, int64_t at)
{
    int64_t ms = at;

    for (int i = 0; i < STEPS; i++) {
        if (is_safe(h, ms + moment_offset_ms(ms, zone)))
            return ms;
        ms = (ms / STEP_MS + 1) * STEP_MS;
    }
    return -1;
}

enum err quiet_hours(struct ctx *ctx, int *from_out, int *to_out, const char *office_id)
{
    const char *text = NULL;
    enum err rc = setting_get(ctx, &text, office_id, SETTING_QUIET);

    if (!rc && text == NULL)
        rc = setting_get(ctx, &text, "", SETTING_QUIET);
    if (rc)
        return rc;
    if (text == NULL)
        text = "20:00 08:00";
    *from_out = minutes_of(text);
    *to_out = strlen(text) == 11 ? minutes_of(text + 6) : -1;
    if (*from_out < 0 || *to_out < 0)
        *from_out = *to_out = 0;
    return OK;
}

enum err quiet_hours_save(struct ctx *ctx, const char *from, const char *to)
{
    enum err rc = OK;

    if (minutes_of(from) < 0)
        rc = ctx_fail_field(ctx, "quiet_from", tr(ctx, "Write a time such as 14:30."));
    if (minutes_of(to) < 0)
        rc = ctx_fail_field(ctx, "quiet_to", tr(ctx, "Write a time such as 14:30."));
    if (rc)
        return rc;
    return setting_set(ctx, "", SETTING_QUIET, arena_printf(ctx->arena, "%.5s %.5s", from, to));
}

enum err hours_save(struct ctx *ctx, const char *from, const char *to, bool private_too)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = quiet_hours_save(ctx, from, to);
    if (!rc)
        rc = setting_set(ctx, "", SETTING_PRIVATE, private_too ? "1" : "0");
    return db_end(ctx, rc);
}

/* --- contacts --- */

static const char *value_of(const struct answers *row, const char *name)
{
    const char *v = answers_value(row, name);

    return v == NULL ? "" : v;
}

static bool is(const struct answers *row, const char *name, const char *code)
{
    return strcmp(value_of(row, name), code) == 0;
}

/* Whether the owner is among those who must not learn of the return, or does not know of it. */
static bool must_not_learn(const struct record *person, const struct answers *row)
{
    const char *whom = record_value(person, FIELD_PERSON_DO_NOT_DISCLOSE_RETURN);
    bool family = is(row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_RELATIVE);

    return has_code(whom, family ? CODE_PERSON_DO_NOT_DISCLOSE_RETURN_FAMILY
                                 : CODE_PERSON_DO_NOT_DISCLOSE_RETURN_COMMUNITY);
}

/* Why this contact is not to be used at all; NULL = it may be. */
static const char *obstacle(const struct record *person, const struct answers *row)
{
    bool self = is(row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_SELF);

    if (is(row, FIELD_PERSON_CONTACT_DO_NOT_USE, "yes"))
        return "do_not_use";
    if (self)
        return NULL;
    /* Whose contact it is was not said: as if it were somebody else's. */
    if (!is(row, FIELD_PERSON_CONTACT_OWNER_CONSENT, "yes"))
        return "no_consent";
    if (must_not_learn(person, row))
        return "not_to_learn";
    if (!is(row, FIELD_PERSON_CONTACT_OWNER_KNOWS_OF_RETURN, "yes"))
        return "owner_unaware";
    return NULL;
}

/* Channel and address of a row; false if it is no telephone and no mail address. */
static bool channel_of(struct ctx *ctx, struct decision *d, const struct answers *row)
{
    const char *value = value_of(row, FIELD_PERSON_CONTACT_VALUE);

    if (is(row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_PHONE)) {
        d->channel = CHANNEL_SMS;
        d->to = phone_normal(ctx->arena, value);
    } else if (is(row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_EMAIL)) {
        d->channel = CHANNEL_EMAIL;
        d->to = email_normal(ctx->arena, value);
    } else {
        return false;
    }
    return true;
}

/* The row asked for; else the preferred one, else the first that a message can go to. */
static const struct answers *pick_row(struct ctx *ctx, const struct record *person,
                                      const char *contact_id)
{
    const struct field *f = field_find(person->form, FIELD_PERSON_CONTACTS);
    const struct answers *t = person->answers;
    const struct answers *best = NULL;

    for (size_t i = 0; f != NULL && i < t->rows_len[f->place]; i++) {
        const struct answers *row = t->rows[f->place][i];
        struct decision d = { 0 };

        if (contact_id != NULL) {
            if (text_equal(row->id, contact_id))
                return row;
            continue;
        }
        if (!channel_of(ctx, &d, row) || obstacle(person, row) != NULL)
            continue;
        if (is(row, FIELD_PERSON_CONTACT_PREFERRED, "yes"))
            return row;
        if (best == NULL)
            best = row;
    }
    return best;
}

static struct decision blocked(struct decision d, const char *reason)
{
    d.verdict = VERDICT_BLOCK;
    d.reason = reason;
    return d;
}

/* When: safe hours of the person, else outside the office's quiet hours. */
static enum err decide_time(struct ctx *ctx, struct decision *d, const struct record *person,
                            const struct answers *row, int64_t at)
{
    struct hours h = { .days = value_of(row, FIELD_PERSON_CONTACT_SAFE_DAYS) };
    struct office office = { 0 };
    int from = minutes_of(value_of(row, FIELD_PERSON_CONTACT_SAFE_FROM));
    int to = minutes_of(value_of(row, FIELD_PERSON_CONTACT_SAFE_TO));
    bool said = from >= 0 && to >= 0 && from != to;
    int64_t when;
    enum err rc = office_load(ctx, &office, person->office_id);

    if (!rc)
        rc = quiet_hours(ctx, &h.to, &h.from, person->office_id); /* awake from its end */
    if (rc)
        return rc;
    if (said) {
        h.from = from;
        h.to = to;
    }
    when = safe_moment(&h, office.time_zone, at);
    if (when < 0) {
        *d = blocked(*d, "no_safe_time");
    } else if (when > at) {
        d->verdict = VERDICT_LATER;
        d->reason = said || *h.days != '\0' ? "safe_hours" : "quiet_hours";
        d->at = when;
    }
    return OK;
}

enum err gate_decide(struct ctx *ctx, struct decision *out, const struct record *person,
                     const char *contact_id, int64_t at)
{
    struct decision d = { .verdict = VERDICT_SEND, .reason = "", .at = at, .to = "" };
    const struct answers *row = pick_row(ctx, person, contact_id);
    const char *why = NULL;
    bool out_of = false;
    enum err rc;

    if (row == NULL) {
        *out = blocked(d, contact_id == NULL ? "no_contact" : "changed");
        return OK;
    }
    d.contact_id = row->id;
    if (!channel_of(ctx, &d, row))
        why = "no_channel";
    else if (d.to == NULL)
        why = "bad_address";
    if (d.to == NULL)
        d.to = "";
    if (!text_equal(person->status, person->form->initial_status))
        why = "closed";
    if (why == NULL)
        why = obstacle(person, row);
    if (why != NULL) {
        *out = blocked(d, why);
        return OK;
    }
    rc = opt_out_get(ctx, &out_of, NULL, d.channel, d.to);
    if (!rc && out_of)
        d = blocked(d, "opted_out");
    else if (!rc)
        rc = decide_time(ctx, &d, person, row, at);
    if (!rc)
        *out = d;
    return rc;
}
