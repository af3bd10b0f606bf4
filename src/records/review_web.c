/* The last page of a form in pages: every question that is asked, with its answer, to look over. */
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/widgets.h"

struct looking {
    struct ctx *ctx;
    struct review_section_view *sections;
    size_t len;
    size_t cap; /* rows of a section */
    int64_t answered;
    int64_t declined;
    int64_t missing;
};

/* Does not know, or would rather not say. */
static bool is_declined(const struct field *f, const char *value)
{
    const struct choice *c =
        f->choices != NULL && f->kind == FIELD_SELECT_ONE ? choice_find(f->choices, value) : NULL;

    return c != NULL && c->decline != NULL && !text_equal(c->decline, "na");
}

static void add_row(struct looking *l, const struct widget_view *w, int64_t page)
{
    struct review_section_view *s = &l->sections[l->len - 1];
    struct review_row_view *rows = s->rows;
    struct review_row_view *row = &rows[s->rows_len];

    if (rows == NULL || s->rows_len == l->cap)
        return;
    s->rows_len++;
    *row = (struct review_row_view){ .label = w->label, .page = page, .mark = "done" };
    row->answer = w->kind == WIDGET_REPEAT
                      ? tr(l->ctx, "{0, plural, one {# entry} other {# entries}}",
                           TR_INT((int64_t)w->repeat.rows_len))
                      : field_shown(l->ctx, w->field, w->value);
    if (w->beside)
        return;
    if (w->kind != WIDGET_REPEAT && w->value[0] == '\0') {
        row->mark = w->required ? "needed" : "missing";
        row->state = w->required ? tr(l->ctx, "An answer is needed") : tr(l->ctx, "Not answered");
        l->missing++;
    } else if (w->kind != WIDGET_REPEAT && is_declined(w->field, w->value)) {
        row->mark = "declined";
        row->state = tr(l->ctx, "Declined or not known");
        l->declined++;
    } else {
        l->answered++;
    }
}

static void begin_section(struct looking *l, const char *label)
{
    struct review_section_view *s = &l->sections[l->len++];

    s->label = label;
    s->rows = ARENA_ARRAY(l->ctx->arena, l->cap, struct review_row_view);
}

static bool is_seen(const struct widget_view *w)
{
    return w->relevant && w->kind != WIDGET_KEPT && w->kind != WIDGET_NOTE &&
           ((w->kind != WIDGET_SHOWN && !w->beside) || w->value[0] != '\0');
}

static void look_at(struct looking *l, const struct widget_view *items, size_t len, int64_t page)
{
    for (size_t i = 0; i < len; i++) {
        const struct widget_view *w = &items[i];
        int64_t here = w->page > 0 ? w->page : page;

        if (!is_seen(w))
            continue;
        if (w->kind == WIDGET_SECTION)
            look_at(l, w->section.items, w->section.items_len, here);
        else if (w->kind == WIDGET_GRID)
            look_at(l, w->grid.rows, w->grid.rows_len, here);
        else if (w->kind == WIDGET_REPEAT || (w->field != NULL && field_has_value(w->field)))
            add_row(l, w, here);
    }
}

void review_fill(struct ctx *ctx, struct record_form_view *v, const struct form *form)
{
    struct looking l = { .ctx = ctx, .cap = form->all_len + 1 };
    size_t kept = 0;

    l.sections = ARENA_ARRAY(ctx->arena, v->items_len + 1, struct review_section_view);
    for (size_t i = 0; i < v->items_len; i++) {
        const struct widget_view *w = &v->items[i];

        if (w->kind == WIDGET_SECTION || l.len == 0)
            begin_section(&l, w->kind == WIDGET_SECTION ? w->label : tr(ctx, "Answers"));
        else if (i > 0 && v->items[i - 1].kind == WIDGET_SECTION)
            begin_section(&l, tr(ctx, "Answers"));
        look_at(&l, w, 1, 0);
    }
    for (size_t i = 0; i < l.len; i++)
        if (l.sections[i].rows_len > 0)
            l.sections[kept++] = l.sections[i];
    v->review = l.sections;
    v->review_len = kept;
    v->review_sum = tr(ctx, "Answered: {0}. Declined or not known: {1}. Not answered: {2}.",
                       TR_INT(l.answered), TR_INT(l.declined), TR_INT(l.missing));
}
