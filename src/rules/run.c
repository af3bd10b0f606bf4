/* After each change of a record, and on the days that rules name: what holds now is stored. */
#include <stdio.h>

#include "auth/auth.h"
#include "core/log.h"
#include "core/text.h"
#include "forms_gen.h"
#include "rules/bell.h"
#include "rules/document.h"
#include "rules/gates.h"
#include "rules/rules_store.h"

#define SETTING_HASH "rules.hash"
#define PLACES_MAX   100 /* of record_places */
#define TOKEN_MAX    400

/* Loaded once, before fork. */
static const struct rule_set *loaded;

const struct rule_set *rules_of(void)
{
    return loaded;
}

/* Which rules to ask; NULL picked: all but gates. */
struct asking {
    const struct document *doc;
    const bool *picked; /* by place in the set */
    bool keeps_day;     /* something changed: rules with a day may not be among them */
};

/* A case that is over, or of somebody who is no longer supported, asks for nothing. */
static bool is_over(const struct document *doc, const struct rule *rule)
{
    const struct document_part *person = &doc->parts[SHAPE_PERSON];

    return (text_equal(doc->root->status, STATUS_CASE_CLOSED) && !rule->closed) ||
           text_equal(doc->root->status, RECORD_DELETED) ||
           (person->len && !text_equal(person->items[0]->status, STATUS_PERSON_ACTIVE));
}

static const struct held *held_of(const struct held *held, size_t len, const struct rule *rule)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(held[i].rule, rule->id))
            return &held[i];
    return NULL;
}

/* The case manager of the country of return, else of the host country; "" where a role has it. */
static const char *assignee_of(const struct document *doc, const struct rule *rule)
{
    const char *worker = record_value(doc->root, FIELD_CASE_WORKER);

    if (rule->role)
        return "";
    return text_blank(worker) ? record_value(doc->root, FIELD_CASE_WORKER_HOST) : worker;
}

static enum err settle_one(struct ctx *ctx, const struct asking *a, const struct verdict *v,
                           const struct held *held, struct bell *bell)
{
    const char *assignee = assignee_of(a->doc, v->rule);
    const char *due_on = v->due_on ? v->due_on : NO_DATE;
    bool other = held && !text_equal(held->assignee, assignee);
    enum err rc = OK;

    if (v->holds && !held)
        rc = store_add(ctx, a->doc->root, v, assignee);
    else if (!v->holds && held)
        return store_end(ctx, held->id);
    else if (held && (!text_equal(held->due_on, due_on) || other))
        rc = store_move(ctx, held->id, due_on, assignee);
    if (rc == OK && v->holds && (!held || (other && text_equal(held->state, "open"))))
        rc = bell_note(ctx, bell, v->rule, a->doc->root, assignee);
    return rc;
}

static enum err ask(struct ctx *ctx, const struct asking *a, const char **next_out)
{
    struct held *held = NULL;
    struct bell bell = { 0 };
    size_t held_len = 0;
    enum err rc = store_held(ctx, &held, &held_len, a->doc->root->id);

    for (size_t i = 0; rc == OK && i < loaded->len; i++) {
        const struct rule *rule = &loaded->items[i];
        struct verdict v = { .rule = rule };

        if (rule->does == RULE_GATE || (a->picked && !a->picked[i]))
            continue;
        if (!is_over(a->doc, rule))
            rc = rule_judge(ctx, &v, a->doc, rule);
        if (rc == OK)
            rc = settle_one(ctx, a, &v, held_of(held, held_len, rule), &bell);
        if (v.next_on && (!*next_out || text_compare(v.next_on, *next_out) < 0))
            *next_out = v.next_on;
    }
    /* What a rule left behind that is there no more. */
    for (size_t i = 0; rc == OK && !a->picked && i < held_len; i++)
        if (!rule_find(loaded, held[i].rule))
            rc = store_end(ctx, held[i].id);
    return rc ? rc : bell_ring(ctx, &bell, a->doc->root, !a->keeps_day);
}

static enum err run_on(struct ctx *ctx, const struct asking *a)
{
    const struct record_place of = { a->doc->root->id, a->doc->root->office_id };
    const char *next = NULL;
    enum err rc = ask(ctx, a, &next);

    return rc ? rc : store_next(ctx, &of, next, a->keeps_day);
}

static enum err run_case(struct ctx *ctx, const char *case_id, const bool *picked, uint64_t parts)
{
    struct document *doc = NULL;
    struct asking a = { .picked = picked };
    enum err rc = document_load(ctx, &doc, loaded->shape, case_id, parts, NULL);

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    a.doc = doc;
    rc = run_on(ctx, &a);
    return db_end(ctx, rc);
}

enum err rules_run_case(struct ctx *ctx, const char *case_id)
{
    return run_case(ctx, case_id, NULL, PARTS_EVERY);
}

/* --- what a change touches --- */

static bool field_differs(struct ctx *ctx, const struct shape_item *item, const struct record *a,
                          const struct record *b)
{
    const char *const *x = NULL;
    const char *const *y = NULL;
    size_t x_len = 0;
    size_t y_len = 0;
    bool differs;

    record_values_of(ctx, &x, &x_len, a, item);
    record_values_of(ctx, &y, &y_len, b, item);
    differs = x_len != y_len;
    for (size_t i = 0; !differs && i < x_len; i++)
        differs = !text_equal(x[i], y[i]);
    return differs;
}

bool rule_touched(struct ctx *ctx, const struct rule *rule, size_t part, const struct record *rec,
                  const struct record *old)
{
    if (!(rule->parts >> part & 1))
        return false;
    /* New, gone or of another status: it may be another that counts, even if its fields stayed. */
    if (!old || !text_equal(old->status, rec->status))
        return true;
    for (size_t i = 0; i < rule->reads_len; i++)
        if (rule->reads[i]->part == part && field_differs(ctx, rule->reads[i], rec, old))
            return true;
    return false;
}

/* The worker of the case decides whose every task is. */
static bool moves_everything(const struct record *rec, const struct record *old)
{
    static const char *const fields[] = { FIELD_CASE_WORKER, FIELD_CASE_WORKER_HOST };

    if (!text_equal(rec->form->kind, FORM_CASE))
        return false;
    for (size_t i = 0; old && i < sizeof(fields) / sizeof(fields[0]); i++)
        if (!text_equal(record_value(rec, fields[i]), record_value(old, fields[i])))
            return true;
    return !old || !text_equal(old->status, rec->status);
}

/* Gives the parts that the picked rules read; 0 = none is to be asked. */
static uint64_t pick(struct ctx *ctx, bool *picked, const struct record *rec,
                     const struct record *old)
{
    size_t part = shape_part_of(loaded->shape, rec->form->kind);
    /* A person who is merged, has died or was erased ends everything. */
    bool all = moves_everything(rec, old) ||
               (part == SHAPE_PERSON && old && !text_equal(old->status, rec->status));
    uint64_t parts = 0;

    for (size_t i = 0; i < loaded->len; i++) {
        const struct rule *rule = &loaded->items[i];

        picked[i] = rule->does != RULE_GATE && (all || rule_touched(ctx, rule, part, rec, old));
        if (picked[i])
            parts |= rule->parts | (uint64_t)1;
    }
    return parts;
}

static enum err run_changed(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    bool *picked = ARENA_ARRAY(ctx->arena, loaded->len + 1, bool);
    const char *const *ids = NULL;
    uint64_t parts = pick(ctx, picked, rec, old);
    size_t len = 0;
    enum err rc;

    if (parts == 0)
        return OK;
    rc = document_cases(ctx, &ids, &len, loaded->shape, rec);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct document *doc = NULL;
        struct asking a = { .picked = picked, .keeps_day = true };

        rc = document_load(ctx, &doc, loaded->shape, ids[i], parts, NULL);
        a.doc = doc;
        if (rc == OK)
            rc = run_on(ctx, &a);
    }
    return rc;
}

/* In the transaction of the change. */
static enum err watch(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    enum err rc = OK;

    if (shape_part_of(loaded->shape, rec->form->kind) == loaded->shape->parts_len)
        return OK;
    if (old && !text_equal(old->status, rec->status))
        rc = rules_status_gates(ctx, rec);
    else
        rc = rules_save_gates(ctx, rec, old);
    return rc ? rc : run_changed(ctx, rec, old);
}

enum err rules_load(struct ctx *ctx)
{
    enum err rc = rule_set_load(ctx, &loaded, ctx->forms);

    if (rc == OK)
        records_watch(watch);
    return rc;
}

/* --- the job role --- */

/* Other rules than before: every case is to be asked again, those from before the rules too. */
static enum err all_due(struct ctx *ctx)
{
    struct record_place places[PLACES_MAX];
    char token[TOKEN_MAX];
    const char *after = NULL;
    const char *hash = NULL;
    size_t len = 0;
    enum err rc = setting_get(ctx, &hash, "", SETTING_HASH);

    if (rc || text_equal(hash, loaded->hash))
        return rc;
    do {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = record_places(ctx, places, &len, FORM_CASE, &after);
        if (rc == OK)
            rc = db_begin(ctx);
        if (rc)
            return rc;
        for (size_t i = 0; rc == OK && i < len; i++)
            rc = store_next(ctx, &places[i], AT_ONCE, false);
        rc = db_end(ctx, rc);
        if (rc)
            return rc;
        (void)snprintf(token, sizeof(token), "%s", after ? after : "");
        arena_rewind(ctx->arena, mark);
        after = token[0] ? token : NULL;
    } while (after);
    return setting_set(ctx, "", SETTING_HASH, loaded->hash);
}

/* Rules that the passing of days can change; gives the parts that they read. */
static uint64_t pick_dated(bool *picked)
{
    uint64_t parts = 1;

    for (size_t i = 0; i < loaded->len; i++) {
        const struct rule *rule = &loaded->items[i];

        picked[i] =
            rule->does != RULE_GATE && (rule->from.expr || rule->until.expr || rule->next_check);
        if (picked[i])
            parts |= rule->parts;
    }
    return parts;
}

/* A case that cannot be asked waits until tomorrow and does not keep the others back. */
static enum err ask_case(struct ctx *ctx, const struct due_case *c, const char *office_id)
{
    bool *picked = ARENA_ARRAY(ctx->arena, loaded->len + 1, bool);
    uint64_t parts = pick_dated(picked);
    const char *id = c->id;
    enum err rc = c->all ? rules_run_case(ctx, id) : run_case(ctx, id, picked, parts);

    if (rc != ERR_NOT_FOUND && rc != ERR_INVALID && rc != ERR_LIMIT)
        return rc;
    log_error("the rules of case %s could not be asked: %s", id, err_name(rc));
    ctx_clear_problems(ctx);
    return store_next(ctx, &(struct record_place){ id, office_id }, NULL, false);
}

static enum err office_round(struct ctx *ctx, const char *office_id, size_t max, size_t *done_out)
{
    struct due_case *cases = ARENA_ARRAY(ctx->arena, max + 1, struct due_case);
    struct ctx local = *ctx;
    struct office office = { 0 };
    size_t len = 0;
    enum err rc = office_load(ctx, &office, office_id);

    local.time_zone = office.time_zone; /* today is the office's */
    if (rc == OK)
        rc = store_due(&local, cases, &len, office_id, max);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = ask_case(&local, &cases[i], office_id);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
        *done_out += rc == OK ? 1 : 0;
    }
    ctx->problems = local.problems;
    ctx->problems_last = local.problems_last;
    return rc;
}

enum err rules_round(struct ctx *ctx, size_t max, size_t *done_out)
{
    const char **offices = NULL;
    size_t len = 0;
    enum err rc = all_due(ctx);

    *done_out = 0;
    if (rc == OK)
        rc = store_offices(ctx, &offices, &len);
    for (size_t i = 0; rc == OK && i < len && *done_out < max; i++)
        rc = office_round(ctx, offices[i], max - *done_out, done_out);
    return rc;
}
