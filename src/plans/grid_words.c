/* What people read of the grid, and the grid of a case as a report. */
#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plans_web.h"

#define TEXT_MAX ((size_t)2000)

const char *grid_choice_label(struct ctx *ctx, const char *kind, const char *field,
                              const char *code)
{
    const struct field *f = field_find(form_find(ctx->forms, kind), field);

    return text_blank(code) ? "" : answers_shown(ctx, f, code);
}

const char *grid_scenario_label(struct ctx *ctx, const char *code)
{
    return grid_choice_label(ctx, FORM_CASE, FIELD_CASE_SCENARIOS, code);
}

const char *grid_level_title(struct ctx *ctx, int level)
{
    static const char *const titles[] = { N_("Individual"), N_("Community"), N_("Structural") };

    return tr_args(ctx, titles[level], NULL);
}

const char *grid_suggestion(struct ctx *ctx, enum grid_outcome o)
{
    static const char *const titles[] = { [OUTCOME_UNKNOWN] = N_("Needs information"),
                                          [OUTCOME_MET] = N_("Suggested"),
                                          [OUTCOME_NOT_MET] = N_("Not suggested") };

    return tr_args(ctx, titles[o], NULL);
}

const char *grid_outcome_text(struct ctx *ctx, const struct grid_finding *f)
{
    static const char *const titles[] = { [OUTCOME_UNKNOWN] = N_("Not known yet"),
                                          [OUTCOME_MET] = N_("Met"),
                                          [OUTCOME_NOT_MET] = N_("Not met") };

    if (f->criterion->expected == GRID_UNKNOWN && f->answer != GRID_UNKNOWN)
        return grid_choice_label(ctx, FORM_GRID_ANSWER, FIELD_GRID_ANSWER_ANSWER,
                                 grid_answer_code(f->answer));
    return tr_args(ctx, titles[f->outcome], NULL);
}

const char *grid_kind_text(struct ctx *ctx, const struct grid_criterion *c)
{
    if (c->expected == GRID_UNKNOWN)
        return tr(ctx, "Open question");
    return c->required ? tr(ctx, "Required") : tr(ctx, "Advisory");
}

const char *grid_source(struct ctx *ctx, const struct grid_finding *f)
{
    const char *on;

    if (f->hidden)
        return tr(ctx, "Only the case team may read this.");
    if (f->from == FROM_CASE)
        return tr(ctx, "From the case");
    if (!f->said)
        return NULL;
    on = record_value(f->said, f->criterion->of_place ? FIELD_PLACE_ANSWER_PLACE_ANSWERED_ON
                                                      : FIELD_GRID_ANSWER_ANSWERED_ON);
    if (!f->criterion->of_place)
        return tr(ctx, "Answered by staff on {0}", TR_DATE(on));
    if (text_blank(record_value(f->said, FIELD_PLACE_ANSWER_PLACE_NAME)))
        return tr(ctx, "Known of the whole country since {0}", TR_DATE(on));
    return tr(ctx, "Known of the place {0} since {1}",
              TR_TEXT(record_value(f->said, FIELD_PLACE_ANSWER_PLACE_NAME)), TR_DATE(on));
}

const char *grid_situation_state(struct ctx *ctx, const struct grid_situation *s)
{
    if (s->shown && s->confirmed)
        return tr(ctx, "Shown by the answers, confirmed by staff");
    if (s->confirmed)
        return tr(ctx, "Confirmed by staff");
    return tr(ctx, "Shown by the answers");
}

const char *grid_sums(struct ctx *ctx, const struct grid_result *r)
{
    if (r->unmet + r->open == 0)
        return tr(ctx, "All required criteria are met");
    if (r->open == 0)
        return tr(ctx, "{0, plural, one {# criterion is} other {# criteria are}} not met",
                  TR_INT((int64_t)r->unmet));
    if (r->unmet == 0)
        return tr(ctx, "{0, plural, one {# criterion is} other {# criteria are}} open",
                  TR_INT((int64_t)r->open));
    return tr(ctx, "Criteria not met: {0}; open: {1}", TR_INT((int64_t)r->unmet),
              TR_INT((int64_t)r->open));
}

const char *grid_useful(struct ctx *ctx, const struct grid_row *row)
{
    struct buf b;

    buf_init(&b, ctx->arena, TEXT_MAX);
    for (size_t i = 0; row->useful_for[i]; i++) {
        buf_add(&b, i ? " · " : "");
        buf_add(&b, grid_scenario_label(ctx, row->useful_for[i]));
    }
    return buf_ok(&b) ? buf_text(&b) : "…";
}

const char *plans_case_title(struct ctx *ctx, const struct record *rec)
{
    return text_blank(rec->title) ? label_text(ctx, &rec->form->title) : rec->title;
}

/* --- as a report --- */

static const char *why_text(struct ctx *ctx, const struct grid_finding *f)
{
    const char *source = grid_source(ctx, f);
    struct buf b;

    buf_init(&b, ctx->arena, TEXT_MAX);
    buf_add(&b, source ? source : "");
    for (size_t i = 0; i < f->whys_len; i++)
        buf_printf(&b, "%s%s %s", i || source ? "; " : "", f->whys[i].label, f->whys[i].value);
    return buf_ok(&b) ? buf_text(&b) : "…";
}

static void add_situations(struct ctx *ctx, struct document *d, const struct grid_case *c)
{
    const struct grid *g = grid_of();
    struct doc_pair *pairs = ARENA_ARRAY(ctx->arena, g->scenarios_len + 1, struct doc_pair);
    size_t len = 0;

    for (size_t i = 0; i < g->scenarios_len; i++)
        if (c->situations[i].shown || c->situations[i].confirmed)
            pairs[len++] =
                (struct doc_pair){ grid_scenario_label(ctx, c->situations[i].scenario->code),
                                   grid_situation_state(ctx, &c->situations[i]) };
    document_add(d, DOC_HEADING, tr(ctx, "Situations of this case"));
    if (len)
        document_pairs(d, pairs, len);
    else
        document_add(d, DOC_TEXT, tr(ctx, "The case shows no situation yet."));
}

static const char *decision_text(struct ctx *ctx, const struct record *choice)
{
    return !choice ? ""
                   : grid_choice_label(ctx, FORM_GRID_CHOICE, FIELD_GRID_CHOICE_CHOICE_DECISION,
                                       record_value(choice, FIELD_GRID_CHOICE_CHOICE_DECISION));
}

static void add_overview(struct ctx *ctx, struct document *d, const struct grid_case *c)
{
    const struct grid *g = grid_of();
    const struct doc_column columns[] = { { .head = tr(ctx, "Approach"), .width = 4 },
                                          { .head = tr(ctx, "Dimension"), .width = 2 },
                                          { .head = tr(ctx, "Grid"), .width = 2 },
                                          { .head = tr(ctx, "Criteria"), .width = 3 },
                                          { .head = tr(ctx, "Decision"), .width = 2 } };
    const char **cells = ARENA_ARRAY(ctx->arena, (g->rows_len + c->own_len) * 5 + 1, const char *);
    struct doc_table table = {
        .title = tr(ctx, "Approaches"), .columns = columns, .columns_len = 5, .cells = cells
    };

    for (size_t i = 0; i < g->rows_len; i++) {
        const struct grid_result *r = &c->results[i];
        const char **row = cells + 5 * table.rows++;

        row[0] = label_text(ctx, &r->row->name);
        row[1] = grid_choice_label(ctx, FORM_PLAN, FIELD_PLAN_LINE_DIMENSION, r->row->dimension);
        row[2] = grid_suggestion(ctx, r->outcome);
        row[3] = grid_sums(ctx, r);
        row[4] = decision_text(ctx, r->choice);
    }
    for (size_t i = 0; i < c->own_len; i++) {
        const char **row = cells + 5 * table.rows++;

        row[0] = record_value(c->own[i], FIELD_GRID_CHOICE_CHOICE_OWN);
        row[2] = tr(ctx, "Other measures");
        row[4] = decision_text(ctx, c->own[i]);
    }
    document_add(d, DOC_HEADING, table.title);
    document_table(d, &table);
}

static void add_row(struct ctx *ctx, struct document *d, const struct grid_result *r)
{
    const struct doc_column columns[] = { { .head = tr(ctx, "Criterion"), .width = 5 },
                                          { .head = tr(ctx, "Level"), .width = 2 },
                                          { .head = tr(ctx, "Is it so?"), .width = 2 },
                                          { .head = tr(ctx, "Why"), .width = 4 } };
    const char **cells = ARENA_ARRAY(ctx->arena, r->row->criteria_len * 4 + 1, const char *);
    struct doc_table table = { .title = label_text(ctx, &r->row->name),
                               .columns = columns,
                               .columns_len = 4,
                               .cells = cells,
                               .rows = r->row->criteria_len };

    for (size_t i = 0; i < table.rows; i++) {
        const struct grid_finding *f = &r->findings[i];

        cells[4 * i] = arena_printf(ctx->arena, "%s (%s)", label_text(ctx, &f->criterion->text),
                                    grid_kind_text(ctx, f->criterion));
        cells[4 * i + 1] = grid_level_title(ctx, f->criterion->level);
        cells[4 * i + 2] = grid_outcome_text(ctx, f);
        cells[4 * i + 3] = why_text(ctx, f);
    }
    document_add(
        d, DOC_HEADING,
        tr(ctx, "{0}: {1}", TR_TEXT(table.title), TR_TEXT(grid_suggestion(ctx, r->outcome))));
    document_add(d, DOC_SMALL, tr(ctx, "Useful for: {0}", TR_TEXT(grid_useful(ctx, r->row))));
    document_table(d, &table);
}

enum err grid_document(struct ctx *ctx, struct document **out, const struct grid_case *c)
{
    const struct grid *g = grid_of();
    struct document *d = document_new(ctx, ctx->lang, tr(ctx, "Feasibility grid"));

    document_add(d, DOC_HEADING, plans_case_title(ctx, c->rec));
    document_add(
        d, DOC_SMALL,
        tr(ctx, "As at {0}. The grid suggests and never decides.", TR_DATE(ctx_today(ctx))));
    if (!text_blank(c->place))
        document_add(d, DOC_TEXT, tr(ctx, "Place of return: {0}", TR_TEXT(c->place)));
    add_situations(ctx, d, c);
    add_overview(ctx, d, c);
    for (size_t i = 0; i < g->rows_len; i++)
        add_row(ctx, d, &c->results[i]);
    document_footer(d, plans_case_title(ctx, c->rec));
    *out = d;
    return OK;
}
