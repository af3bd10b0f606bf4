#include <string.h>

#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms/forms.h"
#include "forms_gen.h"
#include "records/records.h"

#define DAY_MS     ((int64_t)24 * 60 * 60 * 1000)
#define CANDIDATES 400
#define ROUNDS     3

/* --- dice --- */

uint64_t dice_next(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t dice_below(struct dice *d, uint32_t below)
{
    return (uint32_t)(dice_next(d) % below);
}

int dice_chance(struct dice *d, uint32_t percent)
{
    return dice_below(d, 100) < percent ? 1 : 0;
}

/* A row of the sheet where column is value (and column2 is value2, if given). */
static size_t pick_row(struct dice *d, const struct csv_table *s, const char *const *match)
{
    size_t found[CANDIDATES];
    size_t n = 0;

    for (size_t i = 0; i < s->len && n < CANDIDATES; i++) {
        bool fits = true;

        for (size_t m = 0; match[m] != NULL; m += 2)
            fits = fits && strcmp(csv_table_cell(s, i, match[m]), match[m + 1]) == 0;
        if (fits)
            found[n++] = i;
    }
    return n == 0 ? s->len : found[dice_below(d, (uint32_t)n)];
}

static size_t pick_origin(struct dice *d, const struct csv_table *origins)
{
    int64_t total = 0;
    int64_t weight = 0;
    int64_t at;

    for (size_t i = 0; i < origins->len; i++)
        if (parse_int(csv_table_cell(origins, i, "weight"), 0, 1000, &weight))
            total += weight;
    if (total == 0)
        return 0;
    at = dice_below(d, (uint32_t)total);
    for (size_t i = 0; i < origins->len; i++) {
        if (parse_int(csv_table_cell(origins, i, "weight"), 0, 1000, &weight))
            at -= weight;
        if (at < 0)
            return i;
    }
    return 0;
}

/* --- a person --- */

static struct answers *add_row(struct ctx *ctx, struct record *rec, const char *repeat)
{
    return answers_add_row(ctx->arena, rec->answers, field_find(rec->form, repeat));
}

static void put(struct record *rec, struct answers *row, const char *field, const char *value)
{
    answers_set(row, field_find(rec->form, field), value);
}

struct life {
    const struct demo_lists *lists;
    struct dice *dice;
    const char *origin;
    const char *sex;
    size_t origin_row;
};

static void add_name(struct ctx *ctx, struct record *rec, const struct life *l, size_t name,
                     bool native)
{
    const struct csv_table *s = &l->lists->names;
    struct answers *row = add_row(ctx, rec, FIELD_PERSON_NAMES);

    put(rec, row, FIELD_PERSON_NAME_TEXT, csv_table_cell(s, name, native ? "native" : "latin"));
    put(rec, row, FIELD_PERSON_NAME_KIND, csv_table_cell(s, name, "kind"));
    put(rec, row, FIELD_PERSON_NAME_SCRIPT, native ? csv_table_cell(s, name, "script") : "Latn");
    put(rec, row, FIELD_PERSON_NAME_IN_USE, "yes");
}

static void add_names(struct ctx *ctx, struct record *rec, struct life *l)
{
    const char *const given[] = { "origin", l->origin, "part",  "given", "sex",
                                  l->sex,   "kind",    "given", NULL };
    const char *const family[] = { "origin", l->origin, "part", "family", NULL };
    const struct csv_table *s = &l->lists->names;
    const char *script = csv_table_cell(&l->lists->origins, l->origin_row, "script");
    size_t names[2] = { pick_row(l->dice, s, given), pick_row(l->dice, s, family) };
    bool mononym = dice_chance(l->dice, 4);
    bool latin_too = strcmp(script, "Latn") == 0 || dice_chance(l->dice, 70);

    for (size_t i = 0; i < (mononym ? 1 : 2); i++)
        if (names[i] < s->len && latin_too)
            add_name(ctx, rec, l, names[i], false);
    for (size_t i = 0; i < (mononym ? 1 : 2); i++)
        if (names[i] < s->len && strcmp(script, "Latn") != 0)
            add_name(ctx, rec, l, names[i], true);
}

/* An invented text of a kind, in a language of the person's origin if there is one. */
static const char *text_of(struct life *l, const char *kind)
{
    static const char *const shipped[] = { "fr", "es", "ar" };
    const struct csv_table *notes = &l->lists->notes;
    const char *spoken = csv_table_cell(&l->lists->origins, l->origin_row, "languages");
    const char *match[] = { "kind", kind, "language", "en", NULL };
    size_t row;

    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        if (text_ends(spoken, shipped[i]))
            match[3] = shipped[i];
    row = pick_row(l->dice, notes, match);
    return row < notes->len ? csv_table_cell(notes, row, "text") : "";
}

static const char *phone_number(struct ctx *ctx, struct life *l)
{
    char *text =
        arena_strdup(ctx->arena, csv_table_cell(&l->lists->origins, l->origin_row, "phone"));

    for (char *p = text; *p != '\0'; p++)
        if (*p == '#')
            *p = (char)('0' + dice_below(l->dice, 10));
    return text;
}

static void add_contacts(struct ctx *ctx, struct record *rec, struct life *l)
{
    struct answers *row = add_row(ctx, rec, FIELD_PERSON_CONTACTS);

    put(rec, row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_PHONE);
    put(rec, row, FIELD_PERSON_CONTACT_VALUE, phone_number(ctx, l));
    put(rec, row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_SELF);
    put(rec, row, FIELD_PERSON_CONTACT_PREFERRED, "yes");
    if (dice_chance(l->dice, 30))
        put(rec, row, FIELD_PERSON_CONTACT_SAFE_NOTE, text_of(l, "safe_note"));
    if (!dice_chance(l->dice, 60))
        return;
    row = add_row(ctx, rec, FIELD_PERSON_CONTACTS);
    put(rec, row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_VISIT);
    put(rec, row, FIELD_PERSON_CONTACT_VALUE, text_of(l, "address"));
    put(rec, row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_SELF);
}

static void add_languages(struct ctx *ctx, struct record *rec, const struct life *l)
{
    size_t len = 0;
    char **codes =
        text_split(ctx->arena, csv_table_cell(&l->lists->origins, l->origin_row, "languages"), ' ',
                   true, &len);

    for (size_t i = 0; i < len; i++) {
        struct answers *row = add_row(ctx, rec, FIELD_PERSON_LANGUAGES);

        put(rec, row, FIELD_PERSON_LANGUAGE_CODE, codes[i]);
        put(rec, row, FIELD_PERSON_LANGUAGE_PREFERRED, i + 1 == len ? "yes" : "no");
    }
}

static enum err make_person(struct ctx *ctx, struct record **out, struct life *l)
{
    struct record *rec = NULL;
    enum err rc = record_new(ctx, &rec, FORM_PERSON, NULL);
    const char *today = ctx_today(ctx);
    int64_t days = 0;

    if (rc)
        return rc;
    add_names(ctx, rec, l);
    add_contacts(ctx, rec, l);
    add_languages(ctx, rec, l);
    if (date_to_days(today, &days))
        record_set(rec, FIELD_PERSON_BIRTH_DATE,
                   date_from_days(ctx->arena,
                                  days - INT64_C(18) * 365 - 30 - dice_below(l->dice, 40 * 365)));
    record_set(rec, FIELD_PERSON_BIRTH_PRECISION,
               dice_chance(l->dice, 70) ? CODE_PERSON_BIRTH_PRECISION_DAY
                                        : CODE_PERSON_BIRTH_PRECISION_YEAR);
    record_set(rec, FIELD_PERSON_SEX, l->sex);
    record_set(rec, FIELD_PERSON_NATIONALITY, l->origin);
    record_set(rec, FIELD_PERSON_INTERPRETER_NEEDED, dice_chance(l->dice, 15) ? "yes" : "no");
    record_set(rec, FIELD_PERSON_PREFERRED_STAFF_GENDER,
               dice_chance(l->dice, 80) ? CODE_PERSON_PREFERRED_STAFF_GENDER_NO_PREFERENCE
                                        : l->sex);
    rc = record_insert(ctx, rec);
    if (!rc)
        *out = rec;
    return rc;
}

/* --- interviews --- */

/* Where the best answer stands last, or is "no". */
static bool best_is_last(const char *field)
{
    static const char *const fields[] = { FIELD_RSS_FOOD_REDUCTION, FIELD_RSS_BORROW_FREQUENCY,
                                          FIELD_RSS_FAMILY_CONFLICT, FIELD_RSS_JOB_SEEKING,
                                          FIELD_RSS_WANTS_PSYCH_SUPPORT };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i], field) == 0)
            return true;
    return false;
}

/* One option: the better the life (0 to 100), the nearer to the best end; sometimes no answer. */
static const char *choose(struct life *l, const struct field *f, int better)
{
    const struct choice *items[40];
    const struct choice *declines[40];
    size_t n = 0;
    size_t declined = 0;
    int at;

    for (size_t i = 0; i < f->choices->len && i < 40; i++) {
        const struct choice *c = &f->choices->items[i];

        if (c->decline != NULL)
            declines[declined++] = c;
        else if (!c->exclusive)
            items[n++] = c;
    }
    if (declined > 0 && dice_chance(l->dice, 4))
        return declines[dice_below(l->dice, (uint32_t)declined)]->name;
    at = 100 - better + (int)dice_below(l->dice, 50) - 25;
    at = at < 0 ? 0 : at > 99 ? 99 : at;
    if (best_is_last(f->name))
        at = 99 - at;
    if (n == 0)
        return NULL;
    return items[(size_t)at * n / 100]->name;
}

static enum err answer_all(struct ctx *ctx, struct record *rec, struct life *l, int better)
{
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *f = rec->form->all[i];
        bool relevant = false;
        enum err rc;

        if ((f->kind != FIELD_SELECT_ONE && f->kind != FIELD_SELECT_MULTIPLE) ||
            answers_get(rec->answers, f) != NULL)
            continue;
        rc = answers_relevant(ctx, rec->answers, f, &relevant);
        if (rc)
            return rc;
        if (relevant)
            answers_set(rec->answers, f, choose(l, f, better));
    }
    return OK;
}

static enum err make_interview(struct ctx *ctx, const char *person_id, struct life *l, int round,
                               int better)
{
    static const char *const rounds[ROUNDS] = { CODE_RSS_ROUND_BASELINE, CODE_RSS_ROUND_PROGRESS,
                                                CODE_RSS_ROUND_FINAL };
    struct record *rec = NULL;
    bool phone = dice_chance(l->dice, 25);
    enum err rc = record_new(ctx, &rec, FORM_RSS, person_id);

    if (rc)
        return rc;
    record_set(rec, FIELD_RSS_ROUND, rounds[round]);
    record_set(rec, FIELD_RSS_INTERVIEW_DATE, ctx_today(ctx));
    record_set(rec, FIELD_RSS_INTERVIEW_LOCATION,
               phone ? CODE_RSS_INTERVIEW_LOCATION_PHONE_CALL
                     : CODE_RSS_INTERVIEW_LOCATION_IOM_OFFICE);
    record_set(rec, FIELD_RSS_PRIVATE_SPACE, "yes");
    record_set(rec, FIELD_RSS_IS_CASE_TEAM, "no");
    record_set(rec, FIELD_RSS_CONSENT_GIVEN, "yes");
    record_set(rec, FIELD_RSS_CONSENT_FORM,
               phone ? CODE_RSS_CONSENT_FORM_VERBAL_PHONE : CODE_RSS_CONSENT_FORM_WRITTEN);
    if (dice_chance(l->dice, 30))
        record_set(rec, FIELD_RSS_INTERVIEW_NOTES, text_of(l, "note"));
    rc = answer_all(ctx, rec, l, better);
    return rc ? rc : record_insert(ctx, rec);
}

/* Months after return: baseline at once, progress after half a year, final after a year and more.
 */
static enum err make_interviews(struct ctx *ctx, const char *person_id, struct life *l,
                                int64_t return_ms, int64_t now_ms)
{
    int better = 20 + (int)dice_below(l->dice, 55);

    for (int round = 0; round < ROUNDS; round++) {
        int64_t at = return_ms + (10 + round * 200 + (int)dice_below(l->dice, 30)) * DAY_MS;
        enum err rc;

        if (at > now_ms || !dice_chance(l->dice, 85))
            continue;
        ctx->now_ms = at;
        rc = make_interview(ctx, person_id, l, round, better);
        if (rc)
            return rc;
        better += 5 + (int)dice_below(l->dice, 15);
    }
    return OK;
}

/* Acts as somebody; the language stays. */
static enum err act_as(struct ctx *ctx, const char *login)
{
    const char *lang = ctx->lang;
    enum err rc = user_load_by_login(ctx, login);

    ctx->lang = lang;
    return rc;
}

enum err demo_person(struct ctx *ctx, const struct demo_lists *lists, struct dice *d,
                     const struct demo_arrival *arrival)
{
    struct life l = { .lists = lists, .dice = d };
    struct record *rec = NULL;
    int64_t now_ms = ctx->now_ms;
    enum err rc = act_as(ctx, arrival->worker);

    if (rc)
        return rc;
    l.origin_row = pick_origin(d, &lists->origins);
    l.origin = csv_table_cell(&lists->origins, l.origin_row, "origin");
    l.sex = dice_chance(d, 45) ? CODE_PERSON_SEX_FEMALE : CODE_PERSON_SEX_MALE;
    ctx->now_ms = arrival->return_ms;
    rc = make_person(ctx, &rec, &l);
    if (!rc && arrival->interviewer != NULL) {
        rc = act_as(ctx, arrival->interviewer);
        if (!rc)
            rc = make_interviews(ctx, rec->id, &l, arrival->return_ms, now_ms);
    }
    ctx->now_ms = now_ms;
    return rc;
}
