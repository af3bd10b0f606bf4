#include <string.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/identity.h"
#include "people/merge.h"
#include "people/people.h"
#include "records/merge.h"

#define LINE_MAX_BYTES ((size_t)1000)
#define SCRIPTS_MAX    16
#define YEAR_DAYS      INT64_C(366)
#define TITLE_GAP      " \xC2\xB7 " /* a middle dot between the scripts of a name */

static const char *const title_repeats[] = { FIELD_PERSON_NAMES, NULL };

/* Rows of the names, with the fields looked up once. */
struct names {
    struct answers *const *rows;
    size_t len;
    size_t text;
    size_t script;
    size_t in_use;
};

static struct names names_of(const struct record *rec)
{
    const struct form *form = rec->form;
    size_t repeat = field_find(form, FIELD_PERSON_NAMES)->place;
    struct names n = { .rows = rec->answers->rows[repeat], .len = rec->answers->rows_len[repeat] };

    n.text = field_find(form, FIELD_PERSON_NAME_TEXT)->place;
    n.script = field_find(form, FIELD_PERSON_NAME_SCRIPT)->place;
    n.in_use = field_find(form, FIELD_PERSON_NAME_IN_USE)->place;
    return n;
}

static const char *script_of(const struct names *n, size_t row)
{
    const char *script = n->rows[row]->values[n->script];

    return script ? script : "";
}

/* No answer means yes. */
static bool in_use(const struct names *n, size_t row)
{
    return !text_equal(n->rows[row]->values[n->in_use], CODE_PERSON_NAME_IN_USE_NO);
}

/* Scripts in the order in which they first appear. */
static size_t scripts_of(const struct names *n, const char *out[SCRIPTS_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < n->len; i++) {
        size_t k = 0;

        while (k < len && !text_equal(out[k], script_of(n, i)))
            k++;
        if (k == len && len < SCRIPTS_MAX)
            out[len++] = script_of(n, i);
    }
    return len;
}

/* The words of one script in their order; all = names that are no longer used, too. */
static const char *line_of(struct ctx *ctx, const struct names *n, const char *script, bool all)
{
    struct buf b;

    buf_init(&b, ctx->arena, LINE_MAX_BYTES);
    for (size_t i = 0; i < n->len; i++) {
        const char *text = n->rows[i]->values[n->text];

        if (!text_equal(script_of(n, i), script) || text_blank(text) || !(all || in_use(n, i)) ||
            b.len + strlen(text) + 1 > LINE_MAX_BYTES)
            continue;
        if (b.len)
            buf_add_char(&b, ' ');
        buf_add(&b, text);
    }
    return buf_text(&b);
}

static enum err title(struct ctx *ctx, const struct record *rec, const char **out)
{
    struct names n = names_of(rec);
    const char *scripts[SCRIPTS_MAX];
    size_t len = scripts_of(&n, scripts);
    struct buf b;

    buf_init(&b, ctx->arena, SCRIPTS_MAX * (LINE_MAX_BYTES + sizeof(TITLE_GAP)));
    for (int all = 0; all <= 1 && b.len == 0; all++) {
        for (size_t i = 0; i < len; i++) {
            const char *line = line_of(ctx, &n, scripts[i], all);

            if (line[0] && b.len)
                buf_add(&b, TITLE_GAP);
            buf_add(&b, line);
        }
    }
    *out = buf_text(&b);
    return OK;
}

/* A line per script, and one with former names where there are any: search covers all rows. */
static enum err name_lines(struct ctx *ctx, const struct record *rec, const char *const **out,
                           size_t *len_out)
{
    struct names n = names_of(rec);
    const char *scripts[SCRIPTS_MAX];
    size_t len = scripts_of(&n, scripts);
    const char **lines = ARENA_ARRAY(ctx->arena, 2 * len + 1, const char *);
    size_t made = 0;

    for (size_t i = 0; i < len; i++) {
        const char *now = line_of(ctx, &n, scripts[i], false);
        const char *ever = line_of(ctx, &n, scripts[i], true);

        if (now[0])
            lines[made++] = now;
        if (ever[0] && !text_equal(now, ever))
            lines[made++] = ever;
    }
    *out = lines;
    *len_out = made;
    return OK;
}

/*
 * The code is random and has nothing of the person in it (R-5.1.1-06). Whatever came in from
 * outside is not taken: a code stands nowhere but in the sealed record.
 */
static const char *new_code(struct ctx *ctx)
{
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char bytes[PEOPLE_CODE_BYTES];
    char code[PEOPLE_CODE_BYTES * 8 / 5 + 1];
    unsigned bits = 0;
    unsigned held = 0;
    size_t n = 0;

    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bits = (bits << 8 | bytes[i]) & 0xFFFF;
        held += 8;
        while (held >= 5) {
            held -= 5;
            code[n++] = digits[bits >> held & 31];
        }
    }
    code[n] = '\0';
    return arena_strdup(ctx->arena, code);
}

static enum err check_names(struct ctx *ctx, const struct record *rec)
{
    struct names n = names_of(rec);

    for (size_t i = 0; i < n.len; i++)
        if (in_use(&n, i))
            return OK;
    return ctx_fail_field(ctx, FIELD_PERSON_NAMES,
                          tr(ctx, "Give at least one name that the person uses now."));
}

static enum err before_save(struct ctx *ctx, struct record *rec, const struct record *old)
{
    record_set(rec, FIELD_PERSON_BENEFICIARY_CODE,
               old ? arena_strdup(ctx->arena, record_value(old, FIELD_PERSON_BENEFICIARY_CODE))
                   : new_code(ctx));
    if (rec->failed)
        return ctx_fail(ctx, rec->failed, "the form of a person lacks the beneficiary code");
    return check_names(ctx, rec);
}

/* Day and month of one are month and day of the other: written in another order. */
static bool is_swapped(const char *x, const char *y)
{
    return strncmp(x, y, 5) == 0 && strncmp(x + 5, y + 8, 2) == 0 && strncmp(x + 8, y + 5, 2) == 0;
}

static bool is_exact(const struct record *rec)
{
    return record_is(rec, FIELD_PERSON_BIRTH_PRECISION, CODE_PERSON_BIRTH_PRECISION_DAY);
}

static double vague_likeness(int64_t apart)
{
    return apart <= 2 * YEAR_DAYS ? 0.4 : apart > 8 * YEAR_DAYS ? -1 : 0;
}

/*
 * What the birth dates say: 1 the same, 0 nothing, below 0 two people. Where one is not exact only
 * the years are compared, and a year apart is near: many know theirs as "about 1988".
 */
static double birth_likeness(const struct record *a, const struct record *b)
{
    const char *x = record_value(a, FIELD_PERSON_BIRTH_DATE);
    const char *y = record_value(b, FIELD_PERSON_BIRTH_DATE);
    int64_t days_x = 0;
    int64_t days_y = 0;
    int64_t apart;

    if (!date_to_days(x, &days_x) || !date_to_days(y, &days_y))
        return 0;
    if (text_equal(x, y))
        return is_exact(a) && is_exact(b) ? 1 : 0.7;
    if (is_swapped(x, y))
        return 0.8;
    apart = days_x > days_y ? days_x - days_y : days_y - days_x;
    if (is_exact(a) && is_exact(b))
        return apart <= YEAR_DAYS ? 0.5 : apart > 5 * YEAR_DAYS ? -1 : 0;
    return strncmp(x, y, 4) == 0 ? 0.7 : vague_likeness(apart);
}

/* Names alone say little where a few names are borne by many; the birth date decides. */
static double alike(const struct record *a, const struct record *b, double names)
{
    double birth = birth_likeness(a, b);
    double score = names;

    if (birth > 0)
        score = names + (1 - names) * 0.5 * birth;
    else if (birth < 0)
        score = names * 0.7;
    else
        score = names * 0.95;
    return score;
}

/* Who is erased takes those with them who were merged into them. */
static enum err after_save(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const bool erased = text_equal(rec->status, STATUS_PERSON_ERASED);
    enum err rc = identity_follow(ctx, rec, old);

    if (rc == OK && erased && old && !text_equal(old->status, STATUS_PERSON_ERASED)) {
        rc = merge_erase(ctx, rec->id);
        if (rc == OK)
            rc = record_merge_erase(ctx, rec);
    }
    return rc;
}

const struct record_hooks people_hooks = {
    .kind = FORM_PERSON,
    .title = title,
    .title_repeats = title_repeats,
    .title_of_rows = true,
    .name_lines = name_lines,
    .alike = alike,
    .before_save = before_save,
    .after_save = after_save,
};
