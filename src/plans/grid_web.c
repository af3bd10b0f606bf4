/* The feasibility grid of a case: reading it, answering, deciding, printing. */
#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plans_web.h"
#include "plans_templates.h"
#include "records/document_web.h"
#include "records/giving.h"
#include "sharing/sharing.h"

#define ANSWERS_MAX 100 /* of one row, at a time */
#define GROUPS      4

/* What the address asks for. */
struct asked {
    const char *dimension; /* "" = all */
    const char *scenario;
    const char *row; /* that was just worked on */
};

/* --- parts of the page --- */

static void fill_whys(struct ctx *ctx, const struct grid_why_view **out, size_t *len_out,
                      const struct grid_why *whys, size_t len)
{
    struct grid_why_view *items = ARENA_ARRAY(ctx->arena, len + 1, struct grid_why_view);

    for (size_t i = 0; i < len; i++) {
        items[i] = (struct grid_why_view){ .label = whys[i].label,
                                           .value = whys[i].value,
                                           .on = whys[i].on ? tr_date(ctx, whys[i].on) : NULL };
        if (whys[i].id)
            items[i].link = url_build(ctx, "/records/{}/{}", whys[i].kind, whys[i].id);
    }
    *out = items;
    *len_out = len;
}

static void fill_situations(struct ctx *ctx, struct grid_page_view *v, const struct grid_case *c)
{
    const struct grid *g = grid_of();
    struct grid_situation_view *items =
        ARENA_ARRAY(ctx->arena, g->scenarios_len + 1, struct grid_situation_view);

    for (size_t i = 0; i < g->scenarios_len; i++) {
        const struct grid_situation *s = &c->situations[i];
        struct grid_situation_view *o = &items[v->situations_len];

        if (!s->shown && !s->confirmed)
            continue;
        v->situations_len++;
        o->label = grid_scenario_label(ctx, s->scenario->code);
        o->state = grid_situation_state(ctx, s);
        o->code = s->confirmed ? "confirmed" : "shown";
        fill_whys(ctx, &o->whys, &o->whys_len, s->whys, s->whys_len);
    }
    v->situations = items;
}

/* Choices of a select of a form; chosen is a code. */
static void fill_options(struct ctx *ctx, const struct grid_option_view **out, size_t *len_out,
                         const struct field *f, const char *chosen)
{
    struct grid_option_view *items =
        ARENA_ARRAY(ctx->arena, f->choices->len + 1, struct grid_option_view);

    for (size_t i = 0; i < f->choices->len; i++)
        items[i] = (struct grid_option_view){ f->choices->items[i].name,
                                              label_text(ctx, &f->choices->items[i].label),
                                              text_equal(f->choices->items[i].name, chosen) };
    *out = items;
    *len_out = f->choices->len;
}

/* "Not answered" first: it changes nothing. */
static void fill_answers(struct ctx *ctx, struct grid_finding_view *v, const struct grid_finding *f)
{
    const struct field *field =
        field_find(form_find(ctx->forms, FORM_GRID_ANSWER), FIELD_GRID_ANSWER_ANSWER);
    const char *said = grid_said_code(f);
    struct grid_option_view *items =
        ARENA_ARRAY(ctx->arena, field->choices->len + 2, struct grid_option_view);

    items[0] = (struct grid_option_view){ "", tr(ctx, "– no answer –"), !*said };
    for (size_t i = 0; i < field->choices->len; i++)
        items[i + 1] = (struct grid_option_view){ field->choices->items[i].name,
                                                  label_text(ctx, &field->choices->items[i].label),
                                                  text_equal(field->choices->items[i].name, said) };
    v->options = items;
    v->options_len = field->choices->len + 1;
}

static bool may_answer(const struct ctx *ctx, const struct grid_case *c,
                       const struct grid_finding *f)
{
    if (f->from == FROM_CASE || f->hidden)
        return false;
    if (f->criterion->of_place)
        return user_may(ctx->user, "place_answer.create") && !text_blank(c->country);
    return user_may(ctx->user, "grid_answer.create");
}

static void fill_finding(struct ctx *ctx, struct grid_finding_view *v, const struct grid_case *c,
                         const struct grid_finding *f)
{
    const char *note = !f->said || f->hidden ? ""
                       : f->criterion->of_place
                           ? record_value(f->said, FIELD_PLACE_ANSWER_PLACE_EVIDENCE)
                           : record_value(f->said, FIELD_GRID_ANSWER_ANSWER_NOTE);

    v->code = f->criterion->code;
    v->text = label_text(ctx, &f->criterion->text);
    v->level = grid_level_title(ctx, f->criterion->level);
    v->kind = grid_kind_text(ctx, f->criterion);
    v->mark = grid_outcome_code(f->outcome);
    v->outcome = grid_outcome_text(ctx, f);
    v->source = grid_source(ctx, f);
    v->note = f->from == FROM_CASE ? "" : note;
    fill_whys(ctx, &v->whys, &v->whys_len, f->whys, f->whys_len);
    if (may_answer(ctx, c, f))
        fill_answers(ctx, v, f);
}

static const char *choice_reason(struct ctx *ctx, const struct record *choice)
{
    const struct field *f = field_find(choice->form, FIELD_GRID_CHOICE_CHOICE_REASON);

    return record_may_read(ctx, f) ? record_value(choice, f->name) : "";
}

static const char *choice_text(struct ctx *ctx, const struct record *choice)
{
    return tr(ctx, "{0} on {1}",
              TR_TEXT(grid_choice_label(ctx, FORM_GRID_CHOICE, FIELD_GRID_CHOICE_CHOICE_DECISION,
                                        record_value(choice, FIELD_GRID_CHOICE_CHOICE_DECISION))),
              TR_DATE(record_value(choice, FIELD_GRID_CHOICE_CHOICE_ON)));
}

static void fill_row(struct ctx *ctx, struct grid_row_view *v, const struct grid_case *c,
                     const struct grid_result *r)
{
    const struct grid_row *row = r->row;
    struct grid_finding_view *items =
        ARENA_ARRAY(ctx->arena, row->criteria_len + 1, struct grid_finding_view);
    bool any = false;

    v->code = row->code;
    v->name = label_text(ctx, &row->name);
    v->dimension = grid_choice_label(ctx, FORM_PLAN, FIELD_PLAN_LINE_DIMENSION, row->dimension);
    v->local = row->local;
    v->useful = grid_useful(ctx, row);
    v->outcome = grid_suggestion(ctx, r->outcome);
    v->mark = grid_outcome_code(r->outcome);
    v->sums = grid_sums(ctx, r);
    for (size_t i = 0; i < row->criteria_len; i++) {
        fill_finding(ctx, &items[i], c, &r->findings[i]);
        any = any || items[i].options_len > 0;
    }
    v->findings = items;
    v->findings_len = row->criteria_len;
    if (any)
        v->answer = url_build(ctx, "/cases/{}/grid/answers", c->rec->id);
    if (user_may(ctx->user, "grid_choice.create"))
        v->decide = url_build(ctx, "/cases/{}/grid/choices", c->rec->id);
    if (r->choice) {
        v->decided = choice_text(ctx, r->choice);
        v->reason = choice_reason(ctx, r->choice);
    }
    fill_options(
        ctx, &v->decisions, &v->decisions_len,
        field_find(form_find(ctx->forms, FORM_GRID_CHOICE), FIELD_GRID_CHOICE_CHOICE_DECISION),
        r->choice ? record_value(r->choice, FIELD_GRID_CHOICE_CHOICE_DECISION) : "");
}

static bool wanted(const struct grid_row *row, const struct asked *a)
{
    bool useful = !*a->scenario;

    for (size_t i = 0; row->useful_for[i]; i++)
        useful = useful || text_equal(row->useful_for[i], a->scenario);
    return useful && (!*a->dimension || text_equal(row->dimension, a->dimension));
}

/* Suggested, in need of information, not suggested; and what no situation of the case asks for. */
static void fill_groups(struct ctx *ctx, struct grid_page_view *v, const struct grid_case *c,
                        const struct asked *a)
{
    static const enum grid_outcome order[] = { OUTCOME_MET, OUTCOME_UNKNOWN, OUTCOME_NOT_MET };
    static const char *const ids[] = { "suggested", "open", "not-suggested", "others" };
    const char *const notes[] = {
        tr(ctx, "All required criteria are met."),
        tr(ctx, "Some required criteria have no answer yet. Nothing speaks against these so far."),
        tr(ctx, "A required criterion is not met. They may be chosen all the same, with a reason."),
        tr(ctx, "No situation of the case calls for these."),
    };
    const struct grid *g = grid_of();
    struct grid_group_view *groups = ARENA_ARRAY(ctx->arena, GROUPS, struct grid_group_view);

    for (size_t i = 0; i < GROUPS; i++) {
        struct grid_row_view *rows = ARENA_ARRAY(ctx->arena, g->rows_len + 1, struct grid_row_view);

        groups[i] =
            (struct grid_group_view){ .id = ids[i],
                                      .title = i + 1 < GROUPS ? grid_suggestion(ctx, order[i])
                                                              : tr(ctx, "Other approaches"),
                                      .note = notes[i],
                                      .rows = rows };
        for (size_t k = 0; k < g->rows_len; k++) {
            const struct grid_result *r = &c->results[k];
            bool here = i + 1 == GROUPS ? !r->fits : r->fits && r->outcome == order[i];

            if (!here || !wanted(r->row, a))
                continue;
            rows[groups[i].rows_len].open = text_equal(r->row->code, a->row);
            fill_row(ctx, &rows[groups[i].rows_len++], c, r);
        }
    }
    v->groups = groups;
    v->groups_len = GROUPS;
}

static void fill_own(struct ctx *ctx, struct grid_page_view *v, const struct grid_case *c)
{
    struct grid_own_view *items = ARENA_ARRAY(ctx->arena, c->own_len + 1, struct grid_own_view);

    for (size_t i = 0; i < c->own_len; i++)
        items[i] =
            (struct grid_own_view){ .text = record_value(c->own[i], FIELD_GRID_CHOICE_CHOICE_OWN),
                                    .decided = choice_text(ctx, c->own[i]),
                                    .reason = choice_reason(ctx, c->own[i]),
                                    .link =
                                        url_build(ctx, "/records/grid_choice/{}", c->own[i]->id) };
    v->own = items;
    v->own_len = c->own_len;
    if (user_may(ctx->user, "grid_choice.create"))
        v->decide = url_build(ctx, "/cases/{}/grid/choices", c->rec->id);
}

static enum err show(struct ctx *ctx, struct res *res, int status, const char *id,
                     const struct asked *a)
{
    const char *problem = status == 422 ? ctx_first_problem(ctx) : NULL;
    struct grid_page_view v = { .problem = problem };
    struct grid_case c = { 0 };
    enum err rc = grid_case_load(ctx, &c, id);

    if (rc)
        return rc;
    v.case_title = plans_case_title(ctx, c.rec);
    v.back = url_build(ctx, "/records/case/{}", id);
    v.self = url_build(ctx, "/cases/{}/grid", id);
    v.print = url_build(ctx, "/cases/{}/grid/print", id);
    if (user_may(ctx->user, "plan.create"))
        v.make = url_build(ctx, "/cases/{}/plan", id);
    v.place = text_blank(c.place) ? NULL : c.place;
    fill_situations(ctx, &v, &c);
    fill_options(ctx, &v.dimensions, &v.dimensions_len,
                 field_find(form_find(ctx->forms, FORM_PLAN), FIELD_PLAN_LINE_DIMENSION),
                 a->dimension);
    fill_options(ctx, &v.scenarios, &v.scenarios_len,
                 field_find(form_find(ctx->forms, FORM_CASE), FIELD_CASE_SCENARIOS), a->scenario);
    fill_groups(ctx, &v, &c, a);
    fill_own(ctx, &v, &c);
    rc = inputs_fill(ctx, &v.panel, &c);
    if (rc)
        return rc;
    grid_page_reply(res, status, &v);
    return OK;
}

/* --- handlers --- */

static enum err get_grid(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct grid_case c = { 0 };
    const struct asked a = { .dimension = req_text(req, "dimension"),
                             .scenario = req_text(req, "scenario"),
                             .row = req_text(req, "row") };
    enum err rc;

    if (!req_wants_json(req))
        return show(ctx, res, 200, req_path(req, "id"), &a);
    rc = grid_case_load(ctx, &c, req_path(req, "id"));
    return rc ? rc : grid_reply_json(ctx, res, &c);
}

/* Back to the row that was worked on; what was wrong stands at the top of the page. */
static enum err shown_again(struct ctx *ctx, const struct req *req, struct res *res, enum err rc)
{
    const char *row = req_text(req, "row");
    const struct asked a = { .dimension = "", .scenario = "", .row = row };
    const char *id = req_path(req, "id");

    if (rc == ERR_INVALID)
        return show(ctx, res, 422, id, &a);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    if (!*row)
        return res_see_other(res, url_build(ctx, "/cases/{}/grid", id));
    return res_see_other(res, url_build(ctx, "/cases/{}/grid?row={}#row-{}", id, row, row));
}

static enum err post_answers(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct grid_said items[ANSWERS_MAX];
    size_t pairs_len = 0;
    const struct pair *pairs = req_pairs(req, &pairs_len);
    size_t len = 0;

    for (size_t i = 0; i < pairs_len && len < ANSWERS_MAX; i++)
        if (text_starts(pairs[i].name, "a.") && *pairs[i].value)
            items[len++] = (struct grid_said){ pairs[i].name + 2, pairs[i].value };
    return shown_again(
        ctx, req, res,
        grid_answer_set(ctx, req_path(req, "id"), items, len, req_text(req, "note")));
}

static enum err post_choice(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct grid_decision d = { .row = req_text(req, "row"),
                                     .own = req_text(req, "own"),
                                     .decision = req_text(req, "decision"),
                                     .reason = req_text(req, "reason"),
                                     .with_person = req_bool(req, "together") };

    return shown_again(ctx, req, res, grid_decide(ctx, req_path(req, "id"), &d));
}

static enum err reply_print(struct ctx *ctx, struct res *res, const struct grid_case *c,
                            struct giving_form_view *giving, const char *as)
{
    const char *id = c->rec->id;
    struct document_place place = { .path = "/cases/{}/grid/print?as={}",
                                    .id = id,
                                    .file_name = "feasibility-grid",
                                    .giving = giving,
                                    .status =
                                        giving->refused || ctx_first_problem(ctx)[0] ? 422 : 200 };
    struct document *d = NULL;
    enum err rc = grid_document(ctx, &d, c);

    if (rc)
        return rc;
    place.back_title = tr(ctx, "Feasibility grid");
    place.back = url_build(ctx, "/cases/{}/grid", id);
    giving->action = url_build(ctx, "/cases/{}/grid/print", id);
    giving_asks_fill(ctx, &giving->asks);
    return document_reply(ctx, res, d, &place, as);
}

static enum err get_print(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct giving_form_view giving = { 0 };
    struct grid_case c = { 0 };
    enum err rc = grid_case_load(ctx, &c, req_path(req, "id"));

    return rc ? rc : reply_print(ctx, res, &c, &giving, req_text(req, "as"));
}

/*
 * For somebody outside. The grid tells something of every side of a life, and none of it can be
 * left out without changing what the rest says: consent covers all groups of information that it
 * may speak of, or nothing is given.
 */
static enum err give_grid(struct ctx *ctx, const char **refused_out, const struct sharing *s,
                          const char *person_id)
{
    const struct form *consent = form_find(ctx->forms, FORM_CONSENT);
    const struct choice_list *list = field_find(consent, FIELD_CONSENT_DATA_CATEGORIES)->choices;
    const char **categories = ARENA_ARRAY(ctx->arena, list->len + 1, const char *);
    struct consent_part part = { .answer = CONSENT_UNSAID };
    size_t len = 0;
    enum err rc;

    for (size_t i = 0; i < list->len; i++)
        if (!text_equal(list->items[i].name, CODE_CONSENT_DATA_CATEGORIES_CONTACT) &&
            !text_equal(list->items[i].name, CODE_CONSENT_DATA_CATEGORIES_IMAGE))
            categories[len++] = list->items[i].name;
    rc = sharing_ask(ctx, &part, s, person_id, categories, len);
    if (rc == OK && consent_is_yes(part.answer) && part.len < len)
        part.answer = CONSENT_NOT_CATEGORIES;
    if (rc == OK && consent_is_yes(part.answer))
        rc = sharing_give(ctx, &part, s, person_id, categories, len);
    *refused_out = rc ? NULL : consent_reason(ctx, part.answer);
    return rc;
}

static enum err post_print(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct giving_form_view v = {
        .asks = { .recipient = text_trim(ctx->arena, req_text(req, "recipient")),
                  .purpose = req_text(req, "purpose") },
    };
    const struct sharing s = { SHARING_PRINT, v.asks.recipient, v.asks.purpose,
                               tr(ctx, "Feasibility grid") };
    struct grid_case c = { 0 };
    enum err rc = grid_case_load(ctx, &c, req_path(req, "id"));

    if (rc)
        return rc;
    rc = giving_check(ctx, s.recipient, s.purpose);
    if (rc == OK)
        rc = give_grid(ctx, &v.refused, &s, c.rec->parent_id);
    if (rc == ERR_INVALID || (rc == OK && v.refused))
        return reply_print(ctx, res, &c, &v, "");
    return rc ? rc : reply_print(ctx, res, &c, &v, "pdf");
}

static const struct field_spec show_fields[] = {
    { "dimension", INPUT_TEXT, .max = 60 },
    { "scenario", INPUT_TEXT, .max = 60 },
    { "row", INPUT_TEXT, .max = 60 },
    { 0 },
};

static const struct field_spec answer_fields[] = {
    { "row", INPUT_TEXT, .max = 60 },
    { "a.*", INPUT_TEXT, .max = 60 },
    { "note", INPUT_TEXT, .max = 8000 },
    { 0 },
};

static const struct field_spec choice_fields[] = {
    { "row", INPUT_TEXT, .max = 60 },
    { "own", INPUT_TEXT, .max = 2000 },
    { "decision", INPUT_TEXT, .max = 60 },
    { "reason", INPUT_TEXT, .max = 8000 },
    { "together", INPUT_BOOL },
    { 0 },
};

static const struct field_spec giving_fields[] = {
    { "recipient", INPUT_TEXT, .max = GIVING_RECIPIENT_BYTES },
    { "purpose", INPUT_CODE },
    { 0 },
};

static const struct field_spec print_fields[] = {
    { "as", INPUT_TEXT, .max = 10 },
    { 0 },
};

const struct route grid_routes[] = {
    { GET, "/cases/{id}/grid", "grid_choice.view", get_grid, FIELDS(show_fields), .reply = "grid" },
    { GET, "/cases/{id}/grid/print", "grid_choice.view", get_print, FIELDS(print_fields) },
    { POST, "/cases/{id}/grid/print", "grid_choice.view", post_print, FIELDS(giving_fields) },
    { POST, "/cases/{id}/grid/answers", "grid_answer.create", post_answers, FIELDS(answer_fields) },
    { POST, "/cases/{id}/grid/choices", "grid_choice.create", post_choice, FIELDS(choice_fields) },
    { 0 },
};
