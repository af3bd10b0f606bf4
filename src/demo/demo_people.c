/* Somebody is written down: names in their scripts, contacts, languages, papers, what helps. */
#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "people/merge.h"
#include "people/people.h"
#include "records/records.h"

#define VARIANTS_MAX 60

struct answers *add_row(struct ctx *ctx, struct record *rec, const char *repeat)
{
    return answers_add_row(ctx->arena, rec->answers, field_find(rec->form, repeat));
}

void put(struct record *rec, struct answers *row, const char *field, const char *value)
{
    answers_set(row, field_find(rec->form, field), value);
}

static const char *origin_cell(const struct life *l, const char *column)
{
    return csv_table_cell(&l->w->lists.origins, l->family->origin, column);
}

/* --- names --- */

static void add_name(struct life *l, struct record *rec, const char *text, const char *kind,
                     const char *script)
{
    struct answers *row = add_row(l->ctx, rec, FIELD_PERSON_NAMES);

    put(rec, row, FIELD_PERSON_NAME_TEXT, text);
    put(rec, row, FIELD_PERSON_NAME_KIND, kind);
    put(rec, row, FIELD_PERSON_NAME_SCRIPT, script);
    put(rec, row, FIELD_PERSON_NAME_IN_USE, CODE_PERSON_NAME_IN_USE_YES);
}

static size_t pick_given(struct life *l, const char *sex)
{
    const char *const match[] = { "origin", l->origin, "part", "given", "sex", sex, NULL };

    return dice_row(&l->dice, &l->w->lists.names, match);
}

/* Given name, sometimes a second one; where the line says so, the father's; the family's. */
static void pick_names(struct life *l)
{
    const size_t none = l->w->lists.names.len;
    bool native = !text_equal(origin_cell(l, "script"), "Latn");

    l->names[NAME_GIVEN] = pick_given(l, l->sex);
    l->names[NAME_SECOND] = !native && dice_chance(&l->dice, 20) ? pick_given(l, l->sex) : none;
    l->names[NAME_FATHER] =
        native && dice_chance(&l->dice, 75) ? pick_given(l, CODE_PERSON_SEX_MALE) : none;
    l->names[NAME_FAMILY] =
        l->family->size == 1 && dice_chance(&l->dice, 3) ? none : l->family->name;
    if (l->names[NAME_SECOND] == l->names[NAME_GIVEN])
        l->names[NAME_SECOND] = none;
}

static void add_names(struct life *l, struct record *rec, bool native)
{
    static const char *const kinds[NAMES] = { CODE_PERSON_NAME_KIND_GIVEN,
                                              CODE_PERSON_NAME_KIND_GIVEN,
                                              CODE_PERSON_NAME_KIND_FATHER,
                                              CODE_PERSON_NAME_KIND_FAMILY };
    const struct csv_table *s = &l->w->lists.names;

    for (size_t i = 0; i < NAMES; i++)
        if (l->names[i] < s->len)
            add_name(l, rec, csv_table_cell(s, l->names[i], native ? "native" : "latin"), kinds[i],
                     native ? csv_table_cell(s, l->names[i], "script") : "Latn");
}

/* The same name as somebody else writes it, if the list of spellings knows one. */
static const char *spelled_otherwise(struct life *l, const char *name)
{
    const struct csv_table *s = &l->w->lists.spellings;

    for (size_t i = 0; i < s->len; i++) {
        const char *found[VARIANTS_MAX];
        size_t n = 0;
        size_t len = 0;
        bool here = false;
        char **all = text_split(l->ctx->arena, csv_table_cell(s, i, "variants"), '|', true, &len);

        for (size_t k = 0; k < len && n < VARIANTS_MAX; k++) {
            here = here || text_equal(all[k], name);
            if (ascii_is_alpha(all[k][0]) && !text_equal(all[k], name))
                found[n++] = all[k];
        }
        if (here && n > 0)
            return found[dice_below(&l->dice, (uint32_t)n)];
    }
    return name;
}

static void add_other_names(struct life *l, struct record *rec)
{
    const struct csv_table *s = &l->w->lists.names;

    for (size_t i = 0; i < NAMES; i++)
        if (l->names[i] < s->len && i != NAME_SECOND && i != NAME_FATHER)
            add_name(l, rec, spelled_otherwise(l, csv_table_cell(s, l->names[i], "latin")),
                     i == NAME_FAMILY ? CODE_PERSON_NAME_KIND_FAMILY : CODE_PERSON_NAME_KIND_GIVEN,
                     "Latn");
}

/* --- how to reach them --- */

static const char *digits_in(struct life *l, const char *pattern)
{
    char *text = arena_strdup(l->ctx->arena, pattern);

    for (char *p = text; *p != '\0'; p++)
        if (*p == '#')
            *p = (char)('0' + dice_below(&l->dice, 10));
    return text;
}

static void add_phone(struct life *l, struct record *rec)
{
    static const char *const owners[] = {
        CODE_PERSON_CONTACT_OWNER_SELF,   CODE_PERSON_CONTACT_OWNER_SELF,
        CODE_PERSON_CONTACT_OWNER_SELF,   CODE_PERSON_CONTACT_OWNER_SELF,
        CODE_PERSON_CONTACT_OWNER_FRIEND, CODE_PERSON_CONTACT_OWNER_RELATIVE,
        CODE_PERSON_CONTACT_OWNER_SELF,   NULL
    };
    struct answers *row = add_row(l->ctx, rec, FIELD_PERSON_CONTACTS);
    const char *owner = l->child ? CODE_PERSON_CONTACT_OWNER_RELATIVE : dice_word(&l->dice, owners);

    put(rec, row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_PHONE);
    put(rec, row, FIELD_PERSON_CONTACT_VALUE, l->phone);
    put(rec, row, FIELD_PERSON_CONTACT_OWNER, owner);
    if (!text_equal(owner, CODE_PERSON_CONTACT_OWNER_SELF))
        put(rec, row, FIELD_PERSON_CONTACT_OWNER_CONSENT, CODE_PERSON_CONTACT_OWNER_CONSENT_YES);
    put(rec, row, FIELD_PERSON_CONTACT_PREFERRED, CODE_PERSON_CONTACT_PREFERRED_YES);
    if (dice_chance(&l->dice, 25))
        put(rec, row, FIELD_PERSON_CONTACT_SAFE_NOTE, life_text(l, "safe_note"));
    if (dice_chance(&l->dice, 12))
        put(rec, row, FIELD_PERSON_CONTACT_SAFE_DAYS, "mon tue wed thu fri");
}

/* A number that is known but must not be called. */
static void add_barred_phone(struct life *l, struct record *rec)
{
    struct answers *row = add_row(l->ctx, rec, FIELD_PERSON_CONTACTS);

    put(rec, row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_PHONE);
    put(rec, row, FIELD_PERSON_CONTACT_VALUE, digits_in(l, origin_cell(l, "phone")));
    put(rec, row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_SELF);
    put(rec, row, FIELD_PERSON_CONTACT_DO_NOT_USE, CODE_PERSON_CONTACT_DO_NOT_USE_YES);
    put(rec, row, FIELD_PERSON_CONTACT_DO_NOT_USE_REASON, life_text(l, "reason_contact"));
}

static void add_contacts(struct life *l, struct record *rec)
{
    if (dice_chance(&l->dice, 92)) {
        l->phone = digits_in(l, origin_cell(l, "phone"));
        add_phone(l, rec);
    }
    if (dice_chance(&l->dice, 5))
        add_barred_phone(l, rec);
    if (dice_chance(&l->dice, 60)) {
        struct answers *row = add_row(l->ctx, rec, FIELD_PERSON_CONTACTS);

        put(rec, row, FIELD_PERSON_CONTACT_KIND, CODE_PERSON_CONTACT_KIND_VISIT);
        put(rec, row, FIELD_PERSON_CONTACT_VALUE, life_text(l, "address"));
        put(rec, row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_SELF);
    }
}

static void add_languages(struct life *l, struct record *rec)
{
    size_t len = 0;
    char **codes = text_split(l->ctx->arena, origin_cell(l, "languages"), ' ', true, &len);

    for (size_t i = 0; i < len; i++) {
        bool last = i + 1 == len;
        struct answers *row;

        if (!last && i > 0 && dice_chance(&l->dice, 50))
            continue;
        row = add_row(l->ctx, rec, FIELD_PERSON_LANGUAGES);
        put(rec, row, FIELD_PERSON_LANGUAGE_CODE, codes[i]);
        put(rec, row, FIELD_PERSON_LANGUAGE_PREFERRED,
            last ? CODE_PERSON_LANGUAGE_PREFERRED_YES : CODE_PERSON_LANGUAGE_PREFERRED_NO);
    }
}

/* --- papers, and what helps or hinders --- */

static void add_papers(struct life *l, struct record *rec)
{
    struct answers *row;

    if (!dice_chance(&l->dice, 55))
        return;
    row = add_row(l->ctx, rec, FIELD_PERSON_FOREIGN_IDS);
    put(rec, row, FIELD_PERSON_ID_ISSUER_KIND, CODE_PERSON_ID_ISSUER_KIND_GOVERNMENT);
    put(rec, row, FIELD_PERSON_ID_SCHEME, life_text(l, "id_scheme"));
    put(rec, row, FIELD_PERSON_ID_VALUE, digits_in(l, "X## ### ###"));
}

static void add_factors(struct life *l, struct record *rec)
{
    static const char *const factors[] = {
        CODE_PERSON_FACTOR_SKILLSETS_KNOWLEDGE, CODE_PERSON_FACTOR_SOCIAL_NETWORKS,
        CODE_PERSON_FACTOR_FINANCIAL_SITUATION, CODE_PERSON_FACTOR_MOTIVATIONS,
        CODE_PERSON_FACTOR_HEALTH_WELLBEING,
    };
    static const uint32_t chances[] = { 75, 45, 40, 40, 20 };

    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        const char *text;
        struct answers *row;

        if (l->child || !dice_chance(&l->dice, chances[i]))
            continue;
        text = life_text(l, factors[i]);
        if (text_blank(text))
            continue;
        row = add_row(l->ctx, rec, FIELD_PERSON_FACTORS);
        put(rec, row, FIELD_PERSON_FACTOR, factors[i]);
        put(rec, row, FIELD_PERSON_FACTOR_VALUE, text);
        if (dice_chance(&l->dice, 80))
            put(rec, row, FIELD_PERSON_FACTOR_EFFECT,
                i == 0 || i == 3 ? CODE_PERSON_FACTOR_EFFECT_SUPPORTS
                                 : CODE_PERSON_FACTOR_EFFECT_HINDERS);
    }
}

/* --- the record --- */

static void set_birth(struct life *l, struct record *rec)
{
    static const char *const how[] = { CODE_PERSON_BIRTH_PRECISION_DAY,
                                       CODE_PERSON_BIRTH_PRECISION_DAY,
                                       CODE_PERSON_BIRTH_PRECISION_DAY,
                                       CODE_PERSON_BIRTH_PRECISION_DAY,
                                       CODE_PERSON_BIRTH_PRECISION_MONTH,
                                       CODE_PERSON_BIRTH_PRECISION_YEAR,
                                       CODE_PERSON_BIRTH_PRECISION_YEAR,
                                       CODE_PERSON_BIRTH_PRECISION_ESTIMATED,
                                       NULL };
    const char *date = date_from_days(l->ctx->arena, l->born);
    const char *precision = dice_word(&l->dice, how);

    if (dice_chance(&l->dice, 3)) {
        record_set(rec, FIELD_PERSON_BIRTH_PRECISION, CODE_PERSON_BIRTH_PRECISION_UNKNOWN);
        return;
    }
    if (l->alone)
        precision = dice_chance(&l->dice, 50) ? CODE_PERSON_BIRTH_PRECISION_ESTIMATED
                                              : CODE_PERSON_BIRTH_PRECISION_DAY;
    if (text_equal(precision, CODE_PERSON_BIRTH_PRECISION_MONTH))
        date = arena_printf(l->ctx->arena, "%.7s-01", date);
    else if (!text_equal(precision, CODE_PERSON_BIRTH_PRECISION_DAY))
        date = arena_printf(l->ctx->arena, "%.4s-01-01", date);
    record_set(rec, FIELD_PERSON_BIRTH_DATE, date);
    record_set(rec, FIELD_PERSON_BIRTH_PRECISION, precision);
}

/* Somebody sees that it is the same person: the worker asks, the supervisor confirms. */
static enum err merge_again(struct life *l, const struct record *again)
{
    struct merge_wish wish = { .kept_id = l->person_id,
                               .gone_id = again->id,
                               .gone_version = again->version,
                               .choices = "",
                               .reason = life_text(l, "reason_merge") };
    struct record *kept = NULL;
    const char *id = NULL;
    enum err rc = record_load(l->ctx, &kept, FORM_PERSON, l->person_id);

    if (rc || !text_equal(kept->status, STATUS_PERSON_ACTIVE))
        return rc;
    wish.kept_version = kept->version;
    act_as(l, l->family->worker);
    rc = merge_ask(l->ctx, &wish);
    act_as(l, l->family->supervisor);
    return rc ? rc : merge_confirm(l->ctx, &id, kept->id, again->id);
}

static void add_all(struct life *l, struct record *rec)
{
    bool latin = text_equal(origin_cell(l, "script"), "Latn");

    pick_names(l);
    if (latin || dice_chance(&l->dice, 70))
        add_names(l, rec, false);
    if (!latin)
        add_names(l, rec, true);
    add_contacts(l, rec);
    add_languages(l, rec);
    add_papers(l, rec);
    add_factors(l, rec);
    record_set(rec, FIELD_PERSON_INTERPRETER_NEEDED,
               dice_chance(&l->dice, 12) ? CODE_PERSON_INTERPRETER_NEEDED_YES
                                         : CODE_PERSON_INTERPRETER_NEEDED_NO);
    if (l->prefers)
        record_set(rec, FIELD_PERSON_PREFERRED_STAFF_GENDER, l->prefers);
    if (dice_chance(&l->dice, 4))
        record_set(rec, FIELD_PERSON_DO_NOT_DISCLOSE_RETURN,
                   dice_chance(&l->dice, 60) ? CODE_PERSON_DO_NOT_DISCLOSE_RETURN_COMMUNITY
                                             : CODE_PERSON_DO_NOT_DISCLOSE_RETURN_FAMILY);
}

static enum err store_person(struct life *l, bool again)
{
    struct record *rec = NULL;
    enum err rc = record_new(l->ctx, &rec, FORM_PERSON, NULL);

    if (rc)
        return rc;
    if (again) {
        add_other_names(l, rec);
        if (l->phone && dice_chance(&l->dice, 50))
            add_phone(l, rec);
    } else {
        add_all(l, rec);
    }
    set_birth(l, rec);
    record_set(rec, FIELD_PERSON_SEX, l->sex);
    record_set(rec, FIELD_PERSON_NATIONALITY, l->origin);
    rc = record_insert(l->ctx, rec);
    if (rc == OK && !again)
        l->person_id = rec->id;
    if (rc == OK && again && dice_chance(&l->dice, 30))
        rc = merge_again(l, rec);
    return rc;
}

enum err play_person(struct life *l, const struct step *s)
{
    (void)s;
    act_as(l, l->family->worker);
    return store_person(l, false);
}

/* Another desk writes the same person down once more; now and then somebody sees it. */
enum err play_again(struct life *l, const struct step *s)
{
    (void)s;
    act_as(l, l->family->supervisor);
    return store_person(l, true);
}

/* A number that changed, or a date of birth that a paper has settled. */
enum err play_mend(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    rc = record_load(l->ctx, &rec, FORM_PERSON, l->person_id);
    if (rc)
        return rc;
    if (dice_chance(&l->dice, 70) || l->child) {
        l->phone = digits_in(l, origin_cell(l, "phone"));
        add_phone(l, rec);
    } else {
        record_set(rec, FIELD_PERSON_BIRTH_DATE, date_from_days(l->ctx->arena, l->born));
        record_set(rec, FIELD_PERSON_BIRTH_PRECISION, CODE_PERSON_BIRTH_PRECISION_DAY);
    }
    return record_update(l->ctx, rec, rec->version);
}
