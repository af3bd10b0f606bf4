/* What may be given to whom, and what was: asked, noted, recalled. */
#include "sharing/sharing.h"

#include <assert.h>
#include <string.h>

#include "auth/auth.h"
#include "core/csv_table.h"
#include "core/log.h"
#include "core/text.h"
#include "core/tr.h"
#include "db/db.h"
#include "forms_gen.h"

#define FILE_NAME "content/privacy/categories.csv"
#define WHOLE     "*"
#define DEPTH_MAX 4 /* kinds above one another */

/* --- groups of information --- */

struct group {
    const char *form;
    const char *field;
    const char *category;
};
static struct group *groups;
static size_t groups_len;

static bool known_field(const struct form *form, const char *name)
{
    return text_equal(name, WHOLE) || field_find(form, name) != NULL;
}

static enum err read_row(struct ctx *ctx, const struct csv_table *t, size_t i, struct group *out)
{
    const struct field *codes =
        field_find(form_find(ctx->forms, FORM_CONSENT), FIELD_CONSENT_DATA_CATEGORIES);
    const struct form *form;

    *out = (struct group){ csv_table_cell(t, i, "form"), csv_table_cell(t, i, "field"),
                           csv_table_cell(t, i, "category") };
    form = form_find(ctx->forms, out->form);
    if (!form)
        return csv_table_fault(ctx, t, &t->rows[i], out->form, tr(ctx, "There is no such form."));
    if (!known_field(form, out->field))
        return csv_table_fault(ctx, t, &t->rows[i], out->field, tr(ctx, "There is no such field."));
    if (!choice_find(codes->choices, out->category))
        return csv_table_fault(ctx, t, &t->rows[i], out->category,
                               tr(ctx, "The consent form has no such group of information."));
    return OK;
}

enum err sharing_load(struct ctx *ctx)
{
    struct csv_table t = { 0 };
    struct group *items;
    enum err rc = csv_table_load(ctx, &t, ctx->arena, FILE_NAME);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, t.len + 1, struct group);
    for (size_t i = 0; rc == OK && i < t.len; i++)
        rc = read_row(ctx, &t, i, &items[i]);
    if (rc)
        return rc;
    groups = items;
    groups_len = t.len;
    return OK;
}

static const char *row_of(const char *form, const char *field)
{
    for (size_t i = 0; i < groups_len; i++)
        if (text_equal(groups[i].form, form) && text_equal(groups[i].field, field))
            return groups[i].category;
    return NULL;
}

const char *sharing_category_of_form(const struct form *form)
{
    return row_of(form->kind, WHOLE);
}

const char *sharing_category(const struct form *form, const struct field *f)
{
    assert(f);
    for (const struct field *at = f; at; at = at->parent) {
        const char *category = row_of(form->kind, at->name);

        if (category)
            return category;
    }
    return f->privacy > form->privacy ? NULL : sharing_category_of_form(form);
}

const char *const *sharing_categories(struct ctx *ctx, size_t *len_out,
                                      const struct field *const *fields,
                                      const struct form *const *forms, size_t len)
{
    const char **items = ARENA_ARRAY(ctx->arena, groups_len + 1, const char *);
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const char *one =
            fields[i] ? sharing_category(forms[i], fields[i]) : sharing_category_of_form(forms[i]);
        size_t k = 0;

        while (one && k < n && !text_equal(items[k], one))
            k++;
        if (one && k == n && n < groups_len)
            items[n++] = one;
    }
    *len_out = n;
    return items;
}

bool sharing_allows(const struct consent_part *part, const char *category)
{
    for (size_t i = 0; category && i < part->len; i++)
        if (text_equal(part->categories[i], category))
            return true;
    return false;
}

static void trim(const struct form *form, struct answers *t, const struct consent_part *part)
{
    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];
        /* a reference shows the name of another record, which has its own person */
        bool allowed =
            sharing_allows(part, sharing_category(form, f)) && (!f->ref || field_is_user(f));

        if (!allowed) /* of a repeat its rows, of anything else its value */
            t->values[f->place] = NULL;
        for (size_t r = 0; r < t->rows_len[f->place]; r++)
            trim(form, t->rows[f->place][r], part);
        if (!allowed)
            t->rows_len[f->place] = 0;
    }
}

void sharing_trim(struct record *rec, const struct consent_part *part)
{
    trim(rec->form, rec->answers, part);
    if (!sharing_allows(part, sharing_category_of_form(rec->form)))
        rec->status = "";
    rec->title = rec->number ? rec->number : "";
}

/* --- asking --- */

enum err sharing_person(struct ctx *ctx, const char **out, const struct record *rec)
{
    const struct form *form = rec->form;
    const char *parent_id = rec->parent_id;
    const char *id = rec->id;
    enum err rc = OK;

    for (int i = 0; rc == OK && i < DEPTH_MAX && !text_equal(form->kind, FORM_PERSON); i++) {
        struct record *above = NULL;

        form = form->parent ? form_find(ctx->forms, form->parent) : NULL;
        id = parent_id;
        if (!form || !id) {
            *out = NULL;
            return OK;
        }
        if (text_equal(form->kind, FORM_PERSON))
            break;
        rc = record_load_whole(ctx, &above, form->kind, id);
        if (rc == OK)
            parent_id = above->parent_id;
    }
    if (rc == OK)
        *out = id;
    return rc;
}

enum err sharing_ask(struct ctx *ctx, struct consent_part *out, const struct sharing *s,
                     const char *person_id, const char *const *categories, size_t len)
{
    const struct consent_need need = {
        .person_id = person_id,
        .purpose = s->purpose,
        /* the office's own name for itself is nobody outside */
        .recipient = text_equal(s->recipient, CONSENT_OWN_OFFICE) ? "" : s->recipient,
        .categories = categories,
        .categories_len = len,
        .on = ctx_today(ctx),
    };

    return consent_covers_part(ctx, out, &need);
}

/* --- what was given --- */

static const char *const way_codes[SHARING_WAYS] = {
    [SHARING_LETTER] = CODE_DISCLOSURE_SHARED_BY_WAY_LETTER,
    [SHARING_EXPORT] = CODE_DISCLOSURE_SHARED_BY_WAY_EXPORT,
    [SHARING_PRINT] = CODE_DISCLOSURE_SHARED_BY_WAY_PRINT,
    [SHARING_PLAN] = CODE_DISCLOSURE_SHARED_BY_WAY_PLAN,
};

const char *sharing_way_code(enum sharing_way way)
{
    return way_codes[way];
}

/* The program writes it, whatever the acting user may write; the user stands in it. */
static struct ctx as_program(struct ctx *ctx)
{
    struct ctx whole = *ctx;

    whole.user = auth_program(ctx);
    return whole;
}

static enum err told(struct ctx *ctx, const struct ctx *whole, enum err rc)
{
    ctx->problems = whole->problems;
    ctx->problems_last = whole->problems_last;
    return rc;
}

static const char *joined(struct ctx *ctx, const struct consent_part *part)
{
    const char *text = "";

    for (size_t i = 0; i < part->len; i++)
        text = arena_printf(ctx->arena, "%s%s%s", text, i > 0 ? " " : "", part->categories[i]);
    return text;
}

enum err sharing_note(struct ctx *ctx, const struct sharing *s, const char *person_id,
                      const struct consent_part *part)
{
    struct ctx whole = as_program(ctx);
    struct record *rec = NULL;
    enum err rc = record_new(&whole, &rec, FORM_DISCLOSURE, person_id);

    if (rc)
        return told(ctx, &whole, rc);
    record_set(rec, FIELD_DISCLOSURE_SHARED_ON, ctx_today(ctx));
    record_set(rec, FIELD_DISCLOSURE_SHARED_WITH, s->recipient);
    record_set(rec, FIELD_DISCLOSURE_SHARED_FOR, s->purpose);
    record_set(rec, FIELD_DISCLOSURE_SHARED_DATA, joined(ctx, part));
    record_set(rec, FIELD_DISCLOSURE_SHARED_BY_WAY, sharing_way_code(s->way));
    record_set(rec, FIELD_DISCLOSURE_SHARED_WHAT, s->what);
    record_set(rec, FIELD_DISCLOSURE_SHARED_BY, ctx->user_id);
    record_set(rec, FIELD_DISCLOSURE_SHARED_CONSENT_ON, part->given_on);
    record_set(rec, FIELD_DISCLOSURE_SHARED_CONSENT, part->id);
    return told(ctx, &whole, record_insert(&whole, rec));
}

enum err sharing_give(struct ctx *ctx, struct consent_part *out, const struct sharing *s,
                      const char *person_id, const char *const *categories, size_t len)
{
    struct consent_part part = { .answer = CONSENT_UNSAID };
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = sharing_ask(ctx, &part, s, person_id, categories, len);
    if (rc == OK && consent_is_yes(part.answer))
        rc = sharing_note(ctx, s, person_id, &part);
    rc = db_end(ctx, rc);
    if (rc == OK)
        *out = part;
    return rc;
}

enum err sharing_given(struct ctx *ctx, struct record ***out, size_t *len_out,
                       const char *person_id)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = record_children_all(ctx, &items, &len, FORM_DISCLOSURE, person_id);

    if (rc)
        return rc;
    for (size_t i = 0; i < len / 2; i++) {
        struct record *one = items[i];

        items[i] = items[len - 1 - i];
        items[len - 1 - i] = one;
    }
    *out = items;
    *len_out = len;
    return OK;
}

/* --- the end of a consent --- */

static enum err recall(struct ctx *ctx, const struct record *consent)
{
    struct ctx whole = as_program(ctx);
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = sharing_given(&whole, &items, &len, consent->parent_id);

    for (size_t i = 0; rc == OK && i < len; i++)
        if (text_equal(items[i]->status, STATUS_DISCLOSURE_SHARED) &&
            record_is(items[i], FIELD_DISCLOSURE_SHARED_CONSENT, consent->id))
            rc = record_set_status(&whole, items[i], items[i]->version, STATUS_DISCLOSURE_RECALL,
                                   NULL);
    return told(ctx, &whole, rc);
}

static enum err after_save(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    if (!old || text_equal(old->status, rec->status) ||
        !text_equal(rec->status, STATUS_CONSENT_WITHDRAWN))
        return OK;
    return recall(ctx, rec);
}

static bool ends_it(const char *path)
{
    return text_equal(path, FIELD_CONSENT_WITHDRAWN_AT) ||
           text_equal(path, FIELD_CONSENT_WITHDRAWN_THROUGH) ||
           text_equal(path, FIELD_CONSENT_FILE);
}

/* What a person agreed to, was told and signed is not another thing afterwards. */
static enum err before_save(struct ctx *ctx, struct record *rec, const struct record *old)
{
    struct record_change *items = NULL;
    size_t len = 0;
    enum err rc;

    if (!old || text_equal(old->status, STATUS_CONSENT_DRAFT))
        return OK;
    rc = record_diff(ctx, &items, &len, old, rec);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (!ends_it(items[i].path))
            rc = ctx_fail_field(ctx, items[i].path,
                                tr(ctx, "What the person has decided stays as it is. Write a new "
                                        "consent, then record that it replaces this one."));
    return rc;
}

const struct record_hooks consent_hooks = {
    .kind = FORM_CONSENT,
    .before_save = before_save,
    .after_save = after_save,
};

static enum err withdraw(struct ctx *ctx, struct record *rec, const char *reason)
{
    enum err rc = OK;

    if (text_blank(record_value(rec, FIELD_CONSENT_WITHDRAWN_AT)) || !text_blank(reason)) {
        record_set(rec, FIELD_CONSENT_WITHDRAWN_AT, ctx_today(ctx));
        if (!text_blank(reason))
            record_set(rec, FIELD_CONSENT_WITHDRAWN_THROUGH, reason);
        rc = record_update(ctx, rec, rec->version);
    }
    return rc ? rc : record_set_status(ctx, rec, rec->version, STATUS_CONSENT_WITHDRAWN, NULL);
}

enum err sharing_withdraw(struct ctx *ctx, const char *consent_id, int64_t version,
                          const char *reason)
{
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, FORM_CONSENT, consent_id);

    if (rc == OK && !user_may(ctx->user, FORM_CONSENT ".withdraw"))
        rc = ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    if (rc == OK && (!text_equal(rec->status, STATUS_CONSENT_GIVEN) || rec->version != version))
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "The consent was changed meanwhile. Look at it again."));
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = withdraw(ctx, rec, reason);
    return db_end(ctx, rc);
}

/* --- expiry, by the job role --- */

static enum err expire_over(struct ctx *whole, struct record *rec)
{
    const char *until = record_value(rec, FIELD_CONSENT_VALID_TO);

    if (!text_equal(rec->status, STATUS_CONSENT_GIVEN) || text_blank(until) ||
        text_compare(until, ctx_today(whole)) >= 0)
        return OK;
    return record_set_status(whole, rec, rec->version, STATUS_CONSENT_EXPIRED, NULL);
}

/* The last day is over when it is over at the office: the job role itself lives in UTC. */
static enum err expire_one(struct ctx *whole, const char *id)
{
    const char *zone = whole->time_zone;
    struct office office = { 0 };
    struct problem *last = whole->problems_last;
    struct record *rec = NULL;
    enum err rc = record_load_whole(whole, &rec, FORM_CONSENT, id);

    if (rc == OK)
        rc = office_load(whole, &office, rec->office_id);
    if (rc)
        return rc;
    whole->time_zone = office.time_zone;
    rc = expire_over(whole, rec);
    whole->time_zone = zone;
    if (rc != ERR_INVALID && rc != ERR_FORBIDDEN && rc != ERR_CONFLICT)
        return rc;
    /* A gate of the organisation refuses it, or somebody changed it just now: those behind it end
     * all the same. Nothing is shared under it: consent_covers asks the day itself. */
    ctx_problems_back(whole, last);
    log_warn("consent %s stays given after its last day (%s)", id, err_name(rc));
    return OK;
}

#define PAGE 100

enum err sharing_expire(struct ctx *ctx)
{
    struct record_filter filter = { .status = STATUS_CONSENT_GIVEN, .limit = PAGE };
    struct ctx whole = as_program(ctx);
    enum err rc = OK;

    whole.user_id = NULL; /* nobody looks at them: no row in the access log */
    do {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct record_list list = { 0 };
        char after[80];

        rc = record_list(&whole, &list, FORM_CONSENT, &filter);
        for (size_t i = 0; rc == OK && i < list.len; i++)
            rc = expire_one(&whole, list.items[i]->id);
        if (rc == OK && list.next && strlen(list.next) < sizeof(after))
            memcpy(after, list.next, strlen(list.next) + 1);
        else
            after[0] = '\0';
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
        filter.after = after[0] ? arena_strdup(ctx->arena, after) : NULL;
    } while (rc == OK && filter.after);
    return told(ctx, &whole, rc);
}
