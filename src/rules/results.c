/* Results as people see and settle them, and why a rule says what it says. */
#include "audit/audit.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "rules/document.h"
#include "rules/rules_store.h"

#define SHOWN_MAX   10 /* values of one element */
#define WHY_BYTES   ((size_t)20000)
#define ITEMS_NOTED 100

enum err rules_results(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                       const struct record *rec)
{
    return store_of_case(ctx, out, len_out, rec);
}

enum err rules_result_load(struct ctx *ctx, struct rule_result *out, struct record **case_out,
                           const char *id)
{
    struct rule_result r = { 0 };
    enum err rc = store_load(ctx, &r, id);

    if (rc == OK)
        rc = record_load_allowed(ctx, case_out, FORM_CASE, r.case_id);
    if (rc == OK)
        *out = r;
    return rc;
}

enum err rules_tasks(struct ctx *ctx, struct rule_result **out, size_t *len_out,
                     const struct task_filter *filter)
{
    return store_tasks(ctx, out, len_out, filter);
}

enum err rules_counts(struct ctx *ctx, struct rule_count *out)
{
    return store_counts(ctx, out);
}

/* --- settling --- */

static enum err settle(struct ctx *ctx, struct settling *s)
{
    struct rule_result r = { 0 };
    struct record *rec = NULL;
    enum err rc;

    if (!user_may(ctx->user, PERM_TASK_DONE))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = rules_result_load(ctx, &r, &rec, s->id);
    if (rc)
        return rc;
    /* Who does not know what it is about cannot say that it is done. */
    if (r.privacy > ctx->user->clearance)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such task."));
    if (s->reason && text_codepoints(s->reason) > RULE_REASON_MAX)
        return ctx_fail_field(ctx, "reason",
                              tr(ctx, "Use at most {0} characters.", TR_INT(RULE_REASON_MAX)));
    s->rec = rec;
    return store_settle(ctx, s);
}

enum err rules_settle(struct ctx *ctx, const char *id, int64_t version, const char *state,
                      const char *reason)
{
    struct settling s = {
        .id = id, .version = version, .state = state, .snoozed_until = "", .reason = reason
    };

    if (!text_equal(state, "done") && !text_equal(state, "overridden"))
        return ctx_fail_field(ctx, "state", tr(ctx, "Choose what was done."));
    if (text_equal(state, "overridden") && text_blank(reason))
        return ctx_fail_field(ctx, "reason", tr(ctx, "Say why it does not apply."));
    return settle(ctx, &s);
}

enum err rules_snooze(struct ctx *ctx, const char *id, int64_t version, const char *until,
                      const char *reason)
{
    struct settling s = {
        .id = id, .version = version, .state = "open", .snoozed_until = until, .reason = reason
    };

    if (!date_valid(until) || text_compare(until, ctx_today(ctx)) <= 0)
        return ctx_fail_field(ctx, "until", tr(ctx, "Choose a day after today."));
    if (text_blank(reason))
        return ctx_fail_field(ctx, "reason", tr(ctx, "Say why it is put off."));
    return settle(ctx, &s);
}

/* --- why --- */

static const char *meta_label(struct ctx *ctx, enum meta meta)
{
    switch (meta) {
    case META_STATUS:
        return tr(ctx, "Status");
    case META_NUMBER:
        return tr(ctx, "Number");
    case META_CREATED:
        return tr(ctx, "Registered on");
    case META_DECLINED:
        return tr(ctx, "Answers “don't know” or declined");
    case META_FIELD:
    case META_COUNT:
        break;
    }
    return "";
}

static const char *item_label(struct ctx *ctx, const struct shape *shape,
                              const struct shape_item *item)
{
    const struct form *form = shape->parts[item->part].form;
    const char *what =
        item->field ? label_text(ctx, &item->field->label) : meta_label(ctx, item->meta);

    if (item->latest)
        return tr(ctx, "{0} (newest): {1}", TR_TEXT(label_text(ctx, &form->title)), TR_TEXT(what));
    return tr(ctx, "{0}: {1}", TR_TEXT(label_text(ctx, &form->title)), TR_TEXT(what));
}

static bool may_read_item(const struct ctx *ctx, const struct shape *shape,
                          const struct shape_item *item)
{
    const struct form *form = shape->parts[item->part].form;

    return ctx->user && form->privacy <= ctx->user->clearance &&
           user_may_do(ctx->user, form->kind, "view") &&
           (!item->field || record_may_read(ctx, item->field));
}

static const char *shown(struct ctx *ctx, const struct form *form, const struct shape_item *item,
                         const char *value)
{
    if (!*value)
        return item->field && item->field->kind == FIELD_REPEAT ? tr(ctx, "a row")
                                                                : tr(ctx, "empty");
    if (item->field)
        return answers_shown(ctx, item->field, value);
    if (item->meta == META_CREATED)
        return tr_date(ctx, value);
    return item->meta == META_STATUS ? record_status_title(ctx, form, value) : value;
}

static const char *item_value(struct ctx *ctx, const struct document *doc,
                              const struct shape_item *item)
{
    const char *const *values = NULL;
    struct buf b;
    size_t len = 0;

    document_values(ctx, &values, &len, doc, item);
    if (len == 0)
        return tr(ctx, "nothing registered");
    buf_init(&b, ctx->arena, WHY_BYTES);
    for (size_t i = 0; i < len && i < SHOWN_MAX; i++) {
        buf_add(&b, i ? " · " : "");
        buf_add(&b, shown(ctx, doc->shape->parts[item->part].form, item, values[i]));
    }
    buf_add(&b, len > SHOWN_MAX ? " …" : "");
    return buf_ok(&b) ? buf_text(&b) : "…";
}

/* The records whose values were shown. */
static enum err note(struct ctx *ctx, const struct document *doc, uint64_t parts)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < doc->shape->parts_len; i++) {
        const char *ids[ITEMS_NOTED];
        size_t len = 0;

        for (size_t k = 0; parts >> i & 1 && k < doc->parts[i].len && len < ITEMS_NOTED; k++)
            ids[len++] = doc->parts[i].items[k]->id;
        if (len && ctx->audit && ctx->user_id)
            rc = access_note(ctx, "rule", doc->shape->parts[i].form->kind, ids, len);
    }
    return rc;
}

/* Rows of which a field is told beside need no line of their own. */
static bool is_told(const struct rule *rule, const struct shape_item *item)
{
    for (size_t i = 0; item->field && i < rule->reads_len; i++)
        if (rule->reads[i]->field && rule->reads[i]->field->repeat == item->field)
            return true;
    return false;
}

enum err rules_why(struct ctx *ctx, struct rule_why **out, size_t *len_out, const struct rule *rule,
                   const struct record *rec)
{
    const struct shape *shape = rules_of()->shape;
    struct rule_why *items = ARENA_ARRAY(ctx->arena, rule->reads_len + 1, struct rule_why);
    struct document *doc = NULL;
    uint64_t parts = 0;
    size_t len = 0;
    enum err rc = document_load(ctx, &doc, shape, rec->id, rule->parts, NULL);

    for (size_t i = 0; rc == OK && i < rule->reads_len; i++) {
        const struct shape_item *item = rule->reads[i];

        if (is_told(rule, item))
            continue;
        items[len].label = item_label(ctx, shape, item);
        len++;
        if (!may_read_item(ctx, shape, item))
            continue;
        items[len - 1].value = item_value(ctx, doc, item);
        parts |= (uint64_t)1 << item->part;
    }
    if (rc == OK)
        rc = note(ctx, doc, parts);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}
