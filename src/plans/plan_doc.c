#include "plans/plan_doc.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plan.h"
#include "plans/plan_money.h"
#include "plans/plan_sign.h"

#define PAIRS_MAX        24
#define TEXT_MAX         ((size_t)2000)
#define SIGNATURE_HEIGHT 60.0 /* points */

/* What is being written. */
struct writing {
    struct ctx *ctx;
    struct document *d;
    const struct record *plan;
    struct doc_pair pairs[PAIRS_MAX];
    size_t len;
};

static const struct field *field_of(const struct writing *w, const char *name)
{
    return field_find(w->plan->form, name);
}

static const char *shown(const struct writing *w, const char *name)
{
    const struct field *f = field_of(w, name);

    return answers_shown(w->ctx, f, answers_get(w->plan->answers, f));
}

static const char *row_shown(const struct writing *w, const struct answers *row, const char *name)
{
    const struct field *f = field_of(w, name);

    return answers_shown(w->ctx, f, answers_get(row, f));
}

static const char *label_of(const struct writing *w, const char *name)
{
    return label_text(w->ctx, &field_of(w, name)->label);
}

static void pair(struct writing *w, const char *label, const char *value)
{
    if (!text_blank(value) && w->len < PAIRS_MAX)
        w->pairs[w->len++] = (struct doc_pair){ label, value };
}

static void pair_field(struct writing *w, const char *name)
{
    pair(w, label_of(w, name), shown(w, name));
}

/* What was gathered, under a heading; nothing of it: it says so. */
static void end_pairs(struct writing *w, const char *heading)
{
    if (heading)
        document_add(w->d, DOC_HEADING, heading);
    if (w->len)
        document_pairs(w->d, w->pairs, w->len);
    else
        document_add(w->d, DOC_TEXT, "–");
    w->len = 0;
}

static const struct answers *const *rows_of(const struct writing *w, const char *repeat,
                                            size_t *len_out)
{
    const struct field *f = field_of(w, repeat);

    *len_out = w->plan->answers->rows_len[f->place];
    return (const struct answers *const *)w->plan->answers->rows[f->place];
}

/* A table of some fields of rows; a column that is NULL at name is written by cell. */
struct table_of {
    const char *const *names;
    const double *widths;
    size_t columns;
    const char **cells;
    size_t rows;
};

static void table_begin(struct writing *w, struct table_of *t, size_t rows_max)
{
    t->cells = ARENA_ARRAY(w->ctx->arena, (rows_max + 1) * t->columns + 1, const char *);
    t->rows = 0;
}

static void table_add(struct writing *w, struct table_of *t, const struct answers *row)
{
    for (size_t c = 0; c < t->columns; c++)
        t->cells[t->rows * t->columns + c] = row_shown(w, row, t->names[c]);
    t->rows++;
}

static void table_end(struct writing *w, const struct table_of *t, const char *title, bool total)
{
    struct doc_column *columns = ARENA_ARRAY(w->ctx->arena, t->columns, struct doc_column);

    for (size_t c = 0; c < t->columns; c++)
        columns[c] = (struct doc_column){ .head = label_of(w, t->names[c]), .width = t->widths[c] };
    document_add(w->d, DOC_HEADING, title);
    if (t->rows == 0) {
        document_add(w->d, DOC_TEXT, "–");
        return;
    }
    document_table(w->d, &(struct doc_table){ .title = title,
                                              .columns = columns,
                                              .columns_len = t->columns,
                                              .cells = t->cells,
                                              .rows = t->rows,
                                              .total = total });
}

/* --- sections --- */

static void add_head(struct writing *w, const struct record *of, const struct record *person)
{
    struct ctx *ctx = w->ctx;

    pair(w, tr(ctx, "Name"), person ? person->title : "");
    pair(w, tr(ctx, "Case"), of->number);
    pair(w, tr(ctx, "Plan"), w->plan->number);
    pair_field(w, FIELD_PLAN_PLAN_VERSION);
    pair(w, tr(ctx, "Status"), record_status_title(ctx, w->plan->form, w->plan->status));
    pair_field(w, FIELD_PLAN_AGREED_ON);
    pair_field(w, FIELD_PLAN_PLACE_OF_RETURN);
    pair_field(w, FIELD_PLAN_OBJECTIVES);
    pair_field(w, FIELD_PLAN_RETURNEE_OWN_OBJECTIVE);
    pair_field(w, FIELD_PLAN_MOTIVATIONS);
    pair_field(w, FIELD_PLAN_PLAN_PROPOSED_BY);
    pair_field(w, FIELD_PLAN_PLAN_DECIDED_BY);
    pair_field(w, FIELD_PLAN_SUPPORT_FORM);
    pair_field(w, FIELD_PLAN_HORIZON_MONTHS);
    pair_field(w, FIELD_PLAN_AMENDMENT_REASON);
    end_pairs(w, NULL);
}

static void add_dimensions(struct writing *w)
{
    static const char *const names[][2] = {
        { FIELD_PLAN_SUMMARY_ECONOMIC, FIELD_PLAN_NO_ECONOMIC_NOTE },
        { FIELD_PLAN_SUMMARY_SOCIAL, FIELD_PLAN_NO_SOCIAL_NOTE },
        { FIELD_PLAN_SUMMARY_PSYCHOSOCIAL, FIELD_PLAN_NO_PSYCHOSOCIAL_NOTE },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = shown(w, names[i][0]);
        const char *none = shown(w, names[i][1]);

        pair(w, label_of(w, names[i][0]),
             *text   ? text
             : *none ? tr(w->ctx, "Nothing is planned: {0}", TR_TEXT(none))
                     : "–");
    }
    end_pairs(w, tr(w->ctx, "1. Summary"));
}

static void add_lines(struct writing *w, const char *section, const char *title)
{
    static const char *const names[] = {
        FIELD_PLAN_LINE_CODE,           FIELD_PLAN_LINE_NEED,  FIELD_PLAN_LINE_ACTION,
        FIELD_PLAN_LINE_RESPONSIBLE,    FIELD_PLAN_LINE_START, FIELD_PLAN_LINE_EXPECTED_END,
        FIELD_PLAN_LINE_NEEDS_REFERRAL, FIELD_PLAN_LINE_STATUS
    };
    static const double widths[] = { 2.6, 2.8, 3.4, 2, 2.8, 2.8, 1.8, 2 };
    struct table_of t = { .names = names, .widths = widths, .columns = 8 };
    const struct field *of = field_of(w, FIELD_PLAN_LINE_SECTION);
    size_t len = 0;
    const struct answers *const *rows = rows_of(w, FIELD_PLAN_LINES, &len);

    table_begin(w, &t, len);
    for (size_t i = 0; i < len; i++)
        if (text_equal(answers_get(rows[i], of), section))
            table_add(w, &t, rows[i]);
    table_end(w, &t, title, false);
}

/* What does not fit into the table: service, intensity, details. */
static void add_details(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_LINE_SERVICE, FIELD_PLAN_LINE_INTENSITY,
                                         FIELD_PLAN_LINE_INCOME_KIND, FIELD_PLAN_LINE_DETAIL };
    size_t len = 0;
    const struct answers *const *rows = rows_of(w, FIELD_PLAN_LINES, &len);

    for (size_t i = 0; i < len && w->len < PAIRS_MAX; i++) {
        struct buf b;

        buf_init(&b, w->ctx->arena, TEXT_MAX);
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            const char *text = row_shown(w, rows[i], names[k]);

            if (!text_blank(text))
                buf_printf(&b, "%s%s", buf_text(&b)[0] ? "; " : "", text);
        }
        pair(w, row_shown(w, rows[i], FIELD_PLAN_LINE_ACTION), buf_text(&b));
    }
    if (w->len)
        end_pairs(w, tr(w->ctx, "How it is done"));
}

static void add_components(struct writing *w)
{
    const struct plan_component *all = plan_components();
    size_t counts[PLAN_COMPONENTS];

    plan_count_components(counts, w->plan);
    for (size_t i = 0; i < PLAN_COMPONENTS; i++) {
        const char *why = shown(w, all[i].without);
        const char *value = counts[i] ? tr(w->ctx, "{0, plural, one {# action} other {# actions}}",
                                           TR_INT((int64_t)counts[i]))
                            : *why    ? tr(w->ctx, "No action: {0}", TR_TEXT(why))
                                      : "–";

        pair(w, label_of(w, all[i].without), value);
    }
    end_pairs(w, tr(w->ctx, "The eleven parts that were considered"));
}

/* --- money --- */

const char *plan_totals(struct ctx *ctx, const struct record *plan)
{
    const struct field *lines = field_find(plan->form, FIELD_PLAN_LINES);
    const struct field *costs = field_find(plan->form, FIELD_PLAN_COSTS);
    const struct field *cost = field_find(plan->form, FIELD_PLAN_ESTIMATED_COST);
    const struct field *status = field_find(plan->form, FIELD_PLAN_LINE_STATUS);
    struct plan_sums sums = { .len = 0 };

    for (size_t i = 0; i < plan->answers->rows_len[lines->place]; i++) {
        const struct answers *row = plan->answers->rows[lines->place][i];

        for (size_t k = 0; k < row->rows_len[costs->place]; k++)
            if (!text_equal(answers_get(row, status), CODE_PLAN_LINE_STATUS_DROPPED))
                plan_sums_add(ctx, &sums, answers_get(row->rows[costs->place][k], cost));
    }
    return plan_sums_text(ctx, &sums);
}

static void add_costs(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_GOODS_EQUIPMENT_SERVICE,
                                         FIELD_PLAN_ESTIMATED_COST, FIELD_PLAN_COST_FUND };
    static const double widths[] = { 5, 2, 2 };
    struct table_of t = { .names = names, .widths = widths, .columns = 3 };
    const struct field *costs = field_of(w, FIELD_PLAN_COSTS);
    const char *total = plan_totals(w->ctx, w->plan);
    size_t len = 0;
    size_t all = 0;
    const struct answers *const *rows = rows_of(w, FIELD_PLAN_LINES, &len);

    for (size_t i = 0; i < len; i++)
        all += rows[i]->rows_len[costs->place];
    table_begin(w, &t, all + 1);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < rows[i]->rows_len[costs->place]; k++)
            table_add(w, &t, rows[i]->rows[costs->place][k]);
    if (t.rows) {
        t.cells[t.rows * 3] = tr(w->ctx, "Total");
        t.cells[t.rows * 3 + 1] = total;
        t.rows++;
    }
    table_end(w, &t, tr(w->ctx, "3. Goods, equipment, services and their costs"), t.rows > 0);
    pair_field(w, FIELD_PLAN_CEILING);
    if (w->len)
        end_pairs(w, NULL);
}

static void add_referrals(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_LINE_REFERRAL_AGENCY,
                                         FIELD_PLAN_LINE_REFERRAL_DETAIL, FIELD_PLAN_LINE_ACTION };
    static const double widths[] = { 3, 4, 4 };
    struct table_of t = { .names = names, .widths = widths, .columns = 3 };
    const struct field *needs = field_of(w, FIELD_PLAN_LINE_NEEDS_REFERRAL);
    size_t len = 0;
    const struct answers *const *rows = rows_of(w, FIELD_PLAN_LINES, &len);

    table_begin(w, &t, len);
    for (size_t i = 0; i < len; i++)
        if (text_equal(answers_get(rows[i], needs), CODE_PLAN_LINE_NEEDS_REFERRAL_YES))
            table_add(w, &t, rows[i]);
    table_end(w, &t, tr(w->ctx, "4. Referrals"), false);
}

static void add_scores(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_BASELINE_ECONOMIC, FIELD_PLAN_BASELINE_SOCIAL,
                                         FIELD_PLAN_BASELINE_PSYCHOSOCIAL,
                                         FIELD_PLAN_BASELINE_COMPOSITE };
    struct doc_bar *bars = ARENA_ARRAY(w->ctx->arena, 4, struct doc_bar);
    bool any = false;

    pair_field(w, FIELD_PLAN_EXPECTED_IMPROVEMENT);
    end_pairs(w, tr(w->ctx, "5. Expected improvement and scores at the start"));
    for (size_t i = 0; i < 4; i++) {
        double value = -1;
        bool there = parse_decimal(record_value(w->plan, names[i]), &value);

        bars[i] = (struct doc_bar){ .label = label_of(w, names[i]),
                                    .value = there ? value : -1,
                                    .value_text = there ? tr_decimal(w->ctx, value, 2)
                                                        : tr(w->ctx, "No score") };
        any = any || there;
    }
    if (any)
        document_bars(w->d, bars, 4, 0.33, 0.66);
}

static void add_group(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_MEMBER_NAME, FIELD_PLAN_MEMBER_IS,
                                         FIELD_PLAN_MEMBER_ROLE, FIELD_PLAN_MEMBER_ROLE_DEFINED };
    static const double widths[] = { 4, 3, 4, 2 };
    struct table_of t = { .names = names, .widths = widths, .columns = 4 };
    size_t len = 0;
    const struct answers *const *rows = rows_of(w, FIELD_PLAN_GROUP_MEMBERS, &len);

    table_begin(w, &t, len);
    for (size_t i = 0; i < len; i++)
        table_add(w, &t, rows[i]);
    table_end(w, &t, tr(w->ctx, "6. People of a project of the community"), false);
}

static void add_running(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_MONITORING_HOW, FIELD_PLAN_MONITORING_WHEN,
                                         FIELD_PLAN_NEXT_REVIEW_ON, FIELD_PLAN_FEEDBACK_USE,
                                         FIELD_PLAN_SHARING_RULE };
    static const char *const ends[] = { FIELD_PLAN_EXIT_END_DATE, FIELD_PLAN_EXIT_HOW,
                                        FIELD_PLAN_MAINSTREAM_TRANSITION };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        pair_field(w, names[i]);
    end_pairs(w, tr(w->ctx, "Follow-up, and what may be shared"));
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        pair_field(w, ends[i]);
    end_pairs(w, tr(w->ctx, "How the support ends"));
}

/* Pictures of signatures, each under the name of who signed. */
static enum err add_pictures(struct writing *w)
{
    struct plan_signature *items = NULL;
    size_t len = 0;
    enum err rc = plan_signatures(w->ctx, &items, &len, w->plan);

    for (size_t i = 0; rc == OK && i < len; i++) {
        struct upload_bytes png = { 0 };
        const char *words = tr(w->ctx, "Signature of {0}", TR_TEXT(items[i].name));

        if (items[i].file)
            rc = plan_signature_picture(w->ctx, &png, w->plan, items[i].file);
        if (rc || !png.len)
            continue;
        document_add(w->d, DOC_TEXT, words);
        rc = document_image(w->ctx, w->d, png.bytes, png.len, SIGNATURE_HEIGHT, words);
    }
    return rc;
}

static enum err add_approvals(struct writing *w)
{
    static const char *const names[] = { FIELD_PLAN_APPROVAL_BY,    FIELD_PLAN_APPROVAL_NAME,
                                         FIELD_PLAN_APPROVAL_MODE,  FIELD_PLAN_APPROVAL_ON,
                                         FIELD_PLAN_APPROVAL_PLACE, FIELD_PLAN_APPROVAL_HASH };
    static const double widths[] = { 3, 4, 3, 2.4, 3, 2.6 };
    struct table_of t = { .names = names, .widths = widths, .columns = 6 };
    bool signed_by = false;
    size_t len = 0;
    const struct answers *const *rows = rows_of(w, FIELD_PLAN_APPROVALS, &len);
    const char *const lines[] = { tr(w->ctx, "The returnee"),
                                  tr(w->ctx, "Staff of the programme, or the referral partner") };

    table_begin(w, &t, len);
    for (size_t i = 0; i < len; i++) {
        const char *hash = answers_get(rows[i], field_of(w, FIELD_PLAN_APPROVAL_HASH));

        table_add(w, &t, rows[i]);
        t.cells[t.rows * t.columns - 1] = hash ? plan_mark(w->ctx, hash) : "";
        signed_by =
            signed_by || plan_is_person(answers_get(rows[i], field_of(w, FIELD_PLAN_APPROVAL_BY)));
    }
    table_end(w, &t, tr(w->ctx, "Signatures"), false);
    if (!signed_by)
        document_signatures(w->d, lines, len == 0 ? 2 : 1);
    return add_pictures(w);
}

enum err plan_document(struct ctx *ctx, struct document **out, const struct record *plan,
                       const struct record *of, const struct record *person)
{
    struct writing w = { .ctx = ctx, .plan = plan };
    enum err rc;

    w.d = document_new(ctx, ctx->lang, tr(ctx, "Reintegration plan"));
    add_head(&w, of, person);
    add_dimensions(&w);
    add_lines(&w, CODE_PLAN_LINE_SECTION_IMMEDIATE, tr(ctx, "2. Immediate assistance"));
    add_lines(&w, CODE_PLAN_LINE_SECTION_LONGER_TERM, tr(ctx, "2. Longer-term assistance"));
    add_details(&w);
    add_components(&w);
    add_costs(&w);
    add_referrals(&w);
    add_scores(&w);
    add_group(&w);
    add_running(&w);
    rc = add_approvals(&w);
    document_add(w.d, DOC_SMALL,
                 tr(ctx, "This plan is yours. Taking part is your choice: you may ask for changes, "
                         "or stop, at any time. Keep it where only you can read it."));
    document_footer(w.d, plan->number ? plan->number : "");
    *out = w.d;
    return rc;
}
