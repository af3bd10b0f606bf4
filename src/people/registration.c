/*
 * A family on one screen (content/forms/registration.csv): what was answered once becomes people, a
 * household, returns and cases. They go through the doors of their own kinds, so that each form's
 * rules, sealing and audit hold; what these refuse is told at the question that it came from.
 */
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people/people.h"
#include "people/worker.h"
#include "unicode/uchar.h"
#include "unicode/uscript.h"

#define LABEL_BYTES ((size_t)300)

struct family {
    struct ctx *ctx;
    const struct record *form; /* the answers */
    const struct field *members;
    struct answers **rows;
    size_t len;
    struct record **people; /* by row */
    struct record **returns;
    struct record *household;  /* NULL: there is one person only */
    struct record *first_case; /* NULL: none was opened */
};

static const struct field *asked(const struct family *f, const char *name)
{
    return field_find(f->form->form, name);
}

static const char *answer(const struct family *f, const struct answers *t, const char *name)
{
    const char *value = answers_get(t, asked(f, name));

    return value ? value : "";
}

static void family_of(struct ctx *ctx, struct family *f, const struct record *rec)
{
    *f = (struct family){ .ctx = ctx, .form = rec };
    f->members = asked(f, FIELD_REGISTRATION_MEMBERS);
    f->rows = rec->answers->rows[f->members->place];
    f->len = rec->answers->rows_len[f->members->place];
    f->people = ARENA_ARRAY(ctx->arena, f->len + 1, struct record *);
    f->returns = ARENA_ARRAY(ctx->arena, f->len + 1, struct record *);
}

/* --- from the one form to the others --- */

/* Every question that the other form asks by the same name; t is one level of the registration. */
static void copy(struct record *to, const struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *from = t->form->all[i];
        const struct field *f = field_find(to->form, from->name);
        const char *value = from->repeat == t->repeat ? answers_get(t, from) : NULL;

        if (f && !f->repeat && field_has_value(f) && !f->read_only && value && value[0])
            answers_set(to->answers, f, value);
    }
}

static struct answers *add_row(const struct family *f, struct record *to, const char *repeat)
{
    return answers_add_row(f->ctx->arena, to->answers, field_find(to->form, repeat));
}

static void put(struct answers *row, const char *field, const char *value)
{
    if (value && value[0])
        answers_set(row, field_find(row->form, field), value);
}

/* ISO 15924 code of the first letter; NULL if there is no letter. */
static const char *script_of(const char *text)
{
    const char *p = text;

    while (*p) {
        UErrorCode status = U_ZERO_ERROR;
        UScriptCode script = uscript_getScript((UChar32)text_next(&p), &status);

        if (U_SUCCESS(status) && script > USCRIPT_INHERITED && script != USCRIPT_UNKNOWN)
            return uscript_getShortName(script);
    }
    return NULL;
}

static void add_name(const struct family *f, struct record *person, const char *text,
                     const char *kind)
{
    struct answers *row;

    if (text_blank(text))
        return;
    row = add_row(f, person, FIELD_PERSON_NAMES);
    put(row, FIELD_PERSON_NAME_TEXT, text);
    put(row, FIELD_PERSON_NAME_KIND, kind);
    put(row, FIELD_PERSON_NAME_SCRIPT, script_of(text));
}

static void add_names(const struct family *f, struct record *person, const struct answers *t)
{
    const char *last = answer(f, t, FIELD_REGISTRATION_LAST_NAME);

    add_name(f, person, answer(f, t, FIELD_REGISTRATION_FIRST_NAME),
             text_blank(last) ? NULL : CODE_PERSON_NAME_KIND_GIVEN);
    add_name(f, person, last, CODE_PERSON_NAME_KIND_FAMILY);
    add_name(f, person, answer(f, t, FIELD_REGISTRATION_OTHER_NAME), NULL);
}

static void add_contact(const struct family *f, struct record *person, const char *value,
                        const char *kind)
{
    struct answers *row;

    if (text_blank(value))
        return;
    row = add_row(f, person, FIELD_PERSON_CONTACTS);
    put(row, FIELD_PERSON_CONTACT_KIND, kind);
    put(row, FIELD_PERSON_CONTACT_VALUE, value);
    put(row, FIELD_PERSON_CONTACT_OWNER, CODE_PERSON_CONTACT_OWNER_SELF);
}

static void add_languages(const struct family *f, struct record *person)
{
    const struct answers *root = f->form->answers;
    const char *preferred = answer(f, root, FIELD_REGISTRATION_SPOKEN_PREFERRED);
    const char *spoken = answer(f, root, FIELD_REGISTRATION_SPOKEN);
    size_t len = 0;
    char **codes = text_split(f->ctx->arena, spoken[0] ? spoken : preferred, ' ', true, &len);

    for (size_t i = 0; i < len; i++) {
        struct answers *row = add_row(f, person, FIELD_PERSON_LANGUAGES);

        put(row, FIELD_PERSON_LANGUAGE_CODE, codes[i]);
        if (text_equal(codes[i], preferred))
            put(row, FIELD_PERSON_LANGUAGE_PREFERRED, CODE_PERSON_LANGUAGE_PREFERRED_YES);
    }
}

static enum err fill_person(const struct family *f, struct record **out, const struct answers *t)
{
    struct record *person = NULL;
    enum err rc = record_new(f->ctx, &person, FORM_PERSON, NULL);

    if (rc)
        return rc;
    copy(person, f->form->answers);
    copy(person, t);
    add_names(f, person, t);
    add_languages(f, person);
    add_contact(f, person, answer(f, t, FIELD_REGISTRATION_PHONE), CODE_PERSON_CONTACT_KIND_PHONE);
    add_contact(f, person, answer(f, f->form->answers, FIELD_REGISTRATION_ADDRESS),
                CODE_PERSON_CONTACT_KIND_VISIT);
    *out = person;
    return OK;
}

/* --- what is refused, at the question --- */

/* Questions here whose answers lie under another name there. */
static const struct {
    const char *there;
    const char *here;
} renamed[] = {
    { FIELD_PERSON_NAMES, FIELD_REGISTRATION_FIRST_NAME },
    { FIELD_PERSON_NAME_TEXT, FIELD_REGISTRATION_FIRST_NAME },
    { FIELD_PERSON_LANGUAGE_CODE, FIELD_REGISTRATION_SPOKEN },
    { FIELD_PERSON_CONTACT_VALUE, FIELD_REGISTRATION_PHONE },
    { FIELD_HOUSEHOLD_MEMBERS, FIELD_REGISTRATION_MEMBERS },
    { FIELD_CASE_VULNERABILITY_FLAG, FIELD_REGISTRATION_VULNERABILITY },
    { FIELD_CASE_CASE_RETURN, FIELD_REGISTRATION_OPENS_CASE },
};

static const struct field *question_of(const struct family *f, const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *name = dot ? dot + 1 : path;
    const struct field *found = asked(f, name);

    for (size_t i = 0; !found && i < sizeof(renamed) / sizeof(renamed[0]); i++)
        if (text_equal(renamed[i].there, name))
            found = asked(f, renamed[i].here);
    return found;
}

/* Problems after last came from a record that was made of this row. */
static void tell_here(const struct family *f, struct problem *last, struct answers *t)
{
    for (struct problem *p = last ? last->next : f->ctx->problems; p; p = p->next) {
        const struct field *q = p->field ? question_of(f, p->field) : f->members;

        p->field =
            answers_path(f->ctx->arena, q && q->repeat ? t : f->form->answers, q ? q : f->members);
    }
}

static enum err store(const struct family *f, struct record *rec, struct answers *t)
{
    struct problem *last = f->ctx->problems_last;
    enum err rc = record_insert(f->ctx, rec);

    if (rc == ERR_INVALID)
        tell_here(f, last, t);
    return rc;
}

/* --- the records --- */

static enum err known_person(const struct family *f, struct record **out, struct answers *t)
{
    struct ctx *ctx = f->ctx;
    enum err rc = record_load(ctx, out, FORM_PERSON, answer(f, t, FIELD_REGISTRATION_REGISTERED));

    if (rc || text_equal((*out)->status, STATUS_PERSON_ACTIVE))
        return rc;
    return ctx_fail_field(
        ctx, answers_path(ctx->arena, t, asked(f, FIELD_REGISTRATION_REGISTERED)),
        tr(ctx, "This record is closed: it was merged with another, or the person has died."));
}

static enum err make_people(struct family *f)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < f->len; i++) {
        struct answers *t = f->rows[i];

        if (answer(f, t, FIELD_REGISTRATION_REGISTERED)[0]) {
            rc = known_person(f, &f->people[i], t);
            continue;
        }
        rc = fill_person(f, &f->people[i], t);
        if (rc == OK)
            rc = store(f, f->people[i], t);
    }
    return rc;
}

static void add_member(const struct family *f, size_t i)
{
    const struct answers *t = f->rows[i];
    struct answers *row = add_row(f, f->household, FIELD_HOUSEHOLD_MEMBERS);

    put(row, FIELD_HOUSEHOLD_MEMBER, f->people[i]->id);
    put(row, FIELD_HOUSEHOLD_RELATIONSHIP, answer(f, t, FIELD_REGISTRATION_RELATIONSHIP));
    put(row, FIELD_HOUSEHOLD_MEMBER_BIRTH_DATE,
        record_value(f->people[i], FIELD_PERSON_BIRTH_DATE));
    put(row, FIELD_HOUSEHOLD_LIVES_HERE, CODE_HOUSEHOLD_LIVES_HERE_YES);
    put(row, FIELD_HOUSEHOLD_RETURNED_WITH, CODE_HOUSEHOLD_RETURNED_WITH_YES);
}

/* It is known by the first person; the rows are the others. */
static enum err make_household(struct family *f)
{
    struct ctx *ctx = f->ctx;
    enum err rc;

    if (f->len < 2)
        return OK;
    rc = record_new(ctx, &f->household, FORM_HOUSEHOLD, f->people[0]->id);
    if (rc)
        return rc;
    copy(f->household, f->form->answers);
    if (!record_value(f->household, FIELD_HOUSEHOLD_LABEL)[0])
        record_set(f->household, FIELD_HOUSEHOLD_LABEL, f->people[0]->title);
    record_set(f->household, FIELD_HOUSEHOLD_SIZE, arena_printf(ctx->arena, "%zu", f->len));
    for (size_t i = 1; i < f->len; i++)
        add_member(f, i);
    return store(f, f->household, f->rows[0]);
}

/*
 * Who came by own means, and is here, has arrived. A return that is assisted goes through the gates
 * of its departure: a person records it.
 */
static enum err arrive(const struct family *f, struct record *ret)
{
    struct ctx *ctx = f->ctx;
    const char *on = record_value(ret, FIELD_RETURN_EVENT_ARRIVAL_DATE);
    enum err rc;

    if (!on[0] || text_compare(on, ctx_today(ctx)) > 0 ||
        !record_is(ret, FIELD_RETURN_EVENT_RETURN_SUPPORT,
                   CODE_RETURN_EVENT_RETURN_SUPPORT_SPONTANEOUS) ||
        !user_may(ctx->user, PERM_RETURN_EVENT_MOVE))
        return OK;
    rc = record_set_status(ctx, ret, ret->version, STATUS_RETURN_EVENT_DEPARTED, NULL);
    return rc ? rc : record_set_status(ctx, ret, ret->version, STATUS_RETURN_EVENT_ARRIVED, NULL);
}

static enum err make_return(struct family *f, size_t i)
{
    struct record *ret = NULL;
    enum err rc = record_new(f->ctx, &ret, FORM_RETURN_EVENT, f->people[i]->id);

    if (rc)
        return rc;
    copy(ret, f->form->answers);
    if (f->len > 1 && !record_value(ret, FIELD_RETURN_EVENT_WHO_RETURNS)[0])
        record_set(ret, FIELD_RETURN_EVENT_WHO_RETURNS, CODE_RETURN_EVENT_WHO_RETURNS_FAMILY_UNIT);
    f->returns[i] = ret;
    rc = store(f, ret, f->rows[i]);
    return rc ? rc : arrive(f, ret);
}

static void add_vulnerabilities(const struct family *f, struct record *rec, const struct answers *t)
{
    size_t len = 0;
    char **codes =
        text_split(f->ctx->arena, answer(f, t, FIELD_REGISTRATION_VULNERABILITY), ' ', true, &len);

    for (size_t i = 0; i < len; i++)
        put(add_row(f, rec, FIELD_CASE_VULNERABILITY_FLAGS), FIELD_CASE_VULNERABILITY_FLAG,
            codes[i]);
}

static enum err make_case(struct family *f, size_t i)
{
    const struct answers *t = f->rows[i];
    const char *own = answer(f, t, FIELD_REGISTRATION_OWN_WORKER);
    struct record *rec = NULL;
    enum err rc;

    if (!text_equal(answer(f, t, FIELD_REGISTRATION_OPENS_CASE), CODE_REGISTRATION_OPENS_CASE_YES))
        return OK;
    rc = record_new(f->ctx, &rec, FORM_CASE, f->people[i]->id);
    if (rc)
        return rc;
    copy(rec, f->form->answers);
    copy(rec, t);
    add_vulnerabilities(f, rec, t);
    record_set(rec, FIELD_CASE_CASE_RETURN, f->returns[i]->id);
    if (f->household)
        record_set(rec, FIELD_CASE_CASE_HOUSEHOLD, f->household->id);
    if (own[0])
        record_set(rec, FIELD_CASE_WORKER, own);
    if (!f->first_case)
        f->first_case = rec;
    return store(f, rec, f->rows[i]);
}

/* What its page goes on from: the household of a family, the case of one person. */
static struct record *head_of(const struct family *f)
{
    if (f->household)
        return f->household;
    return f->first_case ? f->first_case : f->people[0];
}

static enum err expand(struct ctx *ctx, struct record *rec, struct record **head_out)
{
    struct family f;
    enum err rc;

    family_of(ctx, &f, rec);
    rc = make_people(&f);
    if (rc == OK)
        rc = make_household(&f);
    for (size_t i = 0; rc == OK && i < f.len; i++)
        rc = make_return(&f, i);
    for (size_t i = 0; rc == OK && i < f.len; i++)
        rc = make_case(&f, i);
    if (rc == OK)
        *head_out = head_of(&f);
    return rc;
}

/* --- before it is stored --- */

static const char *title_of(const struct family *f, size_t i)
{
    const struct answers *t = f->rows[i];
    struct buf b;

    buf_init(&b, f->ctx->arena, LABEL_BYTES);
    buf_add(&b, answer(f, t, FIELD_REGISTRATION_FIRST_NAME));
    if (answer(f, t, FIELD_REGISTRATION_LAST_NAME)[0])
        buf_printf(&b, " %s", answer(f, t, FIELD_REGISTRATION_LAST_NAME));
    return tr(f->ctx, "Person {0}: {1}", TR_INT((int64_t)i + 1), TR_TEXT(buf_text(&b)));
}

static enum err find_alike(struct family *f, struct record_look *out)
{
    struct record_likeness *items = ARENA_ARRAY(f->ctx->arena, f->len + 1, struct record_likeness);
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < f->len; i++) {
        struct record_likeness *l = &items[out->len];
        struct record_hit *hits = NULL;
        struct record *person = NULL;

        if (answer(f, f->rows[i], FIELD_REGISTRATION_REGISTERED)[0])
            continue;
        rc = fill_person(f, &person, f->rows[i]);
        if (rc == OK)
            rc = record_duplicates(f->ctx, &hits, &l->hits_len, person);
        if (rc || l->hits_len == 0)
            continue;
        l->hits = hits;
        l->at = f->rows[i];
        l->field = asked(f, FIELD_REGISTRATION_REGISTERED);
        l->title = title_of(f, i);
        out->len++;
    }
    out->items = items;
    return rc;
}

/* The wish of the people for whom a case is opened, where they agree. */
static const char *wish_of(const struct family *f)
{
    const char *wish = "";

    for (size_t i = 0; i < f->len; i++) {
        const char *one = answer(f, f->rows[i], FIELD_REGISTRATION_PREFERRED_STAFF_GENDER);

        if (!one[0] || text_equal(one, CODE_REGISTRATION_PREFERRED_STAFF_GENDER_NO_PREFERENCE))
            continue;
        if (wish[0] && !text_equal(wish, one))
            return "";
        wish = one;
    }
    return wish;
}

static bool opens_any(const struct family *f)
{
    for (size_t i = 0; i < f->len; i++)
        if (text_equal(answer(f, f->rows[i], FIELD_REGISTRATION_OPENS_CASE),
                       CODE_REGISTRATION_OPENS_CASE_YES))
            return true;
    return false;
}

static enum err look(struct ctx *ctx, struct record *rec, struct record_look *out)
{
    struct worker_found w = { 0 };
    struct family f;
    enum err rc;

    family_of(ctx, &f, rec);
    rc = find_alike(&f, out);
    if (rc || record_value(rec, FIELD_REGISTRATION_WORKER)[0] || !opens_any(&f))
        return rc;
    rc = worker_suggest(ctx, &w, wish_of(&f));
    if (rc || !w.id)
        return rc;
    record_set(rec, FIELD_REGISTRATION_WORKER, w.id);
    out->note = w.why;
    return OK;
}

const struct record_hooks registration_hooks = {
    .kind = FORM_REGISTRATION,
    .expand = expand,
    .expands_to = FORM_PERSON,
    .look = look,
};
