/* Versions of a plan: one is in force, a newer one is prepared beside it. */
#include "core/text.h"
#include "db/db.h"
#include "forms_gen.h"
#include "plans/plan.h"
#include "records/records.h"

#define SECOND_VERSION "2"

static bool is_kept(const struct record *rec)
{
    return !text_equal(rec->status, RECORD_DELETED);
}

enum err plan_versions(struct ctx *ctx, struct record ***out, size_t *len_out, const char *case_id)
{
    const struct record_filter filter = { .parent_id = case_id, .limit = 100 };
    struct record_list list = { 0 };
    struct record **items;
    size_t len = 0;
    enum err rc = record_list(ctx, &list, FORM_PLAN, &filter);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, list.len + 1, struct record *);
    for (size_t i = 0; i < list.len; i++)
        if (is_kept(list.items[i]))
            items[len++] = list.items[i];
    *out = items;
    *len_out = len;
    return OK;
}

/* --- a new version --- */

/* Rows of the copy are rows of their own. */
static void forget_ids(struct answers *t)
{
    t->id = NULL;
    for (size_t i = 0; i < t->form->all_len; i++)
        for (size_t k = 0; t->form->all[i]->kind == FIELD_REPEAT && k < t->rows_len[i]; k++)
            forget_ids(t->rows[i][k]);
}

static bool cost_something(const struct record *rec, const struct answers *line)
{
    const struct field *costs = field_find(rec->form, FIELD_PLAN_COSTS);
    const struct field *actual = field_find(rec->form, FIELD_PLAN_ACTUAL_COST);

    for (size_t i = 0; i < line->rows_len[costs->place]; i++)
        if (!text_blank(answers_get(line->rows[costs->place][i], actual)))
            return true;
    return false;
}

/* What was dropped is not planned again; if it cost something it stays, so that the sums hold it.
 */
static void drop_lines(struct record *rec)
{
    const struct field *lines = field_find(rec->form, FIELD_PLAN_LINES);
    const struct field *status = field_find(rec->form, FIELD_PLAN_LINE_STATUS);
    struct answers *t = rec->answers;
    struct answers **rows = t->rows[lines->place];
    size_t len = 0;

    for (size_t i = 0; i < t->rows_len[lines->place]; i++)
        if (!text_equal(answers_get(rows[i], status), CODE_PLAN_LINE_STATUS_DROPPED) ||
            cost_something(rec, rows[i]))
            rows[len++] = rows[i];
    t->rows_len[lines->place] = len;
}

static void copy_plan(struct record *to, const struct record *from, const char *reason)
{
    const struct field *approvals = field_find(to->form, FIELD_PLAN_APPROVALS);

    to->answers = from->answers;
    forget_ids(to->answers);
    drop_lines(to);
    to->answers->rows_len[approvals->place] = 0;
    /* Asked from the second version on; its number is given when it is saved. */
    record_set(to, FIELD_PLAN_PLAN_VERSION, SECOND_VERSION);
    record_set(to, FIELD_PLAN_AMENDS, from->id);
    record_set(to, FIELD_PLAN_AMENDMENT_REASON, reason);
    record_set(to, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT, "");
    record_set(to, FIELD_PLAN_RETURNEE_COPY_LANGUAGE, "");
    record_set(to, FIELD_PLAN_RETURNEE_COPY_HOW, "");
    record_set(to, FIELD_PLAN_MISSING_SIGNATURE_REASON, "");
    record_set(to, FIELD_PLAN_OPT_OUT_AT, "");
}

static bool is_prepared(const struct record *rec)
{
    return text_equal(rec->status, STATUS_PLAN_DRAFT) ||
           text_equal(rec->status, STATUS_PLAN_SUBMITTED) ||
           text_equal(rec->status, STATUS_PLAN_APPROVED) ||
           text_equal(rec->status, STATUS_PLAN_AGREED);
}

static enum err refuse_amending(struct ctx *ctx, const struct record *old)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (!text_equal(old->status, STATUS_PLAN_AGREED) &&
        !text_equal(old->status, STATUS_PLAN_ACTIVE))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "Only a plan that is agreed or in force gets a new version. A "
                                "draft is simply changed."));
    rc = record_children_whole(ctx, &items, &len, FORM_PLAN, old->parent_id);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (!text_equal(items[i]->id, old->id) && is_prepared(items[i]))
            return ctx_fail(ctx, ERR_CONFLICT,
                            tr(ctx, "A newer version is being prepared already: {0}.",
                               TR_TEXT(items[i]->number)));
    return rc;
}

enum err plan_amend(struct ctx *ctx, struct record **out, const char *id, const char *reason)
{
    struct record *old = NULL;
    struct record *rec = NULL;
    enum err rc;

    if (text_blank(reason))
        return ctx_fail_field(ctx, "reason", tr(ctx, "Say why the plan is changed."));
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = record_load(ctx, &old, FORM_PLAN, id);
    if (rc == OK)
        rc = refuse_amending(ctx, old);
    if (rc == OK)
        rc = record_new(ctx, &rec, FORM_PLAN, old->parent_id);
    if (rc == OK) {
        copy_plan(rec, old, reason);
        rc = record_insert(ctx, rec);
    }
    rc = db_end(ctx, rc);
    if (rc == OK)
        *out = rec;
    return rc;
}

/* --- in force --- */

static enum err replace_others(struct ctx *ctx, const struct record *rec)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = record_children_whole(ctx, &items, &len, FORM_PLAN, rec->parent_id);

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct record *old = NULL;

        if (!text_equal(items[i]->status, STATUS_PLAN_ACTIVE) || text_equal(items[i]->id, rec->id))
            continue;
        rc = record_load(ctx, &old, FORM_PLAN, items[i]->id);
        if (rc == OK)
            rc = record_set_status(ctx, old, old->version, STATUS_PLAN_SUPERSEDED, NULL);
    }
    return rc;
}

enum err plan_activate(struct ctx *ctx, const char *id, int64_t version)
{
    struct record *rec = NULL;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = record_load(ctx, &rec, FORM_PLAN, id);
    if (rc == OK && !text_equal(rec->status, STATUS_PLAN_AGREED))
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "Only a plan that is agreed comes into force."));
    if (rc == OK)
        rc = replace_others(ctx, rec);
    if (rc == OK)
        rc = record_set_status(ctx, rec, version, STATUS_PLAN_ACTIVE, NULL);
    return db_end(ctx, rc);
}

/* --- what differs --- */

static void take_ids(struct record *before, const struct record *after)
{
    const struct field *key = field_find(after->form, FIELD_PLAN_LINE_KEY);
    struct answers *a = before->answers;
    const struct answers *b = after->answers;

    for (size_t r = 0; r < after->form->all_len; r++) {
        const struct field *f = after->form->all[r];
        bool lines = text_equal(f->name, FIELD_PLAN_LINES);

        if (f->kind != FIELD_REPEAT || f->repeat)
            continue;
        for (size_t i = 0; i < a->rows_len[r]; i++) {
            a->rows[r][i]->id = NULL;
            for (size_t k = 0; k < b->rows_len[r]; k++)
                if (lines ? text_equal(answers_get(a->rows[r][i], key),
                                       answers_get(b->rows[r][k], key))
                          : i == k)
                    a->rows[r][i]->id = b->rows[r][k]->id;
        }
    }
}

/* Costs of lines that go on, by their place. */
static void take_cost_ids(struct record *before, const struct record *after)
{
    const struct field *lines = field_find(after->form, FIELD_PLAN_LINES);
    const struct field *costs = field_find(after->form, FIELD_PLAN_COSTS);

    for (size_t i = 0; i < before->answers->rows_len[lines->place]; i++) {
        struct answers *a = before->answers->rows[lines->place][i];

        for (size_t k = 0; k < after->answers->rows_len[lines->place]; k++) {
            const struct answers *b = after->answers->rows[lines->place][k];

            if (!a->id || !text_equal(a->id, b->id))
                continue;
            for (size_t c = 0; c < a->rows_len[costs->place]; c++)
                a->rows[costs->place][c]->id =
                    c < b->rows_len[costs->place] ? b->rows[costs->place][c]->id : NULL;
        }
    }
}

enum err plan_before(struct ctx *ctx, struct record **out, const struct record *plan)
{
    const char *id = record_value(plan, FIELD_PLAN_AMENDS);
    enum err rc = text_blank(id) ? OK : record_load(ctx, out, FORM_PLAN, id);

    if (rc || !*out)
        return rc;
    take_ids(*out, plan);
    take_cost_ids(*out, plan);
    return OK;
}
