/* Results of rules: the table rule_result. */
#include "rules/rules_store.h"

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"

#define HELD_MAX 2000

DB_SQL(RESULT_HELD, "SELECT id, rule, state, due_on, assignee FROM rule_result"
                    " WHERE case_id = $1 AND holds = 1 LIMIT $2");
DB_SQL(RESULT_NEW, "INSERT INTO rule_result (id, office_id, case_id, rule, does, privacy,"
                   " severity, state, holds, due_on, snoozed_until, role, assignee, since_at,"
                   " key_id, changed_at, changed_by, version) VALUES ($1, $2, $3, $4, $5, $6, $7,"
                   " 'open', 1, $8, '', $9, $10, $11, $12, $11, NULL, 1)");
DB_SQL(RESULT_MOVE, "UPDATE rule_result SET due_on = $2, assignee = $3, version = version + 1"
                    " WHERE id = $1");
DB_SQL(RESULT_END, "UPDATE rule_result SET holds = 0, version = version + 1, changed_at = $2,"
                   " changed_by = CASE WHEN state = 'open' THEN NULL ELSE changed_by END,"
                   " state = CASE WHEN state = 'open' THEN 'done' ELSE state END WHERE id = $1");
DB_SQL(RESULT_SETTLE, "UPDATE rule_result SET state = $3, snoozed_until = $4, note = $5,"
                      " changed_at = $6, changed_by = $7, version = version + 1"
                      " WHERE id = $1 AND version = $2 AND state = 'open'");

#define COLUMNS                                                                                    \
    "id, case_id, rule, does, privacy, severity, state, holds, due_on, snoozed_until, role,"       \
    " assignee, since_at, key_id, note, changed_at, changed_by, version"
DB_SQL(RESULT_OF_CASE, "SELECT " COLUMNS " FROM rule_result WHERE case_id = $1"
                       " ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, severity DESC,"
                       " changed_at DESC, id DESC LIMIT $2");
DB_SQL(RULE_RESULT_BY_ID, "SELECT " COLUMNS " FROM rule_result WHERE id = $1"
                          " AND ($2 = 1 OR office_id = $3)");
/* $5 = 1: only those of the staff member $6 or of the roles $7 to $10. */
DB_SQL(RESULT_TASKS, "SELECT " COLUMNS " FROM rule_result"
                     " WHERE ($1 = 1 OR office_id = $2) AND state = 'open'"
                     " AND does <> 'suggestion' AND snoozed_until <= $3 AND due_on < $4"
                     " AND ($5 = 0 OR assignee = $6 OR (assignee = '' AND role"
                     " IN ($7, $8, $9, $10)))"
                     " AND (due_on, id) > ($11, $12) AND ($14 = 0 OR does = 'alert')"
                     " AND ($15 = '' OR rule IN ($15, $16, $17, $18))"
                     " ORDER BY due_on, id LIMIT $13");
DB_SQL(RESULT_COUNTS, "SELECT rule, state, count(*) FROM rule_result"
                      " WHERE ($1 = 1 OR office_id = $2) AND privacy <= $3 GROUP BY rule, state");

#define ROLES_OF_TASKS 4

static int64_t everywhere(const struct ctx *ctx)
{
    return ctx->user && ctx->user->scope == SCOPE_ALL ? 1 : 0;
}

/* No office has an empty id. */
static const char *own_office(const struct ctx *ctx)
{
    return ctx->user ? ctx->user->office_id : "";
}

static const char *note_context(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "rule_result/%s", id);
}

/* --- what holds --- */

enum err store_held(struct ctx *ctx, struct held **out, size_t *len_out, const char *case_id)
{
    struct held *items = NULL;
    struct rows *rows = NULL;
    bool more = false;
    size_t cap = 0;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &RESULT_HELD, DB_TEXT(case_id), DB_INT(HELD_MAX));

    while (rc == OK) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (len == cap) {
            size_t grown = cap ? cap * 2 : 16;

            items = arena_grow(ctx->arena, items, cap * sizeof(*items), grown * sizeof(*items));
            cap = grown;
        }
        items[len++] = (struct held){ .id = row_text(rows, 0),
                                      .rule = row_text(rows, 1),
                                      .state = row_text(rows, 2),
                                      .due_on = row_text(rows, 3),
                                      .assignee = row_text(rows, 4) };
    }
    db_rows_close(rows);
    if (rc == OK) {
        *out = items;
        *len_out = len;
    }
    return rc;
}

enum err store_add(struct ctx *ctx, const struct record *rec, const struct verdict *v,
                   const char *assignee)
{
    const struct rule *rule = v->rule;

    return db_exec(ctx, NULL, &RESULT_NEW, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                   DB_TEXT(rec->office_id), DB_TEXT(rec->id), DB_TEXT(rule->id),
                   DB_TEXT(rule_does_name(rule->does)), DB_INT((int64_t)rule->privacy),
                   DB_INT((int64_t)rule->severity), DB_TEXT(v->due_on ? v->due_on : NO_DATE),
                   DB_TEXT(rule->role ? rule->role : ""), DB_TEXT(assignee), DB_INT(ctx->now_ms),
                   DB_TEXT(rec->key_id ? rec->key_id : ""));
}

enum err store_move(struct ctx *ctx, const char *id, const char *due_on, const char *assignee)
{
    return db_exec(ctx, NULL, &RESULT_MOVE, DB_TEXT(id), DB_TEXT(due_on), DB_TEXT(assignee));
}

enum err store_end(struct ctx *ctx, const char *id)
{
    return db_exec(ctx, NULL, &RESULT_END, DB_TEXT(id), DB_INT(ctx->now_ms));
}

/* --- reading --- */

static enum rule_does does_of(const char *name)
{
    int does = RULE_ALERT;

    while (does < RULE_GATE && !text_equal(rule_does_name((enum rule_does)does), name))
        does++;
    return (enum rule_does)does;
}

static const char *or_null(const char *text)
{
    return text_blank(text) ? NULL : text;
}

/* The row that rows stands on, as far as the reader may know it. */
static enum err read_result(struct ctx *ctx, struct rows *rows, struct rule_result *out)
{
    struct sealed note = { 0 };
    const char *due_on = row_text(rows, 8);
    const char *key_id = row_text(rows, 13);
    struct rule_result r = { .id = row_text(rows, 0),
                             .case_id = row_text(rows, 1),
                             .does = does_of(row_text(rows, 3)),
                             .privacy = (enum privacy)row_int(rows, 4),
                             .severity = (enum rule_severity)row_int(rows, 5),
                             .state = row_text(rows, 6),
                             .holds = row_int(rows, 7) == 1,
                             .due_on = text_equal(due_on, NO_DATE) ? NULL : due_on,
                             .snoozed_until = or_null(row_text(rows, 9)),
                             .role = or_null(row_text(rows, 10)),
                             .assignee = or_null(row_text(rows, 11)),
                             .since_at = row_int(rows, 12),
                             .changed_at = row_int(rows, 15),
                             .changed_by = row_text(rows, 16),
                             .version = row_int(rows, 17) };
    enum err rc = OK;

    if (ctx->user && ctx->user->clearance >= r.privacy) {
        r.rule = rule_find(rules_of(), row_text(rows, 2));
        note.bytes = row_blob(rows, 14, &note.len);
        if (note.len > 0)
            rc = vault_unseal_text(ctx, &r.note, key_id, note_context(ctx, r.id), &note);
    }
    if (rc == ERR_NOT_FOUND)
        rc = OK; /* the person was erased: the note is gone with the key */
    if (rc == OK)
        *out = r;
    return rc;
}

static enum err read_results(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                             struct rows *rows, size_t max)
{
    struct rule_result *items = NULL;
    bool more = true;
    size_t len = 0;
    enum err rc = OK;

    while (rc == OK && len < max) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (!items) /* most cases have none */
            items = ARENA_ARRAY(ctx->arena, max, struct rule_result);
        rc = read_result(ctx, rows, &items[len++]);
    }
    db_rows_close(rows);
    if (rc == OK) {
        *out = items;
        *len_out = len;
    }
    return rc;
}

enum err store_of_case(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                       const struct record *rec)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &RESULT_OF_CASE, DB_TEXT(rec->id), DB_INT(RULE_RESULTS_MAX));

    return rc ? rc : read_results(ctx, out, len_out, rows, RULE_RESULTS_MAX);
}

enum err store_load(struct ctx *ctx, struct rule_result *out, const char *id)
{
    struct rule_result *items = NULL;
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &RULE_RESULT_BY_ID, DB_TEXT(id), DB_INT(everywhere(ctx)),
                           DB_TEXT(own_office(ctx)));

    if (rc == OK)
        rc = read_results(ctx, &items, &len, rows, 1);
    if (rc == OK && len == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such task."));
    if (rc == OK)
        *out = items[0];
    return rc;
}

enum err store_tasks(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                     const struct task_filter *filter)
{
    const char *roles[ROLES_OF_TASKS] = { "-", "-", "-", "-" };
    const char *rules[TASK_RULES_MAX] = { "", "", "", "" };
    const char *today = ctx_today(ctx);
    struct rows *rows = NULL;
    enum err rc;

    if (!ctx->user)
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    for (size_t i = 0; i < ROLES_OF_TASKS && ctx->user->roles[i]; i++)
        roles[i] = ctx->user->roles[i];
    for (size_t i = 0; i < TASK_RULES_MAX && filter->rules[i]; i++)
        rules[i] = filter->rules[i];
    rc = db_query(ctx, &rows, &RESULT_TASKS, DB_INT(everywhere(ctx)), DB_TEXT(own_office(ctx)),
                  DB_TEXT(today), DB_TEXT(filter->overdue ? today : "~"),
                  DB_INT(filter->mine ? 1 : 0), DB_TEXT(ctx->user_id), DB_TEXT(roles[0]),
                  DB_TEXT(roles[1]), DB_TEXT(roles[2]), DB_TEXT(roles[3]),
                  DB_TEXT(filter->after_due ? filter->after_due : ""),
                  DB_TEXT(filter->after_id ? filter->after_id : ""), DB_INT(RULE_TASKS_PAGE + 1),
                  DB_INT(filter->alerts ? 1 : 0), DB_TEXT(rules[0]), DB_TEXT(rules[1]),
                  DB_TEXT(rules[2]), DB_TEXT(rules[3]));
    return rc ? rc : read_results(ctx, out, len_out, rows, RULE_TASKS_PAGE + 1);
}

enum err store_counts(struct ctx *ctx, struct rule_count *out)
{
    const struct rule_set *set = rules_of();
    struct rows *rows = NULL;
    bool more = false;
    enum err rc =
        db_query(ctx, &rows, &RESULT_COUNTS, DB_INT(everywhere(ctx)), DB_TEXT(own_office(ctx)),
                 DB_INT(ctx->user ? (int64_t)ctx->user->clearance : -1));

    while (rc == OK) {
        const struct rule *rule;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rule = rule_find(set, row_text(rows, 0));
        if (rule && text_equal(row_text(rows, 1), "open"))
            out[rule - set->items].open += row_int(rows, 2);
        else if (rule)
            out[rule - set->items].settled += row_int(rows, 2);
    }
    db_rows_close(rows);
    return rc;
}

/* --- settling --- */

enum err store_settle(struct ctx *ctx, const struct settling *s)
{
    struct sealed note = { 0 };
    int64_t changed = 0;
    enum err rc = OK;

    if (!text_blank(s->reason))
        rc = vault_seal_text(ctx, &note, s->rec->key_id, note_context(ctx, s->id), s->reason);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &RESULT_SETTLE, DB_TEXT(s->id), DB_INT(s->version),
                 DB_TEXT(s->state), DB_TEXT(s->snoozed_until), DB_BLOB(note.bytes, note.len),
                 DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    if (rc == OK && changed == 0)
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "Somebody else has dealt with this since you opened it."));
    if (rc == OK)
        rc = audit_add(
            ctx,
            arena_printf(ctx->arena, "task.%s", text_equal(s->state, "open") ? "snooze" : s->state),
            s->id, NULL, NULL);
    return db_end(ctx, rc);
}
