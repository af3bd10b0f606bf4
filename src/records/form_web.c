/* Forms as widgets: one struct widget_view for each field, row and section. */
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/widgets.h"

#define LOOK_TEXT 120

static bool is_drawn(struct maker *m, const struct field *f)
{
    if (!field_visible(m->ctx, f))
        return false;
    return f->kind != FIELD_CALCULATE || field_sent_back(f) ||
           label_text(m->ctx, &f->label)[0] != '\0';
}

/* How the question is asked, as the form says it in its appearance. */
static void fill_prompt(struct maker *m, struct widget_view *w, const struct field *f)
{
    if (has_word(f->appearance, "prompt-yes")) {
        w->prompt = tr(m->ctx, "Read the options aloud");
        w->prompt_kind = "yes";
    } else if (has_word(f->appearance, "prompt-no")) {
        w->prompt = tr(m->ctx, "Do not read the options aloud");
        w->prompt_kind = "no";
    } else if (has_word(f->appearance, "prompt-if-needed")) {
        w->prompt = tr(m->ctx, "Read the options aloud if needed");
        w->prompt_kind = "needed";
    } else if (has_word(f->appearance, "prompt-not-initially")) {
        w->prompt = tr(m->ctx, "Do not read the options aloud at first");
        w->prompt_kind = "later";
    }
}

static const char *id_of_path(struct arena *a, const char *path)
{
    char *id = arena_printf(a, "f-%s", path);

    for (char *p = id; *p != '\0'; p++)
        if (*p == '.')
            *p = '-';
    return id;
}

/* --- sections and repeats --- */

static void fill_widget(struct maker *m, struct widget_view *w, struct answers *t,
                        const struct field *f);

/* How many fields from f on are one table: a head and its rows, or selects of a table-list. */
static size_t grid_len(struct maker *m, const struct field *f)
{
    bool head = field_looks(f, LOOK_LABEL);
    bool all = f->parent != NULL && field_looks(f->parent, LOOK_TABLE_LIST);
    size_t n = 0;

    if (f->choices == NULL || f->kind == FIELD_RANK || (!head && !all))
        return 0;
    for (const struct field *g = f; g != NULL && g->choices == f->choices; g = g->next) {
        if (g->kind != f->kind || g->choice_filter != NULL || g->randomize || g->read_only ||
            !is_drawn(m, g))
            break;
        if (n > 0 && !all && !field_looks(g, LOOK_LIST_NOLABEL))
            break;
        n++;
    }
    return n > 1 ? n : 0;
}

/* Its head is its first field, which is asked itself only in a table-list. */
static void fill_grid(struct maker *m, struct widget_view *w, struct answers *t,
                      const struct field *f, size_t len)
{
    struct widget_grid_view *g = &w->grid;
    const struct choice_list *list = f->choices;
    const char **heads = ARENA_ARRAY(m->ctx->arena, list->len + 1, const char *);

    for (size_t i = 0; i < list->len; i++)
        heads[i] = label_said(m->ctx, &list->items[i].label, t);
    g->w = w;
    g->heads = heads;
    g->heads_len = list->len;
    g->rows = ARENA_ARRAY(m->ctx->arena, len + 1, struct widget_view);
    if (field_looks(f, LOOK_LABEL)) {
        fill_widget(m, w, t, f);
        f = f->next;
        len--;
    } else {
        w->path = "";
        w->id = arena_printf(m->ctx->arena, "g-%s", f->name);
        w->relevant = true;
    }
    w->kind = WIDGET_GRID;
    for (; len > 0; len--, f = f->next) {
        struct widget_view *row = &g->rows[g->rows_len++];

        fill_widget(m, row, t, f);
        row->kind = f->kind == FIELD_SELECT_ONE ? WIDGET_RADIOS : WIDGET_CHECKS;
        widget_fill(m, row, t, f);
        if (f->kind == FIELD_SELECT_MULTIPLE) {
            row->radios.options = row->checks.options;
            row->radios.options_len = row->checks.options_len;
        }
    }
}

static struct widget_view *fill_items(struct maker *m, size_t *len_out, struct answers *t,
                                      const struct field *first)
{
    struct widget_view *items;
    size_t n = 0;

    for (const struct field *f = first; f != NULL; f = f->next)
        n += is_drawn(m, f);
    items = ARENA_ARRAY(m->ctx->arena, n + 1, struct widget_view);
    n = 0;
    for (const struct field *f = first; f != NULL; f = f->next) {
        size_t rows = is_drawn(m, f) ? grid_len(m, f) : 0;

        if (rows > 0)
            fill_grid(m, &items[n++], t, f, rows);
        else if (is_drawn(m, f))
            fill_widget(m, &items[n++], t, f);
        for (; rows > 1 && f->next != NULL; rows--)
            f = f->next;
    }
    *len_out = n;
    return items;
}

static bool is_question(const struct widget_view *w)
{
    return w->relevant && w->kind != WIDGET_SHOWN && w->kind != WIDGET_KEPT &&
           w->kind != WIDGET_GRID && !w->beside && field_has_value(w->field);
}

static void count_answers(const struct widget_view *items, size_t len, int64_t *answered,
                          int64_t *asked)
{
    for (size_t i = 0; i < len; i++) {
        const struct widget_view *w = &items[i];

        if (w->kind == WIDGET_GRID) {
            count_answers(w->grid.rows, w->grid.rows_len, answered, asked);
        } else if (w->kind == WIDGET_SECTION && w->relevant) {
            *asked += w->section.asked;
            *answered += w->section.answered;
        } else if (w->field != NULL && is_question(w)) {
            *asked += 1;
            *answered += w->value[0] != '\0';
        }
    }
}

static void fill_section(struct maker *m, struct widget_view *w, struct answers *t,
                         const struct field *f)
{
    struct widget_section_view *s = &w->section;

    s->items = fill_items(m, &s->items_len, t, f->children);
    count_answers(s->items, s->items_len, &s->answered, &s->asked);
    s->progress = m->progress && s->asked > 1;
    s->theme = m->form->theme_grid;
}

static void fill_row(struct maker *m, struct widget_row_view *row, const struct widget_view *w,
                     struct answers *t, const struct field *f)
{
    struct arena *a = m->ctx->arena;

    row->title = arena_printf(a, "%s %d", w->label, (int)row->number);
    row->id_name = arena_printf(a, "%s.%d.id", w->path, (int)row->number);
    row->row_id = t->id;
    row->remove = arena_printf(a, "_remove.%s.%d", w->path, (int)row->number);
    row->items = fill_items(m, &row->items_len, t, f->children);
}

static void fill_repeat(struct maker *m, struct widget_view *w, struct answers *t,
                        const struct field *f)
{
    struct widget_repeat_view *r = &w->repeat;

    if (f->required && t->rows_len[f->place] == 0 && f->repeat_count == NULL &&
        answers_defaults(m->ctx, answers_add_row(m->ctx->arena, t, f)) != OK)
        log_error("the defaults of a row could not be worked out");
    r->counted = f->repeat_count != NULL;
    r->top = f->parent == NULL;
    r->rows_len = t->rows_len[f->place];
    r->rows = ARENA_ARRAY(m->ctx->arena, r->rows_len + 1, struct widget_row_view);
    r->add = arena_printf(m->ctx->arena, "_add.%s", w->path);
    for (size_t i = 0; i < r->rows_len; i++) {
        r->rows[i].number = (int64_t)i + 1;
        fill_row(m, &r->rows[i], w, t->rows[f->place][i], f);
    }
}

/* --- one widget --- */

/* Relevance that cannot be worked out is told when the form is saved; until then it is shown. */
static bool is_relevant(struct maker *m, const struct answers *t, const struct field *f)
{
    bool relevant = true;

    if (f->relevant == NULL && f->parent == f->repeat)
        return true;
    if (answers_relevant(m->ctx, t, f, &relevant))
        return true;
    return relevant;
}

/* What is wrong, with the answers that its text names. */
static const char *problem_said(struct ctx *ctx, const char *text, const struct answers *t)
{
    struct rich_view v = { 0 };

    if (text == NULL || (strstr(text, "${") == NULL && strstr(text, "**") == NULL))
        return text;
    text_said(ctx, &v, text, t);
    return rich_plain(ctx, &v);
}

/* Classes that say how it is drawn. */
static const char *look_of(struct ctx *ctx, const struct field *f)
{
    struct buf b;

    buf_init(&b, ctx->arena, LOOK_TEXT);
    if (field_looks(f, LOOK_LIKERT) || field_looks(f, LOOK_RATING))
        buf_add(&b, " q-likert");
    if (field_looks(f, LOOK_HORIZONTAL))
        buf_add(&b, " q-row");
    if (field_looks(f, LOOK_COLUMNS))
        buf_printf(&b, " q-columns cols-%d", f->columns > 0 && f->columns <= 10 ? f->columns : 0);
    if (field_looks(f, LOOK_NO_BUTTONS))
        buf_add(&b, " q-bare");
    if (f->width > 0 && f->width <= 10)
        buf_printf(&b, " w-%d", f->width);
    return b.len > 0 ? buf_text(&b) : NULL;
}

/* Each key term is marked once in what is seen of a form; what is hidden has marks of its own. */
static void mark_terms(struct maker *m, struct widget_view *w)
{
    struct term_seen hidden = m->terms;
    struct term_seen *seen = w->relevant ? &m->terms : &hidden;

    rich_terms(m->ctx, &w->said, seen);
    rich_terms(m->ctx, &w->hint_said, seen);
    rich_terms(m->ctx, &w->guidance_said, seen);
}

static void fill_texts(struct maker *m, struct widget_view *w, const struct answers *t,
                       const struct field *f)
{
    struct ctx *ctx = m->ctx;
    const char *hint = label_text(ctx, &f->hint);
    const char *guidance = label_text(ctx, &f->guidance);
    const char *label = label_text(ctx, &f->label);

    text_said(ctx, &w->said, label[0] != '\0' ? label : f->name, t);
    text_said(ctx, &w->hint_said, hint, t);
    text_said(ctx, &w->guidance_said, guidance, t);
    w->label = rich_plain(ctx, &w->said);
    mark_terms(m, w);
    media_fill(m, &w->media, &f->media, label);
    w->hint = hint[0] != '\0' ? hint : NULL;
    w->guidance = guidance[0] != '\0' ? guidance : NULL;
    w->problem = problem_said(ctx, ctx_problem(ctx, w->path), t);
    if (w->hint != NULL)
        w->described = arena_printf(ctx->arena, "%s-hint %s-problem", w->id, w->id);
    else
        w->described = arena_printf(ctx->arena, "%s-problem", w->id);
    w->look = look_of(ctx, f);
    fill_prompt(m, w, f);
}

/* Each part of a widget knows the whole. */
static void tie(struct widget_view *w)
{
    w->ask.w = w;
    w->foot.w = w;
    w->line.w = w;
    w->area.w = w;
    w->radios.w = w;
    w->select.w = w;
    w->checks.w = w;
    w->ref.w = w;
    w->range.w = w;
    w->rank.w = w;
    w->place.w = w;
    w->file.w = w;
    w->grid.w = w;
    w->section.w = w;
    w->repeat.w = w;
}

static bool is_required(struct maker *m, const struct answers *t, const struct field *f)
{
    struct ctx scratch = *m->ctx;
    bool required = f->required;

    ctx_clear_problems(&scratch);
    if (f->required_if != NULL && answers_required(&scratch, t, f, &required) != OK)
        return false;
    return required;
}

static void fill_widget(struct maker *m, struct widget_view *w, struct answers *t,
                        const struct field *f)
{
    const char *value = field_has_value(f) ? answers_get(t, f) : NULL;

    w->field = f;
    w->kind = widget_of(f);
    if (f->kind == FIELD_CALCULATE && label_text(m->ctx, &f->label)[0] == '\0')
        w->kind = WIDGET_KEPT;
    w->path = answers_path(m->ctx->arena, t, f);
    w->id = id_of_path(m->ctx->arena, w->path);
    w->value = value == NULL ? "" : value;
    w->required = is_required(m, t, f);
    w->relevant = is_relevant(m, t, f);
    w->hidden = !w->relevant;
    w->quick = field_looks(f, LOOK_QUICK);
    w->beside = w->kind == WIDGET_AREA && field_looks(f, LOOK_BESIDE);
    w->many = w->kind == WIDGET_RADIOS || w->kind == WIDGET_CHECKS || w->kind == WIDGET_RANK ||
              w->kind == WIDGET_PLACE;
    fill_texts(m, w, t, f);
    tie(w);
    if (w->kind == WIDGET_SECTION)
        fill_section(m, w, t, f);
    else if (w->kind == WIDGET_REPEAT)
        fill_repeat(m, w, t, f);
    else
        widget_fill(m, w, t, f);
}

/* --- problems --- */

struct finding {
    const char *path;
    const char *row; /* title of the outermost row around it; NULL = in none */
    int64_t page;
};

static const struct widget_view *find_widget(struct finding *x, const struct widget_view *items,
                                             size_t len);

static const struct widget_view *find_in(struct finding *x, const struct widget_view *w)
{
    const struct widget_view *found = NULL;

    if (w->kind == WIDGET_SECTION)
        return find_widget(x, w->section.items, w->section.items_len);
    if (w->kind == WIDGET_GRID)
        return find_widget(x, w->grid.rows, w->grid.rows_len);
    for (size_t r = 0; w->kind == WIDGET_REPEAT && r < w->repeat.rows_len && !found; r++) {
        const struct widget_row_view *row = &w->repeat.rows[r];

        found = find_widget(x, row->items, row->items_len);
        if (found != NULL)
            x->row = row->title;
    }
    return found;
}

/* The widget of a path among items. */
static const struct widget_view *find_widget(struct finding *x, const struct widget_view *items,
                                             size_t len)
{
    const struct widget_view *found = NULL;

    for (size_t i = 0; i < len && found == NULL; i++) {
        found = strcmp(items[i].path, x->path) == 0 ? &items[i] : find_in(x, &items[i]);
        if (found != NULL && items[i].page > 0)
            x->page = items[i].page;
    }
    return found;
}

static void fill_problem(struct ctx *ctx, struct problem_view *out, const struct problem *p,
                         const struct widget_view *w, const char *row)
{
    if (w == NULL)
        return;
    if (w->problem != NULL)
        out->text = w->problem;
    out->label = row == NULL ? w->label : tr(ctx, "{0}, {1}", TR_TEXT(row), TR_TEXT(w->label));
    out->id = w->id;
    if (strstr(out->text, w->label) != NULL) { /* it names the question itself */
        out->label = row == NULL ? out->text : row;
        out->text = row == NULL ? NULL : out->text;
    }
    (void)p;
}

/* Returns the page of the first problem; 0 if there is none. */
static int64_t fill_problems(struct ctx *ctx, struct record_form_view *v)
{
    struct problem_view *out;
    int64_t page = 0;
    size_t n = 0;

    for (const struct problem *p = ctx->problems; p != NULL; p = p->next)
        n++;
    out = ARENA_ARRAY(ctx->arena, n + 1, struct problem_view);
    n = 0;
    for (const struct problem *p = ctx->problems; p != NULL; p = p->next) {
        struct finding x = { .path = p->field };
        const struct widget_view *w =
            p->field == NULL ? NULL : find_widget(&x, v->items, v->items_len);

        out[n].text = p->text;
        fill_problem(ctx, &out[n++], p, w, x.row);
        page = page == 0 ? x.page : page;
    }
    v->problems = out;
    v->problems_len = n;
    return page;
}

/* Where the buttons of repeats and references lead: the form itself, at this place. */
static void place_buttons(struct ctx *ctx, struct widget_view *items, size_t len, const char *kind,
                          const char *action)
{
    for (size_t i = 0; i < len; i++) {
        struct widget_view *w = &items[i];

        if (w->kind == WIDGET_SECTION)
            place_buttons(ctx, w->section.items, w->section.items_len, kind, action);
        if (w->kind == WIDGET_REF)
            ref_place(ctx, w, kind, action);
        if (w->kind != WIDGET_REPEAT)
            continue;
        w->repeat.here.text = arena_printf(ctx->arena, "%s#%s", action, w->id);
        for (size_t r = 0; r < w->repeat.rows_len; r++)
            place_buttons(ctx, w->repeat.rows[r].items, w->repeat.rows[r].items_len, kind, action);
    }
}

static bool answers_settled(struct ctx *ctx, struct answers *answers)
{
    struct ctx scratch = *ctx;

    ctx_clear_problems(&scratch);
    return answers_recompute(&scratch, answers, NULL, NULL) == OK;
}

void form_fill(struct ctx *ctx, struct record_form_view *v, const struct form *form,
               struct answers *answers)
{
    struct maker m = { .ctx = ctx, .form = form, .post = v->post, .progress = form->instrument };
    struct pager pager = { 0 };
    bool paged = form->pages && !v->preview;
    int64_t problem;

    answers->shuffle = v->draft_id != NULL ? v->draft_id : form->kind;
    /* What cannot be worked out is told when the form is saved; until then it is as it was. */
    (void)answers_settled(ctx, answers);
    v->kind = form->kind;
    v->theme = form->theme_grid;
    v->items = fill_items(&m, &v->items_len, answers, form->fields);
    count_answers(v->items, v->items_len, &v->answered, &v->asked);
    v->progress = m.progress;
    if (paged)
        pages_number(ctx, &pager, v, form);
    problem = fill_problems(ctx, v);
    if (paged)
        pages_turn(ctx, v, &pager, problem);
    if (paged && v->reviewing)
        review_fill(ctx, v, form);
    if (v->action.text != NULL)
        place_buttons(ctx, v->items, v->items_len, form->kind, v->action.text);
}
