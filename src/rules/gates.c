#include "rules/gates.h"

#include "core/text.h"
#include "forms_gen.h"
#include "rules/document.h"
#include "rules/rules_store.h"

const char *rule_message(struct ctx *ctx, const struct rule *rule)
{
    if (ctx->user && ctx->user->clearance < rule->privacy)
        return tr(ctx, "A rule that you may not read stands in the way. Ask your supervisor.");
    return label_text(ctx, &rule->message);
}

/* What is about to happen to a record. */
struct passing {
    const struct record *rec;
    const bool *asked; /* by place in the set */
};

static const struct override *override_of(const struct override *items, size_t len,
                                          const struct rule *rule)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(items[i].rule, rule->id))
            return &items[i];
    return NULL;
}

static bool passes(const struct override *o)
{
    return o && (!o->second || o->agreed_by);
}

/* Uses the leave there is, or tells the message. */
static enum err refuse(struct ctx *ctx, const struct rule *rule, const struct override *o,
                       bool *refused)
{
    if (passes(o) && !rule->never)
        return store_use(ctx, o->id);
    ctx_set_problem(ctx, ERR_INVALID, NULL, rule_message(ctx, rule));
    if (rule->on_save && !rule->never)
        ctx_set_problem(ctx, ERR_INVALID, NULL,
                        tr(ctx, "Who may let it pass gives leave on the page of the case; then "
                                "save again."));
    *refused = true;
    return OK;
}

static enum err gate_of_case(struct ctx *ctx, const struct passing *p, const char *case_id)
{
    const struct rule_set *set = rules_of();
    const struct record *rec = p->rec;
    struct override *overrides = NULL;
    struct document *doc = NULL;
    uint64_t parts = 0;
    size_t len = 0;
    bool refused = false;
    enum err rc;

    for (size_t i = 0; i < set->len; i++)
        if (p->asked[i])
            parts |= set->items[i].parts | (uint64_t)1;
    rc = document_load(ctx, &doc, set->shape, case_id, parts, rec);
    if (rc == OK && rec->form != doc->root->form &&
        text_equal(doc->root->status, STATUS_CASE_CLOSED))
        return OK; /* another, older case of the same person */
    if (rc == OK)
        rc = store_overrides(ctx, &overrides, &len, doc->root);
    for (size_t i = 0; rc == OK && i < set->len; i++) {
        const struct rule *rule = &set->items[i];
        struct verdict v = { 0 };

        if (!p->asked[i])
            continue;
        rc = rule_judge(ctx, &v, doc, rule);
        if (rc == OK && v.holds)
            rc = refuse(ctx, rule, override_of(overrides, len, rule), &refused);
    }
    return rc == OK && refused ? ERR_INVALID : rc;
}

static enum err gates_of(struct ctx *ctx, const struct passing *p)
{
    const char *const *ids = NULL;
    size_t len = 0;
    enum err rc = OK;
    bool any = false;

    for (size_t i = 0; i < rules_of()->len; i++)
        any = any || p->asked[i];
    if (any)
        rc = document_cases(ctx, &ids, &len, rules_of()->shape, p->rec);
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = gate_of_case(ctx, p, ids[i]);
    return rc;
}

enum err rules_gate(struct ctx *ctx, const char *gate, const struct record *rec)
{
    const struct rule_set *set = rules_of();
    bool *asked = ARENA_ARRAY(ctx->arena, set->len + 1, bool);

    for (size_t i = 0; i < set->len; i++)
        asked[i] = set->items[i].does == RULE_GATE && text_equal(set->items[i].gate, gate);
    return gates_of(ctx, &(struct passing){ .rec = rec, .asked = asked });
}

enum err rules_status_gates(struct ctx *ctx, const struct record *rec)
{
    const struct rule_set *set = rules_of();
    bool *asked = ARENA_ARRAY(ctx->arena, set->len + 1, bool);

    for (size_t i = 0; i < set->len; i++) {
        const struct rule *rule = &set->items[i];

        asked[i] = rule->does == RULE_GATE && !rule->on_save &&
                   text_equal(rule->kind, rec->form->kind) && text_equal(rule->status, rec->status);
    }
    return gates_of(ctx, &(struct passing){ .rec = rec, .asked = asked });
}

/* A rule that reads nothing of the record itself is asked each time. */
static bool guards(struct ctx *ctx, const struct rule *rule, const struct record *rec,
                   const struct record *old)
{
    size_t part = shape_part_of(rules_of()->shape, rec->form->kind);

    if (rule->does != RULE_GATE || !rule->on_save || !text_equal(rule->kind, rec->form->kind))
        return false;
    return !old || !(rule->parts >> part & 1) || rule_touched(ctx, rule, part, rec, old);
}

enum err rules_save_gates(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const struct rule_set *set = rules_of();
    bool *asked = ARENA_ARRAY(ctx->arena, set->len + 1, bool);

    for (size_t i = 0; i < set->len; i++)
        asked[i] = guards(ctx, &set->items[i], rec, old);
    return gates_of(ctx, &(struct passing){ .rec = rec, .asked = asked });
}

/* --- looking at them, and leave to pass --- */

/* What is told of a gate; doc is NULL where it is not judged. */
static enum err fill_gate(struct ctx *ctx, struct gate_state *out, const struct document *doc,
                          const struct rule *rule, const struct override *o)
{
    struct verdict v = { 0 };
    enum err rc = doc ? rule_judge(ctx, &v, doc, rule) : OK;

    if (rc)
        return rc;
    *out = (struct gate_state){ .rule = rule, .refuses = v.holds, .passed = passes(o) };
    if (o) {
        out->asked_by = o->asked_by;
        out->agreed_by = o->agreed_by;
        out->reason = o->reason;
    }
    return OK;
}

/* Whether a step from here leads to what the rule guards; of other records that is not known. */
static bool can_reach(const struct record *rec, const struct rule *rule)
{
    if (!text_equal(rule->kind, rec->form->kind))
        return true;
    for (size_t i = 0; i < rec->form->states_len; i++)
        if (text_equal(rec->form->states[i].from, rec->status) &&
            text_equal(rec->form->states[i].to, rule->status))
            return true;
    return false;
}

/* near: only what stands before a next step is judged, so less of the case is read. */
static enum err look_at_gates(struct ctx *ctx, struct gate_state **out, size_t *len_out,
                              const struct record *rec, bool near)
{
    const struct rule_set *set = rules_of();
    struct gate_state *items = ARENA_ARRAY(ctx->arena, set->len + 1, struct gate_state);
    bool *judged = ARENA_ARRAY(ctx->arena, set->len + 1, bool);
    struct override *overrides = NULL;
    struct document *doc = NULL;
    size_t overrides_len = 0;
    bool any = false;
    enum err rc = OK;

    for (size_t i = 0; i < set->len; i++) {
        const struct rule *rule = &set->items[i];

        judged[i] = rule->does == RULE_GATE && (!near || (!rule->on_save && can_reach(rec, rule)));
        any = any || judged[i];
    }
    if (any)
        rc = document_load_for(ctx, &doc, set, rec->id, judged);
    if (rc == OK)
        rc = store_overrides(ctx, &overrides, &overrides_len, rec);
    *len_out = 0;
    for (size_t i = 0; rc == OK && i < set->len; i++) {
        const struct rule *rule = &set->items[i];

        if (rule->does == RULE_GATE && (judged[i] || rule->on_save))
            rc = fill_gate(ctx, &items[(*len_out)++], judged[i] ? doc : NULL, rule,
                           override_of(overrides, overrides_len, rule));
    }
    if (rc)
        return rc;
    *out = items;
    return OK;
}

enum err rules_gates(struct ctx *ctx, struct gate_state **out, size_t *len_out,
                     const struct record *rec)
{
    return look_at_gates(ctx, out, len_out, rec, false);
}

enum err rules_gates_near(struct ctx *ctx, struct gate_state **out, size_t *len_out,
                          const struct record *rec)
{
    return look_at_gates(ctx, out, len_out, rec, true);
}

static enum err check_reason(struct ctx *ctx, const char *reason)
{
    if (text_blank(reason))
        return ctx_fail_field(ctx, "reason", tr(ctx, "Say why."));
    if (text_codepoints(reason) > RULE_REASON_MAX)
        return ctx_fail_field(ctx, "reason",
                              tr(ctx, "Use at most {0} characters.", TR_INT(RULE_REASON_MAX)));
    return OK;
}

static enum err find_gate(struct ctx *ctx, struct gate_state *out, const struct record *rec,
                          const char *id)
{
    struct gate_state *items = NULL;
    size_t len = 0;
    enum err rc = rules_gates(ctx, &items, &len, rec);

    for (size_t i = 0; rc == OK && i < len; i++) {
        if (!text_equal(items[i].rule->id, id) || items[i].rule->privacy > ctx->user->clearance)
            continue;
        *out = items[i];
        return OK;
    }
    if (rc)
        return rc;
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such rule."));
}

enum err rules_override(struct ctx *ctx, const char *case_id, const char *rule, const char *reason)
{
    struct gate_state gate = { 0 };
    struct override *items = NULL;
    struct record *rec = NULL;
    size_t len = 0;
    enum err rc;

    if (!user_may(ctx->user, PERM_RULE_OVERRIDE))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = record_load_allowed(ctx, &rec, FORM_CASE, case_id);
    if (rc == OK)
        rc = find_gate(ctx, &gate, rec, rule);
    if (rc == OK)
        rc = check_reason(ctx, reason);
    if (rc)
        return rc;
    if (!(gate.refuses || gate.rule->on_save) || gate.passed)
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This rule does not stand in the way."));
    if (gate.rule->never)
        return ctx_fail_field(ctx, "reason", tr(ctx, "Nobody can let this pass."));
    if (!gate.asked_by)
        return store_ask(ctx, rec, gate.rule, reason);
    if (text_equal(gate.asked_by, ctx->user_id))
        return ctx_fail_field(ctx, "reason",
                              tr(ctx, "Another person must agree: you have asked yourself."));
    rc = store_overrides(ctx, &items, &len, rec);
    if (rc)
        return rc;
    return store_agree(ctx, rec, override_of(items, len, gate.rule)->id, reason);
}
